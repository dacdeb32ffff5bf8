"""Pulls collections of a TAXII 2.1 server: objects as the bytes that they are, deletions too."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Generator, Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from connectors.base import Run
from connectors.errors import RemoteError, Unreachable
from connectors.found import Batch, Found, State
from connectors.taxii.client import Session
from connectors.taxii.gone import missing, too_many
from connectors.taxii.markings import Markings
from connectors.taxii.places import Place, Places
from connectors.taxii.settings import Settings, Source
from connectors.taxii.walk import Walk, instant
from hub.model.clock import HOUR_US, format_us

S = TypeVar("S", bound=Session)
T = TypeVar("T", bound=Source)

PAUSES_S = (0.5, 1.0, 2.0)
_GONE = 500


class _Id(msgspec.Struct):
    id: str


_ID = msgspec.json.Decoder(_Id)


class Standing:
    """The state of a feed while it runs: a cursor for each collection, and when was compared.

    Args:
        state: Of the last batch that was published.
    """

    def __init__(self, state: State) -> None:
        self.after: dict[str, str] = dict(state.get("after", {}))
        self.source: str = state.get("source", "")
        """Of the settings that say what is read"""
        self.compared_us: int = state.get("compared_us", 0)
        self.start: dict[str, int] = dict(state.get("start", {}))
        """Of TAXII 2.0: objects behind that date that were read"""
        self.read_us: int = state.get("read_us", 0)
        """Of TAXII 2.0: when everything was last read from the beginning"""

    def turn_to(self, source: str, urls: Collection[str]) -> None:
        """Forget what was read for other settings, which may not be missed."""
        if source != self.source:
            self.after = {url: after for url, after in self.after.items() if url in urls}
            self.start = {url: start for url, start in self.start.items() if url in urls}
            self.source = source

    def state(self) -> dict[str, Any]:
        """As it is kept."""
        said = {
            "after": dict(self.after),
            "source": self.source,
            "compared_us": self.compared_us,
            "start": dict(self.start),
            "read_us": self.read_us,
        }
        return {name: value for name, value in said.items() if value}


class Pull(ABC, Generic[S, T]):
    """One run, for both versions of TAXII.

    Args:
        session: With the server.
        settings: Of the feed.
        state: Where it begins.
        run: What it works with.
    """

    discovery = ""
    """Path of the discovery"""

    def __init__(self, session: S, settings: T, state: State, run: Run) -> None:
        self._session = session
        self._settings = settings
        self._standing = Standing(state)
        self._run = run

    def batches(self) -> Iterator[Batch]:
        """What is new in each collection, then what is gone from all.

        A collection that fails leaves the others as they are; its failure is raised behind them.
        """
        places = Places(
            self._session.resource, self._settings, self.discovery, self._run.notice
        ).find()
        self._standing.turn_to(self._settings.digest(), {place.url for place in places})
        failed: list[RemoteError] = []
        whole = True
        for place in places:
            try:
                whole = (yield from self._objects(place)) and whole
            except Unreachable:
                raise
            except RemoteError as error:
                failed.append(error)
        if failed:
            raise failed[0]
        if whole and not self._standing.compared_us:
            # Nothing was brought before this run.
            yield self._compared()
        elif whole and self._is_due():
            yield from self._gone(places)

    @abstractmethod
    def _objects(self, place: Place) -> Generator[Batch, None, bool]:
        """What is new in one collection; gives whether it was read to its end."""

    def _batch(self, raws: Sequence[bytes], place: Place) -> Batch:
        return Batch(tuple(_found(raw, place) for raw in raws), state=self._standing.state())

    def _is_due(self) -> bool:
        every_us = self._settings.deletions_hours * HOUR_US
        return bool(every_us) and self._run.started_us - self._standing.compared_us >= every_us

    def _gone(self, places: list[Place]) -> Iterator[Batch]:
        absent = sorted(set(self._standing.after) - {place.url for place in places})
        if absent:
            self._run.notice(
                f"nothing is deleted: {absent[0]} was read before, and is not read any more"
            )
            return
        known = set(self._run.known())
        try:
            gone = missing(self._session, [place.url for place in places], known)
        except RemoteError as error:
            self._run.notice(
                f"nothing is deleted, the manifest was not read whole: {error.reason}"
            )
            return
        if too_many(len(gone), len(known), self._settings.deletions_most):
            self._run.notice(
                f"nothing is deleted: the server has {len(gone)} of the {len(known)} objects of this"
                f" feed no more, which is more than {self._settings.deletions_most} %"
                " (`deletions_most`)"
            )
            return
        for start in range(0, len(gone), _GONE):
            yield Batch(state=self._standing.state(), gone=tuple(gone[start : start + _GONE]))
        yield self._compared()

    def _compared(self) -> Batch:
        self._standing.compared_us = self._run.started_us
        return Batch(state=self._standing.state())


class _Pull(Pull[Session, Settings]):
    """Of TAXII 2.1."""

    discovery = "/taxii2/"

    def _objects(self, place: Place) -> Generator[Batch, None, bool]:
        settings, after = self._settings, self._standing.after
        walk = Walk(self._session, place.url, settings.query(), settings.most, self._run.notice)
        start = self._overlapped(after.get(place.url, "")) or settings.start(self._run)
        markings = Markings(self._session, place.url)
        for step in walk.steps(start):
            raws = markings.first(step.raws)
            if step.cursor:
                after[place.url] = step.cursor
            yield self._batch(raws, place)
        return walk.whole

    def _overlapped(self, cursor: str) -> str:
        at = instant(cursor)
        if at is None or not self._settings.overlap_seconds:
            return cursor
        return format_us(max(at - self._settings.overlap_seconds * 1_000_000, 0))


def _found(raw: bytes, place: Place) -> Found:
    """An object as it came, and where it stood."""
    try:
        name = _ID.decode(raw).id[:120]
    except msgspec.DecodeError:
        # The door says what is wrong with it.
        name = "an object without an id"
    return Found(raw, f"{name} in {place.title} ({place.url})")


class TaxiiConnector(Generic[S, T]):
    """TAXII of one version.

    Args:
        session: With a server of that version.
        pull: One run of it.
    """

    def __init__(self, session: type[S], pull: type[Pull[S, T]]) -> None:
        self._session = session
        self._pull = pull

    def collect(self, settings: T, state: State, run: Run) -> Iterator[Batch]:
        """See `connectors.base.Connector`."""
        with self._session(
            settings.credentials(run),
            verify=run.net.adapter(),
            notice=run.notice,
            pauses_s=PAUSES_S,
        ) as session:
            yield from self._pull(session, settings, state, run).batches()


SETTINGS = Settings
CONNECTOR = TaxiiConnector(Session, _Pull)
