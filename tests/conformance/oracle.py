"""The rules of publishing and reading over a plain list: slow, obvious, and without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hub.model.query import Query
from hub.model.record import Candidate, Outcome


class Kept(NamedTuple):
    """A record that is not deleted."""

    item: Candidate
    org: str


class Oracle:
    """One collection."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.changes = 0

    def publish(self, org: str, items: Sequence[Candidate]) -> list[Outcome]:
        """What becomes of each object."""
        return [self._take(org, item) for item in items]

    def _take(self, org: str, item: Candidate) -> Outcome:
        same_object = [k for k in self.kept if k.item.object_id == item.object_id]
        same_version = [k for k in same_object if k.item.version_us == item.version_us]
        outcome = Outcome.VERSION if same_object else Outcome.NEW
        if same_version:
            (old,) = same_version
            if old.item.digest == item.digest:
                return Outcome.UNCHANGED
            if old.org != org:
                return Outcome.CONFLICT
            self.kept.remove(old)
            outcome = Outcome.REPLACED
        self.kept.append(Kept(item, org))
        self.changes += 1
        return outcome

    def remove(self, query: Query) -> int:
        """How many versions the query deletes."""
        gone = self._select(query)
        self.kept = [kept for kept in self.kept if kept not in gone]
        self.changes += len(gone)
        return len(gone)

    def read(self, query: Query) -> list[bytes]:
        """The selected objects, in the order they were accepted."""
        return [kept.item.raw for kept in self._select(query)]

    def _select(self, query: Query) -> list[Kept]:
        return [kept for kept in self.kept if self._matches(kept, query)]

    def _matches(self, kept: Kept, query: Query) -> bool:
        candidates = [
            other.item
            for other in self.kept
            if other.item.object_id == kept.item.object_id and self._passes(other.item, query)
        ]
        if kept.item not in candidates:
            return False
        versions = [item.version_us for item in candidates]
        wanted = set(query.versions_us)
        wanted |= {max(versions)} if "last" in query.edges else set()
        wanted |= {min(versions)} if "first" in query.edges else set()
        every = "all" in query.edges or not (query.edges or query.versions_us)
        return every or kept.item.version_us in wanted

    def _passes(self, item: Candidate, query: Query) -> bool:
        if query.ids and item.object_id not in query.ids:
            return False
        if query.stix:
            return item.stix in query.stix
        newest = max(k.item.stix for k in self.kept if k.item.object_id == item.object_id)
        return item.stix == newest
