"""`hub.store.counting.Counters` in a small SQLite file of its own, shared by all worker processes.

The file stands beside the store and is no part of it: nothing waits for the disk, and losing it
costs a little patience with whoever asked too much. One row per key; each count is one statement.
"""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path

from hub.errors import Fault, HubError, StoreDown
from hub.model.limit import SKEW_US, Ladder, Rate
from hub.store.database import Database, single

_BUSY_S = 0.25
"""A request waits for other counts this long and no longer."""

_PREPARE_S = 5.0

_VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS count (
    key      TEXT PRIMARY KEY,
    level    INTEGER NOT NULL,  -- of a bucket (hub.model.limit.Rate), or a number of failures
    at_us    INTEGER NOT NULL,  -- when it was counted last
    until_us INTEGER NOT NULL   -- afterwards the row says nothing any more
) STRICT, WITHOUT ROWID
"""

# The clock was set back since: go on from its new time. Otherwise time never runs backwards.
_SEEN = "CASE WHEN at_us > :now + :skew THEN :now ELSE max(at_us, :now) END"
_FILLED = "max(0, level - max(0, :now - at_us) * :limit) + :weight"

_TAKE = f"""
INSERT INTO count VALUES (:key, :weight, :now, :until)
ON CONFLICT (key) DO UPDATE SET level = {_FILLED}, at_us = {_SEEN}, until_us = :until
WHERE {_FILLED} <= :capacity
"""
_GIVE_BACK = "UPDATE count SET level = max(0, level - :weight) WHERE key = :key"
_STRIKE = """
INSERT INTO count VALUES (:key, 1, :now, :until)
ON CONFLICT (key) DO UPDATE SET
    level = CASE WHEN at_us + :memory <= :now THEN 1 ELSE level + 1 END,
    at_us = :now, until_us = :until
WHERE level < :free
    OR at_us + min(:most, :first << min(level - :free, 20)) <= :now
"""
_MARK = """
INSERT INTO count VALUES (:key, 1, 0, :until) ON CONFLICT (key) DO UPDATE SET until_us = :until
"""
_SET_BACK = "UPDATE count SET at_us = :now WHERE key = :key AND at_us > :now + :skew"
_READ = "SELECT level, at_us, until_us FROM count WHERE key = ?"

# What ends 3,000 days ahead was written while the clock was wrong.
_OVER = "(until_us < :now OR until_us > :now + 259200000000000)"


def beside(store: Path) -> Path:
    """Where the counters of a store are kept."""
    return store.with_name(f"{store.name}.counters")


class SqliteCounters:
    """See `hub.store.counting.Counters`. Safe to share between threads and to fork."""

    def __init__(self, path: Path, *, busy_s: float = _BUSY_S) -> None:
        self._database = Database(path, busy_s=busy_s, durable=False)
        self._prepared = 0

    def take(self, key: str, rate: Rate, units: int, now_us: int) -> int:
        """See `Counters.take`."""
        weight, capacity = rate.weight(units), rate.weight(rate.burst)
        if weight <= capacity and self._change(
            _TAKE,
            key=key,
            now=now_us,
            skew=SKEW_US,
            until=now_us + rate.refill_us,
            weight=weight,
            capacity=capacity,
            limit=rate.limit,
        ):
            return 0
        # Another thread may have given some back since: the answer stays no.
        return max(1, self.short(key, rate, units, now_us))

    def short(self, key: str, rate: Rate, units: int, now_us: int) -> int:
        """See `Counters.short`."""
        level, seen_us, _ = self._read(key, now_us)
        return rate.short_us(level, seen_us, units, now_us)

    def give_back(self, key: str, rate: Rate, units: int) -> None:
        """See `Counters.give_back`."""
        self._change(_GIVE_BACK, key=key, weight=rate.weight(units))

    def strike(self, key: str, ladder: Ladder, now_us: int) -> int:
        """See `Counters.strike`."""
        if self._change(
            _STRIKE,
            key=key,
            now=now_us,
            until=now_us + ladder.memory_us,
            memory=ladder.memory_us,
            free=ladder.free,
            first=ladder.first_s * 1_000_000,
            most=ladder.most_s * 1_000_000,
        ):
            return 0
        return max(1, self.barred(key, ladder, now_us))

    def barred(self, key: str, ladder: Ladder, now_us: int) -> int:
        """See `Counters.barred`."""
        failures, seen_us, _ = self._read(key, now_us)
        return ladder.wait_us(failures, seen_us, now_us)

    def forget(self, key: str) -> None:
        """See `Counters.forget`."""
        self._change("DELETE FROM count WHERE key = :key", key=key)

    def mark(self, key: str, until_us: int) -> None:
        """See `Counters.mark`."""
        self._change(_MARK, key=key, until=until_us)

    def marked(self, key: str, now_us: int) -> bool:
        """See `Counters.marked`."""
        return self._read(key, now_us)[2] > now_us

    def purge(self, now_us: int) -> int:
        """See `Counters.purge`. One row at a time: no request waits for a long delete."""
        self._prepare()
        with self._database.reading() as connection:
            found = connection.execute(f"SELECT key FROM count WHERE {_OVER}", {"now": now_us})
            keys = [key for (key,) in found]
        delete = f"DELETE FROM count WHERE key = :key AND {_OVER}"
        return sum(self._change(delete, key=key, now=now_us) for key in keys)

    def close(self) -> None:
        """See `Counters.close`."""
        self._database.close()

    def _read(self, key: str, now_us: int) -> tuple[int, int, int]:
        """Level, instant and end of a row; what is not there counts as nothing at all."""
        self._prepare()
        with self._database.reading() as connection:
            row: tuple[int, int, int] | None = connection.execute(_READ, (key,)).fetchone()
        if row is None:
            return 0, now_us, 0
        if row[1] > now_us + SKEW_US:
            # Whoever waits must not wait until the clock is where it was.
            self._change(_SET_BACK, key=key, now=now_us, skew=SKEW_US)
            return row[0], now_us, row[2]
        return row

    def _change(self, statement: str, **values: object) -> int:
        self._prepare()
        return self._database.change(statement, values)

    def _prepare(self) -> None:
        if self._prepared != os.getpid():
            self._database.change(_TABLE, {})
            self._prepared = os.getpid()


def prepare(path: Path) -> bool:
    """Make the file ready before workers start, anew if a power cut has damaged it.

    Returns:
        False when it was damaged: all counts are gone then.

    Raises:
        StoreDown: It cannot be made. The hub can serve without it.
    """
    sound = _is_sound(path)
    if not sound:
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
    with closing(Database(path, busy_s=_PREPARE_S, durable=False)) as database:
        database.change(_TABLE, {})
        database.change(f"PRAGMA user_version = {_VERSION}", {})
    return sound


def _is_sound(path: Path) -> bool:
    """Whether another program of this version can go on with the file; a missing one is sound."""
    try:
        with (
            closing(Database(path, busy_s=_PREPARE_S, durable=False)) as database,
            database.reading() as connection,
        ):
            (version,) = single(connection.execute("PRAGMA user_version"))
            (verdict,) = single(connection.execute("PRAGMA quick_check(1)"))
    except StoreDown as error:
        return error.fault is Fault.BUSY
    except HubError:
        return False
    return version in {0, _VERSION} and verdict == "ok"
