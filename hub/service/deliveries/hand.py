"""Hands a parcel over: whole, or in halves where the other side wants it so."""

from __future__ import annotations

from typing import Any

from connectors.errors import (
    Absent,
    LoginNeeded,
    RemoteError,
    TooLarge,
    Unreachable,
    Unsafe,
)
from connectors.sending import Parcel, Receipt, Trip, Undelivered
from hub.service.deliveries.definition import Delivery
from hub.service.deliveries.gather import Load, parcel_of

KEEPS = (Unreachable, LoginNeeded, Absent, Unsafe)
"""What says nothing about the parcel: it is kept until the other side, or an operator, mends it."""


class Hand:
    """Hands over the parcels of one run.

    Args:
        delivery: Whose.
        trip: What its sender works with.
        job: Its name is part of the keys of halves.
    """

    def __init__(self, delivery: Delivery, trip: Trip, job: str) -> None:
        self._delivery = delivery
        self._trip = trip
        self._job = job

    def over(self, parcel: Parcel, *, apart: bool = False) -> Receipt:
        """What became of the parcel.

        Args:
            parcel: What is sent.
            apart: Refusals of all of it are followed to the objects that they are about.

        Raises:
            RemoteError: Nothing is known of the parcel; TooLarge never.
        """
        sender: Any = self._delivery.kind.sender
        try:
            receipt: Receipt = sender.send(self._delivery.target, parcel, self._trip)
        except KEEPS:
            raise
        except RemoteError as error:
            if not (apart or isinstance(error, TooLarge)):
                raise
            halves = self._halves(parcel)
            if not halves:
                return Receipt(0, tuple(_all_of(parcel, error)))
        else:
            return receipt
        return _joined([self.over(half, apart=apart) for half in halves])

    def _halves(self, parcel: Parcel) -> list[Parcel]:
        """Two parcels in place of one; none: it cannot be divided."""
        if self._delivery.kind.channel.personal:
            return []
        what = [*parcel.freight, *parcel.gone]
        if len(what) < 2:  # noqa: PLR2004 - one cannot be halved
            return []
        middle, objects = len(what) // 2, len(parcel.freight)
        cut, gone_cut = min(middle, objects), max(middle - objects, 0)
        return [
            self._part(parcel, slice(0, cut), slice(0, gone_cut)),
            self._part(parcel, slice(cut, None), slice(gone_cut, None)),
        ]

    def _part(self, parcel: Parcel, objects: slice, gone: slice) -> Parcel:
        load = Load(parcel.freight[objects], parcel.gone[gone], (), 0, full=False)
        return parcel_of(load, self._job, parcel.reader)


def _all_of(parcel: Parcel, error: RemoteError) -> list[Undelivered]:
    objects = [Undelivered(f.object_id, f.version, error.reason) for f in parcel.freight]
    return objects + [Undelivered(object_id, "", error.reason) for object_id in parcel.gone]


def _joined(receipts: list[Receipt]) -> Receipt:
    refused = tuple(item for receipt in receipts for item in receipt.refused)
    notes = dict.fromkeys(receipt.note for receipt in receipts if receipt.note)
    return Receipt(sum(receipt.accepted for receipt in receipts), refused, "; ".join(notes))
