"""A feed tried dry: what a first run would publish, and what not and why. Nothing of it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from connectors.errors import RemoteError
from connectors.found import NOTHING
from hub.model.record import Refusal
from hub.service.feeds.counts import Counts, Tally
from hub.service.feeds.definition import Feed
from hub.service.feeds.desk import Desk, standing
from hub.service.feeds.pipe import without_place
from hub.service.feeds.runner import batches, run_of, treatment_of
from hub.service.feeds.treatment import Treated
from hub.service.jobs.declared import keys_in
from hub.service.jobs.secrets import Secrets

_PART = 100
_SAMPLES = 5


class Trial(NamedTuple):
    """What a first run would do."""

    types: dict[str, int]
    """Objects that would be published, by STIX type"""
    samples: tuple[dict[str, Any], ...]
    """Some of them, of every type the first ones"""
    gone: int
    """Objects that the source names as gone"""
    tally: Tally
    """What was left out, and what would be refused"""
    whole: bool
    """False: it was read no further, as there was enough."""
    error: str
    """Why it ended before its time, in words; empty: it did not"""


def trial(
    desk: Desk, feed: Feed, limit: int, notice: Callable[[str], None] = lambda _: None
) -> Trial:
    """Read a source from its beginning, and weigh what it gives.

    Args:
        desk: What runs work with.
        feed: Which.
        limit: Objects after which it is enough.
        notice: Told what an operator may want to know.

    Raises:
        ConfigError: A secret or its mapping cannot be read, or its account cannot act.
        HubError: The account may not publish there.
    """
    place = standing(desk, feed)
    counts, secrets, started_us = (
        Counts(),
        Secrets(feed.folder, keys_in(feed.said.source)),
        desk.clock(),
    )
    treatment = treatment_of(desk, feed, place, started_us)
    run = run_of(feed, place, started_us, secrets)
    run = run._replace(notice=lambda text: notice(secrets.scrub(text)))
    kept: dict[str, Treated] = {}
    gone, error, whole = 0, "", True
    try:
        for batch in batches(feed, NOTHING, run):
            counts.add("read", len(batch.found))
            gone += len(batch.gone)
            for left in batch.left:
                counts.leave("left", left.given, left.origin, left.reason)
            treated = [treatment.treat(found, counts) for found in batch.found]
            kept |= {item.object_id: item for item in treated if item is not None}
            if counts.counts["read"] >= limit:
                whole = False
                break
    except RemoteError as failed:
        error = secrets.scrub(failed.text())
    publishable = _weighed(desk, feed, list(kept.values()), counts)
    types = Counter(item.type for item in publishable)
    return Trial(
        dict(types.most_common()), _samples(publishable), gone, counts.tally(), whole, error
    )


def _weighed(desk: Desk, feed: Feed, items: Sequence[Treated], counts: Counts) -> list[Treated]:
    """Those that the door would take; the others are counted."""
    place = standing(desk, feed)
    door = desk.publisher(desk.store)
    taken: list[Treated] = []
    for start in range(0, len(items), _PART):
        part = items[start : start + _PART]
        raws = [item.raw for item in part]
        verdicts = door.weigh(place.scope, place.collection, raws, place.audience)
        for item, verdict in zip(part, verdicts, strict=True):
            if isinstance(verdict, Refusal):
                reason = without_place(verdict.reason)
                counts.leave("refused", item.object_id, item.origin, reason)
            else:
                taken.append(item)
    return taken


def _samples(items: Sequence[Treated]) -> tuple[dict[str, Any], ...]:
    """The first of each type, then further ones."""
    firsts: dict[str, Treated] = {}
    for item in items:
        firsts.setdefault(item.type, item)
    rest = [item for item in items if firsts[item.type] is not item]
    return tuple(item.obj for item in [*firsts.values(), *rest][:_SAMPLES])
