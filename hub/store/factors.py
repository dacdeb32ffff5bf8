"""Second factors on SQLite: a code or recovery code is taken inside one write transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from hub.model.session import Factor, Outcome, Proof, Renewal, Session, Trial
from hub.store.base import Act
from hub.store.book import Book
from hub.store.ledger import record_act
from hub.store.sessions import OFFER_US, living, refresh, tick

_TRIES = 5
_FREE = 5
_FIRST_WAIT_US = 30_000_000
_LONGEST_WAIT_US = 3_600_000_000


class FactorBook(Book):
    """`hub.store.base.Factors` on a SQLite database."""

    def factor(self, account: str) -> Factor | None:
        """See `Factors.factor`."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT sealed, confirmed, step,"
                " (SELECT count(*) FROM recovery r WHERE r.account = f.account)"
                " FROM factor f WHERE account = ?",
                (account,),
            ).fetchone()
        if row is None:
            return None
        sealed, confirmed, step, recovery = row
        return Factor(account, sealed, bool(confirmed), step, recovery)

    def offer_factor(self, account: str, sealed: bytes) -> bool:
        """See `Factors.offer_factor`."""
        with self._database.writing() as connection:
            now = tick(connection, self._clock())
            return bool(
                connection.execute(
                    "INSERT INTO factor VALUES (?,?,?,0,0,0,0) ON CONFLICT (account) DO UPDATE"
                    " SET sealed = excluded.sealed, offered_us = excluded.offered_us"
                    " WHERE confirmed = 0",
                    (account, sealed, now),
                ).rowcount
            )

    def confirm_factor(
        self, proof: Proof, recovery: Sequence[bytes], renewal: Renewal, act: Act
    ) -> Session | None:
        """See `Factors.confirm_factor`."""
        with self._database.writing() as connection:
            now = tick(connection, self._clock())
            session = living(connection, renewal.old)
            if session is None or session.account != proof.account:
                return None
            taken = connection.execute(
                "UPDATE factor SET confirmed = 1, step = ? WHERE account = ? AND sealed = ?"
                " AND confirmed = 0 AND offered_us > ?",
                (proof.step, proof.account, proof.sealed, now - OFFER_US),
            ).rowcount
            if not taken:
                return None
            connection.executemany(
                "INSERT INTO recovery VALUES (?,?)", [(proof.account, code) for code in recovery]
            )
            connection.execute(
                "DELETE FROM session WHERE account = ? AND digest <> ?",
                (proof.account, renewal.old),
            )
            record_act(connection, act, now)
            return _renew(connection, renewal, now)

    def pass_factor(self, proof: Proof, renewal: Renewal, act: Act) -> Trial:
        """See `Factors.pass_factor`."""
        with self._database.writing() as connection:
            now = tick(connection, self._clock())
            session = living(connection, renewal.old)
            if session is None or session.account != proof.account or not session.waits:
                return Trial(Outcome.GONE)
            trial = _spend(connection, proof, now)
            if trial.outcome is Outcome.WRONG and not _may_try_again(connection, session):
                end = Act(act.account, act.org, "session.end", session.id, "wrong second factors")
                record_act(connection, end, now)
                return Trial(Outcome.GONE)
            if trial.outcome is not Outcome.PASSED:
                return trial
            record_act(connection, act, now)
            return Trial(Outcome.PASSED, _renew(connection, renewal, now))

    def drop_factor(self, account: str, act: Act, proof: Proof | None = None) -> Trial:
        """See `Factors.drop_factor`."""
        with self._database.writing() as connection:
            now = tick(connection, self._clock())
            if proof and (trial := _spend(connection, proof, now)).outcome is not Outcome.PASSED:
                return trial
            if not connection.execute("DELETE FROM factor WHERE account = ?", (account,)).rowcount:
                return Trial(Outcome.GONE)
            connection.execute("DELETE FROM recovery WHERE account = ?", (account,))
            connection.execute("DELETE FROM session WHERE account = ?", (account,))
            record_act(connection, act, now)
            return Trial(Outcome.PASSED)


def _spend(connection: sqlite3.Connection, proof: Proof, now: int) -> Trial:
    """Take a proof, once; the write lock keeps everybody else out meanwhile."""
    row = connection.execute(
        "SELECT step, wrong, wrong_us FROM factor"
        " WHERE account = ? AND sealed = ? AND confirmed = 1",
        (proof.account, proof.sealed),
    ).fetchone()
    if row is None:
        return Trial(Outcome.GONE)
    step, wrong, wrong_us = row
    if proof.recovery:
        taken = connection.execute(
            "DELETE FROM recovery WHERE account = ? AND digest = ?",
            (proof.account, proof.recovery),
        ).rowcount
        return Trial(Outcome.PASSED if taken else Outcome.WRONG)
    wait_us = _wait_us(wrong, now - wrong_us)
    if wait_us:
        if wrong_us > now:
            # The clock was set back: the time to wait begins again, or it might take years.
            _set(connection, proof.account, "wrong_us", now)
        return Trial(Outcome.WAIT, wait_us=wait_us)
    if proof.step <= step:
        _set(connection, proof.account, "wrong", wrong + 1)
        _set(connection, proof.account, "wrong_us", now)
        return Trial(Outcome.WRONG)
    _set(connection, proof.account, "step", proof.step)
    _set(connection, proof.account, "wrong", 0)
    return Trial(Outcome.PASSED)


def _set(connection: sqlite3.Connection, account: str, column: str, value: int) -> None:
    connection.execute(f"UPDATE factor SET {column} = ? WHERE account = ?", (value, account))


def _wait_us(wrong: int, elapsed_us: int) -> int:
    """How long no further code is looked at."""
    if wrong < _FREE:
        return 0
    whole = min(_FIRST_WAIT_US << min(wrong - _FREE, 20), _LONGEST_WAIT_US)
    return max(0, whole - max(0, elapsed_us))


def _may_try_again(connection: sqlite3.Connection, session: Session) -> bool:
    """Count a wrong proof; the session ends with the last one it may have."""
    connection.execute("UPDATE session SET tries = tries + 1 WHERE digest = ?", (session.digest,))
    return not connection.execute(
        "DELETE FROM session WHERE digest = ? AND tries >= ?", (session.digest, _TRIES)
    ).rowcount


def _renew(connection: sqlite3.Connection, renewal: Renewal, now: int) -> Session | None:
    """Give the session, which lives, its other secret; it waits no more."""
    connection.execute(
        "UPDATE session SET digest = ?, waits = 0, tries = 0 WHERE digest = ?",
        (renewal.new, renewal.old),
    )
    refresh(connection, renewal.new, now)
    return living(connection, renewal.new)
