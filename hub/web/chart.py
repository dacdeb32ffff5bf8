"""Small charts: where the bars of a row stand. Templates draw them, as links with a table beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

HEIGHT = 64
_STEP = 24
_GAP = 6
_LEAST = 2


class Bar(NamedTuple):
    """One bar, in the units of the drawing."""

    x: int
    y: int
    width: int
    height: int
    number: int


class Row(NamedTuple):
    """Bars beside each other."""

    width: int
    height: int
    bars: list[Bar]


def row(numbers: Sequence[int]) -> Row:
    """Bars from the ground up, the highest as high as the drawing; 0 has none."""
    most = max(numbers, default=0)
    bars = []
    for place, number in enumerate(numbers):
        height = max(_LEAST, HEIGHT * number // most) if number else 0
        bars.append(Bar(place * _STEP, HEIGHT - height, _STEP - _GAP, height, number))
    return Row(max(1, len(numbers) * _STEP - _GAP), HEIGHT, bars)


def share(number: int, most: int) -> int:
    """A number as a part of the greatest, in hundredths; what is not 0 shows."""
    return max(1, 100 * number // most) if number and most else 0
