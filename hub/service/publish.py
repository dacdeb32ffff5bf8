"""Publishing: the one door through which objects enter, whoever brings them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import msgspec

from hub import policy
from hub.errors import Fault, HubError
from hub.intake.benign import Benign
from hub.model.party import Collection, Subject
from hub.model.query import BOTH_STIX, ObjectPage, Query, Scope
from hub.model.record import Candidate, Refusal, Status
from hub.service.limits import Quota
from hub.service.screening import objection
from hub.stix.check import Limits, check
from hub.stix.grading import Terms, defines_statement, grade, unknown_refs
from hub.stix.strict import faults
from hub.store.base import Act, Batch, Removal

_LOOKUP = 500

T = TypeVar("T")


class Book(Protocol):
    """The part of `hub.store.base.Log` that publishing takes."""

    def add(self, batch: Batch) -> Status:
        """See `Log.add`."""

    def remove(self, scope: Scope, removal: Removal) -> int:
        """See `Log.remove`."""

    def objects(self, scope: Scope, query: Query, after_us: int, limit: int) -> ObjectPage:
        """See `Log.objects`."""


class Publisher:
    """Checks objects, hands them to the store in one transaction, and keeps the verdicts."""

    def __init__(
        self,
        log: Book,
        limits: Limits,
        *,
        seconds: float = 20,
        new_id: Callable[[], uuid.UUID] = uuid.uuid4,
        benign: Callable[[], Benign] = Benign,
    ) -> None:
        self._log = log
        self._limits = limits
        self._seconds = seconds
        self._new_id = new_id
        self._benign = benign

    def publish(
        self,
        scope: Scope,
        collection: Collection,
        raws: Sequence[bytes | memoryview],
        audience: frozenset[Subject] = frozenset(),
    ) -> Status:
        """Keep what can be kept and say for each object, in order, what became of it.

        Args:
            scope: Who publishes.
            collection: Where.
            raws: Objects.
            audience: Whom it is for, as `hub.policy.audience` gives it; empty: everybody who may
                read the collection.

        Raises:
            HubError: DENIED without the right to write, TOO_LARGE when checking takes too long.
            StoreDown: Nothing of the publish was kept.
        """
        items = self.weigh(scope, collection, raws, audience)
        named = " ".join(sorted(":".join(subject) for subject in audience))
        many = "object" if len(items) == 1 else "objects"
        detail = f"{len(items)} {many}" + (f" for {named}" if named else "")
        act = Act(scope.account, scope.org, "publish", collection.id, detail)
        batch = Batch(str(self._new_id()), collection, items, scope, act, audience)
        return self._log.add(batch)

    def weigh(
        self,
        scope: Scope,
        collection: Collection,
        raws: Sequence[bytes | memoryview],
        audience: frozenset[Subject] = frozenset(),
    ) -> list[Candidate | Refusal]:
        """What `publish` would keep or refuse, with effective markings; nothing is kept.

        Raises:
            HubError: As `publish`.
        """
        policy.require_write(scope, collection)
        # Hostile patterns and markings may cost milliseconds each, so CPU is counted.
        end = time.thread_time() + self._seconds
        judged = [
            self._judge(bytes(raw), f"objects[{place}]", collection)
            for place, raw in self._in_time(raws, end)
        ]
        terms = Terms(collection.default, self._statements(scope, collection, judged))
        return [
            _marked(item, f"objects[{place}]", terms, (scope, collection, audience))
            for place, item in self._in_time(judged, end)
        ]

    def _statements(
        self, scope: Scope, collection: Collection, items: Sequence[Candidate | Refusal]
    ) -> set[str]:
        """Ids of statements that come along, or that the publisher itself put in the collection.

        Nobody else can make a marking that somebody uses count for nothing.
        """
        found = [item for item in items if isinstance(item, Candidate)]
        wanted = set().union(*(unknown_refs(item) for item in found if _is_marked(item)))
        known = {item.object_id for item in found if defines_statement(item)}
        missing = sorted(wanted - known)
        for start in range(0, len(missing), _LOOKUP):
            ids = tuple(missing[start : start + _LOOKUP])
            query = Query(collection.key, ids=ids, publisher=scope.org)
            for raw in self._log.objects(scope, query, -1, _LOOKUP).raws:
                item = check(raw, "", self._limits)
                if isinstance(item, Candidate) and defines_statement(item):
                    known.add(item.object_id)
        return known

    def _in_time(self, things: Sequence[T], end: float) -> Iterator[tuple[int, T]]:
        """Each with its place, as long as there is time."""
        for place, thing in enumerate(things):
            if time.thread_time() > end:
                raise HubError(
                    Fault.TOO_LARGE,
                    f"checking these {len(things)} objects takes more than {self._seconds} s of CPU",
                    field="objects",
                    remedy="Nothing was stored. Send fewer objects at once, or simpler ones.",
                )
            yield place, thing

    def _judge(self, raw: bytes, place: str, collection: Collection) -> Candidate | Refusal:
        item = check(raw, place, self._limits)
        if isinstance(item, Refusal):
            return item
        if collection.strict and (found := faults(msgspec.json.decode(raw), item.stix)):
            reason = f"{place}: this collection is strict: {'; '.join(found)}"
            return Refusal(item.object_id, item.version, reason)
        named = self._listed(raw) if collection.screened and item.type == "indicator" else ""
        if named:
            reason = (
                f"{place}: this collection is screened, and all that it looks for is on warning "
                f"lists, or has in it what is: {named}"
            )
            return Refusal(item.object_id, item.version, reason)
        return item

    def _listed(self, raw: bytes) -> str:
        return objection(msgspec.json.decode(raw), self._benign())

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


class MeteredPublisher:
    """A publisher within the quotas of organisations: what every door publishes through."""

    def __init__(self, publisher: Publisher, quota: Quota) -> None:
        self._publisher = publisher
        self._quota = quota

    def publish(
        self,
        scope: Scope,
        collection: Collection,
        raws: Sequence[bytes],
        audience: frozenset[Subject] = frozenset(),
    ) -> Status:
        """As `Publisher.publish`; what was not stored does not count.

        Raises:
            HubError: As it does, and TOO_MANY or TOO_LARGE of `Quota.metered`.
        """
        return self._quota.metered(
            scope.org,
            len(raws),
            lambda: self._publisher.publish(scope, collection, raws, audience),
        )


def _is_marked(item: Candidate) -> bool:
    return bool(item.marking_refs) or item.granular


def _marked(
    item: Candidate | Refusal,
    place: str,
    terms: Terms,
    plan: tuple[Scope, Collection, frozenset[Subject]],
) -> Candidate | Refusal:
    """The object with its effective marking, or why it may not be published under that."""
    if isinstance(item, Candidate):
        item = grade(item, place, terms)
    if isinstance(item, Refusal):
        return item
    scope, collection, audience = plan
    objection = policy.objection(scope, collection, item.tlp, audience)
    if objection is None:
        return item
    reason, remedy = objection
    if unknown := sorted(unknown_refs(item) - set(terms.statements)):
        reason += f" ({unknown[0]} is not known here and counts as TLP:RED)"
        remedy += ", or send the marking's definition along if it is a statement"
    return Refusal(item.object_id, item.version, f"{place}: {reason}; {remedy}")
