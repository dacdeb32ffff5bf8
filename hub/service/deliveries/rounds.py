"""Which jobs there are of deliveries, and a look at each that is due."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hub.model.job import Ending
from hub.service.deliveries.definition import Delivery, Recipient, load_all
from hub.service.deliveries.runner import Deliverer
from hub.store.jobs import Jobs


class Task(NamedTuple):
    """A job: a delivery, or what of it is for one reader."""

    delivery: Delivery
    recipient: Recipient | None = None

    @property
    def job(self) -> str:
        """Its name."""
        return self.delivery.job(self.recipient.account if self.recipient else "")


def tasks_of(jobs: Jobs, delivery: Delivery) -> Iterator[Task]:
    """The jobs of a delivery: for people one for each who has switched it on."""
    if not delivery.kind.channel.personal:
        yield Task(delivery)
        return
    for recipient in delivery.said.recipients:
        task = Task(delivery, recipient)
        found = jobs.job(task.job)
        if found is not None and not found.paused:
            yield task


def do_due(jobs: Jobs, deliverer: Deliverer, folder: Path) -> list[tuple[str, Ending]]:
    """Do every delivery of a folder that is switched on and due; returns what was done.

    Raises:
        StoreDown: The store cannot be asked.
    """
    deliveries, _ = load_all(folder)
    done = []
    for delivery in deliveries.values():
        if not delivery.said.enabled or _is_paused(jobs, delivery):
            continue
        for task in tasks_of(jobs, delivery):
            ending = deliverer.run(delivery, task.recipient)
            if ending:
                done.append((task.job, ending))
    return done


def _is_paused(jobs: Jobs, delivery: Delivery) -> bool:
    """Whether an operator paused all of what is for people."""
    found = jobs.job(delivery.job()) if delivery.kind.channel.personal else None
    return found is not None and found.paused
