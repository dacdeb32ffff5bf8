"""A hub through which agencies and partners share cyber incidents: TAXII 2.1 over STIX."""
