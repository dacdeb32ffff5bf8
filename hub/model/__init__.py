"""The hub's own nouns: frozen data without I/O."""
