"""What a store must keep of work that comes again; `hub.store.base.Store` includes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from hub.model.job import DeadLetter, Ending, Hold, Job, JobRun, Memory, Parting, Step
from hub.model.query import Scope
from hub.model.record import Status

if TYPE_CHECKING:
    from hub.store.base import Act, Batch, Removal


class LeaseLost(Exception):
    """Somebody else does the job now, or may: nothing was written."""


class Jobs(Protocol):
    """Jobs that many processes know and one at a time does.

    - Whoever takes a job holds it until it ends the run, or until the hold was not renewed for so
      long. By the clock of the store: if that is set back by more than a day, holds end.
    - What a holder writes is written while it holds, or not at all: `LeaseLost`.
    - A run that was not ended is begun again with the same `started_us`, and noted as broken off.
    """

    def jobs(self, prefix: str = "") -> list[Job]:
        """Those whose names begin so, by name, without their states."""

    def job(self, name: str) -> Job | None:
        """One; None: it was never taken, paused or wished for."""

    def take_job(self, hold: Hold, *, only_due: bool = True) -> Job | None:
        """Begin a run; None: somebody else holds the job, or it is not due.

        A job that was never seen is due. One that is paused is not, unless it is wished for.

        Args:
            hold: By whom, and for how long at first.
            only_due: False: also if it is not due.
        """

    def step_job(self, hold: Hold, step: Step) -> bool:
        """Keep a step, an empty one as well, and renew the hold; False: the job was paused.

        Raises:
            LeaseLost: It is held no more.
            HubError: TOO_LARGE for a state above `STATE_BYTES`.
        """

    def add_step(self, hold: Hold, batch: Batch, step: Callable[[Status], Step]) -> Status:
        """Publish as `Log.add` does, and keep the step that follows from it: both, or neither.

        Args:
            hold: Renewed by it.
            batch: What is published.
            step: Of what became of each object. Nothing else is read or written in it.

        Raises:
            LeaseLost: It is held no more; nothing was published.
        """

    def remove_step(self, scope: Scope, hold: Hold, removal: Removal, parting: Parting) -> int:
        """Delete as `Log.remove` does, and keep the step that follows: both, or neither.

        Nothing is deleted of an object that another job of `parting` holds.

        Raises:
            LeaseLost: It is held no more; nothing was deleted.
            HubError: As `Log.remove`.
        """

    def end_job(self, hold: Hold, ending: Ending) -> None:
        """End the run, note it, and let go of the job.

        Raises:
            LeaseLost: It is held no more.
        """

    def pause_job(self, name: str, act: Act, *, paused: bool) -> None:
        """Let nobody do it, or let it be done again, with an audit line."""

    def wish_job(self, name: str, act: Act) -> None:
        """Have it done at once, with an audit line."""

    def drop_job(self, name: str, act: Act) -> bool:
        """Forget all about it, with an audit line; False: there is nothing."""

    def job_runs(self, name: str, limit: int) -> list[JobRun]:
        """The last runs that are over, the newest first; at most `KEPT_RUNS` are remembered."""

    def recall(self, name: str, ids: Sequence[str]) -> dict[str, Memory]:
        """What the job remembers of these objects, by id; of the others it remembers nothing."""

    def remembered(self, name: str, after: str, limit: int) -> list[Memory]:
        """The next of what the job remembers, with ids above `after`, in order of their ids."""

    def dead_letters(
        self, name: str, after: int, limit: int, *, revived: bool = False
    ) -> list[DeadLetter]:
        """The next of them with numbers above `after`, in order.

        Args:
            name: Of the job.
            after: 0: from the first on.
            limit: How many at most.
            revived: Only those that are to be tried again.
        """

    def revive_letters(self, name: str, numbers: Sequence[int], act: Act) -> int:
        """Have them tried again at the next run, with an audit line; returns how many there are."""

    def drop_letters(self, name: str, numbers: Sequence[int], act: Act) -> int:
        """Delete them, with an audit line; returns how many there were."""
