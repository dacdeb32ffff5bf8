"""Log-in sessions on SQLite.

Every change of the sessions notes its instant and removes what has ended by it, so that a clock
that is set back later finds nothing to revive.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from hub.errors import StoreDown
from hub.model.clock import MINUTE_US
from hub.model.party import Account, Party
from hub.model.session import Opening, Session
from hub.store.base import Act, Stale
from hub.store.book import Book
from hub.store.database import single
from hub.store.ledger import record_act

_NOTE_US = MINUTE_US
_WAIT_US = 5 * MINUTE_US
OFFER_US = 15 * MINUTE_US
"""How long an offered second factor can be confirmed."""

_SLACK_US = 5 * MINUTE_US
"""A clock is corrected by so much without anybody noticing; set back further, it is distrusted."""

_COLUMNS = ", ".join(Session.__struct_fields__)
_decode_account = msgspec.json.Decoder(Account).decode


class SessionBook(Book):
    """`hub.store.base.Sessions` on a SQLite database."""

    def start_session(self, opening: Opening, act: Act, *, epoch: int) -> Session:
        """See `Sessions.start_session`."""
        with self._database.writing() as connection:
            if single(connection.execute("SELECT epoch FROM clock")) != (epoch,):
                raise Stale
            now = tick(connection, self._clock())
            connection.execute("DELETE FROM session WHERE digest = ?", (opening.instead_of,))
            waits = connection.execute(
                "SELECT 1 FROM factor WHERE account = ? AND confirmed = 1", (opening.account,)
            ).fetchone()
            session = _begun(opening, now, waits=bool(waits))
            _insert(connection, session)
            record_act(connection, act, now)
            return session

    def use_session(self, digest: bytes) -> Session | None:
        """See `Sessions.use_session`."""
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS}, ends_us, seen_us FROM session, session_clock"
                " WHERE digest = ?",
                (digest,),
            ).fetchone()
        if row is None:
            return None
        *columns, ends_us, seen_us = row
        session, now = _session(columns), self._clock()
        # These writes can wait, or fail on a full disk: the answer is right without them.
        if now < seen_us - _SLACK_US or ends_us <= now:
            with suppress(StoreDown):
                self.purge_sessions()
            return None
        if now - session.used_us >= _NOTE_US and not session.waits:
            with suppress(StoreDown):
                self._note(digest)
        return session

    def _note(self, digest: bytes) -> None:
        with self._database.writing() as connection:
            refresh(connection, digest, tick(connection, self._clock()))

    def list_sessions(self, account: str = "") -> list[Session]:
        """See `Sessions.list_sessions`."""
        now = self._clock()
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM session, session_clock"
                " WHERE ends_us > ? AND ? >= seen_us AND ? IN ('', account)"
                " ORDER BY created_us, id",
                (now, now + _SLACK_US, account),
            ).fetchall()
        return [_session(row) for row in rows]

    def end_sessions(self, act: Act, *, account: str = "", session_id: str = "") -> int:
        """See `Sessions.end_sessions`."""
        with self._database.writing() as connection:
            now = tick(connection, self._clock())
            count = connection.execute(
                "DELETE FROM session WHERE ? IN ('', account) AND ? IN ('', id)",
                (account, session_id),
            ).rowcount
            if count:
                record_act(connection, act, now)
            return count

    def purge_sessions(self) -> None:
        """See `Sessions.purge_sessions`."""
        with self._database.writing() as connection:
            now = tick(connection, self._clock())
            connection.execute(
                "DELETE FROM factor WHERE confirmed = 0 AND offered_us <= ?", (now - OFFER_US,)
            )


def _begun(opening: Opening, now: int, *, waits: bool) -> Session:
    return Session(
        opening.id,
        opening.digest,
        opening.account,
        opening.method,
        created_us=now,
        used_us=now,
        expires_us=now + opening.lasts_us,
        idle_us=opening.idle_us,
        label=opening.label,
        address=opening.address,
        waits=waits,
    )


def _session(row: Sequence[Any]) -> Session:
    session = Session(**dict(zip(Session.__struct_fields__, row, strict=True)))
    return msgspec.structs.replace(session, waits=bool(session.waits))


def _insert(connection: sqlite3.Connection, session: Session) -> None:
    patience = min(session.idle_us, _WAIT_US) if session.waits else session.idle_us
    connection.execute(
        f"INSERT INTO session ({_COLUMNS}, ends_us, tries) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,0)",
        (
            *msgspec.structs.astuple(session),
            min(session.expires_us, session.created_us + patience),
        ),
    )


def tick(connection: sqlite3.Connection, clock: int) -> int:
    """Note the instant, and remove what has ended by it; gives the instant that counts.

    Every change of the sessions begins with it.
    """
    (seen,) = single(connection.execute("SELECT seen_us FROM session_clock"))
    now = max(clock, int(seen))
    if clock < seen - _SLACK_US:
        now = clock
        count = connection.execute("DELETE FROM session").rowcount
        if count:
            detail = f"{count}: the clock was set back by {(seen - clock) // 1_000_000} s"
            record_act(connection, Act("", "", "session.end", "all", detail), now)
    connection.execute("UPDATE session_clock SET seen_us = ?", (now,))
    connection.execute("DELETE FROM session WHERE ends_us <= ?", (now,))
    return now


def refresh(connection: sqlite3.Connection, digest: bytes, now: int) -> None:
    """Note that the session was used."""
    connection.execute(
        "UPDATE session SET used_us = ?1, ends_us = min(expires_us, ?1 + idle_us)"
        " WHERE digest = ?2",
        (now, digest),
    )


def living(connection: sqlite3.Connection, digest: bytes) -> Session | None:
    """The session, inside a transaction that has begun with `tick`."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM session WHERE digest = ?", (digest,)
    ).fetchone()
    return _session(row) if row else None


def end_changed(
    connection: sqlite3.Connection, puts: Sequence[Party], drops: Sequence[Party]
) -> None:
    """End the sessions of accounts that will not log in any more as they did.

    Before the parties are written: they are compared with what is there.
    """
    puts_by_name = {party.name: party for party in puts if isinstance(party, Account)}
    dropped = {party.name for party in drops if isinstance(party, Account)} - set(puts_by_name)
    changed = {name for name, put in puts_by_name.items() if _differs(connection, put)}
    for name in changed | dropped:
        connection.execute("DELETE FROM session WHERE account = ?", (name,))
    for name in dropped:
        connection.execute("DELETE FROM factor WHERE account = ?", (name,))
        connection.execute("DELETE FROM recovery WHERE account = ?", (name,))


def _differs(connection: sqlite3.Connection, put: Account) -> bool:
    row = connection.execute(
        "SELECT body FROM party WHERE kind = 'account' AND name = ?", (put.name,)
    ).fetchone()
    return row is not None and _login(_decode_account(row[0])) != _login(put)


def _login(account: Account) -> tuple[object, ...]:
    """What decides whether and how somebody logs in as the account."""
    return account.password, account.disabled, account.oidc
