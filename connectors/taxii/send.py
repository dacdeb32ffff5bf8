"""Parcels into a collection of another party's TAXII 2.1 server.

A publish is repeatable: what is there already is not stored twice, so the same parcel does no harm.
What the status names as failed is refused for good; the reasons are the other side's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from connectors.errors import Absent, LoginNeeded, NotUnderstood, Refused, Unreachable
from connectors.sending import Channel, Parcel, Receipt, Trip, Undelivered
from connectors.taxii.client import Session
from connectors.taxii.messages import Credentials
from connectors.taxii.messages import Receipt as Told
from hub.language.legible import line
from hub.model.tlp import Tlp

_LONGEST = 300


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[target] of a delivery with `connector = "taxii"`."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://[^\s@?#]+/collections/[^/\s@?#]+/?$",
            description="address of the collection: https://host/root/collections/ID/",
        ),
    ]
    user: Annotated[str, Meta(description="account for HTTP Basic; empty: none")] = ""
    password: Annotated[str, Meta(description="reference to its password")] = ""
    token: Annotated[str, Meta(description="reference to a token")] = ""
    scheme: Annotated[
        Literal["Bearer", "Token"], Meta(description="what stands before the token")
    ] = "Bearer"
    audience: Annotated[
        tuple[str, ...],
        Meta(
            description="whom there the objects are for, such as org:grid; the server has to be "
            "a hub that knows audiences. None: everybody who reads the collection there"
        ),
    ] = ()
    deletions: Annotated[
        bool, Meta(description="what nobody has here any more is deleted there, too")
    ] = True


class _Pushes:
    def send(self, settings: Target, parcel: Parcel, trip: Trip) -> Receipt:
        """See `Sender.send`.

        Raises:
            RemoteError: One of its kinds.
        """
        with _session(settings, trip) as session:
            if session.resource(settings.url).get("can_write") is False:
                raise LoginNeeded(
                    f"{settings.url} may not be written with these credentials",
                    remedy="Ask whoever runs it for the right to write.",
                )
            refused = list(_retracted(session, settings, parcel))
            if not parcel.freight:
                return Receipt(0, tuple(refused))
            told = session.push(settings.url, [item.raw for item in parcel.freight])
        if told.pending_count:
            raise Unreachable(f"{settings.url} has not decided on {told.pending_count} objects")
        failed = _failed(parcel, told)
        return Receipt(len(parcel.freight) - len(failed), (*failed, *refused))


def _session(settings: Target, trip: Trip) -> Session:
    credentials = Credentials(
        settings.user,
        trip.secret(settings.password) if settings.password else "",
        trip.secret(settings.token) if settings.token else "",
        bearer=settings.scheme == "Bearer",
    )
    # Whoever runs the delivery waits between attempts, and lets go of the job meanwhile.
    return Session(
        credentials,
        verify=trip.net.adapter(),
        notice=trip.notice,
        pauses_s=(),
        audience=settings.audience,
    )


def _retracted(session: Session, settings: Target, parcel: Parcel) -> Iterator[Undelivered]:
    """What the other side will not delete; what it has no more is well."""
    for object_id in parcel.gone if settings.deletions else ():
        try:
            session.remove(settings.url, object_id)
        except Absent:
            continue
        except Refused as error:
            yield Undelivered(object_id, "", error.reason)


def _failed(parcel: Parcel, told: Told) -> list[Undelivered]:
    """The objects that were not taken, by what the status says of them.

    Raises:
        NotUnderstood: It does not say of which, or speaks of fewer objects than were sent.
    """
    counted = told.success_count + told.failure_count
    if counted < len(parcel.freight):
        raise NotUnderstood(
            f"{len(parcel.freight)} objects were sent, and the status counts {counted}"
        )
    reasons = {(item.id, item.version): item.message for item in told.failures}
    by_id = {item.id: item.message for item in told.failures}
    found = []
    for item in parcel.freight:
        named = (item.object_id, item.version) in reasons
        # A status may leave out the version, or write it in another form.
        if named or (item.object_id in by_id and not _is_taken(item.object_id, told)):
            reason = reasons.get((item.object_id, item.version)) or by_id[item.object_id]
            found.append(
                Undelivered(
                    item.object_id, item.version, line(reason, _LONGEST) or "no reason given"
                )
            )
    if len(found) < told.failure_count:
        raise NotUnderstood(
            f"{told.failure_count} objects failed, and the status does not say which"
        )
    return found


def _is_taken(object_id: str, told: Told) -> bool:
    return any(item.id == object_id for item in told.successes)


SETTINGS = Target
SENDER = _Pushes()
CHANNEL = Channel(ceiling=Tlp.GREEN, highest=Tlp.AMBER, retracts=True)
