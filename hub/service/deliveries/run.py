"""One run of a delivery: at least once, each parcel within the scope of its moment.

- What a parcel holds is decided when it is sent: rights that ended a moment before count.
- Where it ends is kept before it is sent, and the cursor moves when the other side has it. Whatever
  breaks off in between, the same parcel is sent again, with the same key.
- A failure that says nothing about the objects keeps them. One that is about objects leaves those
  behind as dead letters, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from connectors.errors import RemoteError
from connectors.sending import Parcel, Reader, Receipt, Trip
from hub.model.clock import now_us
from hub.model.job import DeadLetter, Hold, Job, Memory, Step
from hub.service.deliveries.definition import Delivery, Recipient
from hub.service.deliveries.gather import Gatherer, Load, parcel_of
from hub.service.deliveries.hand import KEEPS, Hand
from hub.service.deliveries.letters import body_of, letters_of, whole
from hub.service.deliveries.look import gatherer
from hub.service.deliveries.standing import standing_of
from hub.service.directory import Parties
from hub.store.base import Act, Store

_MOST_PARCELS = 100
"""Of one run; the next one goes on."""
_LETTERS = 100
_LINES = 10_000
_NOTHING_LEFT = "What was to be sent again is gone, or may not be sent any more."
_PAUSED = "It was paused; the next run goes on where it stands."


class Depot(NamedTuple):
    """What the runs of all deliveries of a process work with."""

    store: Store
    parties: Parties
    console: str
    """Address of this hub, without a slash at the end"""
    clock: Callable[[], int] = now_us


class Totals(msgspec.Struct):
    """What a run did, in numbers; kept with it."""

    sent: int = 0
    refused: int = 0
    gone: int = 0
    parcels: int = 0


class Run:
    """One run of one job.

    Args:
        depot: What it works with.
        delivery: What is done.
        held: The hold, the job as it was taken, and for whom it is, if for one reader.
        stop: Asked between parcels: why the run is to end; empty: it goes on.
    """

    def __init__(
        self,
        depot: Depot,
        delivery: Delivery,
        held: tuple[Hold, Job, Recipient | None],
        stop: Callable[[], str],
    ) -> None:
        self._depot = depot
        self._delivery = delivery
        self._stop = stop
        self._hold, job, self._recipient = held
        self._account = self._recipient.account if self._recipient else ""
        self._standing = standing_of(job.state)
        self._was_paused = self._is_paused = job.paused
        self._notes: dict[str, None] = {}
        self.totals = Totals()
        self.unfinished = False
        """There is more to send than one run does."""

    def words(self) -> str:
        """What the other side said, for people."""
        return "; ".join(self._notes)

    def go(self, trip: Trip) -> str:
        """Send what there is.

        Returns:
            Why it ended before its time; empty: it did not.

        Raises:
            HubError: It failed, in words for people.
            LeaseLost: Somebody else does it now.
        """
        hand = Hand(self._delivery, trip, self._hold.name)
        if self._standing.cursor < 0:
            self._keep(cursor=self._start())
        store = self._depot.store
        for letter in store.dead_letters(self._hold.name, 0, _LETTERS, revived=True):
            self._revive(letter, hand)
            if halted := self._halted():
                return halted
        for _ in range(_MOST_PARCELS):
            # Behind a parcel that an earlier run decided on, the log may have gone on.
            has_more = bool(self._standing.until)
            load = self._gatherer().next(self._standing.cursor, self._standing.until)
            self._pass_on(load, hand)
            if halted := self._halted():
                return halted
            if not (load.full or has_more):
                return ""
        self.unfinished = True
        return ""

    def _halted(self) -> str:
        return _PAUSED if self._is_paused and not self._was_paused else self._stop()

    def _start(self) -> int:
        """The first run starts at the end of the log, or at its beginning."""
        start = 0
        if self._delivery.said.start == "now":
            while lines := self._depot.store.changes(start, _LINES):
                start = lines[-1].ordinal
        return start

    def _gatherer(self) -> Gatherer:
        """Sees with the rights that the account has at this moment."""
        depot = self._depot
        directory = depot.parties.now().directory
        return gatherer(depot.store, directory, self._delivery, self._account, depot.clock())

    def _pass_on(self, load: Load, hand: Hand) -> None:
        """Send a load, and move the cursor behind it."""
        if not load.freight and not load.gone:
            self._keep(cursor=load.until, until=0, tries=0)
            return
        if not self._standing.until:
            self._keep(until=load.until)
        parcel = self._parcel(load)
        receipt = self._handed(parcel, hand)
        done = msgspec.structs.replace(self._standing, cursor=load.until, until=0, tries=0)
        self._done(parcel, receipt, load, Step(state=done.encoded()))

    def _handed(self, parcel: Parcel, hand: Hand) -> Receipt:
        """What became of it; a refusal of all of it counts as an attempt."""
        last = self._standing.tries + 1 >= self._delivery.said.attempts
        try:
            return hand.over(parcel, apart=last)
        except KEEPS:
            raise
        except RemoteError:
            self._keep(tries=self._standing.tries + 1)
            raise

    def _revive(self, letter: DeadLetter, hand: Hand) -> None:
        """Send again what somebody wants to be tried again."""
        body = body_of(letter)
        load = self._gatherer().again(body.keys)._replace(gone=body.gone)
        step = Step(state=self._standing.encoded(), done=(letter.number,))
        if not load.freight and not load.gone:
            self._notes[_NOTHING_LEFT] = None
            self._step(step)
            return
        parcel = self._parcel(load)
        self._done(parcel, hand.over(parcel, apart=True), load, step)

    def _parcel(self, load: Load) -> Parcel:
        one = self._recipient
        reader = Reader(one.account, one.address, one.language) if one else None
        return parcel_of(load, self._hold.name, reader)

    def _done(self, parcel: Parcel, receipt: Receipt, load: Load, step: Step) -> None:
        """Keep what became of a parcel, with an audit line."""
        standing = standing_of(step.state or b"")
        if receipt.accepted:
            at_us, sent = self._depot.clock(), standing.sent + receipt.accepted
            standing = msgspec.structs.replace(standing, sent_us=at_us, sent=sent)
        self._step(
            step._replace(
                state=standing.encoded(),
                remember=self._memories(load),
                dead=_letters(parcel, receipt),
            )
        )
        self.totals.sent += receipt.accepted
        self.totals.refused += len(receipt.refused)
        self.totals.gone += len(parcel.gone)
        self.totals.parcels += 1
        if receipt.note:
            self._notes[receipt.note] = None
        self._note(
            f"{receipt.accepted} sent, {len(receipt.refused)} refused, {len(parcel.gone)} gone"
        )

    def _note(self, detail: str) -> None:
        """An audit line. What was sent is told, even if the account ended while it was."""
        name = self._account or self._delivery.said.account
        account = self._depot.parties.now().directory.accounts.get(name)
        org = account.org if account else ""
        act = Act(name, org, "delivery.send", self._delivery.name, detail)
        self._depot.store.note(act)

    def _memories(self, load: Load) -> tuple[Memory, ...]:
        """By record what was sent, for when it is deleted: then the record itself says no more."""
        if not self._delivery.kind.channel.retracts:
            return ()
        return tuple(
            Memory(str(key), item.object_id.encode(), key, key, own=True)
            for key, item in zip(load.keys, load.freight, strict=True)
        )

    def _keep(self, **changes: int) -> None:
        standing = msgspec.structs.replace(self._standing, **changes)
        self._step(Step(state=standing.encoded()))

    def _step(self, step: Step) -> None:
        self._is_paused = not self._depot.store.step_job(self._hold, step)
        self._standing = standing_of(step.state or b"")


def _letters(parcel: Parcel, receipt: Receipt) -> tuple[DeadLetter, ...]:
    if parcel.reader and receipt.refused:
        return (whole(parcel, receipt.refused[0].reason),)
    return tuple(letters_of(parcel, receipt.refused))
