"""What stands beside a page of results, on SQLite: as many counts as a little time is enough for.

What an index counts is asked of it. All else is searched for once, and everything that is soon
counted of it is counted at once; keys of which a record may have several take a search each.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from hub.model.clock import DAY_US
from hub.model.search import Bar, Count, Facet, Node, Survey
from hub.store import counted, finding
from hub.store.filters import Where
from hub.store.index import COLUMNS
from hub.store.labels import Range

_LOOK_S = 0.25e-6
"""What a look at each record that matches takes at least"""

_AGAIN = 0.6
"""What another search for the same takes at least, as a part of the first one"""

Ask = Callable[[Sequence[Range]], Where]
Rows = list[tuple[Any, ...]]


class Counted(Protocol):
    """Asks for all rows of a statement."""

    def __call__(self, ask: Ask, seconds: float = 0, *, cpu: float = math.inf) -> Rows | None:
        """None: it was not done in so many seconds, by the clock or of the processor."""


class Purse:
    """What a survey may spend, in seconds.

    Args:
        rows: Asks.
        seconds: By the clock.
        cpu: Of the processor.
    """

    def __init__(self, rows: Counted, seconds: float, cpu: float) -> None:
        self._rows = rows
        self._end = time.monotonic() + seconds
        self._start = time.thread_time()
        self._cpu = cpu

    def rows(self, ask: Ask, least: float = 0) -> Rows | None:
        """All rows of a statement; None: there is no time for it, or was not enough.

        Args:
            ask: The statement.
            least: What it takes at least: what takes longer than is left is not begun.
        """
        left, cpu = self._end - time.monotonic(), self._cpu - self.spent
        return self._rows(ask, left, cpu=cpu) if min(left, cpu) > least else None

    @property
    def spent(self) -> float:
        """Time of the processor."""
        return time.thread_time() - self._start


class _Seen(NamedTuple):
    """What one look tells."""

    kinds: Rows | None
    """Rows of `finding.kinds`"""
    bars: Rows | None
    least: float
    """What another search takes at least, in seconds"""


def surveyed(purse: Purse, node: Node, fields: Sequence[str], most: int, instant: str) -> Survey:
    """See `hub.store.search.Finder.survey`."""
    seen = _plain(purse, node, instant) if finding.is_plain(node) else _found(purse, node, instant)
    facets = []
    for name in fields:
        if name in COLUMNS:
            facets.append(Facet(name, counted.by(seen.kinds, name, most)))
        else:
            rows = purse.rows(partial(finding.keys, node=node, field=name, most=most), seen.least)
            facets.append(Facet(name, None if rows is None else [Count(*row) for row in rows]))
    return Survey(
        None if seen.kinds is None else sum(row[-1] for row in seen.kinds),
        facets,
        None if seen.bars is None else [Bar(*row) for row in seen.bars],
    )


def _plain(purse: Purse, node: Node, instant: str) -> _Seen:
    kinds = purse.rows(partial(finding.kinds, node=node))
    least = sum(row[-1] for row in kinds or ()) * _LOOK_S
    bars = purse.rows(partial(finding.bars, node=node, field=instant, step_us=DAY_US), least)
    return _Seen(kinds, bars, least)


def _found(purse: Purse, node: Node, instant: str) -> _Seen:
    ask = partial(finding.kinds_and_bars, node=node, field=instant, step_us=DAY_US)
    rows = purse.rows(ask)
    if rows is None:
        return _Seen(None, None, 0)
    kinds = [(*kind, many) for *kind, start, many in rows if start is None]
    bars = [(start, many) for *_, start, many in rows if start is not None]
    return _Seen(kinds, bars, _AGAIN * purse.spent)
