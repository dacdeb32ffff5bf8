"""Which jobs there are of a delivery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hub.service.deliveries.definition import Delivery, Recipient
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
