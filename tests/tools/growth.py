"""A law of growth in place of a time: what is eight times as large takes about eight times as long.

A test that asks for less than so many seconds fails on a slow machine, or on one that has much
else to do, and passes on a fast one whatever the code does. The ratio of two costs on one machine
at one moment is the same everywhere: 8 for work that is linear, 64 for work that compares each
with each. In between lies the limit.

Such a test does not notice what is slow at any size; the benchmarks show that.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FACTOR: Final = 8
SLACK: Final = 3.0
"""The ratio may be so many times the factor: far from both the linear and the quadratic one."""

_LONG_ENOUGH_S = 0.002
"""What is over sooner is done several times in a row, or the clock says more than the work."""

_FEWEST, _MOST = 2, 6
"""Rounds; those beyond the fewest are for what seems to grow too fast."""

Work = Callable[[], object]


@dataclass(frozen=True)
class Growth:
    """CPU seconds of this thread: the least of several rounds, as load only ever adds to them."""

    small_s: float
    large_s: float

    @property
    def ratio(self) -> float:
        """How many times the small work's cost the large one takes."""
        return self.large_s / self.small_s


def assert_grows(
    prepare: Callable[[int], Work], small: int, *, factor: int = FACTOR, power: int = 1
) -> None:
    """Fail when work grows much faster than a power of its size, usually the first.

    Work that grows without any measure does not come to its end at the larger size: that is
    noticed by whoever waits for the tests.

    Args:
        prepare: Makes the work of a size, which may be done many times; making it is not measured.
        small: The smaller size. It must be large enough that what grows outweighs what does not.
        factor: How many times as large the other one is.
        power: 2 where a limit of the size allows that each is compared with each.
    """
    most = SLACK * factor**power
    found = growth(prepare(small), prepare(small * factor), most=most)
    assert found.ratio < most, (
        f"{factor} times the size takes {found.ratio:.1f} times as long: "
        f"{found.small_s * 1000:.3f} ms at {small}, "
        f"{found.large_s * 1000:.3f} ms at {small * factor}"
    )


def growth(small: Work, large: Work, *, most: float) -> Growth:
    """What the two cost; a ratio of `most` or beyond is measured again before it is told."""
    found = Growth(float("inf"), float("inf"))
    collects = gc.isenabled()
    # What it costs depends on all that other tests left in the memory.
    gc.disable()
    try:
        for number in range(1, _MOST + 1):
            found = Growth(min(found.small_s, _cost(small)), min(found.large_s, _cost(large)))
            if number >= _FEWEST and found.ratio < most:
                break
    finally:
        if collects:
            gc.enable()
    return found


def _cost(work: Work) -> float:
    """Seconds of one time, by as many of them as the clock needs."""
    begun, times = time.thread_time(), 0
    while True:
        work()
        times += 1
        spent = time.thread_time() - begun
        if spent >= _LONG_ENOUGH_S:
            return spent / times
