"""Counters that always answer: while the shared ones fail, each process counts for itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from hub.errors import HubError
from hub.model.limit import Ladder, Rate
from hub.store.counting import Counters

_PAUSE_S = 5.0
"""Requests must not queue for counters that are locked: they are left alone for a while."""

_WARN_S = 60.0

_log = logging.getLogger("hub.limits")

T = TypeVar("T")


class Sheltered:
    """See `hub.store.counting.Counters`. Never raises StoreDown.

    Args:
        shared: The counters of all workers.
        own: Those of this process, for the time in which the shared ones fail. Then N workers
            let through up to N times of what is allowed.
        clock: Seconds that only rise.
    """

    def __init__(
        self, shared: Counters, own: Counters, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared = shared
        self._own = own
        self._clock = clock
        self._again_s = self._warn_s = float("-inf")

    def take(self, key: str, rate: Rate, units: int, now_us: int) -> int:
        """See `Counters.take`."""
        return self._ask(lambda counters: counters.take(key, rate, units, now_us))

    def short(self, key: str, rate: Rate, units: int, now_us: int) -> int:
        """See `Counters.short`."""
        return self._ask(lambda counters: counters.short(key, rate, units, now_us))

    def give_back(self, key: str, rate: Rate, units: int) -> None:
        """See `Counters.give_back`."""
        self._ask(lambda counters: counters.give_back(key, rate, units))

    def strike(self, key: str, ladder: Ladder, now_us: int) -> int:
        """See `Counters.strike`."""
        return self._ask(lambda counters: counters.strike(key, ladder, now_us))

    def barred(self, key: str, ladder: Ladder, now_us: int) -> int:
        """See `Counters.barred`."""
        return self._ask(lambda counters: counters.barred(key, ladder, now_us))

    def forget(self, key: str) -> None:
        """See `Counters.forget`."""
        self._ask(lambda counters: counters.forget(key))

    def mark(self, key: str, until_us: int) -> None:
        """See `Counters.mark`."""
        self._ask(lambda counters: counters.mark(key, until_us))

    def marked(self, key: str, now_us: int) -> bool:
        """See `Counters.marked`."""
        return self._ask(lambda counters: counters.marked(key, now_us))

    def purge(self, now_us: int) -> int:
        """See `Counters.purge`."""
        return self._own.purge(now_us) + self._ask(lambda counters: counters.purge(now_us))

    def close(self) -> None:
        """See `Counters.close`."""
        self._shared.close()

    def _ask(self, question: Callable[[Counters], T]) -> T:
        if self._clock() >= self._again_s:
            try:
                return question(self._shared)
            except HubError as error:
                self._leave(error)
        return question(self._own)

    def _leave(self, error: HubError) -> None:
        now = self._clock()
        self._again_s = now + _PAUSE_S
        if now >= self._warn_s:
            self._warn_s = now + _WARN_S
            _log.warning(
                "limits are counted by each worker for itself, as the counters fail: %s (%s)",
                error.reason,
                error.__cause__,
            )
