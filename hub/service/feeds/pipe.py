"""From what a connector gives to what is published: step by step, each kept whole or not at all.

- What the feed published before, and says the same, is left alone.
- What people deleted here in that version is not brought back; what feeds took away is.
- An object made anew keeps the `created` of its first version.
- The state of a batch is kept with the last of its objects, so nothing is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from connectors.found import Batch, State
from hub.errors import Fault, HubError
from hub.model.job import Hold, Memory, Step
from hub.model.record import Candidate, Outcome, Refusal, Status
from hub.service.feeds.counts import Counts
from hub.service.feeds.definition import Feed
from hub.service.feeds.desk import Desk, Standing, standing
from hub.service.feeds.held import Follows, HeldLog
from hub.service.feeds.lost import Departures
from hub.service.feeds.treatment import Treated, Treatment
from hub.service.publish import MeteredPublisher
from hub.stix.compose import instant
from hub.stix.instant import instant_us

CHUNK = 500
"""Objects of one publish"""

_CHUNK_BYTES = 8_000_000
_NAMES = {
    Outcome.NEW: "new",
    Outcome.VERSION: "versions",
    Outcome.REPLACED: "replaced",
    Outcome.UNCHANGED: "unchanged",
    Outcome.CONFLICT: "conflicts",
}
_OURS = frozenset({Outcome.NEW, Outcome.VERSION, Outcome.REPLACED})
_PLACE = re.compile(r"objects\[\d+\](?:\.|: )")
_encode = msgspec.json.Encoder().encode


class _Fresh(NamedTuple):
    """An object that says something new, and what is remembered of it."""

    item: Treated
    known: Memory | None


class Pipe:
    """The objects of one run on their way.

    Args:
        desk: What it works with.
        feed: Whose run.
        hold: Taken.
        treatment: Of the feed.
        counts: What became of the objects.
    """

    def __init__(
        self, desk: Desk, feed: Feed, hold: Hold, treatment: Treatment, counts: Counts
    ) -> None:
        self._desk = desk
        self._feed = feed
        self._hold = hold
        self._treatment = treatment
        self._counts = counts
        self._departures = Departures(desk, feed, hold, counts)
        self._waiting: list[Treated] = []
        self._state: State | None = None
        self._made: set[str] = set()

    def take(self, batch: Batch) -> None:
        """The next step of the source; it is published soon, or with `flush`.

        Raises:
            LeaseLost: Somebody else runs the feed now.
            HubError: It cannot be published; nothing of the step is remembered.
        """
        self._counts.add("read", len(batch.found))
        for left in batch.left:
            self._counts.leave("left", left.given, left.origin, left.reason)
        for found in batch.found:
            item = self._treatment.treat(found, self._counts)
            if item is not None and not self._is_twin(item):
                self._waiting.append(item)
        self._state = batch.state
        if batch.gone:
            self._publish()
            for start in range(0, len(batch.gone), CHUNK):
                self._departures.remove(batch.gone[start : start + CHUNK])
        if batch.gone or len(self._waiting) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Publish what waits, and keep the state behind it.

        Raises:
            LeaseLost, HubError: As `take`.
        """
        self._publish()
        if self._state is not None:
            self._desk.store.step_job(self._hold, Step(_encode(dict(self._state))))
            self._state = None

    def _is_twin(self, item: Treated) -> bool:
        """Whether the same value was made before in this run."""
        if not item.made:
            return False
        if item.object_id in self._made:
            self._counts.leave("left", item.object_id, item.origin, "the same value again")
            return True
        self._made.add(item.object_id)
        return False

    def _publish(self) -> None:
        """All that waits, in parts."""
        while self._waiting:
            part = _part(self._waiting)
            fresh = self._fresh(part)
            if fresh:
                self._offer(fresh)
            del self._waiting[: len(part)]

    def _fresh(self, part: Sequence[Treated]) -> list[_Fresh]:
        memory = self._desk.store.recall(self._hold.name, [item.object_id for item in part])
        fresh = []
        for item in part:
            known = memory.get(item.object_id)
            if known and known.digest == item.digest and not _is_ageing(item, known):
                self._counts.add("known")
            else:
                fresh.append(_Fresh(_born(item, known), known))
        return self._undeleted(fresh) if fresh else []

    def _undeleted(self, fresh: list[_Fresh]) -> list[_Fresh]:
        """Without what was deleted here in the version that is offered."""
        place = standing(self._desk, self._feed)
        ids = [item.object_id for item, _ in fresh]
        deleted = self._desk.store.deleted(place.scope, place.collection.key, ids)
        if not deleted:
            return fresh
        taken = self._departures.taken(place, [object_id for object_id, _ in deleted])
        left = []
        for item, known in fresh:
            # An object that is made anew has another version, and says what it said.
            last = known.version_us if known and item.made else _version(item)
            if item.object_id not in taken and (item.object_id, last) in deleted:
                self._counts.leave("deleted", item.object_id, item.origin, "it was deleted here")
            else:
                left.append(_Fresh(item, known))
        return left

    def _offer(self, fresh: Sequence[_Fresh]) -> None:
        """Publish; what takes too long to check, or is more than is allowed, in halves."""
        place = standing(self._desk, self._feed)
        try:
            status = self._publisher(place, fresh)
        except HubError as error:
            if error.fault is not Fault.TOO_LARGE:
                raise
            if len(fresh) == 1:
                item = fresh[0].item
                self._counts.leave("refused", item.object_id, item.origin, error.reason)
                return
            half = len(fresh) // 2
            self._offer(fresh[:half])
            self._offer(fresh[half:])
            return
        for (item, _), verdict in zip(fresh, status.verdicts, strict=True):
            if verdict.outcome is Outcome.REFUSED:
                reason = without_place(verdict.message)
                self._counts.leave("refused", item.object_id, item.origin, reason)
            else:
                self._counts.add(_NAMES[verdict.outcome])

    def _publisher(self, place: Standing, fresh: Sequence[_Fresh]) -> Status:
        log = HeldLog(self._desk.store, self._hold, follows=_follows(fresh))
        return MeteredPublisher(self._desk.publisher(log), self._desk.quota).publish(
            place.scope, place.collection, [item.raw for item, _ in fresh], place.audience
        )


