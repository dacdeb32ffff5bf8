"""What a server costs: CPU and memory of its whole process tree, and the samples of a round."""

from __future__ import annotations

import math
import os
import platform
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass
class Round:
    """One round of one measure: every request of it."""

    walls: list[float] = field(default_factory=list)
    """Seconds from the first byte sent to the last byte read, one per request."""
    cpu: float = math.nan
    """CPU seconds of the server for all requests together."""
    objects: int = 0
    errors: int = 0
    elapsed: float = 0.0
    """Seconds the objects took; where clients run side by side less than the sum of the walls."""
    reason: str = ""
    """What the first error was."""

    def fail(self, reason: str) -> None:
        """Count an error."""
        self.errors += 1
        self.reason = self.reason or reason

    def absorb(self, other: Round) -> None:
        """Add what another client did in the same round."""
        self.walls += other.walls
        self.objects += other.objects
        self.errors += other.errors
        self.reason = self.reason or other.reason


class Tree:
    """The processes of a server: the one that was started and all below it."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def cpu(self) -> float:
        """Seconds of CPU, user and system, since the start; children that ended included."""
        try:
            return sum(_cpu(member) for member in self._members())
        except (OSError, psutil.NoSuchProcess):
            # A worker was replaced just now; what it took is in its parent's account.
            return sum(_cpu(member) for member in self._members())

    def pss(self) -> int:
        """Bytes of memory, what processes share counted once."""
        return sum(member.memory_full_info().pss for member in self._members())

    def _members(self) -> list[psutil.Process]:
        return [self._root, *self._root.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    # /proc counts in ticks of 10 ms, the kernel's clock of a process in nanoseconds:
    # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of linux/posix-timers.h.
    times = process.cpu_times()
    return time.clock_gettime(~process.pid << 3 | 2) + times.children_user + times.children_system


def disk(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def environment(folder: Path) -> dict[str, str]:
    """What a figure must be read with."""
    return {
        "processors": str(os.cpu_count()),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "sqlite": sqlite3.sqlite_version,
        "free disk GB": f"{psutil.disk_usage(str(folder)).free / 1e9:.0f}",
    }
