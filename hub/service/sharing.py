"""The collections of a caller: what may be read and written, why, and what is in them."""

from __future__ import annotations

from typing import NamedTuple

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Caller, Collection, Community, Directory, Group
from hub.model.query import Scope
from hub.model.search import EVERYTHING, Has
from hub.policy import Rights, Way
from hub.store.search import Finder

_MOST = 1000


class Holding(NamedTuple):
    """One collection, as its reader or writer sees it."""

    collection: Collection
    rights: Rights
    ways: list[Way]
    """All that give it rights"""
    records: int | None
    """That may be read; None: they could not be counted in time"""
    last_us: int
    """Date added of the newest; 0: there is none"""

    @property
    def reads(self) -> list[Way]:
        """The ways that let it read."""
        return [way for way in self.ways if way.read]

    @property
    def writes(self) -> list[Way]:
        """The ways that let it write."""
        return [way for way in self.ways if way.write]


def holdings(finder: Finder, scope: Scope, caller: Caller, directory: Directory) -> list[Holding]:
    """The collections that exist for the caller, by title."""
    (facet,) = finder.facets(scope, EVERYTHING, ["collection"], _MOST)
    counts = None
    if facet.counts is not None:
        counts = {int(item.key): item.records for item in facet.counts}
    ways = policy.ways(caller, directory)
    found = []
    for item in directory.collections.values():
        rights = policy.rights(scope, item)
        if any(rights):
            own = [way for way in ways if way.collection == item.key]
            count = None if counts is None else counts.get(item.key, 0)
            found.append(Holding(item, rights, own, count, _last(finder, scope, item.key)))
    return sorted(found, key=lambda held: (held.collection.title.casefold(), held.collection.key))


def _last(finder: Finder, scope: Scope, key: int) -> int:
    if key not in scope.readable:
        return 0
    keys = finder.find(scope, Has("collection", (str(key),)), 0, 1).keys
    return keys[0] if keys else 0


def named(found: list[Holding], name: str) -> Holding:
    """The collection with this alias or id.

    Raises:
        HubError: ABSENT; a hidden one and one that is not there look the same.
    """
    for held in found:
        if name in {held.collection.alias, held.collection.id}:
            return held
    raise HubError(
        Fault.ABSENT,
        "there is no such collection here, or this account may not use it",
        field="collection",
    )


def circles(directory: Directory, scope: Scope, held: Holding) -> list[Community | Group]:
    """The circles through which the caller comes to the collection, by name."""
    through = {way.subject for way in held.ways if way.subject and way.subject in scope.subjects}
    known = directory.circles()
    return [known[subject] for subject in sorted(through) if subject in known]
