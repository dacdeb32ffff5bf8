"""A histogram as geometry: where each bar stands, and which period of the query language it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hub.model.clock import format_us
from hub.service.histogram import Column, Step

WIDTH = 1000
HEIGHT = 88
_LEAST = 2.0
"""A bar that has anything can be seen and hit."""

_GAP = 0.15
LEAST_SLOTS = 24
"""Fewer bars do not fill the picture: they would look like walls."""

_DIGITS = {"hour": 13, "day": 10, "week": 10, "month": 7, "year": 4}
"""Of an instant as text, that name the period"""


class Bar(NamedTuple):
    """One column of time, in units of a picture that is `WIDTH` by `HEIGHT`."""

    x: float
    """Of its period, which is wider than what is drawn"""
    width: float
    y: float
    height: float
    slot: float
    """Width of its period"""
    first: str
    """The period as the query language names it: from the beginning of this one"""
    last: str
    """to the end of that one"""
    column: Column

    @property
    def period(self) -> str:
        """What stands behind the name of the instant and a colon."""
        return self.first if self.first == self.last else f"[{self.first} TO {self.last}]"


def drawn(columns: Sequence[Column], step: Step) -> list[Bar]:
    """Columns in order of time as bars on one line of time."""
    if not columns:
        return []
    start, end = columns[0].start_us, columns[-1].end_us
    slot = columns[0].end_us - start
    scale = WIDTH / max(end - start, LEAST_SLOTS * slot)
    highest = max(column.records for column in columns)
    return [
        _bar(column, step, (column.start_us - start) * scale, scale, highest) for column in columns
    ]


def _bar(column: Column, step: Step, x: float, scale: float, highest: int) -> Bar:
    slot = (column.end_us - column.start_us) * scale
    height = max(_LEAST, HEIGHT * column.records / highest)
    return Bar(
        round(x, 1),
        round(max(_LEAST, slot * (1 - _GAP)), 1),
        round(HEIGHT - height, 1),
        round(height, 1),
        round(max(_LEAST, slot), 1),
        _named(column.start_us, step),
        _named(column.end_us - 1, step),
        column,
    )


def _named(at_us: int, step: Step) -> str:
    return format_us(at_us)[: _DIGITS[step]]
