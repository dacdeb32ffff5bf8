"""One run of a feed: take the job, read the source, publish, and say how it ended.

Whatever goes wrong ends the run with a reason in words; what was published before stays, and the next
run goes on behind it. Nothing but what was said here leaves a run: no secret, and no trace.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from traceback import extract_tb
from typing import Any, NamedTuple

import msgspec

from connectors.base import Run
from connectors.errors import RemoteError, Unreachable
from connectors.found import NOTHING, Batch, State
from connectors.making import Maker, Terms
from connectors.net import Net
from hub.errors import ConfigError, Fault, HubError
from hub.model.job import Ending, Hold, Job
from hub.service.feeds.counts import Counts, Tally
from hub.service.feeds.definition import Feed
from hub.service.feeds.desk import Desk, Standing, standing
from hub.service.feeds.mapping import mapping_of
from hub.service.feeds.pipe import Pipe
from hub.service.feeds.treatment import Lists, Treatment
from hub.service.jobs.backoff import after_failure, after_success
from hub.service.jobs.declared import keys_in, limits_of
from hub.service.jobs.keeper import HOLD_US, Keeper, hold_on
from hub.service.jobs.secrets import Secrets
from hub.store.jobs import LeaseLost

_PASSING = frozenset({Fault.BUSY, Fault.STORE_DOWN, Fault.TOO_MANY})
_LONGEST = 1000
_BROKE = re.compile(r"the connector \S+ broke: ")
_PAGE = 1000
_SOON_US = 1_000_000

_log = logging.getLogger("hub.feeds")
_decode_state = msgspec.json.Decoder(dict[str, Any]).decode


class Report(NamedTuple):
    """How a run ended."""

    outcome: str
    """`well`, `failed`, `stopped`, or `lost`: another process has it now"""
    words: str
    """Why, if it did not end well"""
    tally: Tally
    fault: Fault | None = None
    """Of what failed"""


class _Halt(Exception):
    """The run ends before its source does."""


def never() -> str:
    """For runs that nobody stops."""
    return ""


class Runner:
    """Runs feeds, one at a time.

    Args:
        desk: What runs work with.
        stop: Asked at each step: why the run is to end; empty: it goes on.
        notice: Told what an operator may want to know.
        hold_us: How long a hold lasts without being renewed, in microseconds.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        stop: Callable[[], str] = never,
        notice: Callable[[str], None] = lambda _: None,
        hold_us: int = HOLD_US,
    ) -> None:
        self._desk = desk
        self._stop = stop
        self._notice = notice
        self._hold_us = hold_us

    def run(self, feed: Feed, *, only_due: bool = True) -> Report | None:
        """Run a feed now; None: it is not due, or another process runs it.

        Args:
            feed: Which.
            only_due: False: also if it is not due, or is paused.

        Raises:
            StoreDown: The store cannot be asked.
        """
        hold = hold_on(feed.job, self._hold_us)
        job = self._desk.store.take_job(hold, only_due=only_due)
        if job is None:
            return None
        counts, secrets = Counts(), Secrets(feed.folder, keys_in(feed.said.source))
        try:
            with Keeper(self._desk.store, hold) as keeper:
                ending, fault = self._attempt(feed, job, (hold, keeper), (counts, secrets))
            self._desk.store.end_job(hold, ending)
        except LeaseLost:
            words = "the hold on it was lost; another process goes on, or the next run"
            return Report("lost", words, counts.tally())
        return Report(ending.outcome, ending.words, counts.tally(), fault)

    def _attempt(
        self, feed: Feed, job: Job, held: tuple[Hold, Keeper], kept: tuple[Counts, Secrets]
    ) -> tuple[Ending, Fault | None]:
        counts, secrets = kept
        try:
            self._collect(feed, job, held, kept)
        except LeaseLost:
            raise
        except _Halt as halt:
            ending = Ending("stopped", _SOON_US, words=str(halt))
            return ending._replace(counts=_scrubbed(counts, secrets)), None
        except HubError as error:
            return self._failed(feed, job, kept, error)
        except ConfigError as error:
            return self._failed(feed, job, kept, HubError(Fault.BAD_REQUEST, str(error)))
        except Exception as error:  # noqa: BLE001 - one connector must not stop the others
            return self._failed(feed, job, kept, _broken(feed, error))
        ending = Ending("well", after_success(feed.every_us), _scrubbed(counts, secrets))
        return ending, None

    def _failed(
        self, feed: Feed, job: Job, kept: tuple[Counts, Secrets], error: HubError
    ) -> tuple[Ending, Fault]:
        counts, secrets = kept
        words = secrets.scrub(error.text())[:_LONGEST]
        _log.warning("the feed %s failed: %s", feed.name, words)
        wait_us = after_failure(
            feed.every_us, job.failures, passing=_is_passing(error), asked_us=_asked_us(error)
        )
        return Ending("failed", wait_us, _scrubbed(counts, secrets), words), error.fault

    def _collect(
        self, feed: Feed, job: Job, held: tuple[Hold, Keeper], kept: tuple[Counts, Secrets]
    ) -> None:
        (hold, keeper), (counts, secrets) = held, kept
        place = standing(self._desk, feed)
        treatment = treatment_of(self._desk, feed, place, job.started_us)
        pipe = Pipe(self._desk, feed, hold, treatment, counts)
        run = run_of(feed, place, job.started_us, secrets)
        run = run._replace(
            known=lambda: brought(self._desk, feed),
            notice=lambda text: self._notice(secrets.scrub(text)),
        )
        was_paused = job.paused
        try:
            for batch in batches(feed, state_of(job), run):
                pipe.take(batch)
                self._look_up(keeper, was_paused=was_paused)
        except (RemoteError, _Halt):
            # What was good before stays good.
            pipe.flush()
            raise
        pipe.flush()

    def _look_up(self, keeper: Keeper, *, was_paused: bool) -> None:
        if keeper.lost:
            raise LeaseLost
        if keeper.paused and not was_paused:
            raise _Halt("it was paused; the next run goes on where it stands")
        if reason := self._stop():
            raise _Halt(reason)


