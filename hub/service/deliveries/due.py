"""Which deliveries are due, for the schedule of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from hub.model.job import Job, is_held, is_ready
from hub.service.deliveries.definition import load_all
from hub.service.deliveries.run import Depot
from hub.service.deliveries.runner import Deliverer
from hub.service.deliveries.tasks import Task, tasks_of
from hub.service.jobs import schedule

PREFIX = "delivery:"


class DueDeliveries:
    """What `Schedule` asks.

    Args:
        depot: What runs work with.
        folder: With a file for each delivery; it may come and go.
        stop: Why runs are to end; empty: they go on.
    """

    def __init__(self, depot: Depot, folder: Path, stop: Callable[[], str]) -> None:
        self._depot = depot
        self._folder = folder
        self._deliverer = Deliverer(depot, stop=stop)

    def __call__(self) -> Iterator[schedule.Task]:
        """Deliveries that are enabled and due, or wished for; for people one for each reader."""
        deliveries, _ = load_all(self._folder)
        if not deliveries:
            return
        store, now = self._depot.store, self._depot.clock()
        jobs = {job.name: job for job in store.jobs(PREFIX)}
        for delivery in deliveries.values():
            whole = jobs.get(delivery.job())
            for task in tasks_of(store, delivery):
                # An operator pauses all of what is for people at once.
                is_paused = task.recipient is not None and whole is not None and whole.paused
                if delivery.said.enabled and not is_paused and _is_due(jobs.get(task.job), now):
                    yield schedule.Task(task.job, partial(self._do, task))

    def _do(self, task: Task) -> None:
        try:
            self._deliverer.run(task.delivery, task.recipient)
        finally:
            self._depot.store.close()


def _is_due(job: Job | None, now: int) -> bool:
    """Whether somebody should take a job; the store decides who gets it."""
    return job is None or (not is_held(job, now) and is_ready(job, now))
