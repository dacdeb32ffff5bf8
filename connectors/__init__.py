"""Connectors to outside systems: one folder each, publishing through the hub's one door."""
