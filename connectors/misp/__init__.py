"""MISP: its events in and out, over its REST interface and as feeds."""
