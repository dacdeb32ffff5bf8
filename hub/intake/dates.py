"""Dates as tables write them.

Whether 3/4 is in March or in April is asked of the whole column, never of one cell; where no cell
tells, the column has no dates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Literal

Order = Literal["ymd", "dmy", "mdy", ""]
"""Of year, month and day; empty: it cannot be told"""

_US = 1_000_000
_TIME = (
    r"(?:[T ,]+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r" ?(?P<half>[ap]m)?)?"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_YEAR_FIRST = re.compile(
    rf"(?P<y>\d{{4}})([-/.])(?P<a>\d{{1,2}})\2(?P<b>\d{{1,2}}){_TIME}", re.IGNORECASE
)
_YEAR_LAST = re.compile(
    rf"(?P<a>\d{{1,2}})([-/.])(?P<b>\d{{1,2}})\2(?P<y>\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE
)
_SECONDS = re.compile(r"1\d{9}(?:\.\d+)?")
_MILLISECONDS = re.compile(r"1\d{12}")
_LONGEST = 40
_MONTHS = 12
_CENTURY = 100
_THIS_CENTURY = 2_000
_NOON = 12


def is_date(cell: str) -> bool:
    """Whether a cell looks like a date; a mere number does not."""
    bare = cell.strip()
    if len(bare) > _LONGEST:
        return False
    return bool(_YEAR_FIRST.fullmatch(bare) or _YEAR_LAST.fullmatch(bare)) or _mail(bare) > 0


def is_instant(cell: str) -> bool:
    """Whether a cell may be a number of seconds or milliseconds since 1970."""
    return bool(_SECONDS.fullmatch(cell.strip()) or _MILLISECONDS.fullmatch(cell.strip()))


def order_of(cells: Sequence[str]) -> Order:
    """How the dates of a column are written."""
    found = [match for cell in cells if (match := _YEAR_LAST.fullmatch(cell.strip()))]
    if not found:
        return "ymd"
    day_first = any(int(match["a"]) > _MONTHS for match in found)
    month_first = any(int(match["b"]) > _MONTHS for match in found)
    if day_first == month_first:
        return ""
    return "dmy" if day_first else "mdy"


def date_us(cell: str, order: Order) -> int:
    """The instant of a cell in microseconds since 1970, in UTC if it names no zone; 0: none.

    Args:
        cell: As it stands there.
        order: Of its column.
    """
    bare = cell.strip()
    if len(bare) > _LONGEST:
        return 0
    if is_instant(bare):
        return (
            int(bare) * (_US // 1_000) if _MILLISECONDS.fullmatch(bare) else int(float(bare) * _US)
        )
    match = _YEAR_FIRST.fullmatch(bare)
    if match:
        return _instant_us(match, int(match["a"]), int(match["b"]))
    match = _YEAR_LAST.fullmatch(bare)
    return _mail(bare) if match is None else _by_order(match, order)


def _by_order(match: re.Match[str], order: Order) -> int:
    first, second = int(match["a"]), int(match["b"])
    if order == "dmy":
        return _instant_us(match, second, first)
    return _instant_us(match, first, second) if order == "mdy" else 0


def _instant_us(match: re.Match[str], month: int, day: int) -> int:
    year = int(match["y"])
    hour = int(match["h"] or 0)
    half = (match["half"] or "").lower()
    if half:
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    fraction = int((match["f"] or "0").ljust(6, "0")[:6])
    try:
        at = datetime(
            year if year >= _CENTURY else _THIS_CENTURY + year,
            month,
            day,
            hour,
            int(match["mi"] or 0),
            int(match["s"] or 0),
            fraction,
            _zone(match["zone"] or ""),
        )
    except ValueError:
        return 0
    return _since_1970_us(at)


def _zone(text: str) -> timezone:
    if text[:1] not in {"+", "-"}:
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _mail(text: str) -> int:
    """A date as mails have it; 0: it is none."""
    if not re.search(r"[A-Za-z]{3}", text) or not re.search(r"\d:\d", text):
        return 0
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0
    return _since_1970_us(at if at.tzinfo else at.replace(tzinfo=UTC))


def _since_1970_us(at: datetime) -> int:
    return max(0, (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
