"""What a store must keep. Engines implement it; `tests/conformance` is run over each of them.

The laws, for every engine:

- A record's date added is strictly rising over the whole hub, in microseconds, and is given while
  the write lock is held. Whoever saw a record could have seen every earlier one.
- Every change has a consecutive ordinal. A gap means that something was lost.
- A publish is one transaction: records, verdicts, audit row and change rows, or nothing.
- The bytes of an object come back as they came.
- Every engine fault leaves as `StoreDown`; nothing of the failed call is kept.
- Every read takes a scope first. The exceptions are `Log.changes` (delivery after commit), `labels`
  (officers) and `holdings` (the operator), which give no content, and `Archive`, for the operator's
  own copy of everything.
- What a scope does not admit changes nothing of what it is answered.
- A session that ended never lives again, whatever the clock does. Changing an account's password,
  disabling it or dropping it ends its sessions in the same transaction.
- A code of a second factor is accepted once, whoever else offers it at the same moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple, Protocol

import msgspec

from hub.model.audit import Sought
from hub.model.party import Collection, Directory, Party, Subject
from hub.model.query import EntryPage, Label, ObjectPage, Query, Scope
from hub.model.record import Candidate, Refusal, Status
from hub.model.saved import SavedSearch
from hub.model.search import Piece
from hub.model.session import Factor, Opening, Proof, Renewal, Session, Trial
from hub.store.drafting import Drafts
from hub.store.exporting import Exports
from hub.store.jobs import Jobs


class Act(msgspec.Struct, frozen=True):
    """One line of the audit log: who did what to what."""

    account: str
    org: str
    action: str
    target: str
    detail: str = ""


class Line(NamedTuple):
    """A line of the audit log with its place in it."""

    number: int
    """Rises with every line; what a page ends with, the next one begins before."""
    at_us: int
    act: Act


class Batch(msgspec.Struct, frozen=True):
    """One publish: checked objects and refusals, in the order of the request."""

    status_id: str
    collection: Collection
    items: Sequence[Candidate | Refusal]
    scope: Scope
    """Who publishes: its organisation owns the records, its account the status, and verdicts
    speak only of records that it may know."""
    act: Act
    audience: frozenset[Subject] = frozenset()
    """Who may see the records, the publisher included; empty: who may read the collection."""


class Removal(msgspec.Struct, frozen=True):
    """One delete: the versions of one object that the query selects, with all views of them."""

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
    """Slug of the organisation; empty where `record` is None: the change brought none."""
    record: Candidate | None = None
    """Without its bytes, terms and warnings when it was replaced or deleted since."""
    gone: bool = False
    """It was replaced or deleted since."""
    label: Label | None = None
    """Who may see the record"""
    origin_us: int = 0
    """Date added of the first record of its publish"""
    part: int = 0
    """0: the whole object; else a view of it"""


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

    def waiting(
        self, scope: Scope, reader: Scope, query: Query, bounds: tuple[int, int]
    ) -> list[int]:
        """Dates added of what the reader can still fetch, as far as the scope sees it; oldest first.

        What only one of the two may see changes nothing of it.

        Args:
            scope: Who asks.
            reader: Who polls.
            query: What is polled.
            bounds: The date added to start after, and how many at most.
        """

    def status(self, scope: Scope, root: str, status_id: str) -> Status | None:
        """The status of a publish by the scope's own account, or None."""

    def tallies(self, scope: Scope) -> list[Tally]:
        """Counts of what the scope may see, per collection that is not empty for it."""

    def labels(self, collection: int, object_id: str) -> list[tuple[Label, int, str]]:
        """How the records of an object are labelled, with date added and version of each.

        Unscoped: for officers who ask why an account sees an object, and for asking a scope
        whether it admits one record of it.
        """

    def holdings(self) -> list[Tally]:
        """Counts of everything, per collection. Unscoped: for the operator's command line."""

    def changes(self, after: int, limit: int) -> list[Change]:
        """Changes with an ordinal above `after`. Unscoped: for delivery and checks only."""

    def pick(self, scope: Scope, keys: Sequence[int]) -> list[Piece]:
        """The records with these dates added, in this order, as far as the scope sees them.

        Each as the version of its object that the scope gets: a better one hides it.
        """

    def held(self, scope: Scope, object_id: str, version: str = "") -> list[Piece]:
        """Every version of an object that the scope sees, in all collections, newest first.

        By version, then by date added. Of a version that is there in several forms, the scope
        gets one in each collection. There may be very many: bytes come with one of them alone,
        the first of `version`, or the first of all.
        """

    def deleted(
        self, scope: Scope, collection: int, ids: Sequence[str]
    ) -> frozenset[tuple[str, int]]:
        """Versions of these objects that were deleted and are not there again: id and instant.

        Of records that the scope may know (`Scope.knows`); what was replaced was not deleted.
        """

    def purge(self, before_us: int) -> int:
        """Drop status resources older than the instant; returns how many."""

    def probe(self) -> None:
        """Really write and read something small.

        Raises:
            StoreDown: The store does not do both.
        """

    def faults(self) -> list[str]:
        """Violations of the laws above that are found in the stored data; empty is good."""

    def reindex(self) -> None:
        """Make what search knows anew from the records; whoever writes waits meanwhile."""


