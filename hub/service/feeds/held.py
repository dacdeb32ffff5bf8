"""Publishing and deleting while a job is held: each with what the job remembers of it, as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.model.job import Hold, Parting, Step
from hub.model.query import ObjectPage, Query, Scope
from hub.model.record import Candidate, Refusal, Status
from hub.store.base import Batch, Removal, Store

Follows = Callable[[Sequence[Candidate | Refusal], Status], Step]
"""What is remembered of the objects of a publish, by what became of them"""


class HeldLog:
    """The part of `hub.store.base.Log` that publishing takes, for the holder of a job.

    Args:
        store: Where the job and the records are.
        hold: Taken.
        follows: The step that belongs to a publish.
        parting: What belongs to a delete.
    """

    def __init__(
        self,
        store: Store,
        hold: Hold,
        *,
        follows: Follows = lambda *_: Step(),
        parting: Parting = Parting(),  # noqa: B008 - immutable
    ) -> None:
        self._store = store
        self._hold = hold
        self._follows = follows
        self._parting = parting

    def add(self, batch: Batch) -> Status:
        """See `Jobs.add_step`."""

        def step(status: Status) -> Step:
            return self._follows(batch.items, status)

        return self._store.add_step(self._hold, batch, step)

    def remove(self, scope: Scope, removal: Removal) -> int:
        """See `Jobs.remove_step`."""
        return self._store.remove_step(scope, self._hold, removal, self._parting)

    def objects(self, scope: Scope, query: Query, after_us: int, limit: int) -> ObjectPage:
        """See `Log.objects`."""
        return self._store.objects(scope, query, after_us, limit)
