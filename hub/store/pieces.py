"""Single records on SQLite, as far as a scope sees them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hub.model.query import Scope
from hub.model.search import Piece
from hub.store.book import Book
from hub.store.database import single
from hub.store.filters import among, best_form, in_set, latest

_COLUMNS = "r.added_us, r.collection, r.object_id, r.type, r.version, r.label, r.publisher"
_CHUNK = 5000
_LARGEST = (1 << 63) - 1


class RecordPieces(Book):
    """`Log.pick` and `Log.held` on a SQLite database."""

    def pick(self, scope: Scope, keys: Sequence[int]) -> list[Piece]:
        """See `Log.pick`."""
        found: list[Piece] = []
        with self._database.reading() as connection:
            ranges = self._labels.windows(connection, scope)
            if not ranges:
                return []
            may, best = in_set(ranges, "r"), latest(ranges)
            for start in range(0, len(keys), _CHUNK):
                chunk = [key for key in keys[start : start + _CHUNK] if abs(key) <= _LARGEST]
                rows = connection.execute(
                    f"SELECT {_COLUMNS}, r.raw FROM json_each(?) k CROSS JOIN record r"
                    f" ON r.added_us = k.value WHERE {may.sql} AND {best.sql} ORDER BY k.key",
                    [str(chunk), *may.args, *best.args],
                )
                found += self._pieces(scope, rows)
        return found

    def held(self, scope: Scope, object_id: str, version: str = "") -> list[Piece]:
        """See `Log.held`."""
        found: list[tuple[int, Piece]] = []
        with self._database.reading() as connection:
            for key in scope.readable:
                ranges = self._labels.visible(connection, scope, key)
                seen, best = among(ranges, "r", "record_object"), best_form(ranges, "r")
                rows = connection.execute(
                    f"SELECT r.version_us, {_COLUMNS}, x'' FROM {seen.sql} AND r.collection = ?"
                    f" AND r.object_id = ? AND {best.sql}",
                    [*seen.args, key, object_id, *best.args],
                ).fetchall()
                versions = [row[0] for row in rows]
                found += zip(versions, self._pieces(scope, (row[1:] for row in rows)), strict=True)
            found.sort(key=lambda each: (each[0], each[1].added_us), reverse=True)
            pieces = [piece for _, piece in found]
            return [*_with_bytes(connection, pieces, version)]

    def _pieces(self, scope: Scope, rows: Iterable[tuple[Any, ...]]) -> list[Piece]:
        found = []
        for *head, label, publisher, raw in rows:
            said = self._labels.of(label)
            named = scope.told(said, publisher)
            found.append(Piece._make((*head, said.tlp, publisher, raw, named)))
        return found


def _with_bytes(
    connection: sqlite3.Connection, pieces: Iterable[Piece], version: str
) -> Iterator[Piece]:
    """The pieces, of which the first of the version gets its bytes."""
    wanted = True
    for piece in pieces:
        if wanted and version in {"", piece.version}:
            wanted = False
            rows = connection.execute(
                "SELECT raw FROM record WHERE added_us = ?", (piece.added_us,)
            )
            yield piece._replace(raw=single(rows)[0])
        else:
            yield piece