def treatment_of(desk: Desk, feed: Feed, place: Standing, started_us: int) -> Treatment:
    """The treatment of a run.

    Raises:
        ConfigError: Its mapping cannot be loaded.
    """
    mapping = mapping_of(feed.said.mapping, feed.folder)
    lists = Lists(desk.own_domains, desk.benign(place.account.org))
    return Treatment(feed, mapping, started_us, lists)


def run_of(feed: Feed, place: Standing, started_us: int, secrets: Secrets) -> Run:
    """What a connector is given for a run of a feed."""
    terms = Terms(
        feed.name,
        place.creator,
        place.collection.default if feed.tlp is None else feed.tlp,
        feed.said.confidence,
        feed.labels,
        feed.lifetime_us,
        feed.lifetimes,
    )
    return Run(
        feed.name,
        started_us,
        Net(limits_of(feed.said, feed.folder)),
        Maker(terms, started_us),
        secrets,
        feed.folder,
    )


def brought(desk: Desk, feed: Feed) -> Iterator[str]:
    """Ids of the objects that the source of the feed had, as far as the feed knows."""
    after = ""
    while page := desk.store.remembered(feed.job, after, _PAGE):
        yield from (known.object_id for known in page if known.held)
        after = page[-1].object_id


def batches(feed: Feed, state: State, run: Run) -> Iterator[Batch]:
    """What the source of a feed has and the state does not know."""
    return feed.kind.connector.collect(feed.settings, state, run)


def state_of(job: Job) -> State:
    """Where the connector of a job stands.

    What cannot be read any more is no state, and what the connector broke on may be none, such as
    that of another release: the run behind begins anew, and what is remembered of objects stays.
    """
    if _BROKE.match(job.error):
        return NOTHING
    try:
        return _decode_state(job.state) if job.state else NOTHING
    except (msgspec.MsgspecError, RecursionError):
        return NOTHING


def _broken(feed: Feed, error: Exception) -> HubError:
    """A fault of the program. What the error says may hold a secret; where it stands does not."""
    place = extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    reason = f"the connector {feed.said.connector} broke: {type(error).__name__} at {where}"
    return HubError(Fault.INTERNAL, reason)


def _is_passing(error: HubError) -> bool:
    if isinstance(error, Unreachable):
        return error.passing
    return error.fault in _PASSING


def _asked_us(error: HubError) -> int:
    return int(error.wait_s * 1_000_000) if isinstance(error, Unreachable) else 0


def _scrubbed(counts: Counts, secrets: Secrets) -> bytes:
    return secrets.scrub(counts.encoded().decode()).encode()
