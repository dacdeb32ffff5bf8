"""What a source has no more: it is deleted when the last feed that has it loses it.

Feeds that publish in one collection for one organisation count together. Each remembers what its source
has (`Memory.held`), and what it published itself (`Memory.own`).

- As long as one of them holds an object, it stays. The last one to lose it deletes it, if one of them
  brought it: what people published is not theirs.
- What feeds took away, any of them brings back. What people deleted, none does in that version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from hub.errors import Fault, HubError
from hub.model.job import GONE, LOST, Hold, Memory, Parting, Step
from hub.model.query import BOTH_STIX, Query
from hub.service.feeds.counts import Counts
from hub.service.feeds.definition import Feed, job_of, load_all
from hub.service.feeds.desk import Desk, Standing, standing
from hub.service.feeds.held import HeldLog
from hub.stix.instant import instant_us

_VERSIONS = 10_000
_TAKEN_OVER = "the source has it no more, and somebody here published a newer version: it stays"


class Departures:
    """The objects that the source of a feed has no more, of one run.

    Args:
        desk: What it works with.
        feed: Whose run.
        hold: Taken.
        counts: What became of the objects.
    """

    def __init__(self, desk: Desk, feed: Feed, hold: Hold, counts: Counts) -> None:
        self._desk = desk
        self._feed = feed
        self._hold = hold
        self._counts = counts

    def remove(self, ids: Sequence[str]) -> None:
        """Delete those that feeds brought and no other feed holds.

        Raises:
            LeaseLost, HubError: As `Pipe.take`.
        """
        place = standing(self._desk, self._feed)
        others = tuple(_beside(self._desk, self._feed, place))
        memory = self._desk.store.recall(self._hold.name, ids)
        known = {object_id: known for object_id, known in memory.items() if known.held}
        own = _last_own(self._memories((self._hold.name, *others), list(known)))
        for each in known.values():
            self._part(place, each, own.get(each.object_id), others)

    def taken(self, place: Standing, ids: Sequence[str]) -> set[str]:
        """Those of these deleted objects that feeds took away, and not people."""
        names = (self._hold.name, *_beside(self._desk, self._feed, place))
        found = list(self._memories(names, ids))
        held = {known.object_id for known in found if known.held}
        return {known.object_id for known in found if known.digest == GONE} - held

    def _memories(self, names: Sequence[str], ids: Sequence[str]) -> Iterator[Memory]:
        for name in names:
            yield from self._desk.store.recall(name, ids).values()

    def _part(
        self, place: Standing, known: Memory, last_us: int | None, others: tuple[str, ...]
    ) -> None:
        """Delete one, unless it is held or is not theirs.

        Args:
            place: As whom.
            known: Of the object.
            last_us: The newest version that one of the feeds brought; None: none did.
            others: Jobs of the other feeds.
        """
        query = Query(
            place.collection.key,
            ids=(known.object_id,),
            edges=("all",),
            stix=BOTH_STIX,
            publisher=place.scope.org,
        )
        there = self._desk.store.entries(place.scope, query, 0, _VERSIONS).entries
        versions = tuple(instant_us(entry.version) or 0 for entry in there)
        if last_us is None or not versions:
            self._let_go(known)
        elif max(versions) > last_us:
            self._let_go(known._replace(own=False))
            self._counts.leave("refused", known.object_id, "", _TAKEN_OVER)
        else:
            # Exactly these: what somebody publishes at this moment stays.
            query = msgspec.structs.replace(query, edges=(), versions_us=versions)
            self._delete(place, query, known, others)

    def _let_go(self, known: Memory) -> None:
        self._desk.store.step_job(self._hold, Step(remember=(known._replace(digest=LOST),)))

    def _delete(
        self, place: Standing, query: Query, known: Memory, others: tuple[str, ...]
    ) -> None:
        parting = Parting(
            Step(remember=(known._replace(digest=GONE),)),
            Step(remember=(known._replace(digest=LOST),)),
            known.object_id,
            others,
        )
        log = HeldLog(self._desk.store, self._hold, parting=parting)
        try:
            self._desk.publisher(log).delete(place.scope, place.collection, query)
        except HubError as error:
            if error.fault is Fault.DENIED:
                self._counts.leave("refused", known.object_id, "", error.reason)
            elif error.fault is Fault.ABSENT:
                self._counts.add("held")
            else:
                raise
        else:
            self._counts.add("gone")


def _last_own(found: Iterator[Memory]) -> dict[str, int]:
    """The newest version of each object that one of the feeds brought."""
    last: dict[str, int] = {}
    for known in found:
        if known.own:
            last[known.object_id] = max(known.version_us, last.get(known.object_id, 0))
    return last


def _beside(desk: Desk, feed: Feed, place: Standing) -> Iterator[str]:
    """Jobs of the other feeds that publish there for the organisation, whether they may now or not.

    Where a file that is broken publishes nobody knows: what it remembers counts.
    """
    directory = desk.parties.now().directory
    feeds, broken = load_all(feed.folder)
    yield from (job_of(each.name) for each in broken if each.name != feed.name)
    for other in feeds.values():
        account = directory.accounts.get(other.said.account)
        if (
            other.name != feed.name
            and other.said.collection in {place.collection.alias, place.collection.id}
            and account is not None
            and account.org == place.scope.org
        ):
            yield other.job
