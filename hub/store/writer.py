"""Writing records on SQLite: publishes and deletes, inside a transaction that the caller opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from hub.model.party import Subject
from hub.model.query import Label
from hub.model.record import Candidate, Outcome, Refusal, Status, Verdict
from hub.model.tlp import Tlp
from hub.store import index
from hub.store.base import Batch, Removal
from hub.store.filters import marks
from hub.store.labels import Labels, key_of
from hub.store.ledger import Stamps, record_act, take_ordinals
from hub.store.merge import Known, Standing, meet, part_of, rank

_LOOKUP = 500
"""Object ids per look-up statement: few statement texts, so that SQLite keeps them compiled."""

_encode_status = msgspec.json.Encoder().encode


class _Row(NamedTuple):
    """A new record: what came, and what the rules know of it."""

    item: Candidate
    known: Known


class Writer:
    """One publish inside its transaction.

    Args:
        connection: Holds the write lock.
        labels: The labels of the store.
        batch: What is published.
        now: The system clock, in microseconds.
    """

    def __init__(
        self, connection: sqlite3.Connection, labels: Labels, batch: Batch, now: int
    ) -> None:
        self._connection = connection
        self._batch = batch
        self._now = now
        self._rows: list[_Row] = []
        self._changes: list[tuple[int, str, int]] = []
        self._touched: set[str] = set()
        self._collection = batch.collection.key
        self._publisher = batch.scope.org
        self._labels = _BatchLabels(connection, labels, batch)

    def run(self) -> Status:
        """Write everything and say what became of each object."""
        items = self._batch.items
        ids = {item.object_id for item in items if isinstance(item, Candidate)}
        known = _known(self._connection, self._collection, ids)
        before = {r.added_us: _place(r) for group in known.values() for r in group}
        stamps = Stamps(self._connection, self._now)
        verdicts = tuple(self._take(item, known, stamps) for item in items)
        for object_id in self._touched:
            rank(known[object_id])
        self._restand(known, before)
        self._insert()
        stamps.save()
        status = Status(
            self._batch.status_id,
            self._batch.collection.root,
            self._publisher,
            self._now,
            verdicts,
            self._batch.scope.account,
        )
        self._close(status)
        return status

    def _take(
        self, item: Candidate | Refusal, known: dict[str, list[Known]], stamps: Stamps
    ) -> Verdict:
        if isinstance(item, Refusal):
            return Verdict(item.object_id, item.version, Outcome.REFUSED, item.reason)
        group = known.setdefault(item.object_id, [])
        mine = [record for record in group if self._labels.is_known(record)] if group else group
        outcome, origins = meet(mine, item, self._publisher, self._labels.key(item.tlp))
        if outcome in {Outcome.UNCHANGED, Outcome.CONFLICT}:
            return Verdict(item.object_id, item.version, outcome, _NOTES[outcome])
        widened = not self._batch.audience and any(
            self._labels.audience(record) for record in mine if record.origin_us in origins
        )
        self._keep(item, group, stamps, origins)
        self._touched.add(item.object_id)
        note = "; ".join([*item.warnings, *([_WIDENED] if widened else [])])
        return Verdict(item.object_id, item.version, outcome, f"warning: {note}" if note else "")

    def _keep(
        self, item: Candidate, group: list[Known], stamps: Stamps, origins: Collection[int]
    ) -> None:
        """Add the object, and each view of it as a record of its own under its own marking.

        A form that the replaced publish had as well stays, under its old date: who sees no more
        than that must not notice that the rest changed.
        """
        old = [r for r in group if r.origin_us in origins and r.standing != Standing.GONE]
        origin, rows = min(origins, default=0), len(self._rows)
        for form in (item, *reversed(item.views)):
            label, part = self._labels.key(form.tlp), part_of(item.tlp, form.tlp)
            same = _same(old, form, label)
            if same:
                old.remove(same)
                same.part, same.origin_us = part, origin
                continue
            added_us = stamps.next(form.tlp)
            origin = origin or added_us
            record = Known(
                added_us,
                item.version_us,
                form.digest,
                self._publisher,
                item.stix,
                Standing.OLDER,
                label,
                origin,
                part,
            )
            group.append(record)
            self._rows.append(_Row(form, record))
            self._changes.append((added_us, "replace" if origins else "add", added_us))
        for record in old:
            record.standing = Standing.GONE
        if len(self._rows) == rows:
            # Nothing is new, but more than this is gone. Its date says nothing to who saw less.
            strictest = max(self._labels.tlp(record) for record in old)
            kept = next(r for r in group if r.origin_us == origin and not r.part)
            self._changes.append((stamps.next(strictest), "replace", kept.added_us))

    def _restand(
        self, known: dict[str, list[Known]], before: dict[int, tuple[int, int, int]]
    ) -> None:
        moved = [
            (*_place(record), record.added_us)
            for group in known.values()
            for record in group
            if before.get(record.added_us, _place(record)) != _place(record)
        ]
        bury(self._connection, [added_us for standing, *_, added_us in moved if not standing])
        self._connection.executemany(
            "UPDATE record SET standing = ?, part = ?, origin_us = ? WHERE added_us = ?", moved
        )

    def _insert(self) -> None:
        self._connection.executemany(
            "INSERT INTO record (added_us, collection, label, standing, version_us, origin_us,"
            " part, stix, type, object_id, version, publisher, digest, terms, warnings, raw)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [self._columns(row.item, row.known) for row in self._rows],
        )
        live = [row for row in self._rows if row.known.standing != Standing.GONE]
        index.add(self._connection, [self._found(row.item, row.known) for row in live])

    def _found(self, item: Candidate, known: Known) -> index.Row:
        """A record as search knows it."""
        return index.Row(
            known.added_us,
            known.label,
            int(known.standing),
            int(item.tlp),
            self._collection,
            item.type,
            self._publisher,
            item.document,
        )

    def _columns(self, item: Candidate, known: Known) -> tuple[object, ...]:
        if known.standing == Standing.GONE:
            # A later object of the same request took its place.
            item = item._replace(raw=b"", terms="", warnings=())
        return (
            known.added_us,
            self._collection,
            known.label,
            int(known.standing),
            item.version_us,
            known.origin_us,
            known.part,
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
        first = take_ordinals(self._connection, len(self._changes))
        self._connection.executemany(
            "INSERT INTO change VALUES (?,?,?,?,?)",
            [
                (first + n, kind, at_us, added_us, self._collection)
                for n, (at_us, kind, added_us) in enumerate(sorted(self._changes))
            ],
        )
        self._connection.execute(
            "INSERT INTO status VALUES (?,?,?,?,?)",
            (status.id, status.requested_us, status.org, _encode_status(status), status.account),
        )
        record_act(self._connection, self._batch.act, self._now)


_NOTES = {
    Outcome.UNCHANGED: "already held with the same content; nobody receives it again",
    Outcome.CONFLICT: (
        "conflict: another organisation published this version with other content;"
        " publish it with a newer `modified`, or under an id of your own"
    ),
}


def _place(record: Known) -> tuple[int, int, int]:
    """What a later publish may change of a record."""
    return int(record.standing), record.part, record.origin_us


_WIDENED = "it had named recipients, and is now for everybody who may read the collection"


def _same(records: Iterable[Known], form: Candidate, label: int) -> Known | None:
    """The record that says the same to the same readers."""
    return next((r for r in records if r.digest == form.digest and r.label == label), None)


class _BatchLabels:
    """The labels of one publish: at most one for each marking."""

    def __init__(self, connection: sqlite3.Connection, labels: Labels, batch: Batch) -> None:
        self._connection = connection
        self._labels = labels
        self._batch = batch
        self._keys: dict[Tlp, int] = {}
        self._new: dict[int, Label] = {}
        labels.refresh(connection)

    def key(self, tlp: Tlp) -> int:
        if tlp not in self._keys:
            label = Label(self._batch.collection.key, tlp, self._batch.audience)
            self._keys[tlp] = key = key_of(self._connection, label)
            self._new[key] = label
        return self._keys[tlp]

    def is_known(self, record: Known) -> bool:
        """Whether the publisher may know the record."""
        return self._batch.scope.knows(self._of(record), record.added_us, record.publisher)

    def tlp(self, record: Known) -> Tlp:
        """The marking of a record."""
        return self._of(record).tlp

    def audience(self, record: Known) -> frozenset[Subject]:
        """Whom a record is for; empty: whoever may read the collection."""
        return self._of(record).audience

    def _of(self, record: Known) -> Label:
        return self._new.get(record.label) or self._labels.of(record.label)


def _known(
    connection: sqlite3.Connection, collection: int, ids: Iterable[str]
) -> dict[str, list[Known]]:
    """The live records of these objects, by object id."""
    known: dict[str, list[Known]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _LOOKUP):
        chunk: Sequence[str] = wanted[start : start + _LOOKUP]
        rows = connection.execute(
            "SELECT object_id, added_us, version_us, digest, publisher, stix, standing, label,"
            " origin_us, part FROM record INDEXED BY record_object WHERE collection = ? AND standing > 0"
            f" AND object_id IN ({marks(chunk)})",
            (collection, *chunk),
        )
        for object_id, *columns in rows:
            known.setdefault(object_id, []).append(Known(*columns))
    return known


def erase(
    connection: sqlite3.Connection, removal: Removal, origins: Mapping[int, str], now: int
) -> None:
    """Delete whole publishes: the bytes go, the fact that they were there stays.

    Args:
        connection: Holds the write lock.
        removal: Why.
        origins: Of the records that go, each with the id of its object.
        now: The system clock, in microseconds.
    """
    collection = removal.query.collection
    gone: list[int] = []
    left: list[tuple[int, int]] = []
    for group in _known(connection, collection, set(origins.values())).values():
        mine = [record for record in group if record.origin_us in origins]
        for record in mine:
            record.standing = Standing.GONE
        rank(group)
        gone += [record.added_us for record in mine]
        left += [(int(r.standing), r.added_us) for r in group if r.standing != Standing.GONE]
    # First, so that a full disk has the room that the rest needs.
    bury(connection, gone)
    connection.executemany("UPDATE record SET standing = ? WHERE added_us = ?", left)
    stamps = Stamps(connection, now)
    first = take_ordinals(connection, len(gone))
    connection.executemany(
        "INSERT INTO change VALUES (?,'delete',?,?,?)",
        [
            (first + n, stamps.next(Tlp.CLEAR), added_us, collection)
            for n, added_us in enumerate(gone)
        ],
    )
    stamps.save()
    record_act(connection, removal.act, now)


def bury(connection: sqlite3.Connection, records: Sequence[int]) -> None:
    """Turn records into tombstones: what was replaced or deleted must not be read or found."""
    index.drop(connection, records)
    connection.executemany(
        "UPDATE record SET standing = 0, raw = x'', terms = '', warnings = '' WHERE added_us = ?",
        [(added_us,) for added_us in records],
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
