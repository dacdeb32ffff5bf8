"""STIX as files and behind addresses."""
