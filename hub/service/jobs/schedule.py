"""Does jobs when they are due, a few at a time, in threads of this process.

Which process does a job is decided by its hold in the store: any number of processes may have a
schedule. A job that hangs keeps the others waiting only when all places are taken.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hub.errors import HubError

_TICK_S = 2.0
_AT_ONCE = 4
_STOPS = "the process that ran it stops; the next run goes on where it stands"

_log = logging.getLogger("hub.jobs")


class Task(NamedTuple):
    """A job that is due."""

    name: str
    do: Callable[[], object]
    """Takes the job and does it, or finds that somebody else does; lets go of the store then."""


Due = Callable[[], Iterator[Task]]
"""What is due now, as far as one kind of jobs goes"""


class Schedule:
    """Looks for what is due, and does it.

    Args:
        kinds: Of jobs.
        at_once: How many jobs it does at the same time.
    """

    def __init__(self, kinds: Sequence[Due], *, at_once: int = _AT_ONCE) -> None:
        self._kinds = kinds
        self._at_once = at_once
        self._stopped = threading.Event()
        self._running: dict[str, threading.Thread] = {}

    def start(self) -> None:
        """Look and do, in a thread, until `stop`."""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        """Look and do until `stop`."""
        while not self._stopped.wait(_TICK_S):
            self.look()

    def look(self) -> int:
        """Begin what is due and has a place; returns how many jobs are being done."""
        for due in self._kinds:
            try:
                for task in due():
                    self._begin(task)
            except HubError as error:
                _log.warning("jobs cannot be looked for: %s", error.reason)
        return len(self._alive())

    def stop(self, patience_s: float = 0.0) -> None:
        """Begin nothing more, and wait a while for what is being done to end its step."""
        self._stopped.set()
        for thread in self._alive():
            thread.join(patience_s)

    def stopping(self) -> str:
        """Why a run is to end before its time; empty: it is not."""
        return _STOPS if self._stopped.is_set() else ""

    def _alive(self) -> list[threading.Thread]:
        self._running = {n: thread for n, thread in self._running.items() if thread.is_alive()}
        return list(self._running.values())

    def _begin(self, task: Task) -> None:
        if self._stopped.is_set() or len(self._alive()) >= self._at_once:
            return
        if task.name not in self._running:
            # A daemon: a source that does not answer must not keep the process from ending.
            thread = threading.Thread(target=_done, args=(task,), daemon=True, name=task.name)
            self._running[task.name] = thread
            thread.start()


def _done(task: Task) -> None:
    try:
        task.do()
    except HubError as error:
        _log.warning("%s: %s", task.name, error.reason)
