"""What accounts did last, in a small SQLite file of its own beside the store.

Written by a thread in the background, a few rows every few seconds: no request waits for it. It is
no part of the record, of a backup or of an export.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from hub.model.clock import DAY_US
from hub.model.pulse import Beat, Day, Fall, Record, Visit
from hub.store.database import Database

KEPT_DAYS = 14
"""So long single days of pulls, and errors, are kept."""

VISIT_US = 3_600_000_000
"""A visit ends when no page was asked for so long."""

_LONG_DAYS = 400
_BURST_US = 30_000_000
"""Pulls closer than this are pages of one poll."""

_BUSY_S = 5.0

_TABLES = (
    """
CREATE TABLE IF NOT EXISTS pull (
    account     TEXT NOT NULL,
    collection  INTEGER NOT NULL,
    first_us    INTEGER NOT NULL,
    last_us     INTEGER NOT NULL,
    pulls       INTEGER NOT NULL,
    objects     INTEGER NOT NULL,
    position_us INTEGER NOT NULL,
    gap_us      INTEGER NOT NULL,  -- usual time between two bursts of pulls
    PRIMARY KEY (account, collection)
) STRICT, WITHOUT ROWID
""",
    """
CREATE TABLE IF NOT EXISTS pull_day (
    account    TEXT NOT NULL,
    collection INTEGER NOT NULL,
    day        INTEGER NOT NULL,
    pulls      INTEGER NOT NULL,
    objects    INTEGER NOT NULL,
    PRIMARY KEY (account, collection, day)
) STRICT, WITHOUT ROWID
""",
    """
CREATE TABLE IF NOT EXISTS fall (
    account TEXT NOT NULL,
    fault   TEXT NOT NULL,
    day     INTEGER NOT NULL,
    errors  INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (account, fault, day)
) STRICT, WITHOUT ROWID
""",
    """
CREATE TABLE IF NOT EXISTS visit (
    account  TEXT PRIMARY KEY,
    seen_us  INTEGER NOT NULL,
    since_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID
""",
)

# A pause after which nothing is as before must not make the usual gap as long as itself.
_PULL = f"""
INSERT INTO pull VALUES (?, ?, ?, ?, ?, ?, ?, 0)
ON CONFLICT (account, collection) DO UPDATE SET
    gap_us = CASE
        WHEN excluded.first_us - last_us < {_BURST_US} THEN gap_us
        WHEN gap_us = 0 THEN excluded.first_us - last_us
        ELSE (3 * gap_us + min(excluded.first_us - last_us, 4 * gap_us)) / 4 END,
    last_us = max(last_us, excluded.last_us),
    pulls = pulls + excluded.pulls,
    objects = objects + excluded.objects,
    position_us = max(position_us, excluded.position_us)
"""
_PULL_DAY = """
INSERT INTO pull_day VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET pulls = pulls + excluded.pulls, objects = objects + excluded.objects
"""
_FALL = """
INSERT INTO fall VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    errors = errors + excluded.errors, last_us = excluded.last_us, reason = excluded.reason
"""
_VISIT = f"""
INSERT INTO visit VALUES (?, ?, 0)
ON CONFLICT DO UPDATE SET
    since_us = CASE WHEN excluded.seen_us - seen_us >= {VISIT_US} THEN seen_us ELSE since_us END,
    seen_us = max(seen_us, excluded.seen_us)
"""


def beside(store: Path) -> Path:
    """Where the pulse of a store is kept."""
    return store.with_name(f"{store.name}.pulse")


class SqlitePulse:
    """The file. Safe to share between threads and to fork.

    Each method raises StoreDown when the file cannot be read or written.
    """

    def __init__(self, path: Path, *, busy_s: float = _BUSY_S) -> None:
        self._database = Database(path, busy_s=busy_s)
        self._prepared = 0

    def add(self, beats: Iterable[Beat], falls: Iterable[Fall], visits: Mapping[str, int]) -> None:
        """Add up, in one transaction.

        Args:
            beats: Of any accounts and collections.
            falls: Of any accounts.
            visits: Instant of the last page, by account.
        """
        self._prepare()
        with self._database.writing() as connection:
            for beat in beats:
                connection.execute(_PULL, beat)
                day = beat.last_us // DAY_US
                row = (beat.account, beat.collection, day, beat.pulls, beat.objects)
                connection.execute(_PULL_DAY, row)
            for fall in falls:
                day = fall.last_us // DAY_US
                last = (fall.errors, fall.last_us, fall.reason)
                connection.execute(_FALL, (fall.account, fall.fault, day, *last))
            connection.executemany(_VISIT, visits.items())

    def records(self, account: str) -> list[Record]:
        """What the account pulled, by key of the collection."""
        self._prepare()
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT account, collection, first_us, last_us, pulls, objects, position_us, gap_us"
                " FROM pull WHERE account = ? ORDER BY collection",
                (account,),
            ).fetchall()
            days: dict[int, list[Day]] = {}
            for collection, *day in connection.execute(
                "SELECT collection, day, pulls, objects FROM pull_day WHERE account = ?"
                " ORDER BY collection, day",
                (account,),
            ):
                days.setdefault(collection, []).append(Day._make(day))
        return [Record(Beat._make(row[:7]), row[7], days.get(row[1], [])) for row in rows]

    def falls(self, account: str) -> list[Fall]:
        """What went wrong for the account in the last fourteen days, the newest first."""
        self._prepare()
        with self._database.reading() as connection:
            # SQLite takes the other columns from the row of the maximum.
            rows = connection.execute(
                "SELECT account, fault, max(last_us) AS last, sum(errors), reason FROM fall"
                " WHERE account = ? GROUP BY fault ORDER BY last DESC, fault",
                (account,),
            ).fetchall()
        return [Fall._make(row) for row in rows]

    def visit(self, account: str) -> Visit:
        """When the account was at the console."""
        self._prepare()
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT seen_us, since_us FROM visit WHERE account = ?", (account,)
            ).fetchone()
        return Visit._make(row) if row else Visit()

    def purge(self, now_us: int) -> None:
        """Drop single days after two weeks, and what was not heard of for more than a year."""
        self._prepare()
        today = now_us // DAY_US
        long_ago = now_us - _LONG_DAYS * DAY_US
        with self._database.writing() as connection:
            connection.execute("DELETE FROM pull_day WHERE day <= ?", (today - KEPT_DAYS,))
            connection.execute("DELETE FROM fall WHERE day <= ?", (today - KEPT_DAYS,))
            connection.execute("DELETE FROM pull WHERE last_us < ?", (long_ago,))
            connection.execute("DELETE FROM visit WHERE seen_us < ?", (long_ago,))

    def close(self) -> None:
        """Let go of files and connections of this thread."""
        self._database.close()

    def _prepare(self) -> None:
        if self._prepared != os.getpid():
            for table in _TABLES:
                self._database.change(table, {})
            self._prepared = os.getpid()
