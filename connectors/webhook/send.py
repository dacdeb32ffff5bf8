"""Parcels as signed POST requests of JSON.

An answer of 2xx takes the parcel. It may name objects that the receiver will never take, as
`{"refused": [{"id": ..., "reason": ...}]}`; anything else in it is passed over, and so is an answer
that is too large to be read.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta
from requests import Response, Session
from requests.exceptions import RequestException

from connectors.errors import NotUnderstood, Refused, TooLarge, Unreachable, Unsafe
from connectors.net.reasons import of_status
from connectors.sending import Channel, Freight, Parcel, Receipt, Trip, Undelivered
from connectors.source import TOKEN
from connectors.webhook.signing import private_key, shared_key, signatures
from hub.language.legible import line
from hub.model.clock import format_us, now_us
from hub.model.tlp import Tlp

_SECOND_US = 1_000_000
_LONGEST = 300


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[target] of a delivery with `connector = "webhook"`."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://[^\s@]+$",
            description="address that takes the requests; where it has a key in it, `{token}` stands "
            "for that",
        ),
    ]
    secret: Annotated[
        str,
        Meta(description="reference to the shared secret, `whsec_` and Base64: signs as v1"),
    ] = ""
    old_secret: Annotated[
        str,
        Meta(description="reference to the secret before it, which signs as well for a while"),
    ] = ""
    signing_key: Annotated[
        str, Meta(description="reference to an Ed25519 private key, PEM: signs as v1a")
    ] = ""
    token: Annotated[
        str,
        Meta(
            description="reference to a token: it is sent as `Authorization: Bearer`, or stands "
            "where the address says `{token}`"
        ),
    ] = ""

    def __post_init__(self) -> None:
        if not self.secret and not self.signing_key:
            raise ValueError("`secret` or `signing_key` is missing: nothing leaves unsigned")
        if TOKEN in self.url and not self.token:
            raise ValueError("`url` has a place for a token, and `token` is not set")


class _Answer(msgspec.Struct):
    """What a receiver may answer."""

    refused: list[dict[str, Any]] = []


class _Webhooks:
    def send(self, settings: Webhook, parcel: Parcel, trip: Trip) -> Receipt:
        """See `Sender.send`.

        Raises:
            ConfigError: A secret cannot be used.
            RemoteError: One of its kinds.
        """
        body = body_of(parcel, trip)
        headers = _headers(settings, parcel, trip, body)
        with Session() as session:
            session.trust_env = False
            session.mount("https://", trip.net.adapter())
            session.mount("http://", trip.net.adapter())
            response = _posted(session, _address(settings, trip), headers, body)
        _require_taken(response, settings.url)
        return _receipt(parcel, response.content or b"")


def _address(settings: Webhook, trip: Trip) -> str:
    """With the key that stands in it, if one does."""
    if TOKEN not in settings.url:
        return settings.url
    return settings.url.replace(TOKEN, quote(trip.secret(settings.token), safe=""))


def _posted(session: Session, url: str, headers: dict[str, str], body: bytes) -> Response:
    """The answer. What goes wrong on the way says nothing about the parcel, which is kept."""
    try:
        return session.post(url, data=body, headers=headers, allow_redirects=False)
    except (Unreachable, Unsafe):
        raise
    except TooLarge as error:
        # Its status came, and says what became of the parcel; of the rest nothing is needed.
        answer = Response()
        answer.status_code = error.status
        return answer
    except (Refused, NotUnderstood) as error:
        raise Unreachable(error.reason, remedy=error.remedy, passing=False) from error
    except RequestException as error:
        raise Unsafe("a request to this address cannot be made") from error


def body_of(parcel: Parcel, trip: Trip) -> bytes:
    """The JSON of a parcel: the objects as they were published, and beside them what is known of each."""
    about = [_about(item) for item in parcel.freight]
    return b'{"id":%b,"delivery":%b,"hub":%b,"objects":[%b],"about":%b,"gone":%b}' % (
        msgspec.json.encode(parcel.key),
        msgspec.json.encode(trip.delivery),
        msgspec.json.encode(trip.console),
        b",".join(item.raw for item in parcel.freight),
        msgspec.json.encode(about),
        msgspec.json.encode(parcel.gone),
    )


def _about(item: Freight) -> dict[str, str]:
    return {
        "id": item.object_id,
        "version": item.version,
        "tlp": str(item.tlp),
        "collection": item.collection,
        "publisher": item.publisher,
        "added": format_us(item.added_us),
    }


def _headers(settings: Webhook, parcel: Parcel, trip: Trip, body: bytes) -> dict[str, str]:
    at = now_us() // _SECOND_US
    secrets = [
        shared_key(trip.secret(reference))
        for reference in (settings.secret, settings.old_secret)
        if reference
    ]
    key = private_key(trip.secret(settings.signing_key)) if settings.signing_key else None
    found = {
        "Content-Type": "application/json",
        "User-Agent": "incident-hub",
        "Idempotency-Key": parcel.key,
        "webhook-id": parcel.key,
        "webhook-timestamp": str(at),
        "webhook-signature": signatures((parcel.key, at, body), secrets, key),
    }
    if settings.token and TOKEN not in settings.url:
        found["Authorization"] = f"Bearer {trip.secret(settings.token)}"
    return found


def _require_taken(response: Response, url: str) -> None:
    """Raises RemoteError unless the status says that the parcel was taken."""
    host = str(urlsplit(url).hostname)
    if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise TooLarge(f"{host} answered 413: the parcel is too large for it")
    if not response.ok or response.is_redirect:
        raise of_status(response, host)


def _receipt(parcel: Parcel, answer: bytes) -> Receipt:
    try:
        said = msgspec.json.decode(answer, type=_Answer).refused if answer else []
    except msgspec.DecodeError:
        said = []  # an answer in words, or none that is about objects
    reasons = {str(item.get("id")): line(str(item.get("reason", "")), _LONGEST) for item in said}
    refused = tuple(
        Undelivered(item.object_id, item.version, reasons[item.object_id] or "no reason given")
        for item in parcel.freight
        if item.object_id in reasons
    )
    return Receipt(len(parcel.freight) - len(refused), refused)


SETTINGS = Webhook
SENDER = _Webhooks()
CHANNEL = Channel(ceiling=Tlp.GREEN, highest=Tlp.AMBER, retracts=True)
