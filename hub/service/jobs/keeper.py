"""Keeps the hold on a job while it is done, however long a source takes to answer."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from typing import Self

from hub.errors import HubError
from hub.model.job import Hold, Step
from hub.store.base import Store
from hub.store.jobs import LeaseLost

HOLD_US = 60_000_000
"""So long after a process died another one takes its jobs over."""

_log = logging.getLogger("hub.jobs")


def hold_on(name: str, hold_us: int = HOLD_US) -> Hold:
    """A hold on a job by this process, for one run."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(6)}"
    return Hold(name, owner, hold_us)


class Keeper:
    """A thread that renews a hold until the context ends.

    Args:
        store: Where the job is.
        hold: Taken already.
    """

    def __init__(self, store: Store, hold: Hold) -> None:
        self._store = store
        self._hold = hold
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)
        self.lost = False
        """Somebody else may do the job now."""
        self.paused = False
        """It is to be done no more for now."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        try:
            while not self._over.wait(self._hold.hold_us / 3_000_000):
                try:
                    self.paused = not self._store.step_job(self._hold, Step())
                except LeaseLost:
                    self.lost = True
                    return
                except HubError as error:
                    # The next one may succeed. If none does, the hold ends by itself.
                    _log.warning("%s: the hold is not renewed: %s", self._hold.name, error.reason)
        finally:
            self._store.close()
