"""What counts requests and failures for all workers."""

from __future__ import annotations

from typing import Protocol

from hub.model.limit import Ladder, Rate


class Counters(Protocol):
    """Counts that all workers share: requests, quotas, failed log-ins.

    They are no part of the record. A crash of the machine may lose them, and nobody waits for the
    disk. Each call is atomic across threads and processes. Instants are those of the system clock;
    when it was set back, counts stay as they are and go on from the new time.

    Each of them raises StoreDown when the counts cannot be read or written.
    """

    def take(self, key: str, rate: Rate, units: int, now_us: int) -> int:
        """Take units from a bucket, all or none.

        Returns:
            0 when they were taken; else microseconds until the bucket will have them.
        """

    def short(self, key: str, rate: Rate, units: int, now_us: int) -> int:
        """What `take` would return; takes nothing."""

    def give_back(self, key: str, rate: Rate, units: int) -> None:
        """Put units back that were taken and not used."""

    def strike(self, key: str, ladder: Ladder, now_us: int) -> int:
        """Count a failure, unless there is a wait.

        Returns:
            0 when it was counted; else microseconds until the wait ends.
        """

    def barred(self, key: str, ladder: Ladder, now_us: int) -> int:
        """Microseconds until the wait after failures ends; 0: there is none."""

    def forget(self, key: str) -> None:
        """No failures any more."""

    def mark(self, key: str, until_us: int) -> None:
        """Remember that something happened, until an instant."""

    def marked(self, key: str, now_us: int) -> bool:
        """Whether it is remembered."""

    def purge(self, now_us: int) -> int:
        """Drop what counts no more; returns how much."""

    def close(self) -> None:
        """Let go of files and connections of this thread."""
