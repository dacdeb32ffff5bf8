"""Use cases, one module each: they know the caller and the rules, and nothing of HTTP or SQL."""
