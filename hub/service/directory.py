"""The directory of parties, read from the store when it changed and remembered in between."""

from __future__ import annotations

from hub import policy
from hub.model.party import Caller, Directory
from hub.model.query import Scope
from hub.store.base import Registry


class Snapshot:
    """A directory and the scopes that follow from it."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._scopes: dict[Caller, Scope] = {}

    def scope(self, caller: Caller) -> Scope:
        """What the caller may see and do under this directory."""
        found = self._scopes.get(caller)
        if found is None:
            found = self._scopes[caller] = policy.scope(caller, self.directory)
        return found


class Parties:
    """Gives the newest snapshot: one small read tells whether the remembered one still is."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._snapshot: Snapshot | None = None

    def now(self) -> Snapshot:
        """The directory as it is now."""
        known = self._snapshot
        if known is None or known.directory.epoch != self._registry.epoch():
            known = self._snapshot = Snapshot(self._registry.directory())
        return known
