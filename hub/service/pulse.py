"""Who pulled what, and when: noted by the TAXII door in memory, written down behind its back.

A request pays for a look at a dictionary. A thread writes what has gathered, at most every two
seconds, and ends when nothing comes any more. What a process has not written when it is killed is
lost, and so is what the file does not take: neither holds up a poll.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from hub.errors import HubError
from hub.model.clock import DAY_US, now_us
from hub.model.pulse import Beat, Fall, Record, Visit
from hub.store.pulse import VISIT_US, SqlitePulse

_PAUSE_S = 2.0
_WARN_S = 60.0
_LONGEST = 300
"""Characters of a reason"""

_MOST = 10_000
"""Accounts and collections between two writings; more of them are not noted."""

_log = logging.getLogger("hub.pulse")

T = TypeVar("T")


class Note(Protocol):
    """What the doors tell."""

    def pulled(
        self,
        account: str,
        collection: int,
        objects: int,
        position_us: int,
        *,
        ended: bool = True,
    ) -> None:
        """An account was answered; `position_us` as in `Beat`. With `ended` nothing was left."""

    def failed(self, account: str, fault: str, reason: str) -> None:
        """A request of an account was refused, or failed."""


class Pulse:
    """Gathers notes of this process, and tells what all processes noted.

    Args:
        kept: The file.
        clock: Microseconds of the system clock.
        pause_s: Between two writings.
    """

    def __init__(
        self,
        kept: SqlitePulse,
        *,
        clock: Callable[[], int] = now_us,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._kept = kept
        self._clock = clock
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._beats: dict[tuple[str, int], Beat] = {}
        self._falls: dict[tuple[str, str], Fall] = {}
        self._visits: dict[str, int] = {}
        self._writer = 0
        """Process whose thread is about to write; 0: none"""
        self._warn_s = float("-inf")
        self._purged = 0

    def pulled(
        self,
        account: str,
        collection: int,
        objects: int,
        position_us: int,
        *,
        ended: bool = True,
    ) -> None:
        """See `Note.pulled`."""
        now, key = self._clock(), (account, collection)
        with self._lock:
            old = self._beats.get(key)
            if old is not None:
                self._beats[key] = Beat(
                    account,
                    collection,
                    old.first_us,
                    max(old.last_us, now),
                    old.pulls + ended,
                    old.objects + objects,
                    max(old.position_us, position_us),
                )
            elif len(self._beats) < _MOST:
                self._beats[key] = Beat(
                    account, collection, now, now, int(ended), objects, position_us
                )
            self._wake()

    def failed(self, account: str, fault: str, reason: str) -> None:
        """See `Note.failed`."""
        now, key = self._clock(), (account, fault)
        with self._lock:
            old = self._falls.get(key)
            errors = old.errors + 1 if old else 1
            if old or len(self._falls) < _MOST:
                self._falls[key] = Fall(account, fault, now, errors, reason[:_LONGEST])
            self._wake()

    def visited(self, account: str) -> None:
        """The account looks at a page of the console."""
        now = self._clock()
        with self._lock:
            self._visits[account] = now
            self._wake()

    def since(self, account: str) -> int:
        """When the visit of the account before this one ended, in microseconds; 0: it had none.

        A visit ends when no page was asked for an hour; logging out and in again ends none. While
        the file cannot be read, it is the first visit.
        """
        visit = self._asked(lambda: self._kept.visit(account), Visit())
        # The first page of a visit may not be written down yet.
        is_over = self._clock() - visit.seen_us >= VISIT_US
        return visit.seen_us if is_over else visit.since_us

    def records(self, account: str) -> list[Record] | None:
        """What the account pulled; None: it cannot be told now."""
        self.flush()
        return self._asked(lambda: self._kept.records(account), None)

    def falls(self, account: str) -> list[Fall]:
        """What went wrong for the account in the last fourteen days, the newest first."""
        return self._asked(lambda: self._kept.falls(account), [])

    def flush(self) -> None:
        """Write down what has gathered in this process; never raises."""
        with self._lock:
            beats, self._beats = self._beats, {}
            falls, self._falls = self._falls, {}
            visits, self._visits = self._visits, {}
        if beats or falls or visits:
            self._asked(lambda: self._kept.add(beats.values(), falls.values(), visits), None)
        today = self._clock() // DAY_US
        if self._purged != today:
            self._purged = today
            self._asked(lambda: self._kept.purge(self._clock()), None)

    def _wake(self) -> None:
        if self._writer != os.getpid():
            thread = threading.Thread(target=self._write, daemon=True, name="hub-pulse")
            try:
                thread.start()
            except RuntimeError as error:  # no more threads: the next note tries again
                self._warn(error, None)
            else:
                self._writer = os.getpid()

    def _write(self) -> None:
        try:
            while True:
                time.sleep(self._pause_s)
                with self._lock:
                    if not self._has_gathered():
                        self._writer = 0
                        return
                self.flush()
        except BaseException:
            with self._lock:
                self._writer = 0
                # What came meanwhile relied on this thread.
                if self._has_gathered():
                    self._wake()
            raise
        finally:
            self._kept.close()

    def _has_gathered(self) -> bool:
        return bool(self._beats or self._falls or self._visits)

    def _asked(self, question: Callable[[], T], otherwise: T) -> T:
        try:
            return question()
        except HubError as error:
            self._warn(error.reason, error.__cause__)
            return otherwise

    def _warn(self, reason: object, cause: object) -> None:
        now = time.monotonic()
        if now >= self._warn_s:
            self._warn_s = now + _WARN_S
            _log.warning("who pulls is not noted: %s (%s)", reason, cause)
