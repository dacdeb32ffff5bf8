"""How long values say something, and how much they say after a while: defaults as data.

The figures stand in `lifetime.toml` beside this file. On the way to its end the weight of a value falls
along a curve of its type, as in the decaying models of MISP:
`confidence * (1 - (age / lifetime) ** (1 / speed))`.
"""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_DAY_US = 86_400_000_000


class Life(NamedTuple):
    """How values of one field age."""

    days: int
    """0: they do not expire"""
    speed: float
    """Below 1: slowly at first; 1: evenly; above: fast at first"""


def life(field: str) -> Life:
    """How values of a field age.

    Args:
        field: Of the query language, such as `ip`.
    """
    table = _table()
    return table.get(field, table["default"])


def lifetime_us(field: str) -> int:
    """Microseconds that an indicator of such a value holds; 0: without end."""
    return life(field).days * _DAY_US


def weight(field: str, confidence: int, age_us: int, span_us: int) -> float:
    """What time has left of a confidence.

    Args:
        field: Of the query language; it says by which curve.
        confidence: 0 to 100, as it was asserted.
        age_us: Microseconds since then.
        span_us: How long the assertion holds in all; 0: without end.

    Returns:
        0 to `confidence`; 0 when the span is over.
    """
    if not span_us:
        return confidence
    part = min(1.0, max(0, age_us) / span_us)
    return confidence * (1 - math.pow(part, 1 / life(field).speed))


def holds_us(field: str, confidence: int, least: int, span_us: int) -> int:
    """How much of a span passes before `weight` falls below `least`.

    Args:
        field: Of the query language.
        confidence: At least `least`.
        least: 1 to 100.
        span_us: Above 0.
    """
    return int(span_us * math.pow(1 - least / confidence, life(field).speed))


@cache
def _table() -> dict[str, Life]:
    text = (files("hub.intake") / "lifetime.toml").read_text(encoding="utf-8")
    return {name: Life(**found) for name, found in tomllib.loads(text).items()}


FIELDS = tuple(_table())
"""Of the table; the others age like `default`"""
