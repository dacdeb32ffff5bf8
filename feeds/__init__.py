"""Declared partner feeds: one TOML file each, with a small mapping module where needed."""
