"""Events of a MISP, over its REST interface: what was published since the last run, with what it deleted.

MISP is asked for the list of events from some time before the newest one that is done; those that are
not done in this version are fetched, a few at a time, the oldest first. So two events of the same
second, a page that shifts while it is read, and a run that was cut off lose nothing. What was deleted
in an event, and what may not leave MISP by its distribution, is reported as gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from connectors.base import Run
from connectors.errors import TooLarge
from connectors.found import NOTHING, Batch, Left, State
from connectors.misp.client import Client
from connectors.misp.context import uuid_in
from connectors.misp.events import read
from connectors.misp.progress import Entry, Progress, mark
from connectors.misp.repair import Choice

_HOUR = 3_600


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which MISP, and what of it is wanted."""

    url: Annotated[str, Meta(description="Address of its start page, https://")]
    key: Annotated[str, Meta(description="Key of an account there: env:NAME or file:PATH")]
    published: Annotated[bool, Meta(description="Only events that are published")] = True
    tags: Annotated[tuple[str, ...], Meta(description="Only events that have one of these")] = ()
    not_tags: Annotated[tuple[str, ...], Meta(description="No events that have one of these")] = ()
    organisations: Annotated[
        tuple[str, ...], Meta(description="Only events of these names or UUIDs")
    ] = ()
    distributions: Annotated[
        tuple[int, ...],
        Meta(
            description="What may leave: 0 organisation, 1 community, 2 connected, 3 all, 4 group"
        ),
    ] = (1, 2, 3)
    detection_only: Annotated[bool, Meta(description="Only attributes that are for detection")] = (
        False
    )
    files: Annotated[bool, Meta(description="The bytes of attachments, too")] = False
    page: Annotated[int, Meta(ge=1, le=500, description="Events fetched at once")] = 10
    overlap_hours: Annotated[
        int, Meta(ge=1, le=8_760, description="How far back is looked for events that came late")
    ] = 24


class MispRest:
    """The connector."""

    def collect(self, settings: Source, state: State, run: Run) -> Iterator[Batch]:
        """Events that are new or changed, oldest first.

        Raises:
            RemoteError: The MISP went away, or does not take the key.
        """
        # How many are fetched at once, and from when on, changes nothing about what they become.
        of = mark(msgspec.structs.replace(settings, page=1, overlap_hours=1), run)
        if state.get("of") != of:
            state = NOTHING
        client = Client(settings.url, run.secret(settings.key), run.net)
        asked = _asked(settings)
        progress = Progress.of(state)
        newest = int(state.get("newest", 0))
        since = max(0, newest - settings.overlap_hours * _HOUR)
        clock = "publish_timestamp" if settings.published else "timestamp"
        entries = [*client.listing({**asked, clock: str(since)})]
        progress.shrink(entries)
        # Beyond what a state can hold, events are fetched twice rather than not at all.
        progress.floor = 0
        waiting = iter(progress.open(entries))
        while chunk := [*islice(waiting, settings.page)]:
            batch, done = _fetched(client, chunk, settings, run)
            for entry in done:
                progress.add(entry)
                newest = max(newest, entry.seconds)
            yield batch._replace(state={**progress.packed(), "newest": newest, "of": of})


SETTINGS = Source
CONNECTOR = MispRest()


def _asked(settings: Source) -> dict[str, Any]:
    asked: dict[str, Any] = {"published": True} if settings.published else {}
    tags = [*settings.tags, *(f"!{tag}" for tag in settings.not_tags)]
    if tags:
        asked["tags"] = tags
    if settings.organisations:
        asked["org"] = list(settings.organisations)
    return asked


def _fetched(
    client: Client, chunk: list[Entry], settings: Source, run: Run
) -> tuple[Batch, list[Entry]]:
    """What some events become, and which of them are done.

    Those that are too large together are fetched one by one.
    """
    asked = {"published": True} if settings.published else {}
    asked |= {"with_attachments": settings.files, "include_sightings": True}
    try:
        events = client.events([entry.id for entry in chunk], asked)
    except TooLarge as error:
        if len(chunk) == 1:
            left = Left(f"{chunk[0].uuid}: {error.reason}", "event that is too large")
            return Batch(left=(left,)), chunk
        singles = [_fetched(client, [entry], settings, run) for entry in chunk]
        return _joined([batch for batch, _ in singles]), [e for _, done in singles for e in done]
    choice = Choice(
        settings.files,
        settings.detection_only,
        frozenset(map(str, settings.distributions)),
        run.started_us,
    )
    by_uuid = {uuid_in(event): event for event in events}
    done = [entry for entry in chunk if entry.uuid in by_uuid]
    lost = (Left(e.uuid, "event that is listed and not given out") for e in chunk if e not in done)
    made = [read(by_uuid[entry.uuid], choice) for entry in done]
    batches = [Batch(each.found, left=each.left, gone=each.gone) for each in made]
    return _joined([*batches, Batch(left=tuple(lost))]), done


def _joined(batches: list[Batch]) -> Batch:
    return Batch(
        tuple(found for batch in batches for found in batch.found),
        left=tuple(left for batch in batches for left in batch.left),
        gone=tuple(dict.fromkeys(gone for batch in batches for gone in batch.gone)),
    )
