"""The log of records on SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from hub.errors import Fault, HubError
from hub.model.query import Entry, EntryPage, Label, ObjectPage, Query, Scope
from hub.model.record import Status
from hub.store.base import Batch, Change, Removal, Tally
from hub.store.book import Book
from hub.store.checks import CHECKS, UNFOUND
from hub.store.database import single
from hub.store.filters import count, of_objects, page
from hub.store.index import renew, strays
from hub.store.labels import Labels, Range
from hub.store.writer import Writer, erase

_CHUNK = 20
_LONG_S = 600.0
"""For checks and counts that an operator asks for: they read everything."""

_PAGE_BYTES = 32_000_000
"""A page of objects ends early above this size, so that no `limit` can take the memory."""

_DRIFT_US = 60_000_000
_SAMPLE = 1000
"""Of the newest records: these are computed once more, and looked for."""

_VERSIONS = (
    "SELECT r.object_id, r.version_us, r.label, r.added_us, r.publisher FROM json_each(?) o"
    " CROSS JOIN record r INDEXED BY {index} ON r.collection = ? AND r.object_id = o.value"
)
_DELETED = (
    f"{_VERSIONS.format(index='record_gone')} WHERE r.standing = 0 AND EXISTS"
    " (SELECT 1 FROM change c WHERE c.added_us = r.added_us AND c.kind = 'delete')"
)
_THERE = f"{_VERSIONS.format(index='record_object')} WHERE r.standing > 0"

_decode_status = msgspec.json.Decoder(Status).decode


class RecordLog(Book):
    """`hub.store.base.Log` on a SQLite database."""

    def add(self, batch: Batch) -> Status:
        """See `Log.add`."""
        with self._database.writing() as connection:
            return Writer(connection, self._labels, batch, self._clock()).run()

    def objects(self, scope: Scope, query: Query, after_us: int, limit: int) -> ObjectPage:
        """See `Log.objects`."""
        with self._database.reading() as connection:
            ranges = self._labels.visible(connection, scope, query.collection)
            wanted = page("r.added_us, r.raw", ranges, query, after_us, limit + 1)
            rows, cut = _within_budget(connection.execute(wanted.sql, wanted.args))
        more = cut or len(rows) > limit
        del rows[limit:]
        if not rows:
            return ObjectPage([], 0, 0, more=False)
        return ObjectPage([row[1] for row in rows], rows[0][0], rows[-1][0], more)

    def entries(self, scope: Scope, query: Query, after_us: int, limit: int) -> EntryPage:
        """See `Log.entries`."""
        columns = "r.added_us, r.object_id, r.version, r.stix"
        with self._database.reading() as connection:
            ranges = self._labels.visible(connection, scope, query.collection)
            # One row more than asked for tells whether there is more, without counting.
            wanted = page(columns, ranges, query, after_us, limit + 1)
            rows = connection.execute(wanted.sql, wanted.args).fetchall()
        return EntryPage([Entry._make(row) for row in rows[:limit]], len(rows) > limit)

    def waiting(
        self, scope: Scope, reader: Scope, query: Query, bounds: tuple[int, int]
    ) -> list[int]:
        """See `Log.waiting`."""
        with self._database.reading() as connection:
            theirs = dict(self._labels.visible(connection, reader, query.collection))
            both = [
                Range(label, max(since, theirs[label]))
                for label, since in self._labels.visible(connection, scope, query.collection)
                if label in theirs
            ]
            wanted = page("r.added_us", both, query, *bounds)
            return [key for (key,) in connection.execute(wanted.sql, wanted.args)]

    def remove(self, scope: Scope, removal: Removal) -> int:
        """See `Log.remove`."""
        with self._database.writing() as connection:
            return remove(connection, self._labels, scope, removal, self._clock())

    def status(self, scope: Scope, root: str, status_id: str) -> Status | None:
        """See `Log.status`."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT body FROM status WHERE id = ? AND org = ? AND account = ?",
                (status_id, scope.org, scope.account),
            ).fetchone()
            status = _decode_status(row[0]) if row else None
        return status if status and status.root == root else None

    def tallies(self, scope: Scope) -> list[Tally]:
        """See `Log.tallies`."""
        return [tally for key in sorted(scope.readable) if (tally := self._tally(scope, key))]

    def _tally(self, scope: Scope, collection: int) -> Tally | None:
        with self._database.reading(_LONG_S) as connection:
            ranges = self._labels.visible(connection, scope, collection)
            wanted = count(ranges, collection)
            objects, versions, last_us = single(connection.execute(wanted.sql, wanted.args))
        return Tally(collection, objects, versions, last_us) if versions else None

    def labels(self, collection: int, object_id: str) -> list[tuple[Label, int, str]]:
        """See `Log.labels`."""
        with self._database.reading() as connection:
            self._labels.refresh(connection)
            rows = connection.execute(
                "SELECT label, added_us, version FROM record INDEXED BY record_object"
                " WHERE collection = ? AND object_id = ? AND standing > 0 ORDER BY added_us",
                (collection, object_id),
            ).fetchall()
        return [(self._labels.of(key), added_us, version) for key, added_us, version in rows]

    def holdings(self) -> list[Tally]:
        """See `Log.holdings`."""
        with self._database.reading(_LONG_S) as connection:
            rows = connection.execute(
                "SELECT collection, count(DISTINCT object_id), sum(part = 0), max(added_us)"
                " FROM record WHERE standing > 0 GROUP BY collection ORDER BY collection"
            ).fetchall()
        return [Tally._make(row) for row in rows]

    def changes(self, after: int, limit: int) -> list[Change]:
        """See `Log.changes`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT ordinal, kind, at_us, added_us, collection FROM change"
                " WHERE ordinal > ? ORDER BY ordinal LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Change._make(row) for row in rows]

    def deleted(
        self, scope: Scope, collection: int, ids: Sequence[str]
    ) -> frozenset[tuple[str, int]]:
        """See `Log.deleted`."""
        wanted = (json.dumps(list(ids)), collection)
        with self._database.reading() as connection:
            self._labels.refresh(connection)
            gone = connection.execute(_DELETED, wanted).fetchall()
            there = connection.execute(_THERE, wanted).fetchall() if gone else []
        return self._known(scope, gone) - self._known(scope, there)

    def _known(
        self, scope: Scope, rows: Iterable[tuple[str, int, int, int, str]]
    ) -> frozenset[tuple[str, int]]:
        return frozenset(
            (object_id, version_us)
            for object_id, version_us, label, added_us, publisher in rows
            if scope.knows(self._labels.of(label), added_us, publisher)
        )

    def purge(self, before_us: int) -> int:
        """See `Log.purge`."""
        with self._database.writing() as connection:
            return connection.execute(
                "DELETE FROM status WHERE requested_us < ?", (before_us,)
            ).rowcount

    def probe(self) -> None:
        """See `Log.probe`."""
        with self._database.writing() as connection:
            single(connection.execute("UPDATE clock SET probe = probe + 1 RETURNING probe"))
        with self._database.reading() as connection:
            connection.execute("SELECT max(added_us) FROM record").fetchone()

    def faults(self) -> list[str]:
        """See `Log.faults`."""
        found: list[str] = []
        with self._database.reading(_LONG_S) as connection:
            for name, sql in CHECKS.items():
                (count,) = single(connection.execute(sql))
                if count:
                    found.append(f"{name}: {count}")
            if count := strays(connection, _SAMPLE):
                found.append(f"{UNFOUND}: {count}")
            (last_us,) = single(connection.execute("SELECT last_us FROM clock"))
        ahead = last_us - self._clock()
        if ahead > _DRIFT_US:
            found.append(f"dates added are {ahead // 1_000_000} s ahead of the clock")
        return found

    def reindex(self) -> None:
        """See `Log.reindex`."""
        with self._database.writing() as connection:
            renew(connection)


def remove(
    connection: sqlite3.Connection, labels: Labels, scope: Scope, removal: Removal, now: int
) -> int:
    """Delete what a removal selects, inside a transaction; see `Log.remove`."""
    ranges = labels.visible(connection, scope, removal.query.collection)
    wanted = page("r.object_id, r.version_us", ranges, removal.query, 0, -1)
    versions: list[tuple[str, int]] = connection.execute(wanted.sql, wanted.args).fetchall()
    wanted = of_objects(ranges, removal.query.collection, {row[0] for row in versions})
    seen = connection.execute(wanted.sql, wanted.args).fetchall()
    if origins := _may_go(scope, set(versions), seen):
        erase(connection, removal, origins, now)
    return len(versions)


def _within_budget(cursor: sqlite3.Cursor) -> tuple[list[tuple[int, bytes]], bool]:
    """Rows of a page of objects, and whether huge objects cut it short."""
    rows: list[tuple[int, bytes]] = []
    size = 0
    while chunk := cursor.fetchmany(_CHUNK):
        rows += chunk
        size += sum([len(raw) for _, raw in chunk])
        if size > _PAGE_BYTES:
            cut = cursor.fetchone() is not None
            cursor.close()
            return rows, cut
    return rows, False


def _may_go(
    scope: Scope, versions: set[tuple[str, int]], seen: Iterable[tuple[str, int, str, int]]
) -> dict[int, str]:
    """What the scope may delete of these versions: origins, each with the id of its object.

    Several organisations may have published a version: each deletes its own, coordinators all.

    Raises:
        HubError: DENIED when it may delete nothing of one of them.
    """
    mine = [
        (origin, object_id, version)
        for publisher, origin, object_id, version in seen
        if (object_id, version) in versions and (scope.moderates or publisher == scope.org)
    ]
    if versions - {(object_id, version) for _, object_id, version in mine}:
        raise HubError(
            Fault.DENIED,
            "a version of this object was published by another organisation",
            remedy="Select your own versions with match[version], or ask a coordinator.",
        )
    return {origin: object_id for origin, object_id, _ in mine}
