"""Runs of deliveries: at least once, one process at a time, each parcel within the scope of its moment.

- What a parcel holds is decided when it is sent: rights that ended a moment before count.
- Where it ends is kept before it is sent, and the cursor moves when the other side has it. Whatever
  breaks off in between, the same parcel is sent again, with the same key.
- A failure that says nothing about the objects keeps them and waits, longer each time. One that is
  about objects leaves those behind as dead letters, and the others go on.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from connectors.errors import RemoteError, Unreachable
from connectors.net import Net
from connectors.sending import Parcel, Reader, Receipt, Trip
from hub.errors import ConfigError, HubError
from hub.model.clock import now_us
from hub.model.job import DeadLetter, Ending, Hold, Job, Memory, Step
from hub.service.deliveries.definition import Delivery, Recipient
from hub.service.deliveries.gather import Gatherer, Load, parcel_of
from hub.service.deliveries.hand import KEEPS, Hand
from hub.service.deliveries.letters import body_of, letters_of, whole
from hub.service.deliveries.look import gatherer
from hub.service.deliveries.pulse import Kept
from hub.service.deliveries.secrets import secret
from hub.service.deliveries.standing import Standing, Wait, standing_of, wait_us
from hub.service.directory import Parties
from hub.store.base import Act, Store
from hub.store.jobs import LeaseLost

_HOLD_US = 120_000_000
_MOST_PARCELS = 100
"""Of one run; the next one goes on."""
_LETTERS = 100


class Place(NamedTuple):
    """Where deliveries are done."""

    folder: Path
    """That of the configuration; relative paths start there."""
    console: str
    """Address of this hub, without a slash at the end"""


class Totals(msgspec.Struct):
    """What a run did, in numbers; kept with it."""

    sent: int = 0
    refused: int = 0
    gone: int = 0
    parcels: int = 0


class Deliverer:
    """Does deliveries.

    Args:
        store: The record, the parties and the jobs.
        parties: The directory as it is now.
        place: Where it is done.
        clock: Microseconds of the system clock.
        chance: Scatters waits.
    """

    def __init__(
        self,
        store: Store,
        parties: Parties,
        place: Place,
        *,
        clock: Callable[[], int] = now_us,
        chance: random.Random | None = None,
    ) -> None:
        self._store = store
        self._parties = parties
        self._place = place
        self._clock = clock
        self._chance = chance or random.SystemRandom()

    def run(
        self, delivery: Delivery, recipient: Recipient | None = None, *, only_due: bool = True
    ) -> Ending | None:
        """Do a delivery, or what of it is for one reader.

        Returns:
            How it ended; None: somebody else does it, or it is not due.
        """
        name = delivery.job(recipient.account if recipient else "")
        hold = Hold(name, uuid.uuid4().hex, _HOLD_US)
        job = self._store.take_job(hold, only_due=only_due)
        if job is None:
            return None
        one = _Run(self._store, self._parties, delivery, (hold, job, recipient))
        try:
            with Kept(self._store, hold):
                ending = self._ended(delivery, one, job)
            self._store.end_job(hold, ending)
        except LeaseLost:
            return None
        return ending

    def _ended(self, delivery: Delivery, one: _Run, job: Job) -> Ending:
        """How the run ends, whatever happens in it."""
        try:
            # A setting that cannot be used is told with the run, like any other failure.
            stopped = one.go(self._trip(delivery, job), self._clock)
        except (HubError, ConfigError) as error:
            asked_s = error.wait_s if isinstance(error, Unreachable) else 0.0
            pause_us = wait_us(Wait(job.failures + 1, asked_s), self._chance)
            words = error.text() if isinstance(error, HubError) else str(error)
            return Ending("failed", pause_us, one.counts(), words)
        if stopped:
            return Ending("stopped", 0, one.counts(), "It was paused.")
        pause_us = 0 if one.unfinished else delivery.every_us
        return Ending("well", pause_us, one.counts(), one.words())

    def _trip(self, delivery: Delivery, job: Job) -> Trip:
        folder = self._place.folder
        return Trip(
            delivery.name,
            delivery.title,
            job.started_us,
            Net(delivery.limits(folder)),
            lambda reference: secret(reference, folder),
            folder,
            self._place.console,
        )


class _Run:
    """One run of one job.

    Args:
        store: Where all is.
        parties: The directory as it is now.
        delivery: What is done.
        held: The hold, the job as it was taken, and for whom it is, if for one reader.
    """

    def __init__(
        self,
        store: Store,
        parties: Parties,
        delivery: Delivery,
        held: tuple[Hold, Job, Recipient | None],
    ) -> None:
        self._store = store
        self._parties = parties
        self._delivery = delivery
        self._hold, job, self._recipient = held
        self._account = self._recipient.account if self._recipient else ""
        self._standing = standing_of(job.state)
        self._totals = Totals()
        self._notes: dict[str, None] = {}
        self.unfinished = False
        """There is more to send than one run does."""

    def counts(self) -> bytes:
        """What it did, in numbers, as JSON."""
        return msgspec.json.encode(self._totals)

    def words(self) -> str:
        """What the other side said, for people."""
        return "; ".join(self._notes)

    def go(self, trip: Trip, clock: Callable[[], int]) -> bool:
        """Send what there is; True: it was paused meanwhile.

        Raises:
            HubError: It failed, in words for people.
            LeaseLost: Somebody else does it now.
        """
        hand = Hand(self._delivery, trip, self._hold.name)
        if self._standing.cursor < 0 and not self._begin():
            return True
        if not self._revive(hand, clock):
            return True
        for _ in range(_MOST_PARCELS):
            load = self._gatherer(clock).next(self._standing.cursor, self._standing.until)
            if not self._pass_on(load, hand, clock):
                return True
            if not load.full:
                return False
        self.unfinished = True
        return False

    def _begin(self) -> bool:
        """The first run starts at the end of the log, or at its beginning."""
        start = 0
        if self._delivery.definition.start == "now":
            while lines := self._store.changes(start, 10_000):
                start = lines[-1].ordinal
        return self._keep(cursor=start)

    def _gatherer(self, clock: Callable[[], int]) -> Gatherer:
        directory = self._parties.now().directory
        return gatherer(self._store, directory, self._delivery, self._account, clock())

    def _pass_on(self, load: Load, hand: Hand, clock: Callable[[], int]) -> bool:
        """Send a load and move the cursor behind it; False: the job was paused meanwhile."""
        if not load.freight and not load.gone:
            return self._keep(cursor=load.until, until=0, tries=0)
        if not self._standing.until and not self._keep(until=load.until):
            return False
        parcel = parcel_of(load, self._hold.name, self._reader())
        receipt = self._handed(parcel, hand)
        letters = self._letters(parcel, receipt)
        step = Step(
            state=self._after(receipt, clock(), cursor=load.until).encoded(),
            remember=self._memories(load),
            dead=letters,
        )
        return self._done(parcel, receipt, step)

    def _handed(self, parcel: Parcel, hand: Hand) -> Receipt:
        """What became of it; a refusal of all of it counts as an attempt."""
        last = self._standing.tries + 1 >= self._delivery.definition.attempts
        try:
            return hand.over(parcel, apart=last)
        except KEEPS:
            raise
        except RemoteError:
            self._keep(tries=self._standing.tries + 1)
            raise

    def _revive(self, hand: Hand, clock: Callable[[], int]) -> bool:
        """Send again what somebody wants to be tried again; False: the job was paused meanwhile."""
        for letter in self._store.dead_letters(self._hold.name, 0, _LETTERS, revived=True):
            body = body_of(letter)
            load = self._gatherer(clock).again(body.keys)._replace(gone=body.gone)
            step = Step(done=(letter.number,))
            if not load.freight and not load.gone:
                self._notes["What was to be sent again is gone, or may not be sent any more"] = (
                    None
                )
                if not self._step(step):
                    return False
                continue
            parcel = parcel_of(load, self._hold.name, self._reader())
            receipt = hand.over(parcel, apart=True)
            kept = step._replace(
                state=self._after(receipt, clock(), until=self._standing.until).encoded(),
                remember=self._memories(load),
                dead=self._letters(parcel, receipt),
            )
            if not self._done(parcel, receipt, kept):
                return False
        return True

    def _letters(self, parcel: Parcel, receipt: Receipt) -> tuple[DeadLetter, ...]:
        if parcel.reader and receipt.refused:
            return (whole(parcel, receipt.refused[0].reason),)
        return tuple(letters_of(parcel, receipt.refused))

    def _memories(self, load: Load) -> tuple[Memory, ...]:
        """By record what was sent, for when it is deleted: then the record itself says no more."""
        if not self._delivery.kind.channel.retracts:
            return ()
        return tuple(
            Memory(str(key), item.object_id.encode(), key, key, own=True)
            for key, item in zip(load.keys, load.freight, strict=True)
        )

    def _after(
        self, receipt: Receipt, at_us: int, *, cursor: int | None = None, until: int = 0
    ) -> Standing:
        was = self._standing
        return msgspec.structs.replace(
            was,
            cursor=was.cursor if cursor is None else cursor,
            until=until,
            tries=was.tries if cursor is None else 0,
            sent=was.sent + receipt.accepted,
            sent_us=at_us if receipt.accepted else was.sent_us,
        )

    def _done(self, parcel: Parcel, receipt: Receipt, step: Step) -> bool:
        """Keep what became of a parcel, with an audit line; False: the job was paused meanwhile."""
        going = self._step(step)
        self._totals.sent += receipt.accepted
        self._totals.refused += len(receipt.refused)
        self._totals.gone += len(parcel.gone)
        self._totals.parcels += 1
        if receipt.note:
            self._notes[receipt.note] = None
        told = self._delivery.definition
        name = self._recipient.account if self._recipient else told.account
        account = self._parties.now().directory.accounts.get(name)
        detail = (
            f"{receipt.accepted} sent, {len(receipt.refused)} refused, {len(parcel.gone)} gone"
        )
        org = account.org if account else ""
        self._store.note(Act(name, org, "delivery.send", self._delivery.name, detail))
        return going

    def _reader(self) -> Reader | None:
        one = self._recipient
        return Reader(one.account, one.address, one.language) if one else None

    def _keep(self, **changes: int) -> bool:
        standing = msgspec.structs.replace(self._standing, **changes)
        return self._step(Step(state=standing.encoded()))

    def _step(self, step: Step) -> bool:
        going = self._store.step_job(self._hold, step)
        if step.state is not None:
            self._standing = standing_of(step.state)
        return going
