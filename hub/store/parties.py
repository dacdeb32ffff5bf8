"""The registry of parties and rights on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from hub.model.audit import Sought
from hub.model.party import (
    Account,
    Certificate,
    Collection,
    Community,
    Directory,
    Grant,
    Group,
    Organisation,
    Party,
    Token,
    WarningList,
)
from hub.store.base import Act, Line, Stale
from hub.store.book import Book
from hub.store.database import single
from hub.store.ledger import record_act
from hub.store.sessions import end_changed

_KINDS: dict[str, type[Party]] = {
    "org": Organisation,
    "community": Community,
    "group": Group,
    "account": Account,
    "token": Token,
    "certificate": Certificate,
    "collection": Collection,
    "grant": Grant,
    "warnings": WarningList,
}
_NAME_OF = {kind: name for name, kind in _KINDS.items()}
_OF_ACCOUNT = ("saved_search", "draft", "export_rule", "export_state")
"""Tables of what is kept for an account"""

_OF_ORG = ("saved_search", "draft")
"""Of these: what it has as a member of its organisation"""

_encode = msgspec.json.Encoder().encode
_decoders = {name: msgspec.json.Decoder(kind) for name, kind in _KINDS.items()}


class PartyRegistry(Book):
    """`hub.store.base.Registry` on a SQLite database."""

    def epoch(self) -> int:
        """See `Registry.epoch`."""
        with self._database.reading() as connection:
            return _epoch(connection)

    def directory(self) -> Directory:
        """See `Registry.directory`."""
        with self._database.reading() as connection:
            return _load(connection)

    def now(self) -> int:
        """See `Registry.now`."""
        with self._database.reading() as connection:
            (last_us,) = single(connection.execute("SELECT last_us FROM clock"))
        return max(self._clock(), int(last_us) + 1)

    def write(
        self, puts: Sequence[Party], drops: Sequence[Party], act: Act, *, epoch: int
    ) -> Directory:
        """See `Registry.write`."""
        with self._database.writing() as connection:
            if _epoch(connection) != epoch:
                raise Stale
            end_changed(connection, puts, drops)
            _forget(connection, puts, drops)
            connection.executemany(
                "DELETE FROM party WHERE kind = ? AND name = ?",
                [(_NAME_OF[type(party)], _name(party)) for party in drops],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO party VALUES (?,?,?)",
                [(_NAME_OF[type(party)], _name(party), _encode(party)) for party in puts],
            )
            connection.execute("UPDATE clock SET epoch = epoch + 1")
            record_act(connection, act, self._clock())
            return _load(connection)

    def note(self, act: Act) -> None:
        """See `Registry.note`."""
        with self._database.writing() as connection:
            record_act(connection, act, self._clock())

    def audit(self, sought: Sought, before: int, limit: int) -> list[Line]:
        """See `Registry.audit`."""
        # A page of what is rare reads the whole log, which has one line for each publish or change.
        found = {
            "id < ?": before,
            "account = ?": sought.account,
            "(action || '.') BETWEEN ? || '.' AND ? || '/'": sought.action,
            "target = ?": sought.target,
            "at_us >= ?": sought.from_us,
            "at_us < ?": sought.until_us,
        }
        asked = {test: value for test, value in found.items() if value}
        values = [value for test, value in asked.items() for _ in range(test.count("?"))]
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, at_us, account, org, action, target, detail FROM audit"
                f" WHERE {' AND '.join(['1', *asked])} ORDER BY id DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [Line(number, at_us, Act(*columns)) for number, at_us, *columns in rows]


def _forget(connection: sqlite3.Connection, puts: Sequence[Party], drops: Sequence[Party]) -> None:
    """Delete what accounts have that are dropped, or act for another organisation from now on."""
    for party in drops:
        if isinstance(party, Account):
            for table in _OF_ACCOUNT:
                connection.execute(f"DELETE FROM {table} WHERE account = ?", (party.name,))
    for party in puts:
        if isinstance(party, Account):
            for table in _OF_ORG:
                connection.execute(
                    f"DELETE FROM {table} WHERE account = ? AND org <> ?", (party.name, party.org)
                )


def _epoch(connection: sqlite3.Connection) -> int:
    (epoch,) = single(connection.execute("SELECT epoch FROM clock"))
    return int(epoch)


def _name(party: Party) -> str:
    """What tells a party from others of its kind."""
    match party:
        case Organisation():
            return party.slug
        case Community() | Group() | Account():
            return party.name
        case Token() | Certificate():
            return party.id
        case Collection():
            return str(party.key)
        case Grant():
            return f"{party.collection}/{'/'.join(party.subject)}"
        case WarningList():
            return party.owner


def _load(connection: sqlite3.Connection) -> Directory:
    rows = connection.execute("SELECT kind, body FROM party ORDER BY kind, name")
    return Directory.of(_epoch(connection), [_decoders[kind].decode(body) for kind, body in rows])
