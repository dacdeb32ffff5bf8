"""Instants as integer microseconds since 1970-01-01T00:00:00Z, and their text forms."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
# RFC 3339 in UTC, as STIX 2.1 section 3.16 and TAXII 2.1 section 2 ask. Real data has up to nine
# digits of a second; the bound keeps a text that claims to be a timestamp short.
_SHAPE = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)(?:\.(\d{1,32}))?Z",
    re.ASCII,
)


def now_us() -> int:
    """The system clock, in microseconds."""
    return time.time_ns() // 1000


@lru_cache(maxsize=16384)
def parse_us(text: str) -> int:
    """The instant of an RFC 3339 text in UTC; digits after the sixth are cut off.

    Raises:
        ValueError: The text is not a real instant written in that form.
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    minute, second, fraction = match.groups()
    # A leap second (RFC 3339 section 5.6) is the instant one second after :59.
    start = datetime.fromisoformat(f"{minute}00+00:00")
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    return (start - _EPOCH) // _MICROSECOND + int(second) * 1_000_000 + micros


def format_us(instant: int) -> str:
    """An instant as RFC 3339 text with six digits (TAXII 2.1 section 2)."""
    second, fraction = divmod(min(instant, _LATEST), 1_000_000)
    return f"{_second(second)}.{fraction:06d}Z"


@lru_cache(maxsize=4096)
def _second(second: int) -> str:
    """Seconds since the epoch as text: records of one page share a few of them."""
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:19]
