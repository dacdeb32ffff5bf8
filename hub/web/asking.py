"""Texts of queries that links lead to."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


def term(field: str, value: str) -> str:
    """A field and its value, in quotes where the value could be read otherwise."""
    quoted = value if _PLAIN.fullmatch(value) else '"{}"'.format(value.replace('"', '""'))
    return f"{field}:{quoted}"


def both(*parts: str) -> str:
    """All of them must hold; empty ones say nothing."""
    return " ".join(part for part in parts if part)
