"""Keeps hold of a job while somebody waits for the other side."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from hub.errors import StoreDown
from hub.model.job import Hold
from hub.store.base import Store
from hub.store.jobs import LeaseLost

_PARTS = 4
_SECOND_US = 1_000_000


class Kept:
    """Renews a hold from a thread of its own, several times as long as it lasts.

    Args:
        store: Where the job is.
        hold: On it.
    """

    def __init__(self, store: Store, hold: Hold) -> None:
        self._store = store
        self._hold = hold
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        pause_s = self._hold.hold_us / _SECOND_US / _PARTS
        try:
            while not self._over.wait(pause_s):
                try:
                    self._store.renew_job(self._hold)
                except StoreDown:
                    continue  # whoever writes the next step finds out
                except LeaseLost:
                    return
        finally:
            self._store.close()
