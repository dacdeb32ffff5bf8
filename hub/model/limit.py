"""How much is allowed in which time: buckets that refill evenly, and waits that grow."""

from __future__ import annotations

from typing import NamedTuple

from hub.model.clock import SECOND_US

_DOUBLINGS = 20
"""More of them would change nothing: the longest wait is far below."""

SKEW_US = SECOND_US
"""How far the clock may be behind what was seen before it counts as set back.

Workers read the clock before they queue for the counters, so some of them come a little late.
"""


class Rate(NamedTuple):
    """A bucket that holds `burst` units and refills evenly, `limit` units in `window_s` seconds.

    In any window, at most `burst + limit` units are given out. What was taken is kept as one whole
    number, the level: units times microseconds of the window. It sinks by `limit` each
    microsecond, so nothing is ever rounded.
    """

    limit: int
    """0: no limit."""
    window_s: int
    burst: int

    def weight(self, units: int) -> int:
        """What so many units add to the level."""
        return units * self.window_s * SECOND_US

    def sunk(self, level: int, seen_us: int, now_us: int) -> int:
        """The level now, if it was `level` at an instant. Time that runs backwards sinks nothing."""
        return max(0, level - max(0, now_us - seen_us) * self.limit)

    def short_us(self, level: int, seen_us: int, units: int, now_us: int) -> int:
        """Microseconds until the bucket has so many units; 0: it has them.

        Args:
            level: What it was at the instant `seen_us`.
            seen_us: At most `SKEW_US` ahead of now.
            units: How many are wanted.
            now_us: The time now.
        """
        over = self.sunk(level, seen_us, now_us) + self.weight(units) - self.weight(self.burst)
        return max(0, seen_us - now_us) - (-over // self.limit) if over > 0 else 0

    @property
    def refill_us(self) -> int:
        """Microseconds after which an empty bucket is full and need not be remembered."""
        return self.weight(self.burst) // self.limit + 1


class Ladder(NamedTuple):
    """Waits after failures: none at first, then each twice the one before."""

    free: int
    """Failures without a wait. 0: no waits at all."""
    first_s: int
    most_s: int
    memory_s: int
    """So long after the last failure all of them are forgotten. At least `most_s`."""

    def wait_us(self, failures: int, last_us: int, now_us: int) -> int:
        """Microseconds that are left to wait after so many failures, the last at `last_us`."""
        if failures < self.free:
            return 0
        pause_s = min(self.most_s, self.first_s << min(failures - self.free, _DOUBLINGS))
        return max(0, last_us + pause_s * SECOND_US - now_us)

    @property
    def memory_us(self) -> int:
        """`memory_s` in microseconds."""
        return self.memory_s * SECOND_US
