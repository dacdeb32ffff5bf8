"""How deliveries fare, and what may be done about it; for the console and the command line.

Administrators and coordinators see no more data for being that: of a dead letter they see which object it is about if
their own account sees that object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from hub import policy
from hub.errors import Fault, HubError
from hub.model.job import DeadLetter, Job, JobRun
from hub.model.party import Caller
from hub.model.query import Scope
from hub.model.tlp import Tlp
from hub.service.deliveries.definition import Delivery, Faulty, load_all
from hub.service.deliveries.digests import Digest, digests_of, switch
from hub.service.deliveries.letters import Body, body_of
from hub.service.deliveries.run import Totals
from hub.service.deliveries.standing import standing_of
from hub.service.deliveries.tasks import Task, tasks_of
from hub.store.base import Act, Log, Store

_MOST_LETTERS = 1000

Condition = Literal["off", "paused", "running", "failing", "new", "well"]
"""Not enabled, or with nobody who wants it; paused; being done now; its last run failed; it never
ran; its last run ended well."""


class Health(NamedTuple):
    """How one job of a delivery fares."""

    name: str
    """Of the delivery"""
    reader: str
    """Account that it is for; empty: it has an account of its own"""
    title: str
    connector: str
    target: str
    """Host that it sends to, without path and credentials"""
    account: str
    """Whose scope counts"""
    ceiling: Tlp
    every: str
    condition: Condition
    sent_us: int
    """When something was last taken; 0: never"""
    sent: int
    """Objects that were taken in all"""
    ended_us: int
    """When it was last done; 0: never"""
    next_us: int
    """From this instant on it is due."""
    failures: int
    """Runs in a row that failed"""
    error: str
    """Why the last run failed; empty: it did not"""
    dead: int
    """Dead letters; at most 1000 are counted"""


class Letter(NamedTuple):
    """A dead letter."""

    number: int
    object_id: str
    """Empty: whoever asks does not see all of what was sent; of a digest, that of its first object"""
    objects: int
    reason: str
    """In the other side's words; empty as `object_id` is"""
    at_us: int
    revived: bool
    """It is tried again with the next run."""


class Past(NamedTuple):
    """A run that is over."""

    started_us: int
    ended_us: int
    outcome: str
    totals: Totals
    words: str


