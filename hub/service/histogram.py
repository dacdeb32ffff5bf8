"""How many hits there are in each hour, day, week, month or year."""

from __future__ import annotations

from calendar import isleap, monthrange
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, get_args

from hub.language.fields import Kind
from hub.model.clock import DAY_US, HOUR_US
from hub.model.search import Bar
from hub.service.changes import bad
from hub.service.search import Question, require_kind
from hub.store.search import Finder

Step = Literal["hour", "day", "week", "month", "year"]
STEPS: tuple[Step, ...] = get_args(Step)
MOST_BARS = 10_000
FAR = 20 * 365 * DAY_US
"""Between instants that do not belong into one picture"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FITTING: tuple[tuple[int, Step], ...] = (
    (3, "hour"),
    (120, "day"),
    (730, "week"),
    (36_500, "month"),
)
"""Days up to which a step is chosen, if none is given."""


class Column(NamedTuple):
    """One step of time that has hits."""

    start_us: int
    end_us: int
    """Where the next one begins"""
    records: int


class Histogram(NamedTuple):
    """The columns, oldest first, without empty ones; None: they could not be counted in time."""

    step: Step
    columns: list[Column] | None


def histogram(finder: Finder, question: Question, field: str, step: str) -> Histogram:
    """The histogram of an instant.

    Args:
        finder: Counts.
        question: What is asked for.
        field: A field that is an instant.
        step: One of `STEPS`; empty: what fits the time between the first and the last hit.

    Raises:
        HubError: BAD_REQUEST for another field or step, and for a step with too many columns.
    """
    require_kind(field, (Kind.INSTANT,))
    if step and step not in STEPS:
        raise bad("step", f"{step[:80]!r} is no step", f"Name one of {', '.join(STEPS)}.")
    scope, node = question.scope, question.node
    chosen: Step = step or "day"
    bars = None
    if step != "hour":
        bars = finder.histogram(scope, node, field, DAY_US)
        chosen = chosen if step or bars is None else fitting(bars)
    if chosen == "hour":
        bars = finder.histogram(scope, node, field, HOUR_US)
    if bars is None:
        return Histogram(chosen, None)
    columns = joined(bars, chosen)
    if len(columns) > MOST_BARS:
        raise bad("step", f"that are {len(columns)} columns", "Name a longer step.")
    return Histogram(chosen, columns)


def fitting(days: list[Bar]) -> Step:
    """The step that suits the time between the first and the last day."""
    span = (days[-1].start_us - days[0].start_us) // DAY_US + 1 if days else 1
    return next((step for most, step in _FITTING if span <= most), "year")


def gathered(days: list[Bar], now_us: int) -> tuple[list[Bar], list[Bar], list[Bar]]:
    """Bars before, in and behind the time around now, which ends where a gap is `FAR` wide."""
    if not days:
        return [], [], []
    place = min(range(len(days)), key=lambda n: abs(days[n].start_us - now_us))
    first, last = place, place
    while first and days[first].start_us - days[first - 1].start_us < FAR:
        first -= 1
    while last + 1 < len(days) and days[last + 1].start_us - days[last].start_us < FAR:
        last += 1
    return days[:first], days[first : last + 1], days[last + 1 :]


def joined(bars: list[Bar], step: Step) -> list[Column]:
    """Bars put together to columns: bars of hours for that step, of days for all others."""
    counts: Counter[tuple[int, int]] = Counter()
    for bar in bars:
        counts[_BOUNDS[step](bar.start_us)] += bar.records
    return [Column(*ends, count) for ends, count in sorted(counts.items())]


def _hour(start_us: int) -> tuple[int, int]:
    return start_us, start_us + HOUR_US


def _day(start_us: int) -> tuple[int, int]:
    return start_us, start_us + DAY_US


def _week(start_us: int) -> tuple[int, int]:
    """From Monday on (ISO 8601). The first day of 1970 was a Thursday."""
    days = start_us // DAY_US
    monday = (days - (days + 3) % 7) * DAY_US
    return monday, monday + 7 * DAY_US


def _month(start_us: int) -> tuple[int, int]:
    first = _date(start_us).replace(day=1)
    return _span(first, monthrange(first.year, first.month)[1])


def _year(start_us: int) -> tuple[int, int]:
    first = _date(start_us).replace(month=1, day=1)
    return _span(first, 365 + isleap(first.year))


def _date(instant_us: int) -> datetime:
    return _EPOCH + timedelta(days=instant_us // DAY_US)


def _span(first: datetime, days: int) -> tuple[int, int]:
    start_us = (first - _EPOCH).days * DAY_US
    return start_us, start_us + days * DAY_US


_BOUNDS: dict[Step, Callable[[int], tuple[int, int]]] = {
    "hour": _hour,
    "day": _day,
    "week": _week,
    "month": _month,
    "year": _year,
}