def without_place(reason: str) -> str:
    """Why an object was refused, without its place in a publish, which says nothing of a source."""
    return _PLACE.sub("", reason)


def _part(waiting: Sequence[Treated]) -> list[Treated]:
    """The first objects of those that wait, as many as one publish takes."""
    part: list[Treated] = []
    size = 0
    for item in islice(waiting, CHUNK):
        size += len(item.raw)
        if part and size > _CHUNK_BYTES:
            break
        part.append(item)
    return part


def _born(item: Treated, known: Memory | None) -> Treated:
    """The object with the date of its first version, if it was made here and is made anew."""
    created = instant(known.created_us) if known else ""
    if not item.made or not known or item.obj.get("created") == created:
        return item
    return item._replace(raw=_encode(item.obj | {"created": created}))


def _is_ageing(item: Treated, known: Memory) -> bool:
    """Whether its last version is so old that it would end while the source still has it.

    A run that is begun again keeps its instant, and so finds what it made young.
    """
    return 0 < item.renew_us <= _version(item) - known.version_us


def _version(item: Treated) -> int:
    """The instant of the version that is offered; 0: it has none."""
    return instant_us(item.obj.get("modified", item.obj.get("created"))) or 0


def _follows(fresh: Sequence[_Fresh]) -> Follows:
    """What is remembered of these objects. What was refused is offered again each time."""

    def follows(items: Sequence[Candidate | Refusal], status: Status) -> Step:
        kept = zip(fresh, items, status.verdicts, strict=True)
        return Step(
            remember=tuple(
                _memory(about, item, verdict.outcome)
                for about, item, verdict in kept
                if isinstance(item, Candidate)
            )
        )

    return follows


def _memory(about: _Fresh, item: Candidate, outcome: Outcome) -> Memory:
    known = about.known
    # Of what came as STIX and is unchanged, somebody else may have been first.
    ours = about.item.made or (known is not None and known.own)
    own = outcome in _OURS or (ours and outcome is Outcome.UNCHANGED)
    created_us = instant_us(about.item.obj.get("created")) or item.version_us
    first_us = known.created_us if known and about.item.made else created_us
    return Memory(item.object_id, about.item.digest, item.version_us, first_us, own)