class Deliveries:
    """The deliveries of a hub.

    Args:
        store: The record, the parties and the jobs.
        folder: With their files.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder

    def every(self, caller: Caller) -> tuple[list[Health], list[Faulty]]:
        """How each fares, by name, and the files that are no deliveries.

        Raises:
            HubError: DENIED to all but administrators and coordinators.
        """
        policy.require_overseer(caller)
        found, faulty = load_all(self._folder)
        return [item for delivery in found.values() for item in self._healths(delivery)], faulty

    def find(self, caller: Caller, name: str, *, acts: bool = False) -> Delivery:
        """The delivery of this name.

        Args:
            caller: Who asks.
            name: Stem of its file.
            acts: Something is to be changed.

        Raises:
            HubError: DENIED to all but administrators and coordinators, ABSENT.
        """
        policy.require_overseer(caller, acts=acts)
        found, faulty = load_all(self._folder)
        for broken in faulty:
            if broken.name == name:
                raise HubError(Fault.BAD_REQUEST, broken.reason)
        if name not in found:
            raise HubError(
                Fault.ABSENT,
                f"there is no delivery {name[:80]!r}",
                remedy="`hub delivery list` shows them.",
            )
        return found[name]

    def health(self, caller: Caller, name: str) -> list[Health]:
        """How one fares: for people one for each who switched it on.

        Raises:
            HubError: As `find`.
        """
        return self._healths(self.find(caller, name))

    def past(self, caller: Caller, name: str, reader: str = "", most: int = 20) -> list[Past]:
        """Its last runs, the newest first.

        Raises:
            HubError: As `find`.
        """
        job = self.find(caller, name).job(reader)
        return [_past(run) for run in self._store.job_runs(job, most)]

    def digests(self, account: str) -> list[Digest]:
        """Those that an account may switch on, or has, by title."""
        return digests_of(self._store, load_all(self._folder)[0].values(), account)

    def switch(self, caller: Caller, name: str, *, on: bool) -> None:
        """Switch one of the caller's own digests on or off.

        Raises:
            HubError: As `hub.service.deliveries.digests.switch`.
        """
        switch(self._store, load_all(self._folder)[0].values(), caller, name, on=on)

    def pause(self, caller: Caller, name: str, *, paused: bool) -> None:
        """Let nobody do it, or let it be done again.

        Raises:
            HubError: As `find`.
        """
        action = "delivery.pause" if paused else "delivery.resume"
        delivery = self.find(caller, name, acts=True)
        self._store.pause_job(delivery.job(), _act(caller, action, name), paused=paused)

    def wish(self, caller: Caller, name: str) -> None:
        """Have it done at once by whichever process does deliveries.

        Raises:
            HubError: As `find`.
        """
        delivery = self.find(caller, name, acts=True)
        for task in tasks_of(self._store, delivery):
            self._store.wish_job(task.job, _act(caller, "delivery.run", name))

    def dead(
        self, caller: Caller, scope: Scope | None, name: str, reader: str = ""
    ) -> list[Letter]:
        """Its dead letters, oldest first.

        Args:
            caller: Who asks.
            scope: What they see; None: everything, on the hub's own machine.
            name: Of the delivery.
            reader: Account of the reader, of what is for people.

        Raises:
            HubError: As `find`.
        """
        job = self.find(caller, name).job(reader)
        letters = self._store.dead_letters(job, 0, _MOST_LETTERS)
        return [self._letter(scope, item) for item in letters]

    def _letter(self, scope: Scope | None, item: DeadLetter) -> Letter:
        body = body_of(item)
        ids, is_seen = body.ids, scope is None or _is_seen(self._store, scope, body)
        first, reason = (ids[0] if ids else "", item.reason) if is_seen else ("", "")
        return Letter(item.number, first, len(ids), reason, item.at_us, item.revived)

    def retry(
        self, caller: Caller, name: str, numbers: Sequence[int] = (), reader: str = ""
    ) -> int:
        """Have dead letters tried again with the next run, which is at once; returns how many.

        Args:
            caller: Who asks.
            name: Of the delivery.
            numbers: Which; empty: all.
            reader: Account of the reader, of what is for people.

        Raises:
            HubError: As `find`.
        """
        job, act = (
            self.find(caller, name, acts=True).job(reader),
            _act(caller, "delivery.retry", name),
        )
        many = self._of_letters(job, numbers, self._store.revive_letters, act)
        if many:
            self._store.wish_job(job, act)
        return many

    def drop(
        self, caller: Caller, name: str, numbers: Sequence[int] = (), reader: str = ""
    ) -> int:
        """Delete dead letters for good; returns how many. Arguments and errors as `retry`."""
        job, act = (
            self.find(caller, name, acts=True).job(reader),
            _act(caller, "delivery.drop", name),
        )
        return self._of_letters(job, numbers, self._store.drop_letters, act)

    def _of_letters(
        self,
        job: str,
        numbers: Sequence[int],
        deed: Callable[[str, Sequence[int], Act], int],
        act: Act,
    ) -> int:
        if numbers:
            return deed(job, numbers, act)
        many = after = 0
        while letters := self._store.dead_letters(job, after, _MOST_LETTERS):
            many += deed(job, [item.number for item in letters], act)
            after = letters[-1].number
        return many

    def _healths(self, delivery: Delivery) -> list[Health]:
        tasks = list(tasks_of(self._store, delivery))
        return [self._health(task) for task in tasks or [Task(delivery)]]

    def _health(self, task: Task) -> Health:
        delivery, reader = task.delivery, task.recipient.account if task.recipient else ""
        job = self._store.job(task.job) or Job(name=task.job)
        whole = self._store.job(delivery.job()) if reader else job
        standing = standing_of(job.state)
        return Health(
            name=delivery.name,
            reader=reader,
            title=delivery.title,
            connector=delivery.said.connector,
            target=_target(delivery),
            account=reader or delivery.said.account,
            ceiling=delivery.ceiling,
            every=delivery.said.every,
            condition=_condition(task, job, is_paused=bool(whole and whole.paused)),
            sent_us=standing.sent_us,
            sent=standing.sent,
            ended_us=job.ended_us,
            next_us=job.next_us,
            failures=job.failures,
            error=job.error,
            dead=len(self._store.dead_letters(task.job, 0, _MOST_LETTERS)),
        )


def _is_seen(log: Log, scope: Scope, body: Body) -> bool:
    """Whether the scope sees these very records: of an object it may see less than was sent."""
    labels = {
        added_us: label
        for object_id in body.ids
        for key in scope.readable
        for label, added_us, _ in log.labels(key, object_id)
    }
    sent = (key in labels and scope.admits(labels[key], key) for key in body.keys)
    return all(sent) and all(log.held(scope, each) for each in body.gone)


def _condition(task: Task, job: Job, *, is_paused: bool) -> Condition:
    nobody = task.delivery.kind.channel.personal and task.recipient is None
    if not task.delivery.said.enabled or nobody:
        return "off"
    if is_paused:
        return "paused"
    if job.owner:
        return "running"
    if job.error:
        return "failing"
    return "well" if job.ended_us else "new"


def _target(delivery: Delivery) -> str:
    """Whom it goes to, as far as that is no secret."""
    told = msgspec.structs.asdict(delivery.target)
    return str(urlsplit(told["url"]).hostname) if "url" in told else str(told.get("host", ""))


def _past(run: JobRun) -> Past:
    try:
        totals = msgspec.json.decode(run.counts, type=Totals)
    except msgspec.MsgspecError:
        totals = Totals()
    return Past(run.started_us, run.ended_us, run.outcome, totals, run.words)


def _act(caller: Caller, action: str, name: str) -> Act:
    return Act(caller.account, caller.org, action, name)
