"""Work that comes again and again, such as pulling a feed: what the store keeps of it, as plain data."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hub.model.clock import DAY_US

STATE_BYTES = 65_536
"""The most that a job may keep as its state"""

KEPT_RUNS = 200
"""So many runs of each job are remembered."""


class Hold(NamedTuple):
    """Who does a job, and for how long nobody else may after it was last heard of."""

    name: str
    """Of the job: `feed:NAME` or `delivery:NAME`"""
    owner: str
    """Another one for each process and run, so that nobody takes another for itself"""
    hold_us: int


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job stands."""

    name: str
    owner: str = ""
    """Who does it now; empty: nobody."""
    until_us: int = 0
    """From this instant on somebody else may do it."""
    began_us: int = 0
    """When its owner began"""
    started_us: int = 0
    """The instant of its run, which a run that is begun again keeps; 0: nothing is unfinished."""
    state: bytes = b""
    """JSON of whoever does it; empty: nothing was done yet."""
    failures: int = 0
    """Runs in a row that failed"""
    next_us: int = 0
    """From this instant on it is due."""
    ended_us: int = 0
    """When it was last done, well or not; 0: never"""
    well_us: int = 0
    """When it last ended well; 0: never"""
    error: str = ""
    """Why the last run failed, in words; empty: it did not."""
    paused: bool = False
    """Nobody does it, unless it is wished for."""
    wished: bool = False
    """It is to be done at once."""


def is_held(job: Job, now_us: int) -> bool:
    """Whether somebody does a job; a hold of more than a day is from a clock that was set back."""
    return bool(job.owner) and now_us < job.until_us <= now_us + DAY_US


def is_ready(job: Job, now_us: int) -> bool:
    """Whether its time has come, or somebody wishes for it.

    So it has when the clock was set back behind its last run: the next one is as far off then.
    """
    is_waiting = job.ended_us <= now_us < job.next_us
    return job.wished or not (job.paused or is_waiting)


GONE = b""
"""Digest of what a source has no more, and the job deleted"""
LOST = b"lost"
"""Digest of what a source has no more, and the job did not delete"""


class Memory(NamedTuple):
    """What a job remembers of one object."""

    object_id: str
    digest: bytes
    """Of what it said last, `GONE` or `LOST`"""
    version_us: int
    """Its version when it was last published"""
    created_us: int
    """Of its first version"""
    own: bool
    """The record is there because this job published it."""

    @property
    def held(self) -> bool:
        """Its source has it, as far as the job knows."""
        return self.digest not in (GONE, LOST)


class DeadLetter(NamedTuple):
    """Something that a job gave up."""

    key: str
    """What it was, for the job"""
    reason: str
    body: bytes
    at_us: int = 0
    """When; the store's"""
    number: int = 0
    """Its place in the list; the store's"""
    revived: bool = False
    """It is to be tried again."""


class Step(NamedTuple):
    """What a job did since its last step: kept as one, or not at all."""

    state: bytes | None = None
    """None: as it was"""
    remember: tuple[Memory, ...] = ()
    forget: tuple[str, ...] = ()
    """Ids of objects"""
    dead: tuple[DeadLetter, ...] = ()
    done: tuple[int, ...] = ()
    """Numbers of dead letters that were revived and are done now"""


class Parting(NamedTuple):
    """What follows from a delete, and what may keep it from being done."""

    gone: Step = Step()
    """If something was deleted"""
    kept: Step = Step()
    """If not"""
    object_id: str = ""
    others: tuple[str, ...] = ()
    """Names of jobs: nothing is deleted while one of them holds the object."""


class Ending(NamedTuple):
    """How a run ended."""

    outcome: str
    """`well`, `failed`, `stopped`; the store itself notes `broken off`"""
    wait_us: int
    """The job is due so long after the run"""
    counts: bytes = b"{}"
    """JSON: what it did, in numbers"""
    words: str = ""
    """For people; why, if it failed"""
    settled: bool = True
    """All that was published is remembered as well, so that the next run may be of another instant."""


class JobRun(NamedTuple):
    """One run that is over."""

    number: int
    started_us: int
    ended_us: int
    outcome: str
    counts: bytes
    words: str
