"""Reading: collections, pages of objects and manifest entries, statuses."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hub import policy
from hub.errors import Fault, HubError
from hub.model.clock import now_us
from hub.model.party import Collection, Directory
from hub.model.query import BOTH_STIX, EntryPage, ObjectPage, Query, Scope
from hub.model.record import Status
from hub.service.pulse import Note
from hub.store.base import Log

_SLACK_US = 10_000_000
"""What is being written while a page is read may carry a date added that is so much older."""


def collections(scope: Scope, directory: Directory, root: str) -> list[Collection]:
    """The collections of an API root that exist for the scope, always in the same order."""
    found = [
        collection
        for collection in directory.collections.values()
        if collection.root == root and any(policy.rights(scope, collection))
    ]
    return sorted(found, key=lambda collection: collection.key)


def collection(scope: Scope, directory: Directory, root: str, name: str) -> Collection:
    """The collection with this id or alias.

    Raises:
        HubError: ABSENT when there is none for the scope; a hidden one is no different.
    """
    for found in collections(scope, directory, root):
        if name in {found.id, found.alias}:
            return found
    raise HubError(
        Fault.ABSENT,
        "there is no such collection here, or this account may not use it",
        remedy="List the collections of the API root to see what this account may use.",
    )


class Reader:
    """Pages of one collection."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def objects(
        self, scope: Scope, collection: Collection, query: Query, bounds: tuple[int, int]
    ) -> ObjectPage:
        """Matching objects; `bounds` are the date added to start after and the page size."""
        policy.require_read(scope, collection)
        return self._log.objects(scope, query, *bounds)

    def entries(
        self, scope: Scope, collection: Collection, query: Query, bounds: tuple[int, int]
    ) -> EntryPage:
        """The same page as manifest entries."""
        policy.require_read(scope, collection)
        return self._log.entries(scope, query, *bounds)

    def require_object(self, scope: Scope, query: Query) -> None:
        """Raises HubError: ABSENT when the scope sees no version of the query's object at all."""
        every = msgspec.structs.replace(
            Query(query.collection), ids=query.ids, edges=("all",), stix=BOTH_STIX
        )
        if not self._log.entries(scope, every, 0, 1).entries:
            raise HubError(Fault.ABSENT, "there is no such object in this collection")

    def status(self, scope: Scope, root: str, status_id: str) -> Status:
        """The status of a publish by the scope's account.

        Raises:
            HubError: ABSENT when there is none, or it belongs to somebody else.
        """
        # Without an organisation there is nothing to own.
        found = self._log.status(scope, root, status_id) if scope.org else None
        if found is None:
            raise HubError(
                Fault.ABSENT,
                "there is no such status here, it has expired, or another account owns it",
            )
        return found


class Followed(Reader):
    """The same for partners who poll: what each account was answered is noted.

    Args:
        log: Has the records.
        pulse: Is told.
        clock: Microseconds of the system clock.
    """

    def __init__(self, log: Log, pulse: Note, *, clock: Callable[[], int] = now_us) -> None:
        super().__init__(log)
        self._pulse = pulse
        self._clock = clock

    def objects(
        self, scope: Scope, collection: Collection, query: Query, bounds: tuple[int, int]
    ) -> ObjectPage:
        """See `Reader.objects`."""
        start_us = self._clock()
        page = super().objects(scope, collection, query, bounds)
        end_us = 0 if page.more else start_us
        self._note(scope, query, len(page.raws), (page.last_us, end_us))
        return page

    def entries(
        self, scope: Scope, collection: Collection, query: Query, bounds: tuple[int, int]
    ) -> EntryPage:
        """See `Reader.entries`."""
        start_us = self._clock()
        page = super().entries(scope, collection, query, bounds)
        last_us = page.entries[-1].added_us if page.entries else 0
        self._note(scope, query, 0, (last_us, 0 if page.more else start_us))
        return page

    def _note(self, scope: Scope, query: Query, objects: int, reached: tuple[int, int]) -> None:
        """Tell how far the account has come.

        Args:
            scope: Who asks.
            query: Who names objects follows nothing.
            objects: How many it was given.
            reached: Date added of the last one; when it was asked for, if that was the end.
        """
        if scope.account:
            last_us, end_us = reached
            position_us = 0 if query.ids else max(last_us, end_us - _SLACK_US)
            # How many pages there were before the last one would tell how much was on them.
            self._pulse.pulled(
                scope.account, query.collection, objects, position_us, ended=bool(end_us)
            )
