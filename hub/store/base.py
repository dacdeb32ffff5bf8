"""What a store must keep. Engines implement it; `tests/conformance` is run over each of them.

The laws, for every engine:

- A record's date added is strictly rising over the whole hub, in microseconds, and is given while
  the write lock is held. Whoever saw a record could have seen every earlier one.
- Every change has a consecutive ordinal. A gap means that something was lost.
- A publish is one transaction: records, verdicts, audit row and change rows, or nothing.
- The bytes of an object come back as they came.
- Every engine fault leaves as `StoreDown`; nothing of the failed call is kept.
- Every read takes a scope first. There are two exceptions: `Log.changes`, for delivery after
  commit, and `Archive`, for the operator's own copy of everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple, Protocol

import msgspec

from hub.model.party import Collection, Directory, Party
from hub.model.query import EntryPage, ObjectPage, Query, Scope
from hub.model.record import Candidate, Refusal, Status


class Act(msgspec.Struct, frozen=True):
    """One line of the audit log: who did what to what."""

    account: str
    org: str
    action: str
    target: str
    detail: str = ""


class Batch(msgspec.Struct, frozen=True):
    """One publish: checked objects and refusals, in the order of the request."""

    status_id: str
    collection: Collection
    items: Sequence[Candidate | Refusal]
    act: Act
    """Its `org` is the publisher of the records and the owner of the status."""


class Removal(msgspec.Struct, frozen=True):
    """One delete: the versions of one object that the query selects."""

    query: Query
    act: Act


class Change(NamedTuple):
    """One line of the change log."""

    ordinal: int
    kind: Literal["add", "replace", "delete"]
    """"replace": the record took the place of one with the same version."""
    at_us: int
    added_us: int
    """The record: its date added is its key."""
    collection: int


class Logged(NamedTuple):
    """One line of the change log with its record: all that another store needs to hold it too."""

    change: Change
    publisher: str = ""
    """Slug of the organisation; empty for a delete, as `record` is None then."""
    record: Candidate | None = None
    """Without its bytes, terms and warnings when it was replaced or deleted since."""
    gone: bool = False
    """It was replaced or deleted since."""


class Tally(NamedTuple):
    """Counts of one collection, within a scope."""

    collection: int
    objects: int
    versions: int
    last_us: int
    """Date added of the newest record; 0 when there is none."""


class Log(Protocol):
    """Records in the order they were accepted."""

    def add(self, batch: Batch) -> Status:
        """Keep a publish and say what became of each object."""

    def objects(self, scope: Scope, query: Query, after_us: int, limit: int) -> ObjectPage:
        """The first `limit` matching records added after `after_us`, as bytes.

        A record committed before the call is never skipped, and a page is full while there
        is more; only objects of megabytes may end it early.
        """

    def entries(self, scope: Scope, query: Query, after_us: int, limit: int) -> EntryPage:
        """The same page as manifest entries."""

    def remove(self, scope: Scope, removal: Removal) -> int:
        """Delete the selected versions; returns how many.

        Raises:
            HubError: DENIED when one of them was published by another organisation and the
                scope does not moderate; nothing is deleted then.
        """

    def status(self, scope: Scope, root: str, status_id: str) -> Status | None:
        """The status of a publish by the scope's own organisation, or None."""

    def tallies(self, scope: Scope) -> list[Tally]:
        """Counts of what the scope may see, per collection."""

    def changes(self, after: int, limit: int) -> list[Change]:
        """Changes with an ordinal above `after`. Unscoped: for delivery and checks only."""

    def purge(self, before_us: int) -> int:
        """Drop status resources older than the instant; returns how many."""

    def probe(self) -> None:
        """Really write and read something small.

        Raises:
            StoreDown: The store does not do both.
        """

    def faults(self) -> list[str]:
        """Violations of the laws above that are found in the stored data; empty is good."""


class Stale(Exception):
    """The directory changed between reading and writing it; read again and retry."""


class Registry(Protocol):
    """Parties and rights: small, read as a whole, changed by compare-and-set on its epoch."""

    def epoch(self) -> int:
        """Rises with every change; cheap."""

    def directory(self) -> Directory:
        """Everything, with the epoch it belongs to."""

    def write(
        self, puts: Sequence[Party], drops: Sequence[Party], act: Act, *, epoch: int
    ) -> Directory:
        """Put and drop parties in one transaction, with its audit row.

        Returns:
            The directory after the change.

        Raises:
            Stale: The directory's epoch is not `epoch` any more.
        """

    def audit(self, limit: int) -> list[tuple[int, Act]]:
        """The newest audit lines with their instants, newest first."""


class Archive(Protocol):
    """The whole hub at once, across all scopes.

    Only for whoever runs commands on the hub's machine and could read its files as well: export,
    and import into an empty store. Nothing that answers requests may call it; a test looks.
    """

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything that this thread reads inside belongs to one state of the store.

        Others go on writing. This thread must not write inside.
        """

    def replay(self, after: int, limit: int) -> list[Logged]:
        """Changes with an ordinal above `after`, with their records, in order. Unscoped.

        At most `limit`, and fewer when objects are large; none when there are no more.
        """

    def refill(self, found: Sequence[Logged]) -> None:
        """Take over the next changes of another store, with their ordinals, dates and publishers.

        Raises:
            HubError: BAD_BODY when they do not follow on what is here; nothing is kept then.
        """


class Store(Log, Registry, Archive, Protocol):
    """All that the services need."""

    def close(self) -> None:
        """Let go of files and connections of this thread."""
