"""Timestamps of objects (STIX 2.1 section 2.19)."""

from __future__ import annotations

from typing import Any

from hub.model.clock import parse_us

# The specification sets no end to the fraction, but versions stand in answers, cursors and caches.
_LONGEST = 64


def instant_us(value: Any) -> int | None:
    """Microseconds since 1970; None: the value is no timestamp in UTC, or an endless one."""
    if type(value) is not str or len(value) > _LONGEST:
        return None
    try:
        return parse_us(value)
    except ValueError:
        return None
