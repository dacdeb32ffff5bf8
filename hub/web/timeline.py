"""The histogram of a search: its bars, the address of a range of them, and what is far away from all.

A date that is a mistake, or means "for ever", is years away from all others. On one line with it
these would be a single bar: what is `FAR` away from the next is left out, counted and linked.
"""

from __future__ import annotations

from typing import NamedTuple

from hub.model.clock import DAY_US, format_us
from hub.model.search import Bar as Day
from hub.service.histogram import Column, Step, fitting, gathered, histogram, joined
from hub.service.search import Question
from hub.store.search import Finder
from hub.web.asked import Asked
from hub.web.bars import Bar, drawn
from hub.web.narrow import Narrower

_FINE = 1_000
"""So many records at most are looked at once more, to show hours"""


class Far(NamedTuple):
    """Hits before or behind all that is drawn."""

    records: int
    href: str
    """Finds them; empty: no query says that"""


class Time(NamedTuple):
    """The histogram."""

    step: Step
    bars: list[Bar] | None
    """None: not counted"""
    brush: str
    """The address of a range, with FROM and TO in it; empty: none can be made"""
    earlier: Far
    later: Far


def timeline(
    finder: Finder, question: Question, wish: Asked, days: list[Day] | None, narrow: Narrower
) -> Time:
    """The histogram of a query.

    Args:
        finder: Counts.
        question: What is asked for.
        wish: Which instant, and whether it is counted however long it takes.
        days: What was counted already; None: that was not done in time.
        narrow: Makes the links.
    """
    if days is None and "time" in wish.opened:
        days = finder.histogram(question.scope, question.node, wish.by, DAY_US)
    brush, nothing = _brush(wish, narrow), Far(0, "")
    if days is None:
        return Time("day", None, brush, nothing, nothing)
    early, near, late = gathered(days, question.now_us)
    step, columns = _columns(finder, question, wish, near)
    return Time(
        step,
        None if columns is None else drawn(columns, step),
        brush,
        _far(early, narrow.within(wish.by, f"<{_day(near[0])}")) if early else nothing,
        _far(late, narrow.within(wish.by, f">{_day(near[-1])}")) if late else nothing,
    )


def _columns(
    finder: Finder, question: Question, wish: Asked, days: list[Day]
) -> tuple[Step, list[Column] | None]:
    step = fitting(days)
    if step != "hour":
        return step, joined(days, step)
    if sum(day.records for day in days) > _FINE:
        return "day", joined(days, "day")
    found = histogram(finder, question, wish.by, "hour").columns
    if found and days:
        start, end = days[0].start_us, days[-1].start_us + DAY_US
        found = [column for column in found if start <= column.start_us < end]
    return step, found


def _brush(wish: Asked, narrow: Narrower) -> str:
    """The address of a range: the words FROM and TO stand in it once each."""
    made = narrow.within(wish.by, "(>=2001 <=2002)")
    start, _, rest = made.rpartition("2001")
    middle, _, end = rest.rpartition("2002")
    head, tail = (text.replace("FROM", "%46ROM").replace("TO", "%54O") for text in (start, end))
    return f"{head}FROM{middle}TO{tail}" if made else ""


def _far(days: list[Day], href: str) -> Far:
    return Far(sum(day.records for day in days), href)


def _day(bar: Day) -> str:
    return format_us(bar.start_us)[:10]