class Stale(Exception):
    """Something changed between reading and writing it; read again and retry."""


class Registry(Protocol):
    """Parties and rights: small, read as a whole, changed by compare-and-set on its epoch."""

    def epoch(self) -> int:
        """Rises with every change; cheap."""

    def directory(self) -> Directory:
        """Everything, with the epoch it belongs to."""

    def now(self) -> int:
        """An instant in microseconds that is above every date added, whatever the clock says."""

    def write(
        self, puts: Sequence[Party], drops: Sequence[Party], act: Act, *, epoch: int
    ) -> Directory:
        """Put and drop parties in one transaction, with its audit row.

        Returns:
            The directory after the change.

        Raises:
            Stale: The directory's epoch is not `epoch` any more.
        """

    def note(self, act: Act) -> None:
        """Write an audit line about something that changes no party."""

    def audit(self, sought: Sought, before: int, limit: int) -> list[Line]:
        """The newest `limit` lines that are sought, of those with a number below `before`.

        0: from the newest on. Newest first.
        """


class Sessions(Protocol):
    """Log-ins of people.

    When the clock was set back by more than five minutes, every session has ended. By less, time
    stands still until the clock has caught up.
    """

    def start_session(self, opening: Opening, act: Act, *, epoch: int) -> Session:
        """Begin a session; it waits if the account has a confirmed second factor.

        One that waits ends after five minutes.

        Raises:
            Stale: The directory's epoch is not `epoch` any more, so that a password that was
                verified may be out of date.
        """

    def use_session(self, digest: bytes) -> Session | None:
        """The session, if it lives; the use is noted at most once a minute."""

    def list_sessions(self, account: str = "") -> list[Session]:
        """Those that live, of one account or of all, oldest first."""

    def end_sessions(self, act: Act, *, account: str = "", session_id: str = "") -> int:
        """End those of the account and with the id; what is empty means any. Returns how many."""

    def purge_sessions(self) -> None:
        """Forget sessions that ended, and offers of second factors that were not taken up."""


class Factors(Protocol):
    """Second factors of accounts: TOTP (RFC 6238) and recovery codes.

    After five wrong TOTP codes in a row no further one is looked at for a while, which doubles up
    to an hour (RFC 4226 section 7.3). Recovery codes cannot be guessed and do not wait.
    """

    def factor(self, account: str) -> Factor | None:
        """The account's factor, offered or confirmed."""

    def offer_factor(self, account: str, sealed: bytes) -> bool:
        """Offer a factor for fifteen minutes; False when the account has a confirmed one."""

    def confirm_factor(
        self, proof: Proof, recovery: Sequence[bytes], renewal: Renewal, act: Act
    ) -> Session | None:
        """Put the offered factor into force, with digests of its recovery codes.

        The session gets another secret and all others of the account end.

        Returns:
            The session; None when the offer or the session is not there any more.
        """

    def pass_factor(self, proof: Proof, renewal: Renewal, act: Act) -> Trial:
        """Give a waiting session its second factor, and another secret.

        The session ends with the fifth wrong proof.
        """

    def drop_factor(self, account: str, act: Act, proof: Proof | None = None) -> Trial:
        """Remove the factor and end all sessions of the account.

        Args:
            account: Whose.
            act: For the audit log.
            proof: Of the factor; None: an administrator removes it.
        """


class SavedSearches(Protocol):
    """Searches that accounts keep: gone with their account, or when it changes organisation."""

    def saved_searches(self, scope: Scope) -> list[SavedSearch]:
        """Those of the account, and those that others of its organisation share; by name."""

    def save_search(self, scope: Scope, item: SavedSearch, act: Act, *, most: int) -> SavedSearch:
        """Keep one, in place of one with the same id. Account and organisation are the scope's.

        Raises:
            HubError: BAD_REQUEST when the account has `most` others.
        """

    def drop_search(self, scope: Scope, search_id: str, act: Act) -> bool:
        """Delete one of the account's own; False when it has none with that id."""


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


class Store(
    Log, Registry, Sessions, Factors, SavedSearches, Drafts, Jobs, Exports, Archive, Protocol
):
    """All that the services need."""

    def close(self) -> None:
        """Let go of files and connections of this thread."""
