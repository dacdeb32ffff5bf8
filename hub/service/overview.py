"""What a person finds when they come back: what is new, how much comes, and how soon it is shared.

Everything is counted in the scope of whoever asks. Each number belongs to a query that finds
exactly what was counted. What is bounded says so: a number that would take long is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from hub.model.clock import DAY_US, format_us
from hub.model.query import Scope
from hub.model.search import AllOf, Bar, Between, Facet, Piece
from hub.service.search import Question, Searcher
from hub.stix.instant import instant_us
from hub.store.base import Log
from hub.store.search import Finder

WEEK_US = 7 * DAY_US
WEEKS = 8
"""Shown, this one included"""

FIELDS = ("type", "sector", "tlp", "publisher", "collection")
"""By which new records are counted"""

MOST_COUNTED = 3000
"""Of more records than that only the number is told, unless it is asked for."""

_VALUES = 6
_TYPES = 1000
"""More than there are"""

_TIMED = ("indicator", "malware", "campaign", "intrusion-set", "infrastructure", "observed-data")
_NEWEST = 300
_LONGEST = 200
_FEW = 10
"""From fewer times nothing is concluded."""

_SEEN = ("first_seen", "first_observed", "valid_from")
_MONDAY_US = 4 * DAY_US
"""The first Monday after the epoch, a Thursday"""


class New(NamedTuple):
    """What was added since an instant."""

    query: str
    total: int | None
    facets: dict[str, Facet]
    """By field; without those that were not counted"""
    is_much: bool
    """There is so much that it was not broken down."""


class Week(NamedTuple):
    """One week, from Monday on."""

    start_us: int
    records: int
    so_far: int
    """Up to the day of the week that it is today"""
    query: str


class Trend(NamedTuple):
    """The last weeks, oldest first; the last one is not over."""

    weeks: list[Week]
    verdict: str
    """"more", "usual", or "few": too few to say anything; "fewer" is said of the days so far"""
    low: int
    """The least of the weeks before, in as many days as this one has had"""
    high: int


class Spread(NamedTuple):
    """Times from when something was seen first until it was shared here, in microseconds."""

    publisher: str
    """Slug; empty: all together"""
    records: int
    lower: int
    median: int
    upper: int


class Delay(NamedTuple):
    """How soon what is new was shared."""

    whole: Spread | None
    """None: there is too little to tell"""
    publishers: list[Spread]
    """Those with enough records, the quickest first"""
    looked: int
    """So many of the newest records say when they were seen first."""


def since(at_us: int) -> str:
    """The query for what was added from an instant on, to the second."""
    return f"added>={format_us(at_us)[:19]}Z"


def new(searcher: Searcher, question: Question, query: str, fields: Sequence[str] = FIELDS) -> New:
    """Count what is new, unless it is much.

    Args:
        searcher: Counts.
        question: The query, understood.
        query: Its text.
        fields: By which it is broken down; `type` is among them.
    """
    total = searcher.count(question)
    if total is None or total > MOST_COUNTED:
        return New(query, total, {}, is_much=True)
    return whole(searcher, question, query, fields) if total else New(query, 0, {}, is_much=False)


def whole(
    searcher: Searcher, question: Question, query: str, fields: Sequence[str] = FIELDS
) -> New:
    """Count what is new, however much it is. Every record has one type, so types say how much."""
    facets = {item.field: item for item in searcher.facets(question, fields, _TYPES)}
    types = facets["type"].counts
    total = None if types is None else sum(item.records for item in types)
    shown = {
        name: facet._replace(counts=facet.counts and facet.counts[:_VALUES])
        for name, facet in facets.items()
    }
    return New(query, total, shown, is_much=False)


def trend(finder: Finder, question: Question, now_us: int) -> Trend | None:
    """The last weeks of a query; None: they could not be counted in time."""
    start_us = first_week(now_us)
    weeks = Between("added", start_us, start_us + WEEKS * WEEK_US - 1)
    node = AllOf((question.node, weeks))
    bars = finder.histogram(question.scope, node, "added", DAY_US)
    return None if bars is None else of_days(bars, start_us, now_us)


def first_week(now_us: int) -> int:
    """Where the trend begins."""
    return week_of(now_us) - (WEEKS - 1) * WEEK_US


def week_of(at_us: int) -> int:
    """The Monday of an instant, UTC."""
    return at_us - (at_us - _MONDAY_US) % WEEK_US


def of_days(days: Iterable[Bar], start_us: int, now_us: int) -> Trend:
    """The weeks from a Monday on, and what can be said of the last one."""
    elapsed = (now_us - week_of(now_us)) // DAY_US
    counts = {start_us + number * WEEK_US: [0, 0] for number in range(WEEKS)}
    for bar in days:
        week = counts.get(week_of(bar.start_us))
        if week is not None:
            week[0] += bar.records
            week[1] += bar.records * ((bar.start_us - _MONDAY_US) % WEEK_US // DAY_US <= elapsed)
    weeks = [Week(at, whole, part, _of_week(at)) for at, (whole, part) in counts.items()]
    before = [week.so_far for week in weeks[:-1]]
    return Trend(weeks, _verdict(weeks[-1].so_far, before), min(before), max(before))


def _of_week(at_us: int) -> str:
    first, after = format_us(at_us)[:10], format_us(at_us + WEEK_US)[:10]
    return f"added>={first} added<{after}"


def _verdict(now: int, before: Sequence[int]) -> str:
    """What a number says beside seven others: nothing, as long as it is among them."""
    if sum(before) + now < _FEW * 3 or sum(1 for week in before if week) < WEEKS // 2:
        return "few"
    # Counts differ by about the root of themselves from one week to the next, by chance alone.
    if now > max(before) + max(before) ** 0.5:
        return "more"
    return "fewer" if now < min(before) - min(before) ** 0.5 else "usual"


def newest(searcher: Searcher, question: Question, most: int) -> list[Piece]:
    """The newest records of a query."""
    return [hit.piece for hit in searcher.page(question, 0, most).hits]


class _Named(msgspec.Struct):
    name: Any = None
    abstract: Any = None
    value: Any = None


_decode_name = msgspec.json.Decoder(_Named).decode


def name_of(piece: Piece) -> str:
    """What people call an object, cut where nobody reads on; empty when it has no name."""
    found = _decode_name(piece.raw)
    names = (found.name, found.abstract, found.value)
    name = next((text for text in names if text and isinstance(text, str)), "")
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


class _Seen(msgspec.Struct):
    first_seen: Any = None
    first_observed: Any = None
    valid_from: Any = None
    created: Any = None
    modified: Any = None


_decode = msgspec.json.Decoder(_Seen).decode


TIMED = f"type:({' OR '.join(_TIMED)})"
"""What says when it was seen first"""


def delay(finder: Finder, log: Log, scope: Scope, question: Question) -> Delay:
    """How long the newest records took from when they were seen first until they were shared.

    Objects that were changed since are left out: a new version is not a new observation.
    """
    keys = finder.find(scope, question.node, 0, _NEWEST).keys
    return of_pieces(log.pick(scope, keys))


def of_pieces(pieces: Iterable[Piece]) -> Delay:
    """The times of some records."""
    found: dict[str, list[int]] = {}
    for piece in pieces:
        took = _took(piece)
        if took is not None:
            found.setdefault(piece.publisher, []).append(took)
    every = [took for times in found.values() for took in times]
    spreads = [_spread(slug, times) for slug, times in found.items() if len(times) >= _FEW]
    return Delay(
        _spread("", every) if len(every) >= _FEW else None,
        sorted(spreads, key=lambda spread: (spread.median, spread.publisher)),
        len(every),
    )


def _took(piece: Piece) -> int | None:
    seen = _decode(piece.raw)
    first = next((text for name in _SEEN if (text := getattr(seen, name))), None)
    if seen.created != seen.modified or not isinstance(first, str):
        return None
    at_us = instant_us(first)
    # What becomes valid later was shared before it was seen: at once.
    return None if at_us is None else max(0, piece.added_us - at_us)


def _spread(slug: str, times: list[int]) -> Spread:
    times.sort()
    return Spread(slug, len(times), *(_part(times, quarter) for quarter in (1, 2, 3)))


def _part(times: Sequence[int], quarters: int) -> int:
    """A quartile: the smallest time that so many quarters do not exceed."""
    return times[-(-len(times) * quarters // 4) - 1]
