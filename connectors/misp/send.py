"""Delivers to a MISP: objects become events there, or bring those that it has to their present state.

- What is there in this state is left alone, so a parcel that comes twice changes nothing, and two that
  send to each other do not renew each other for ever.
- An attribute that MISP has in another event is changed there: MISP has each UUID once.
- Events are made as for a feed (`connectors.misp.making`), with its ceiling. Attributes of objects that
  are gone are deleted as MISP deletes, so that its partners are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from connectors.errors import Absent, Refused, TooLarge
from connectors.misp.client import Client, There
from connectors.misp.making import CEILING, Given, Maker, make
from connectors.misp.values import uuid_of
from connectors.sending import Channel, Freight, Parcel, Receipt, Trip, Undelivered
from hub.model.tlp import Tlp

CHANNEL = Channel(ceiling=CEILING, highest=Tlp.AMBER_STRICT, retracts=True)

_TAKEN_BACK = ("indicator--", "x-misp-attribute--", "vulnerability--")
_LONGEST_NOTE = 500


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which MISP, and in whose name."""

    url: Annotated[str, Meta(description="Address of its start page, https://")]
    key: Annotated[str, Meta(description="Key of an account there: env:NAME or file:PATH")]
    organisation: Annotated[str, Meta(min_length=1, description="Name of the organisation there")]
    organisation_uuid: Annotated[UUID, Meta(description="Its UUID in MISP")]
    distribution: Annotated[
        int, Meta(ge=0, le=3, description="0 organisation, 1 community, 2 connected, 3 all")
    ] = 0
    publish: Annotated[bool, Meta(description="Events are published there")] = True


class MispSender:
    """The sender."""

    def send(self, settings: Target, parcel: Parcel, trip: Trip) -> Receipt:
        """Add and change events.

        Raises:
            RemoteError: The MISP went away, does not take the key, or wants less at once.
        """
        client = Client(settings.url, trip.secret(settings.key), trip.net)
        maker = Maker(
            settings.organisation,
            str(settings.organisation_uuid),
            ceiling=max((item.tlp for item in parcel.freight), default=CEILING),
            now_us=trip.started_us,
        )
        feed = make([_given(item) for item in parcel.freight], maker)
        refused: list[Undelivered] = []
        for event in feed.events.values():
            try:
                _deliver(client, event, settings)
            except TooLarge:
                raise
            except Refused as error:
                refused += _undelivered(parcel, event, error.reason)
        for object_id in parcel.gone:
            if object_id.startswith(_TAKEN_BACK):
                _take_back(client, uuid_of(object_id))
        note = "; ".join(f"{many} left out: {why}" for why, many in sorted(feed.left.items()))
        accepted = len(parcel.freight) - len(refused)
        return Receipt(accepted, tuple(refused), note[:_LONGEST_NOTE])


SETTINGS = Target
SENDER = MispSender()


def _given(item: Freight) -> Given:
    return Given(msgspec.json.decode(item.raw), item.tlp, item.collection)


def _deliver(client: Client, event: dict[str, Any], settings: Target) -> None:
    """Bring one event to its present state."""
    name = event["uuid"]
    inside = [a for thing in event.get("Object", ()) for a in thing["Attribute"]]
    there = client.attributes([a["uuid"] for a in (*event["Attribute"], *inside)])
    for attribute in _elsewhere(event, there):
        client.change(attribute)
    event["Attribute"] = [a for a in event["Attribute"] if _is_of(a, name, there)]
    at = client.version(name)
    if at is None:
        # An event that holds nothing but what others have is none.
        if event["Attribute"] or event.get("Object") or event.get("EventReport"):
            client.add(event | {"distribution": str(settings.distribution)})
            if settings.publish:
                client.publish(name)
        return
    newer = [a for a in (*event["Attribute"], *inside) if _is_newer(a, there)]
    if not newer and int(event["timestamp"]) <= at:
        return
    # MISP takes no event that is not newer than its own.
    event["timestamp"] = str(max(int(event["timestamp"]), at + 1))
    client.update(event)
    if settings.publish:
        client.publish(name)


def _elsewhere(event: Mapping[str, Any], there: Mapping[str, There]) -> Iterator[dict[str, Any]]:
    """Attributes that another event has, in an older state."""
    for attribute in event["Attribute"]:
        if not _is_of(attribute, event["uuid"], there) and _is_newer(attribute, there):
            yield attribute


def _is_of(attribute: Mapping[str, Any], event: str, there: Mapping[str, There]) -> bool:
    known = there.get(attribute["uuid"])
    return known is None or known.event == event


def _is_newer(attribute: Mapping[str, Any], there: Mapping[str, There]) -> bool:
    known = there.get(attribute["uuid"])
    return known is None or known.seconds < int(attribute["timestamp"])


def _take_back(client: Client, name: str) -> None:
    try:
        client.remove(name)
    except Absent:
        # It never was there, or is no more.
        return


def _undelivered(parcel: Parcel, event: Mapping[str, Any], reason: str) -> list[Undelivered]:
    """The objects of an event that was refused."""
    uuids = {event["uuid"], *(a["uuid"] for a in event["Attribute"])}
    return [
        Undelivered(item.object_id, item.version, reason)
        for item in parcel.freight
        if uuid_of(item.object_id) in uuids
    ]
