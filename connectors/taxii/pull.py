"""Pulls collections of a TAXII 2.1 server: objects as the bytes that they are, deletions too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from connectors.base import Run
from connectors.errors import RemoteError, Unreachable
from connectors.found import Batch, Found, State
from connectors.taxii.client import Session
from connectors.taxii.gone import missing, too_many
from connectors.taxii.places import Place, Places
from connectors.taxii.settings import Settings
from connectors.taxii.walk import Walk, instant
from hub.model.clock import HOUR_US, format_us

_PAUSES_S = (0.5, 1.0, 2.0)
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
        self.compared_us: int = state.get("compared_us", 0)

    def state(self) -> dict[str, Any]:
        """As it is kept."""
        return {"after": dict(self.after), "compared_us": self.compared_us}


class Pull:
    """One run.

    Args:
        session: With the server.
        settings: Of the feed.
        standing: Where it begins; it is moved on.
        run: What it works with.
    """

    def __init__(self, session: Session, settings: Settings, standing: Standing, run: Run) -> None:
        self._session = session
        self._settings = settings
        self._standing = standing
        self._run = run

    def batches(self) -> Iterator[Batch]:
        """What is new in each collection, then what is gone from all.

        A collection that fails leaves the others as they are; its failure is raised behind them.
        """
        places = Places(
            self._session.resource, self._settings, "/taxii2/", self._run.notice
        ).find()
        failed: list[RemoteError] = []
        whole = True
        for place in places:
            walk = self._walk(place)
            try:
                yield from self._objects(place, walk)
            except Unreachable:
                raise
            except RemoteError as error:
                failed.append(error)
            whole = whole and walk.whole
        if failed:
            raise failed[0]
        if whole and self._is_due():
            yield from self._gone(places)

    def _walk(self, place: Place) -> Walk:
        settings = self._settings
        return Walk(self._session, place.url, settings.query(), settings.most, self._run.notice)

    def _objects(self, place: Place, walk: Walk) -> Iterator[Batch]:
        after = self._standing.after
        start = self._overlapped(after.get(place.url, "")) or self._settings.start(self._run)
        for step in walk.steps(start):
            if step.cursor:
                after[place.url] = step.cursor
            yield Batch(
                tuple(found(raw, place) for raw in step.raws), state=self._standing.state()
            )

    def _overlapped(self, cursor: str) -> str:
        at = instant(cursor)
        if at is None or not self._settings.overlap_seconds:
            return cursor
        return format_us(max(at - self._settings.overlap_seconds * 1_000_000, 0))

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
        yield from leaving(gone, self._standing, self._run)


def leaving(gone: list[str], standing: Standing, run: Run) -> Iterator[Batch]:
    """Batches with what is gone; with the last of them the comparison is done."""
    for start in range(0, len(gone), _GONE):
        yield Batch(state=standing.state(), gone=tuple(gone[start : start + _GONE]))
    standing.compared_us = run.started_us
    yield Batch(state=standing.state())


def found(raw: bytes, place: Place) -> Found:
    """An object as it came, and where it stood."""
    try:
        name = _ID.decode(raw).id[:120]
    except msgspec.DecodeError:
        # The door says what is wrong with it.
        name = "an object without an id"
    return Found(raw, f"{name} in {place.title} ({place.url})")


class TaxiiConnector:
    """TAXII 2.1."""

    def collect(self, settings: Settings, state: State, run: Run) -> Iterator[Batch]:
        """See `connectors.base.Connector`."""
        with Session(
            settings.credentials(run),
            verify=run.net.adapter(),
            notice=run.notice,
            pauses_s=_PAUSES_S,
        ) as session:
            yield from Pull(session, settings, Standing(state), run).batches()


SETTINGS = Settings
CONNECTOR = TaxiiConnector()
