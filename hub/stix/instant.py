"""Timestamps of objects (STIX 2.1 section 2.19)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hub.model.clock import parse_us

# The specification sets no end to the fraction, but versions stand in answers, cursors and caches.
_LONGEST = 64


def instant_us(value: Any) -> int | None:
    """Microseconds since 1970; None: the value is no timestamp in UTC, or an endless one."""
    if type(value) is not str or len(value) > _LONGEST:
        return None
    return _parsed(value)


# An object says the same instant several times, and is asked for each of them more than once.
@lru_cache(maxsize=256)
def _parsed(text: str) -> int | None:
    try:
        return parse_us(text)
    except ValueError:
        return None
