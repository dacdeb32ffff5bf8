"""Dates as people write them, each as the whole period that it names.

`2026`, `2026-01`, `2026-01-15`, `2026-01-15T10`, `...T10:30`, `...T10:30:05` and `...05.123` are
in UTC, with or without `Z`; a time of day may have an offset such as `+07:00`. `now` is this
instant, `7d` the instant seven days ago and `+7d` the one in seven days (`h` hours, `d` days, `w`
weeks).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hub.model.clock import parse_us

_SECOND = 1_000_000
_UNITS = {"h": 3600 * _SECOND, "d": 86_400 * _SECOND, "w": 7 * 86_400 * _SECOND}
_RELATIVE = re.compile(r"(\+?)(\d{1,5})([hdw])", re.ASCII | re.IGNORECASE)
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?"
    r"(?:[Zz]|([+-])(\d\d):?(\d\d))?)?)?)?",
    re.ASCII,
)
_LAST_MONTH = 12
_LAST_YEAR = 9999
_LONGEST_OFFSET_H = 14


class Period(NamedTuple):
    """From `start_us` up to the instant before `end_us`."""

    start_us: int
    end_us: int
    relative: bool = False
    """Whether it is an instant that was given by its distance from now"""


def period(text: str, now_us: int) -> Period | None:
    """The period that a text names; None: it names none.

    Args:
        text: A date, whole or in part, or a distance from now.
        now_us: The present.
    """
    if text.lower() == "now":
        return Period(now_us, now_us + 1)
    if found := _RELATIVE.fullmatch(text):
        distance = int(found[2]) * _UNITS[found[3].lower()]
        start = now_us + (distance if found[1] else -distance)
        return Period(start, start + 1, relative=True)
    found = _DATE.fullmatch(text)
    try:
        return None if found is None else _dated(found)
    except ValueError:
        return None


def _dated(found: re.Match[str]) -> Period:
    year, month, day, hour, minute, second = found.groups()[:6]
    fraction = found[7] or ""
    clock = f"{hour or '00'}:{minute or '00'}:{second or '00'}.{fraction or '0'}Z"
    start = parse_us(f"{year}-{month or '01'}-{day or '01'}T{clock}")
    if day is None:
        return Period(start, _next(int(year), int(month) if month else _LAST_MONTH))
    start -= _offset(found)
    if hour is None:
        return Period(start, start + _UNITS["d"])
    if minute is None:
        return Period(start, start + _UNITS["h"])
    width = 60 * _SECOND if second is None else _SECOND // 10 ** len(fraction)
    return Period(start, start + width)


def _next(year: int, month: int) -> int:
    """The beginning of the month after one."""
    if month < _LAST_MONTH:
        return parse_us(f"{year:04}-{month + 1:02}-01T00:00:00Z")
    if year < _LAST_YEAR:
        return parse_us(f"{year + 1:04}-01-01T00:00:00Z")
    return parse_us(f"{year:04}-12-31T23:59:59Z") + _SECOND


def _offset(found: re.Match[str]) -> int:
    """How far the clock is ahead of UTC."""
    if found[8] is None:
        return 0
    hours, minutes = int(found[9]), int(found[10])
    if hours > _LONGEST_OFFSET_H or minutes >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(found[0])
    distance = hours * _UNITS["h"] + minutes * 60 * _SECOND
    return distance if found[8] == "+" else -distance
