"""Writing records on SQLite: publishes and deletes, inside a transaction that the caller opened."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from hub.model.record import Candidate, Outcome, Refusal, Status, Verdict
from hub.store.base import Act, Batch, Removal
from hub.store.database import single
from hub.store.filters import marks
from hub.store.merge import Known, Standing, meet, rank

_LOOKUP = 500
"""Object ids per look-up statement: few statement texts, so that SQLite keeps them compiled."""

_STEP_MASK = 31
"""Dates added rise by 1 to 32 microseconds at random: a difference does not count hidden objects."""

_encode_status = msgspec.json.Encoder().encode


class _Row(NamedTuple):
    """A new record with what the rules know of it."""

    candidate: Candidate
    known: Known


class Writer:
    """One publish inside its transaction.

    Args:
        connection: Holds the write lock.
        batch: What is published.
        now: The system clock, in microseconds.
    """

    def __init__(self, connection: sqlite3.Connection, batch: Batch, now: int) -> None:
        self._connection = connection
        self._batch = batch
        self._now = now
        self._rows: list[_Row] = []
        self._changes: list[tuple[str, int]] = []
        self._collection = batch.collection.key
        self._publisher = batch.act.org

    def run(self) -> Status:
        """Write everything and say what became of each object."""
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
        bury(self._connection, [added_us for standing, added_us in moved if not standing])
        self._connection.executemany("UPDATE record SET standing = ? WHERE added_us = ?", moved)

    def _insert(self) -> None:
        self._connection.executemany(
            "INSERT INTO record (added_us, collection, standing, version_us, stix, type,"
            " object_id, version, publisher, digest, terms, warnings, raw)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [self._columns(row.candidate, row.known) for row in self._rows],
        )

    def _columns(self, item: Candidate, known: Known) -> tuple[object, ...]:
        if known.standing == Standing.GONE:
            # A later object of the same request took its place.
            item = item._replace(raw=b"", terms="", warnings=())
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
        (last,) = single(connection.execute("SELECT last_us FROM clock"))
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
    (last,) = single(
        connection.execute("UPDATE clock SET ordinal = ordinal + ? RETURNING ordinal", (count,))
    )
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


def erase(
    connection: sqlite3.Connection,
    removal: Removal,
    rows: Sequence[tuple[int, str, str]],
    now: int,
) -> None:
    """Delete records: the bytes go, the fact that they were there stays."""
    if not rows:
        return
    collection = removal.query.collection
    bury(connection, [row[0] for row in rows])
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


def bury(connection: sqlite3.Connection, records: Sequence[int]) -> None:
    """Turn records into tombstones: what was replaced or deleted must not be read any more."""
    connection.executemany(
        "UPDATE record SET standing = 0, raw = x'', terms = '', warnings = '' WHERE added_us = ?",
        [(added_us,) for added_us in records],
    )


def record_act(connection: sqlite3.Connection, act: Act, now: int) -> None:
    """Write an audit line inside the caller's transaction."""
    connection.execute(
        "INSERT INTO audit (at_us, account, org, action, target, detail) VALUES (?,?,?,?,?,?)",
        (now, act.account, act.org, act.action, act.target, act.detail),
    )


def settle(connection: sqlite3.Connection, collection: int, ids: Iterable[str]) -> None:
    """Set the standing of every live record of these objects."""
    moved = []
    for group in _known(connection, collection, ids).values():
        before = [record.standing for record in group]
        rank(group)
        moved += [
            (int(record.standing), record.added_us)
            for record, standing in zip(group, before, strict=True)
            if record.standing != standing
        ]
    connection.executemany("UPDATE record SET standing = ? WHERE added_us = ?", moved)
