"""Documents: a folder of advisories, or a list of addresses."""
