"""How feeds do, for administrators and coordinators; and what they may have them do.

The console and the command line ask here. Nothing of it is about single objects but the reasons and
samples in the history: ids, values, places in the source, and why something was not published.
Administrators and coordinators see no more data for being that: they are shown these if they would
see what the feed publishes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from hub import policy
from hub.errors import Fault, HubError
from hub.model.job import Job, JobRun, is_held
from hub.model.party import Caller, Directory, subject_of
from hub.model.query import Label, Scope
from hub.service.changes import by_alias
from hub.service.feeds.counts import Tally, decoded
from hub.service.feeds.definition import Broken, Feed
from hub.service.feeds.due import PREFIX
from hub.service.feeds.folder import Folder
from hub.store.base import Act, Store

Condition = Literal["broken", "running", "paused", "off", "waiting", "failing", "late", "well"]
"""`broken`: its file cannot be read. `off`: it is not enabled. `waiting`: it never ran. `failing`:
its last run failed. `late`: it is due and nobody runs it."""

_LATE_US = 300_000_000


class Run(NamedTuple):
    """A run that is over."""

    started_us: int
    ended_us: int
    outcome: str
    """`well`, `failed`, `stopped` or `broken off`"""
    words: str
    tally: Tally


class Sight(NamedTuple):
    """What whoever asks sees."""

    scope: Scope
    directory: Directory


class Health(NamedTuple):
    """How one feed does."""

    name: str
    condition: Condition
    feed: Feed | None
    """None: its file cannot be read, and `error` says why."""
    job: Job
    """Of a feed that never ran: an empty one"""
    last: Run | None
    """Its last run that is over, in numbers alone"""
    error: str
    """Why it does not do well, in words; empty: it does"""


class Feeds:
    """The feeds of this hub.

    Args:
        store: Where their jobs are.
        folder: Of definitions.
        clock: The time now, in microseconds.
    """

    def __init__(self, store: Store, folder: Folder, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock

    def all(self, caller: Caller) -> list[Health]:
        """How all of them do, by name.

        Raises:
            HubError: DENIED for anybody but administrators and coordinators.
        """
        policy.require_overseer(caller)
        found = self._folder.read()
        jobs = {job.name: job for job in self._store.jobs(PREFIX)}
        every: list[Feed | Broken] = [*found.feeds.values(), *found.broken]
        return [
            self._health(item, jobs.get(PREFIX + item.name))
            for item in sorted(every, key=lambda item: item.name)
        ]

    def one(self, caller: Caller, name: str) -> Health:
        """How one of them does.

        Raises:
            HubError: ABSENT: there is none of this name; DENIED as `all`.
        """
        policy.require_overseer(caller)
        return self._health(self._find(name), self._store.job(PREFIX + name))

    def history(self, caller: Caller, sight: Sight | None, name: str, limit: int) -> list[Run]:
        """Its last runs, the newest first.

        Args:
            caller: Who asks.
            sight: What they see; None: everything, on the hub's own machine.
            name: Of the feed.
            limit: At most so many.

        Raises:
            HubError: As `one`.
        """
        policy.require_overseer(caller)
        feed = self._find(name)
        runs = [_run(run) for run in self._store.job_runs(PREFIX + name, limit)]
        since_us = 0 if sight is None else _since(feed, sight)
        return [
            run if since_us is not None and since_us <= run.started_us else _in_numbers(run)
            for run in runs
        ]

    def pause(self, caller: Caller, name: str, *, paused: bool) -> None:
        """Let it run no more by itself, or let it run again; an audit line says who did.

        Raises:
            HubError: As `one`; DENIED also for a credential that only reads.
        """
        policy.require_overseer(caller, acts=True)
        self._find(name)
        act = _act(caller, "feed.pause" if paused else "feed.resume", name)
        self._store.pause_job(PREFIX + name, act, paused=paused)

    def run_now(self, caller: Caller, name: str) -> None:
        """Have it run as soon as a process looks, paused or not; an audit line says who wished.

        Raises:
            HubError: As `pause`.
        """
        policy.require_overseer(caller, acts=True)
        self._find(name)
        self._store.wish_job(PREFIX + name, _act(caller, "feed.run", name))

    def forget(self, caller: Caller, name: str) -> bool:
        """Forget where it stands and what it published; False: there is nothing to forget.

        Its next run begins from the first object of its source.

        Raises:
            HubError: DENIED as `pause`.
        """
        policy.require_overseer(caller, acts=True)
        return self._store.drop_job(PREFIX + name, _act(caller, "feed.forget", name))

    def _find(self, name: str) -> Feed | Broken:
        found = self._folder.read()
        broken = {item.name: item for item in found.broken}
        item = found.feeds.get(name) or broken.get(name)
        if item is None:
            raise HubError(Fault.ABSENT, f"there is no feed {name}", field="feed")
        return item

    def _health(self, item: Feed | Broken, job: Job | None) -> Health:
        known = job or Job(name=PREFIX + item.name)
        runs = self._store.job_runs(known.name, 1)
        feed = item if isinstance(item, Feed) else None
        error = known.error if isinstance(item, Feed) else item.reason
        return Health(
            item.name,
            _condition(feed, known, self._clock()),
            feed,
            known,
            _in_numbers(_run(runs[0])) if runs else None,
            error,
        )


def _condition(feed: Feed | None, job: Job, now: int) -> Condition:
    if feed is None:
        return "broken"
    tests: list[tuple[bool, Condition]] = [
        (is_held(job, now), "running"),
        (job.paused, "paused"),
        (not feed.said.enabled, "off"),
        (bool(job.error), "failing"),
        (not job.ended_us, "waiting"),
        (now > job.next_us + _LATE_US, "late"),
    ]
    return next((condition for is_so, condition in tests if is_so), "well")


def _run(run: JobRun) -> Run:
    return Run(run.started_us, run.ended_us, run.outcome, run.words, decoded(run.counts))


def _in_numbers(run: Run) -> Run:
    """The run without what is about single objects."""
    return run._replace(tally=Tally(run.tally.counts))


def _since(item: Feed | Broken, sight: Sight) -> int | None:
    """From when on whoever asks sees the strictest that a feed may publish; None: never."""
    if isinstance(item, Broken):
        return None
    said, directory = item.said, sight.directory
    account = directory.accounts.get(said.account)
    try:
        collection = by_alias(directory, said.collection)
    except HubError:
        return None
    if account is None:
        return None
    # What came as STIX keeps its own marking, which may be any up to what the account may publish.
    strictest = max(item.tlp or collection.default, account.clearance)
    audience = frozenset(subject_of(name) for name in said.audience)
    return sight.scope.since(Label(collection.key, strictest, audience))


def _act(caller: Caller, action: str, name: str) -> Act:
    return Act(caller.account, caller.org, action, PREFIX + name)
