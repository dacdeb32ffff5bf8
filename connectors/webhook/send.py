"""Parcels as signed POST requests of JSON.

An answer of 2xx takes the parcel. It may name objects that the receiver will never take, as
`{"refused": [{"id": ..., "reason": ...}]}`; anything else in it is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta
from requests import Response, Session
from requests.exceptions import ChunkedEncodingError as CutOff
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import RequestException, SSLError
from requests.exceptions import Timeout as NoAnswer

from connectors.errors import (
    Absent,
    LoginNeeded,
    NotUnderstood,
    Refused,
    RemoteError,
    TooLarge,
    Unreachable,
    Unsafe,
)
from connectors.sending import Channel, Freight, Parcel, Receipt, Trip, Undelivered
from connectors.webhook.signing import private_key, shared_key, signatures
from hub.model.clock import format_us, now_us
from hub.model.tlp import Tlp

_SECOND_US = 1_000_000
_LONGEST = 300
_LONGEST_ANSWER = 1_000_000
_PIECE = 65_536
_STATUSES: Mapping[int, type[RemoteError]] = {
    401: LoginNeeded,
    403: LoginNeeded,
    404: Absent,
    405: Absent,
    410: Absent,
    413: TooLarge,
}
_WAIT = frozenset({408, 425, 429})
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[target] of a delivery with `connector = "webhook"`."""

    url: Annotated[
        str, Meta(pattern=r"^https?://[^\s@]+$", description="address that takes the requests")
    ]
    secret: Annotated[
        str,
        Meta(description="reference to the shared secret, `whsec_` and Base64: signs as v1"),
    ] = ""
    old_secret: Annotated[
        str,
        Meta(description="reference to the secret before it, which signs as well for a while"),
    ] = ""
    key: Annotated[
        str, Meta(description="reference to an Ed25519 private key, PEM: signs as v1a")
    ] = ""
    token: Annotated[
        str, Meta(description="reference to a token for the header Authorization: Bearer")
    ] = ""

    def __post_init__(self) -> None:
        if not self.secret and not self.key:
            raise ValueError("`secret` or `key` is missing: nothing leaves unsigned")


class _Answer(msgspec.Struct):
    """What a receiver may answer."""

    refused: list[dict[str, Any]] = []


class _Webhooks:
    def send(self, settings: Webhook, parcel: Parcel, trip: Trip) -> Receipt:
        """See `Sender.send`.

        Raises:
            ConfigError: A secret cannot be used, or there is none.
            RemoteError: One of its kinds.
        """
        body = body_of(parcel, trip)
        headers = _headers(settings, parcel, trip, body)
        with Session() as session:
            session.trust_env = False
            for scheme in ("https://", "http://"):
                session.mount(scheme, trip.net.adapter())
            try:
                response = session.post(
                    settings.url, data=body, headers=headers, allow_redirects=False, stream=True
                )
                _require_taken(response, settings.url)
                answer = _read(response)
            except RequestException as error:
                raise _translated(error, settings.url) from error
        return _receipt(parcel, answer)


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
    key = private_key(trip.secret(settings.key)) if settings.key else None
    found = {
        "Content-Type": "application/json",
        "User-Agent": "incident-hub",
        "Idempotency-Key": parcel.key,
        "webhook-id": parcel.key,
        "webhook-timestamp": str(at),
        "webhook-signature": signatures((parcel.key, at, body), secrets, key),
    }
    if settings.token:
        found["Authorization"] = f"Bearer {trip.secret(settings.token)}"
    return found


def _require_taken(response: Response, url: str) -> None:
    """Raises RemoteError unless the status says that the parcel was taken."""
    status = response.status_code
    said = f"{_shown(url)} answers {status}"
    if 200 <= status < 300:  # noqa: PLR2004 - classes of statuses
        return
    if 300 <= status < 400:  # noqa: PLR2004 - classes of statuses
        raise Unsafe(
            f"{said}: it sends elsewhere, and nothing is sent to where nobody named it",
            remedy="Name the address that takes the requests itself.",
        )
    if status in _WAIT or status >= 500:  # noqa: PLR2004 - classes of statuses
        raise Unreachable(said, wait_s=_retry_after(response))
    raise _STATUSES.get(status, Refused)(said)


def _read(response: Response) -> bytes:
    """The answer; one that does not end is no answer."""
    found = bytearray()
    for piece in response.iter_content(_PIECE):
        found += piece
        if len(found) > _LONGEST_ANSWER:
            raise NotUnderstood(f"an answer of more than {_LONGEST_ANSWER:,} bytes")
    return bytes(found)


def _retry_after(response: Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _receipt(parcel: Parcel, answer: bytes) -> Receipt:
    try:
        said = msgspec.json.decode(answer, type=_Answer).refused if answer else []
    except msgspec.DecodeError:
        said = []  # an answer in words, or none that is about objects
    reasons = {str(item.get("id")): _words(str(item.get("reason", ""))) for item in said}
    refused = tuple(
        Undelivered(item.object_id, item.version, reasons[item.object_id] or "no reason given")
        for item in parcel.freight
        if item.object_id in reasons
    )
    return Receipt(len(parcel.freight) - len(refused), refused)


def _words(text: str) -> str:
    return _ODD.sub(" ", text)[:_LONGEST].strip()


def _translated(error: RequestException, url: str) -> RemoteError:
    cause = error.args[0] if error.args else None
    if isinstance(cause, RemoteError):
        return cause
    if isinstance(error, SSLError):
        return Unreachable(
            f"{_shown(url)}: its TLS certificate does not hold",
            remedy="Name the authority that issued it in `ca_file`, if that is one of your own.",
            passing=False,
        )
    if isinstance(error, (NoConnection, NoAnswer, CutOff)):
        return Unreachable(f"{_shown(url)} cannot be reached: {type(error).__name__}")
    return NotUnderstood(f"{_shown(url)} does not answer as HTTP does")


def _shown(url: str) -> str:
    """The address without its path and query, which may be a secret: many receivers' are."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


SETTINGS = Webhook
SENDER = _Webhooks()
CHANNEL = Channel(ceiling=Tlp.GREEN, highest=Tlp.AMBER, retracts=True)
