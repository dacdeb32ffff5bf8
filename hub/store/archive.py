"""The whole log on SQLite, out of one store and into another."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from typing import Any

from hub.errors import Fault, HubError
from hub.model.query import Label
from hub.model.record import Candidate
from hub.model.search import Document
from hub.stix.check import document_of
from hub.store import index
from hub.store.base import Change, Logged
from hub.store.book import Book
from hub.store.database import single
from hub.store.labels import Labels, key_of
from hub.store.merge import Standing
from hub.store.writer import settle

_CHUNK = 20
_PAGE_BYTES = 8_000_000


class RecordArchive(Book):
    """`hub.store.base.Archive` on a SQLite database."""

    def snapshot(self) -> AbstractContextManager[None]:
        """See `Archive.snapshot`."""
        return self._database.snapshot()

    def replay(self, after: int, limit: int) -> list[Logged]:
        """See `Archive.replay`."""
        found: list[Logged] = []
        size = 0
        with self._database.reading() as connection:
            self._labels.refresh(connection)
            cursor = connection.execute(_REPLAY, (after, limit))
            while size < _PAGE_BYTES and (chunk := cursor.fetchmany(_CHUNK)):
                found += [_logged(row, self._labels) for row in chunk]
                size += sum(len(item.record.raw) for item in found[-len(chunk) :] if item.record)
            cursor.close()
        return found

    def refill(self, found: Sequence[Logged]) -> None:
        """See `Archive.refill`."""
        with self._database.writing() as connection:
            _check_order(connection, found)
            keys = _label_keys(connection, found)
            connection.executemany(_INSERT, [_row(*brought, keys) for brought in _brought(found)])
            index.add(
                connection,
                [_found(*brought, keys) for brought in _brought(found) if not brought[0].gone],
            )
            connection.executemany(
                "INSERT INTO change VALUES (?,?,?,?,?)", [item.change for item in found]
            )
            for collection, group in groupby(found, lambda item: item.change.collection):
                ids = {item.record.object_id for item in group if item.record and not item.gone}
                settle(connection, collection, ids)
            connection.execute(
                "UPDATE clock SET ordinal = ?, last_us = ?", _last([i.change for i in found])
            )


_REPLAY = (
    "SELECT c.ordinal, c.kind, c.at_us, c.added_us, c.collection, r.standing, r.publisher,"
    " r.raw, r.object_id, r.type, r.version, r.version_us, r.stix, r.digest, r.terms, r.warnings,"
    " r.label, r.origin_us, r.part"
    " FROM change c LEFT JOIN record r ON r.added_us = c.added_us AND c.at_us = c.added_us"
    " WHERE c.ordinal > ? ORDER BY c.ordinal LIMIT ?"
)
_INSERT = (
    "INSERT INTO record (added_us, collection, standing, publisher, label, origin_us, part,"
    " raw, object_id, type, version, version_us, stix, digest, terms, warnings)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)


def _logged(row: tuple[Any, ...], labels: Labels) -> Logged:
    change, standing, publisher, *fields = Change(*row[:5]), *row[5:]
    if standing is None:
        return Logged(change)
    *fields, warnings, key, origin_us, part = fields
    label = labels.of(key)
    found = tuple(warnings.split("\n")) if warnings else ()
    record = Candidate._make([*fields, found, (), False, label.tlp, (), Document()])
    gone = standing == Standing.GONE
    return Logged(change, publisher, record, gone, label, origin_us, part)


def _brought(found: Sequence[Logged]) -> Iterator[tuple[Logged, Candidate, Label]]:
    """The changes that brought a record, each with it and with who may see it."""
    for item in found:
        if item.record is None:
            continue
        if item.label is None:
            raise HubError(
                Fault.BAD_BODY,
                f"the record of change {item.change.ordinal} does not say who may see it",
                field="tlp",
                remedy="Take an export of this program.",
            )
        yield item, item.record, item.label


def _label_keys(connection: sqlite3.Connection, found: Sequence[Logged]) -> dict[Label, int]:
    labels = dict.fromkeys(label for _, _, label in _brought(found))
    return {label: key_of(connection, label) for label in labels}


def _row(
    item: Logged, record: Candidate, label: Label, keys: Mapping[Label, int]
) -> tuple[object, ...]:
    return (
        item.change.added_us,
        item.change.collection,
        int(Standing.GONE if item.gone else Standing.OLDER),
        item.publisher,
        keys[label],
        item.origin_us or item.change.added_us,
        item.part,
        record.raw,
        record.object_id,
        record.type,
        record.version,
        record.version_us,
        record.stix,
        record.digest,
        record.terms,
        "\n".join(record.warnings),
    )


def _found(item: Logged, record: Candidate, label: Label, keys: Mapping[Label, int]) -> index.Row:
    """A record as search knows it; `settle` sets its standing."""
    return index.Row(
        item.change.added_us,
        keys[label],
        int(Standing.OLDER),
        int(label.tlp),
        item.change.collection,
        record.type,
        item.publisher,
        document_of(record.raw),
    )


def _check_order(connection: sqlite3.Connection, found: Sequence[Logged]) -> None:
    ordinal, last_us = single(connection.execute("SELECT ordinal, last_us FROM clock"))
    for change, brought in ((item.change, item.record is not None) for item in found):
        follows = change.ordinal == ordinal + 1 and change.at_us > last_us
        # A record is dated by the change that brought it. A delete names an earlier one, and so
        # does a replace that took views back and brought nothing.
        dated = change.at_us == change.added_us if brought else change.at_us > change.added_us
        if not (follows and dated) or (brought and change.kind == "delete"):
            raise HubError(
                Fault.BAD_BODY,
                f"change {change.ordinal} does not follow on change {ordinal}, or its date is wrong",
                field="ordinal",
                remedy="Begin with an empty store, and take all changes in their order.",
            )
        ordinal, last_us = change.ordinal, change.at_us


def _last(changes: Sequence[Change]) -> tuple[int, int]:
    return changes[-1].ordinal, changes[-1].at_us
