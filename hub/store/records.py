"""The log of records on SQLite."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from hub.errors import Fault, HubError
from hub.model.clock import now_us
from hub.model.query import Entry, EntryPage, ObjectPage, Query, Scope
from hub.model.record import Candidate, Outcome, Refusal, Status, Verdict
from hub.store.base import Act, Batch, Change, Removal, Tally
from hub.store.database import Database
from hub.store.filters import marks, page, visible
from hub.store.merge import Known, Standing, meet, rank

_LOOKUP = 500
"""Object ids per look-up statement: few statement texts, so that SQLite keeps them compiled."""

_STEP_MASK = 31
"""Dates added rise by 1 to 32 microseconds at random: a difference does not count hidden objects."""

_DRIFT_US = 60_000_000

_encode_status = msgspec.json.Encoder().encode
_decode_status = msgspec.json.Decoder(Status).decode


class _Row(NamedTuple):
    """A new record with what the rules know of it."""

    candidate: Candidate
    known: Known


class RecordLog:
    """`hub.store.base.Log` on a SQLite database."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = now_us) -> None:
        self._database = database
        self._clock = clock

    def add(self, batch: Batch) -> Status:
        """See `Log.add`."""
        with self._database.writing() as connection:
            return _Writer(connection, batch, self._clock()).run()

    def objects(self, scope: Scope, query: Query, after_us: int, limit: int) -> ObjectPage:
        """See `Log.objects`."""
        rows = self._page("r.added_us, r.raw", scope, query, (after_us, limit))
        more = len(rows) > limit
        del rows[limit:]
        if not rows:
            return ObjectPage([], 0, 0, more=False)
        return ObjectPage([row[1] for row in rows], rows[0][0], rows[-1][0], more)

    def entries(self, scope: Scope, query: Query, after_us: int, limit: int) -> EntryPage:
        """See `Log.entries`."""
        columns = "r.added_us, r.object_id, r.version, r.stix"
        rows = self._page(columns, scope, query, (after_us, limit))
        return EntryPage([Entry._make(row) for row in rows[:limit]], len(rows) > limit)

    def _page(
        self, columns: str, scope: Scope, query: Query, bounds: tuple[int, int]
    ) -> list[tuple[int, bytes]]:
        """One row more than asked for, to know whether there is more without counting."""
        after_us, limit = bounds
        wanted = page(columns, scope, query, after_us, limit + 1)
        with self._database.reading() as connection:
            return connection.execute(wanted.sql, wanted.args).fetchall()

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
            _erase(connection, removal, rows, self._clock())
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
        with self._database.reading() as connection:
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
            connection.execute("UPDATE clock SET probe = probe + 1")
        with self._database.reading() as connection:
            connection.execute("SELECT max(added_us) FROM record").fetchone()

    def faults(self) -> list[str]:
        """See `Log.faults`."""
        found: list[str] = []
        with self._database.reading() as connection:
            for name, sql in _CHECKS.items():
                (count,) = connection.execute(sql).fetchone()
                if count:
                    found.append(f"{name}: {count}")
            (last_us,) = connection.execute("SELECT last_us FROM clock").fetchone()
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
    "objects without exactly one latest version": (
        "SELECT count(*) FROM (SELECT 1 FROM record INDEXED BY record_object WHERE standing > 0"
        f" GROUP BY collection, object_id HAVING sum(standing = {Standing.LAST:d}) <> 1)"
    ),
}


