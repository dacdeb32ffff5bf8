"""`hub.store.counting.Counters` of one process: what is left while the shared ones cannot be used."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from hub.model.limit import SKEW_US, Ladder, Rate

_MOST = 65_536


class _Row(NamedTuple):
    level: int
    at_us: int
    until_us: int


class LocalCounters:
    """See `hub.store.counting.Counters`. Of too many keys, those unused for longest are forgotten."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._rows: OrderedDict[str, _Row] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, rate: Rate, units: int, now_us: int) -> int:
        """See `Counters.take`."""
        with self._lock:
            row = self._row(key, now_us)
            short_us = rate.short_us(row.level, row.at_us, units, now_us)
            if not short_us:
                level = rate.sunk(row.level, row.at_us, now_us) + rate.weight(units)
                self._keep(key, _Row(level, max(row.at_us, now_us), now_us + rate.refill_us))
            return short_us

    def short(self, key: str, rate: Rate, units: int, now_us: int) -> int:
        """See `Counters.short`."""
        with self._lock:
            row = self._row(key, now_us)
            return rate.short_us(row.level, row.at_us, units, now_us)

    def give_back(self, key: str, rate: Rate, units: int) -> None:
        """See `Counters.give_back`."""
        with self._lock:
            if row := self._rows.get(key):
                self._rows[key] = row._replace(level=max(0, row.level - rate.weight(units)))

    def strike(self, key: str, ladder: Ladder, now_us: int) -> int:
        """See `Counters.strike`."""
        with self._lock:
            row = self._row(key, now_us)
            wait_us = ladder.wait_us(row.level, row.at_us, now_us)
            if not wait_us:
                failures = 1 if row.at_us + ladder.memory_us <= now_us else row.level + 1
                self._keep(key, _Row(failures, now_us, now_us + ladder.memory_us))
            return wait_us

    def barred(self, key: str, ladder: Ladder, now_us: int) -> int:
        """See `Counters.barred`."""
        with self._lock:
            row = self._row(key, now_us)
            return ladder.wait_us(row.level, row.at_us, now_us)

    def forget(self, key: str) -> None:
        """See `Counters.forget`."""
        with self._lock:
            self._rows.pop(key, None)

    def mark(self, key: str, until_us: int) -> None:
        """See `Counters.mark`."""
        with self._lock:
            self._keep(key, _Row(1, 0, until_us))

    def marked(self, key: str, now_us: int) -> bool:
        """See `Counters.marked`."""
        with self._lock:
            return self._row(key, now_us).until_us > now_us

    def purge(self, now_us: int) -> int:
        """See `Counters.purge`."""
        with self._lock:
            over = [key for key, row in self._rows.items() if row.until_us < now_us]
            for key in over:
                del self._rows[key]
            return len(over)

    def close(self) -> None:
        """See `Counters.close`."""

    def _row(self, key: str, now_us: int) -> _Row:
        """The row; one from before the clock was set back goes on from the new time."""
        row = self._rows.get(key, _Row(0, now_us, 0))
        if row.at_us > now_us + SKEW_US:
            row = self._rows[key] = row._replace(at_us=now_us)
        return row

    def _keep(self, key: str, row: _Row) -> None:
        self._rows[key] = row
        self._rows.move_to_end(key)
        while len(self._rows) > self._most:
            self._rows.popitem(last=False)
