"""The log of records on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import msgspec

from hub.errors import Fault, HubError
from hub.model.clock import now_us
from hub.model.query import Entry, EntryPage, ObjectPage, Query, Scope
from hub.model.record import Status
from hub.store.base import Batch, Change, Removal, Tally
from hub.store.database import Database, single
from hub.store.filters import page, visible
from hub.store.merge import Standing
from hub.store.writer import Writer, erase

_CHUNK = 20
_LONG_S = 600.0
"""For checks and counts that an operator asks for: they read everything."""

_PAGE_BYTES = 32_000_000
"""A page of objects ends early above this size, so that no `limit` can take the memory."""

_DRIFT_US = 60_000_000

_decode_status = msgspec.json.Decoder(Status).decode


class RecordLog:
    """`hub.store.base.Log` on a SQLite database."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = now_us) -> None:
        self._database = database
        self._clock = clock

    def add(self, batch: Batch) -> Status:
        """See `Log.add`."""
        with self._database.writing() as connection:
            return Writer(connection, batch, self._clock()).run()

    def objects(self, scope: Scope, query: Query, after_us: int, limit: int) -> ObjectPage:
        """See `Log.objects`."""
        wanted = page("r.added_us, r.raw", scope, query, after_us, limit + 1)
        with self._database.reading() as connection:
            rows, cut = _within_budget(connection.execute(wanted.sql, wanted.args))
        more = cut or len(rows) > limit
        del rows[limit:]
        if not rows:
            return ObjectPage([], 0, 0, more=False)
        return ObjectPage([row[1] for row in rows], rows[0][0], rows[-1][0], more)

    def entries(self, scope: Scope, query: Query, after_us: int, limit: int) -> EntryPage:
        """See `Log.entries`."""
        columns = "r.added_us, r.object_id, r.version, r.stix"
        # One row more than asked for tells whether there is more, without counting.
        wanted = page(columns, scope, query, after_us, limit + 1)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.sql, wanted.args).fetchall()
        return EntryPage([Entry._make(row) for row in rows[:limit]], len(rows) > limit)

    def remove(self, scope: Scope, removal: Removal) -> int:
        """See `Log.remove`."""
        with self._database.writing() as connection:
            wanted = page("r.added_us, r.publisher, r.object_id", scope, removal.query, 0, -1)
            rows: list[tuple[int, str, str]] = connection.execute(
                wanted.sql, wanted.args
            ).fetchall()
            if not scope.moderates and any(row[1] != scope.org for row in rows):
                raise HubError(
                    Fault.DENIED,
                    "a version of this object was published by another organisation",
                    remedy="Select your own versions with match[version], or ask a coordinator.",
                )
            erase(connection, removal, rows, self._clock())
            return len(rows)

    def status(self, scope: Scope, root: str, status_id: str) -> Status | None:
        """See `Log.status`."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT body FROM status WHERE id = ? AND org = ?", (status_id, scope.org)
            ).fetchone()
            status = _decode_status(row[0]) if row else None
        return status if status and status.root == root else None

    def tallies(self, scope: Scope) -> list[Tally]:
        """See `Log.tallies`."""
        return [tally for key in sorted(scope.readable) if (tally := self._tally(scope, key))]

    def _tally(self, scope: Scope, collection: int) -> Tally | None:
        seen = visible(scope, collection)
        with self._database.reading(_LONG_S) as connection:
            row = connection.execute(
                f"SELECT r.collection, sum(r.standing = {Standing.LAST:d}), count(*),"
                " max(r.added_us) FROM record r INDEXED BY record_live"
                f" WHERE r.collection = ? AND r.standing > 0 AND {seen.sql} GROUP BY r.collection",
                [collection, *seen.args],
            ).fetchone()
        return Tally._make(row) if row else None

    def changes(self, after: int, limit: int) -> list[Change]:
        """See `Log.changes`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT ordinal, kind, at_us, added_us, collection FROM change"
                " WHERE ordinal > ? ORDER BY ordinal LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Change._make(row) for row in rows]

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
            for name, sql in _CHECKS.items():
                (count,) = single(connection.execute(sql))
                if count:
                    found.append(f"{name}: {count}")
            (last_us,) = single(connection.execute("SELECT last_us FROM clock"))
        ahead = last_us - self._clock()
        if ahead > _DRIFT_US:
            found.append(f"dates added are {ahead // 1_000_000} s ahead of the clock")
        return found


_CHECKS = {
    "ordinals missing from the change log": (
        "SELECT (SELECT ordinal FROM clock) - count(*) FROM change"
    ),
    "change ordinals out of range": (
        "SELECT count(*) FROM change WHERE ordinal < 1 OR ordinal > (SELECT ordinal FROM clock)"
    ),
    "dates of changes that do not rise": (
        "SELECT count(*) FROM (SELECT at_us, lag(at_us) OVER (ORDER BY ordinal) AS before"
        " FROM change) WHERE before >= at_us"
    ),
    "records without a change row": (
        "SELECT (SELECT count(*) FROM record)"
        " - (SELECT count(DISTINCT added_us) FROM change WHERE kind <> 'delete')"
    ),
    "dates that were given and may be given again": (
        "SELECT count(*) FROM change WHERE at_us > (SELECT last_us FROM clock)"
    ),
    "deleted records that can be read": (
        "SELECT count(*) FROM record WHERE standing > 0"
        " AND added_us IN (SELECT added_us FROM change WHERE kind = 'delete')"
    ),
    "latest versions that are older than another": (
        "SELECT count(*) FROM record r INDEXED BY record_last WHERE standing = 3 AND EXISTS"
        " (SELECT 1 FROM record o INDEXED BY record_object WHERE o.collection = r.collection"
        " AND o.object_id = r.object_id AND o.standing > 0 AND (o.stix > r.stix"
        " OR o.stix = r.stix AND o.version_us > r.version_us))"
    ),
    "objects without exactly one latest version": (
        "SELECT count(*) FROM (SELECT 1 FROM record INDEXED BY record_object WHERE standing > 0"
        f" GROUP BY collection, object_id HAVING sum(standing = {Standing.LAST:d}) <> 1)"
    ),
}


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
