"""Numbers of rules and states of exported files on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from hub.model.clock import SECOND_US
from hub.model.exporting import Kept, Made, Numbered
from hub.model.query import Scope
from hub.store.book import Book
from hub.store.database import single

_MOST = 500
"""Files of one book: parameters make a new one, and anybody may think of many"""

_OF_BOOK = "account = ? AND ceiling = ?"
_STATE = "seen, digest, turn_us, left_out, serial, changed_us"


class ExportBook(Book):
    """`hub.store.exporting.Exports` on a SQLite database."""

    def export_state(self, scope: Scope, what: str) -> Kept | None:
        """See `Exports.export_state`."""
        with self._database.reading() as connection:
            return _state(connection, scope, what)

    def keep_export(self, scope: Scope, what: str, made: Made) -> Kept:
        """See `Exports.keep_export`."""
        with self._database.writing() as connection:
            known, now = _state(connection, scope, what), self._clock()
            kept = Kept(made, now // SECOND_US, now)
            if known and known.made.digest == made.digest:
                kept = known._replace(made=made)
            elif known:
                later = max(now, known.changed_us + SECOND_US)
                kept = Kept(made, max(now // SECOND_US, known.serial + 1), later)
            connection.execute(
                "INSERT OR REPLACE INTO export_state VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    *(scope.account, scope.clearance, what, made.seen, made.digest),
                    *(kept.serial, kept.changed_us, made.turn_us, made.left_out),
                ),
            )
            connection.execute(
                f"DELETE FROM export_state WHERE {_OF_BOOK} AND what NOT IN (SELECT what FROM"
                f" export_state WHERE {_OF_BOOK} ORDER BY changed_us DESC, what LIMIT {_MOST})",
                (*_book(scope), *_book(scope)),
            )
            return kept

    def number_rules(
        self, scope: Scope, rules: Sequence[tuple[str, bytes]], numbers: range
    ) -> list[Numbered | None]:
        """See `Exports.number_rules`."""
        found = self._kept(scope, rules)
        if all(item is not None for item in found):
            return found
        with self._database.writing() as connection:
            return [_number(connection, scope, rule, numbers) for rule in rules]

    def _kept(self, scope: Scope, rules: Sequence[tuple[str, bytes]]) -> list[Numbered | None]:
        """Those of rules that have not changed: most pulls write nothing."""
        found: list[Numbered | None] = []
        with self._database.reading() as connection:
            for name, digest in rules:
                row = connection.execute(
                    f"SELECT sid, rev FROM export_rule WHERE {_OF_BOOK} AND name = ? AND digest = ?",
                    (*_book(scope), name, digest),
                ).fetchone()
                found.append(Numbered(*row) if row else None)
        return found


def _book(scope: Scope) -> tuple[str, int]:
    return scope.account, int(scope.clearance)


def _state(connection: sqlite3.Connection, scope: Scope, what: str) -> Kept | None:
    row = connection.execute(
        f"SELECT {_STATE} FROM export_state WHERE {_OF_BOOK} AND what = ?", (*_book(scope), what)
    ).fetchone()
    return Kept(Made(*row[:4]), *row[4:]) if row else None


def _number(
    connection: sqlite3.Connection, scope: Scope, rule: tuple[str, bytes], numbers: range
) -> Numbered | None:
    name, digest = rule
    row = connection.execute(
        f"SELECT sid, rev, digest FROM export_rule WHERE {_OF_BOOK} AND name = ?",
        (*_book(scope), name),
    ).fetchone()
    if row and row[2] == digest:
        return Numbered(row[0], row[1])
    if row:
        numbered = Numbered(row[0], row[1] + 1)
    else:
        (last,) = single(
            connection.execute(f"SELECT max(sid) FROM export_rule WHERE {_OF_BOOK}", _book(scope))
        )
        numbered = Numbered(max(numbers.start, (last or 0) + 1), 1)
        if numbered.sid not in numbers:
            return None
    connection.execute(
        "INSERT OR REPLACE INTO export_rule VALUES (?,?,?,?,?,?)",
        (*_book(scope), name, *numbered, digest),
    )
    return numbered
