"""The rules of publishing and reading over a plain list: slow, obvious, and without an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from hub.model.query import Label, Query, Scope
from hub.model.record import Candidate, Outcome
from hub.model.tlp import Tlp

STEP_US = 8


class Kept(NamedTuple):
    """A record that is not deleted."""

    item: Candidate
    org: str
    label: Label
    added_us: int
    origin_us: int
    part: int

    def better(self, other: Kept) -> bool:
        """Whether a reader who sees both gets this one as the latest."""
        return self.rank() > other.rank()

    def rank(self) -> tuple[str, int, int, int]:
        return (self.item.stix, self.item.version_us, -self.part, -self.origin_us)


class Oracle:
    """One collection."""

    def __init__(self, collection: int) -> None:
        self.collection = collection
        self.kept: list[Kept] = []
        self.changes = 0
        self._last = 0

    def publish(
        self, scope: Scope, items: Sequence[Candidate], audience: frozenset, now: int
    ) -> list[Outcome]:
        """What becomes of each object."""
        base = now if now > self._last else self._last + 1
        self._base, self._counts = base + -base % STEP_US, Counter()
        return [self._take(scope, item, audience) for item in items]

    def _take(self, scope: Scope, item: Candidate, audience: frozenset) -> Outcome:
        label = Label(self.collection, item.tlp, audience)
        mine = [
            kept
            for kept in self.kept
            if kept.item.object_id == item.object_id
            and scope.knows(kept.label, kept.added_us, kept.org)
        ]
        same = [kept for kept in mine if kept.item.version_us == item.version_us]
        own = [kept for kept in same if kept.org == scope.org and kept.part == 0]
        if any(k.item.digest == item.digest and k.label == label for k in own or same):
            return Outcome.UNCHANGED
        if own:
            self._keep(scope, item, audience, {kept.origin_us for kept in own})
            return Outcome.REPLACED
        if any(k.org != scope.org and k.item.digest != item.digest for k in same):
            return Outcome.CONFLICT
        self._keep(scope, item, audience, set())
        return Outcome.VERSION if mine else Outcome.NEW

    def _keep(self, scope: Scope, item: Candidate, audience: frozenset, origins: set[int]) -> None:
        old = [kept for kept in self.kept if kept.origin_us in origins]
        self.kept = [kept for kept in self.kept if kept not in old]
        origin = min(origins, default=0)
        for form in (item, *reversed(item.views)):
            label = Label(self.collection, form.tlp, audience)
            part = 0 if form is item else 5 - form.tlp
            stays = [k for k in old if (k.item.digest, k.label) == (form.digest, label)]
            added_us = stays[0].added_us if stays else self._stamp(form.tlp)
            origin = origin or added_us
            self.kept.append(Kept(form, scope.org, label, added_us, origin, part))
            self.changes += not stays

    def _stamp(self, tlp: Tlp) -> int:
        added_us = self._base + STEP_US * self._counts[tlp] + tlp
        self._counts[tlp] += 1
        self._last = max(self._last, added_us)
        return added_us

    def remove(self, scope: Scope, query: Query) -> int:
        """How many records the query selects; their publishes go as a whole."""
        chosen = self.select(scope, query)
        versions = {(kept.item.object_id, kept.item.version_us) for kept in chosen}
        # A coordinator deletes all that it sees of a version, whoever published it.
        origins = {
            kept.origin_us
            for kept in self.kept
            if (kept.item.object_id, kept.item.version_us) in versions
            and scope.admits(kept.label, kept.added_us)
        }
        gone = [kept for kept in self.kept if kept.origin_us in origins]
        self.kept = [kept for kept in self.kept if kept not in gone]
        self.changes += len(gone)
        self._last += 1
        return len(chosen)

    def read(self, scope: Scope, query: Query) -> list[bytes]:
        """The selected objects, in the order they were accepted."""
        return [kept.item.raw for kept in self.select(scope, query)]

    def dates(self, scope: Scope, query: Query) -> list[int]:
        """When each of them was added."""
        return [kept.added_us for kept in self.select(scope, query)]

    def select(self, scope: Scope, query: Query) -> list[Kept]:
        """The records that the query selects."""
        seen = [kept for kept in self.kept if scope.admits(kept.label, kept.added_us)]
        got = [kept for kept in seen if self._is_got(kept, seen, query)]
        found = [kept for kept in got if self._passes(kept, query)]
        chosen = [kept for kept in found if self._is_wanted(kept, found, query)]
        return sorted(chosen, key=lambda kept: kept.added_us)

    def _is_got(self, kept: Kept, seen: list[Kept], query: Query) -> bool:
        """One record of each version, and without `match[spec_version]` of the newest STIX."""
        others = [o for o in seen if o.item.object_id == kept.item.object_id]
        if not query.stix and any(o.item.stix > kept.item.stix for o in others):
            return False
        twins = [o for o in others if o.item.version_us == kept.item.version_us]
        return not any(twin.better(kept) for twin in twins)

    def _passes(self, kept: Kept, query: Query) -> bool:
        return (
            (not query.ids or kept.item.object_id in query.ids)
            and (not query.types or kept.item.type in query.types)
            and (not query.stix or kept.item.stix in query.stix)
            and (not query.publisher or kept.org == query.publisher)
        )

    def _is_wanted(self, kept: Kept, found: list[Kept], query: Query) -> bool:
        versions = [o.item.version_us for o in found if o.item.object_id == kept.item.object_id]
        wanted = set(query.versions_us)
        wanted |= {max(versions)} if "last" in query.edges else set()
        wanted |= {min(versions)} if "first" in query.edges else set()
        every = "all" in query.edges or not (query.edges or query.versions_us)
        return every or kept.item.version_us in wanted
