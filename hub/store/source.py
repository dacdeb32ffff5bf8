"""What a search index outside of the store is made from, on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec

from hub.model.query import Scope
from hub.model.search import Sheet
from hub.stix.check import document_of
from hub.store.book import Book
from hub.store.database import single
from hub.store.merge import Standing
from hub.store.search import Shown, Touched

_LONG_S = 600.0
"""A projector is the only one that asks, and an object may have very many versions."""


class _Record(NamedTuple):
    """A live record of an object; in rising order, the best last."""

    collection: int
    object_id: str
    stix: str
    version_us: int
    part: int
    """Its negative: the greater, the better, as of the next"""
    origin: int
    added_us: int
    label: int
    standing: int
    publisher: str


class RecordSource(Book):
    """`hub.store.search.Source` on a SQLite database."""

    def identity(self) -> str:
        """See `Source.identity`."""
        with self._database.reading() as connection:
            (identity,) = single(connection.execute("SELECT identity FROM origin"))
        return str(identity)

    def touched(self, after: int, limit: int) -> Touched:
        """See `Source.touched`."""
        with self._database.reading(_LONG_S) as connection:
            self._labels.refresh(connection)
            (state,) = single(connection.execute("SELECT ordinal FROM clock"))
            ordinal, objects = _changed(connection, after, limit)
            live = _live(connection, objects)
            shown: list[Shown] = []
            for _, group in groupby(live, lambda record: record[:2]):
                shown += self._shown(connection, list(group))
            gone = _tombstones(connection, objects)
        gone += [record.added_us for record in live if record.standing < Standing.UNSURE]
        return Touched(ordinal, state, shown, sorted(gone))

    def windows(self, scope: Scope) -> list[tuple[int, int]]:
        """See `Source.windows`."""
        with self._database.reading() as connection:
            return [(label, since) for label, since in self._labels.windows(connection, scope)]

    def _shown(self, connection: sqlite3.Connection, group: Sequence[_Record]) -> list[Shown]:
        """The records of one object that anybody may get, the best one first."""
        beaten: dict[int, int] = {}
        found: list[Shown] = []
        for record in reversed(group):
            if record.standing >= Standing.UNSURE:
                sheet = self._sheet(connection, record)
                by = tuple(sorted(beaten.items()))
                found.append(Shown(sheet, record.object_id, record.label, by))
            beaten[record.label] = max(beaten.get(record.label, 0), record.added_us)
        return found

    def _sheet(self, connection: sqlite3.Connection, record: _Record) -> Sheet:
        (raw,) = single(
            connection.execute("SELECT raw FROM record WHERE added_us = ?", (record.added_us,))
        )
        return Sheet(
            document_of(raw),
            record.collection,
            record.publisher,
            self._labels.of(record.label).tlp,
            record.added_us,
        )


def _changed(connection: sqlite3.Connection, after: int, limit: int) -> tuple[int, str]:
    """The last of the next changes, and the objects of all of them as JSON."""
    rows = connection.execute(
        "SELECT c.ordinal, r.collection, r.object_id FROM change c"
        " JOIN record r ON r.added_us = c.added_us WHERE c.ordinal > ? ORDER BY c.ordinal LIMIT ?",
        (after, limit),
    ).fetchall()
    objects = sorted({row[1:] for row in rows})
    return rows[-1][0] if rows else after, msgspec.json.encode(objects).decode()


_OF_THEM = (
    " FROM json_each(?) o CROSS JOIN record r INDEXED BY {index}"
    " ON r.collection = o.value ->> 0 AND r.object_id = o.value ->> 1"
)


def _live(connection: sqlite3.Connection, objects: str) -> list[_Record]:
    rows: Iterable[tuple[object, ...]] = connection.execute(
        "SELECT r.collection, r.object_id, r.stix, r.version_us, -r.part, -r.origin_us, r.added_us,"
        f" r.label, r.standing, r.publisher{_OF_THEM.format(index='record_object')}"
        " WHERE r.standing > 0 ORDER BY 1, 2, 3, 4, 5, 6",
        (objects,),
    )
    return [_Record._make(row) for row in rows]


def _tombstones(connection: sqlite3.Connection, objects: str) -> list[int]:
    rows = connection.execute(
        f"SELECT r.added_us{_OF_THEM.format(index='record_gone')} WHERE r.standing = 0", (objects,)
    )
    return [added_us for (added_us,) in rows]
