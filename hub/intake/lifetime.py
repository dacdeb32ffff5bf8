"""How long values say something, and how much they say after a while: defaults as data.

The figures stand in `lifetime.toml` beside this file. A value that has outlived its time is expired;
on the way there its weight falls along a curve of its type, as in the decaying models of MISP:
`confidence * (1 - (age / lifetime) ** (1 / speed))`.
"""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_DAY_US = 86_400_000_000
_WHOLE = 100


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


def weight(field: str, confidence: int, age_us: int) -> int:
    """What is left of a confidence (0 to 100) after a time; 0: it is expired."""
    days, speed = life(field)
    if not days:
        return confidence
    part = min(1.0, max(0, age_us) / (days * _DAY_US))
    return round(max(0, min(confidence, _WHOLE)) * (1 - math.pow(part, 1 / speed)))


@cache
def _table() -> dict[str, Life]:
    text = (files("hub.intake") / "lifetime.toml").read_text(encoding="utf-8")
    return {name: Life(**found) for name, found in tomllib.loads(text).items()}
