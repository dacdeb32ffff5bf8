"""Records of JSON that is no STIX, such as the catalogue of exploited vulnerabilities of CISA."""