class _Writer:
    """One publish inside its transaction."""

    def __init__(self, connection: sqlite3.Connection, batch: Batch, now: int) -> None:
        self._connection = connection
        self._batch = batch
        self._now = now
        self._rows: list[_Row] = []
        self._changes: list[tuple[str, int]] = []
        self._collection = batch.collection.key
        self._publisher = batch.act.org

    def run(self) -> Status:
        ids = {item.object_id for item in self._batch.items if isinstance(item, Candidate)}
        known = _known(self._connection, self._collection, ids)
        before = {r.added_us: r.standing for group in known.values() for r in group}
        stamps = _Stamps(self._connection, self._now, len(self._batch.items))
        verdicts = tuple(self._take(item, known, stamps) for item in self._batch.items)
        for object_id in {row.candidate.object_id for row in self._rows}:
            rank(known[object_id])
        self._restand(known, before)
        self._insert()
        stamps.save(len(self._changes))
        status = Status(
            self._batch.status_id,
            self._batch.collection.root,
            self._publisher,
            self._now,
            verdicts,
        )
        self._close(status)
        return status

    def _take(
        self, item: Candidate | Refusal, known: dict[str, list[Known]], stamps: _Stamps
    ) -> Verdict:
        if isinstance(item, Refusal):
            return Verdict(item.object_id, item.version, Outcome.REFUSED, item.reason)
        group = known.setdefault(item.object_id, [])
        outcome, replaced = meet(group, item, self._publisher)
        if outcome in {Outcome.UNCHANGED, Outcome.CONFLICT}:
            return Verdict(item.object_id, item.version, outcome, _NOTES[outcome])
        if replaced is not None:
            replaced.standing = Standing.GONE
        record = Known(
            stamps.next(),
            item.version_us,
            item.digest,
            self._publisher,
            item.stix,
            Standing.OLDER,
        )
        group.append(record)
        self._rows.append(_Row(item, record))
        self._changes.append(("replace" if replaced else "add", record.added_us))
        note = "; ".join(item.warnings)
        return Verdict(item.object_id, item.version, outcome, f"warning: {note}" if note else "")

    def _restand(self, known: dict[str, list[Known]], before: dict[int, int]) -> None:
        moved = [
            (record.standing, record.added_us)
            for group in known.values()
            for record in group
            if before.get(record.added_us, record.standing) != record.standing
        ]
        # Rows that go come first: a replaced version leaves the unique index before its successor.
        moved.sort()
        self._connection.executemany("UPDATE record SET standing = ? WHERE added_us = ?", moved)

    def _insert(self) -> None:
        self._connection.executemany(
            "INSERT INTO record (added_us, collection, standing, version_us, stix, type,"
            " object_id, version, publisher, digest, terms, warnings, raw)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [self._columns(row.candidate, row.known) for row in self._rows],
        )

    def _columns(self, item: Candidate, known: Known) -> tuple[object, ...]:
        return (
            known.added_us,
            self._collection,
            int(known.standing),
            item.version_us,
            item.stix,
            item.type,
            item.object_id,
            item.version,
            self._publisher,
            item.digest,
            item.terms,
            "\n".join(item.warnings),
            item.raw,
        )

    def _close(self, status: Status) -> None:
        first = _take_ordinals(self._connection, len(self._changes))
        self._connection.executemany(
            "INSERT INTO change VALUES (?,?,?,?,?)",
            [
                (first + n, kind, added_us, added_us, self._collection)
                for n, (kind, added_us) in enumerate(self._changes)
            ],
        )
        self._connection.execute(
            "INSERT INTO status VALUES (?,?,?,?)",
            (status.id, status.requested_us, status.org, _encode_status(status)),
        )
        record_act(self._connection, self._batch.act, self._now)


_NOTES = {
    Outcome.UNCHANGED: "already held with the same content; nobody receives it again",
    Outcome.CONFLICT: (
        "conflict: another organisation published this version with other content;"
        " publish it with a newer `modified`, or under an id of your own"
    ),
}


class _Stamps:
    """Dates added: strictly rising, given while the write lock is held."""

    def __init__(self, connection: sqlite3.Connection, now: int, most: int) -> None:
        self._connection = connection
        (last,) = connection.execute("SELECT last_us FROM clock").fetchone()
        # A clock that was set back must not give a date that was passed already.
        self._last: int = max(now - 1, last)
        self._steps = iter(secrets.token_bytes(most))

    def next(self) -> int:
        self._last += 1 + (next(self._steps) & _STEP_MASK)
        return self._last

    def save(self, used: int) -> None:
        if used:
            self._connection.execute("UPDATE clock SET last_us = ?", (self._last,))


def _take_ordinals(connection: sqlite3.Connection, count: int) -> int:
    """Reserve consecutive ordinals; returns the first."""
    (last,) = connection.execute(
        "UPDATE clock SET ordinal = ordinal + ? RETURNING ordinal", (count,)
    ).fetchone()
    return int(last) - count + 1


def _known(
    connection: sqlite3.Connection, collection: int, ids: Iterable[str]
) -> dict[str, list[Known]]:
    """The live records of these objects, by object id."""
    known: dict[str, list[Known]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _LOOKUP):
        chunk: Sequence[str] = wanted[start : start + _LOOKUP]
        rows = connection.execute(
            "SELECT object_id, added_us, version_us, digest, publisher, stix, standing"
            " FROM record INDEXED BY record_object WHERE collection = ? AND standing > 0"
            f" AND object_id IN ({marks(chunk)})",
            (collection, *chunk),
        )
        for object_id, *columns in rows:
            known.setdefault(object_id, []).append(Known(*columns))
    return known


def _erase(
    connection: sqlite3.Connection,
    removal: Removal,
    rows: Sequence[tuple[int, str, str]],
    now: int,
) -> None:
    """Turn records into tombstones: the bytes go, the fact that they were there stays."""
    if not rows:
        return
    collection = removal.query.collection
    connection.executemany(
        "UPDATE record SET standing = 0, raw = x'', terms = '', warnings = '' WHERE added_us = ?",
        [(row[0],) for row in rows],
    )
    for group in _known(connection, collection, {row[2] for row in rows}).values():
        rank(group)
        connection.executemany(
            "UPDATE record SET standing = ? WHERE added_us = ?",
            [(int(record.standing), record.added_us) for record in group],
        )
    stamps = _Stamps(connection, now, len(rows))
    first = _take_ordinals(connection, len(rows))
    connection.executemany(
        "INSERT INTO change VALUES (?,'delete',?,?,?)",
        [(first + n, stamps.next(), row[0], collection) for n, row in enumerate(rows)],
    )
    stamps.save(len(rows))
    record_act(connection, removal.act, now)


def record_act(connection: sqlite3.Connection, act: Act, now: int) -> None:
    """Write an audit line inside the caller's transaction."""
    connection.execute(
        "INSERT INTO audit (at_us, account, org, action, target, detail) VALUES (?,?,?,?,?,?)",
        (now, act.account, act.org, act.action, act.target, act.detail),
    )
