"""Publishing: the one door through which objects enter, whoever brings them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence

import msgspec

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Collection
from hub.model.query import BOTH_STIX, Query, Scope
from hub.model.record import Candidate, Refusal, Status
from hub.stix.check import Limits, check
from hub.stix.strict import faults
from hub.store.base import Act, Batch, Log, Removal


class Publisher:
    """Checks objects, hands them to the store in one transaction, and keeps the verdicts."""

    def __init__(
        self,
        log: Log,
        limits: Limits,
        *,
        seconds: float = 20,
        new_id: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self._log = log
        self._limits = limits
        self._seconds = seconds
        self._new_id = new_id

    def publish(
        self, scope: Scope, collection: Collection, raws: Sequence[bytes | memoryview]
    ) -> Status:
        """Keep what can be kept and say for each object, in order, what became of it.

        Raises:
            HubError: DENIED without the right to write, TOO_LARGE when checking takes too long.
            StoreDown: Nothing of the publish was kept.
        """
        policy.require_write(scope, collection)
        items = list(self._judged(raws, collection))
        act = Act(scope.account, scope.org, "publish", collection.id, f"{len(items)} objects")
        return self._log.add(Batch(str(self._new_id()), collection, items, act))

    def _judged(
        self, raws: Sequence[bytes | memoryview], collection: Collection
    ) -> Iterator[Candidate | Refusal]:
        """Check each object; hostile patterns may cost milliseconds each, so CPU is counted."""
        end = time.thread_time() + self._seconds
        for place, raw in enumerate(raws):
            if time.thread_time() > end:
                raise HubError(
                    Fault.TOO_LARGE,
                    f"checking these {len(raws)} objects takes more than {self._seconds} s of CPU",
                    field="objects",
                    remedy="Nothing was stored. Send fewer objects at once, or simpler patterns.",
                )
            yield self._judge(bytes(raw), f"objects[{place}]", collection)

    def _judge(self, raw: bytes, place: str, collection: Collection) -> Candidate | Refusal:
        item = check(raw, place, self._limits)
        if isinstance(item, Refusal) or not collection.strict:
            return item
        found = faults(msgspec.json.decode(raw), item.stix)
        if not found:
            return item
        reason = f"{place}: this collection is strict: {'; '.join(found)}"
        return Refusal(item.object_id, item.version, reason)

    def delete(self, scope: Scope, collection: Collection, query: Query) -> int:
        """Delete the versions of an object that the query selects; returns how many.

        Raises:
            HubError: DENIED without the right to write, or when another organisation published
                one of them; ABSENT when there is nothing to delete.
        """
        policy.require_write(scope, collection)
        policy.require_read(scope, collection)
        act = Act(scope.account, scope.org, "delete", collection.id, " ".join(query.ids))
        if query.edges == ("all",) and not query.stix:
            query = msgspec.structs.replace(query, stix=BOTH_STIX)
        count = self._log.remove(scope, Removal(query, act))
        if not count:
            raise HubError(Fault.ABSENT, "no version of this object matches the filters")
        return count
