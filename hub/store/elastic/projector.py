"""Follows the changes of the record and keeps the search copy up to them.

For an index it does, over and over:

1. read how far the index has come, its horizon;
2. read the objects of the next changes from the record, whole, in one state;
3. write all their records, each with that state as its version, until the cluster has said that
   every copy holds them;
4. make them visible, and see that every copy did so;
5. move the horizon, if nobody else has moved it since 1.

Whoever is killed between two of these leaves nothing that another one does not do again, and
whoever was asleep in between can spoil nothing: its records are older than what is there, and the
horizon has moved on. So any number of projectors may run, for safety; they gain no speed.

Where no index can be searched, a new one is filled and then served, in one step. An index that is
there beside the one that is searched is filled in the same way, takes its place when it has
caught up, and the old one is deleted.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import NamedTuple

from hub.errors import HubError
from hub.store.elastic.client import FAULTS, plain, told
from hub.store.elastic.indices import Behind, Indices, Mark, Overfull, Refused
from hub.store.elastic.lines import Line, lines
from hub.store.elastic.mapping import VERSION
from hub.store.search import Source

CHANGES = 2000
"""Looked at in one step"""

_IDLE_S = 0.25
_LOOK_S = 2.0
_ASIDE_S = (0.5, 2.0)
_SHORTEST_S, _LONGEST_S = 0.5, 10.0

_log = logging.getLogger("hub.search")


class Step(NamedTuple):
    """How far an index has come."""

    name: str
    served: bool
    """It is searched."""
    ordinal: int
    newest: int
    """Ordinal of the last change of the record"""


class Batch(NamedTuple):
    """What is written in one step."""

    ordinal: int
    """The last change in it"""
    state: int
    """Of the record when it was read"""
    lines: list[Line]


class Ahead:
    """Reads the record, and what comes next while the cluster is busy with what was read.

    Args:
        source: The record.
        changes: How many changes are read at once.
    """

    def __init__(self, source: Source, changes: int) -> None:
        self._source = source
        self._changes = changes
        self._reader = ThreadPoolExecutor(1, "hub-read-ahead")
        self._begun: dict[int, Future[Batch]] = {}

    def take(self, after: int) -> Batch:
        """The objects of the next changes, and their lines."""
        begun = self._begun.pop(after, None)
        batch = begun.result() if begun else self._read(after)
        if batch.ordinal < batch.state:
            self._begun[batch.ordinal] = self._reader.submit(self._read, batch.ordinal)
        return batch

    def forget(self) -> None:
        """Drop what was read ahead: others may have written from a later state meanwhile."""
        self._begun.clear()

    def _read(self, after: int) -> Batch:
        touched = self._source.touched(after, self._changes)
        return Batch(touched.ordinal, touched.state, list(lines(touched)))


class Projector:
    """One of any number that keep the same copy.

    Args:
        source: The record.
        indices: The copy.
        changes: How many changes it looks at in one step.
    """

    def __init__(self, source: Source, indices: Indices, *, changes: int = CHANGES) -> None:
        self._indices = indices
        self._ahead = Ahead(source, changes)
        self._marks: dict[str, Mark] = {}
        self._served: str | None = None
        self._filled: str | None = None
        self._looked = -_LOOK_S

    def run(self, stop: Event, notice: Callable[[Step], None] = lambda _: None) -> None:
        """Go on until `stop`, whatever becomes of the cluster or of the store."""
        wait_s, said = _SHORTEST_S, ""
        while not stop.is_set():
            try:
                steps = self.round()
            except Behind:
                self.forget()
                stop.wait(random.uniform(*_ASIDE_S))  # noqa: S311 - spreads load, hides nothing
                continue
            except (*FAULTS, HubError, Overfull, Refused) as error:
                self.forget()
                if (reason := trouble(error)) != said:
                    _log.warning("the search index falls behind: %s", reason)
                said = reason
                stop.wait(wait_s * random.uniform(0.5, 1))  # noqa: S311 - spreads load
                wait_s = min(2 * wait_s, _LONGEST_S)
                continue
            if said:
                _log.warning("the search index is written again")
            wait_s, said = _SHORTEST_S, ""
            for step in steps:
                notice(step)
            if all(step.ordinal >= step.newest for step in steps):
                stop.wait(_IDLE_S)

    def forget(self) -> None:
        """Read everything about the indices anew before the next step."""
        self._marks.clear()
        self._ahead.forget()
        self._looked = -_LOOK_S

    def round(self) -> list[Step]:
        """One step of each index that is to be kept.

        Raises:
            Behind: Another projector was faster; let it go on for a moment.
            Refused, Overfull, HubError: Nothing moves on now. What the library raises, likewise.
        """
        if time.monotonic() - self._looked >= _LOOK_S:
            self._look()
        steps: list[Step] = []
        if self._served:
            steps.append(self._step(self._served, served=True))
        if self._filled:
            step = self._step(self._filled, served=False)
            steps.append(step)
            if step.ordinal >= step.newest:
                self._take_over(self._filled)
        return steps

    def _look(self) -> None:
        """See which indices there are; make one if none fits."""
        known = self._indices.known()
        names = self._indices.names
        if any((names.version(name) or 0) > VERSION for name in known):
            raise Refused("a newer version of this program keeps the index: update this one")
        mine = [name for name in known if names.mine(name)]
        self._served = self._searched(known)
        waiting = [name for name in mine if not known[name]]
        if not mine:
            # Another one may do the same at this moment: all go on with the one that comes first.
            waiting = [self._indices.make()]
            waiting = [name for name in self._indices.known() if names.mine(name)] or waiting
        self._filled = waiting[0] if waiting else None
        self._marks.clear()
        self._looked = time.monotonic()

    def _searched(self, known: Mapping[str, bool]) -> str | None:
        """The index that is searched now."""
        mine = self._indices.names.mine
        return next((name for name, at in known.items() if at and mine(name)), None)

    def _step(self, index: str, *, served: bool) -> Step:
        mark = self._marks.get(index) or self._indices.mark(index)
        after = mark.ordinal if mark else 0
        batch = self._ahead.take(after)
        if mark is None or batch.ordinal > after:
            self._indices.write(index, batch.lines)
            # Also of one that is not searched yet: another projector may serve it at this moment.
            self._indices.refresh(index)
            mark = self._indices.move(index, mark, batch.ordinal)
        self._marks[index] = mark
        return Step(index, served, mark.ordinal, batch.state)

    def _take_over(self, index: str) -> None:
        """Let the index be searched, and delete those that came before it.

        Raises:
            Behind: Meanwhile another one is searched, which may be further.
        """
        if self._searched(self._indices.known()) != self._served:
            raise Behind
        served = self._indices.mark(self._served) if self._served else None
        mark = self._indices.mark(index)
        if served and (mark is None or mark.ordinal < served.ordinal):
            raise Behind
        self._indices.serve(index, self._served)
        _log.warning("searches read %s now", index)
        for name in self._indices.known():
            version = self._indices.names.version(name)
            if name != index and version is not None and version <= VERSION:
                self._indices.drop(name)
        self.forget()


def trouble(error: Exception) -> str:
    """What keeps the copy from being written, for whoever runs the hub."""
    if isinstance(error, Overfull):
        return "the search engine takes nothing now: its disk or its memory is full"
    if isinstance(error, FAULTS):
        return f"{told(error).reason} ({plain(error)})"
    return str(error)
