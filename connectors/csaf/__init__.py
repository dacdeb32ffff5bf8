"""Advisories of CSAF 2.0 providers: what vendors say about vulnerabilities of their products."""
