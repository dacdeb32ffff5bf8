"""Digests of one account: it gets those that it switched on, and none from then on that it switched off.

The operator names who may have one, and at which address; only the account itself switches it on.
It is switched on while the store knows a job for it that is not paused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hub.errors import Fault, HubError
from hub.model.party import Caller
from hub.service.deliveries.definition import Delivery, Recipient
from hub.service.deliveries.standing import standing_of
from hub.service.deliveries.tasks import Task
from hub.store.base import Act
from hub.store.jobs import Jobs


class Digest(NamedTuple):
    """One that an account may have."""

    name: str
    title: str
    address: str
    every: str
    """As its file says it, such as `1d`"""
    on: bool
    sent_us: int
    """When the last one was taken by the mail server; 0: never"""


def digests_of(jobs: Jobs, deliveries: Iterable[Delivery], account: str) -> list[Digest]:
    """Those that an account may switch on, by title."""
    found = [
        _digest(jobs, Task(delivery, recipient))
        for delivery in deliveries
        if delivery.said.enabled
        for recipient in delivery.said.recipients
        if recipient.account == account
    ]
    return sorted(found, key=lambda digest: digest.title)


def switch(
    jobs: Jobs, deliveries: Iterable[Delivery], caller: Caller, name: str, *, on: bool
) -> None:
    """Switch one of the caller's own digests on, from what comes now, or off.

    Raises:
        HubError: DENIED for a credential that only reads; ABSENT when the caller may not have it.
    """
    if caller.read_only or not caller.account:
        raise HubError(Fault.DENIED, "this token only reads", remedy="Use another credential.")
    for delivery in deliveries:
        for recipient in delivery.said.recipients:
            if delivery.name == name and recipient.account == caller.account:
                _switch(jobs, Task(delivery, recipient), caller, on=on)
                return
    raise HubError(
        Fault.ABSENT,
        f"there is no digest {name[:80]!r} for this account",
        remedy="Ask whoever runs this hub to name the account in its file.",
    )


def _switch(jobs: Jobs, task: Task, caller: Caller, *, on: bool) -> None:
    found = jobs.job(task.job)
    if on is (found is not None and not found.paused):
        return
    action = "digest.on" if on else "digest.off"
    act = Act(caller.account, caller.org, action, task.delivery.name)
    if on and found is not None:
        # What came while it was off is not sent afterwards.
        jobs.drop_job(task.job, act)
    jobs.pause_job(task.job, act, paused=not on)


def _digest(jobs: Jobs, task: Task) -> Digest:
    recipient: Recipient | None = task.recipient
    found = jobs.job(task.job)
    return Digest(
        task.delivery.name,
        task.delivery.title,
        recipient.address if recipient else "",
        task.delivery.said.every,
        found is not None and not found.paused,
        standing_of(found.state).sent_us if found else 0,
    )
