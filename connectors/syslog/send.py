"""Parcels as lines of syslog (RFC 5424) that hold events of CEF, over UDP, TCP or TLS.

Syslog has no answer. Over TCP and TLS a parcel counts as taken when the other side has closed the
connection in order after it, or has kept it without a word of refusal; over UDP when it was handed
to the network. Where nothing may get lost, TLS is the way, and UDP is none.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from connectors.deadline import within
from connectors.errors import Unreachable
from connectors.sending import Channel, Parcel, Receipt, Trip, Undelivered
from connectors.syslog.cef import Event, events
from hub.model.clock import format_us
from hub.model.tlp import Tlp

_FACILITIES = 8
_NOTICE = 5
_PATIENCE_S = 2.0
_LONGEST_DATAGRAM = 2048
"""Octets that a receiver should take over UDP (RFC 5426 section 3.2)"""
_LONGEST_ID = 32


class Syslog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[target] of a delivery with `connector = "syslog"`."""

    host: Annotated[str, Meta(min_length=1, description="name or address of the receiver")]
    port: Annotated[
        int, Meta(ge=1, le=65535, description="its port; 6514 is usual for TLS, 514 for UDP")
    ] = 6514
    transport: Annotated[
        Literal["tls", "tcp", "udp"],
        Meta(description="tls; tcp and udp show everything to whoever is on the way"),
    ] = "tls"
    framing: Annotated[
        Literal["octets", "lines"],
        Meta(description="over TLS and TCP: counted (RFC 6587 section 3.4.1), or a line each"),
    ] = "octets"
    facility: Annotated[
        int, Meta(ge=0, le=23, description="facility of RFC 5424; 16 is local0")
    ] = 16
    hostname: Annotated[
        str,
        Meta(
            pattern=r"^[!-~]{0,255}$",
            description="what this hub is called in the lines; empty: the host of its address",
        ),
    ] = ""


class _Syslogs:
    def send(self, settings: Syslog, parcel: Parcel, trip: Trip) -> Receipt:
        """See `Sender.send`.

        Raises:
            RemoteError: One of its kinds.
        """
        found = [event for item in parcel.freight for event in events(item)]
        name = settings.hostname or urlsplit(trip.console).hostname or "-"
        lines = [(event, line_of(event, settings.facility, name)) for event in found]
        if settings.transport == "udp":
            return _by_datagrams(settings, parcel, lines, trip)
        _by_stream(settings, (text for _, text in lines), trip)
        return Receipt(len(parcel.freight), note=f"{len(lines)} lines")


def line_of(event: Event, facility: int, hostname: str) -> bytes:
    """One message of RFC 5424. The text comes without a BOM, which readers of CEF do not expect."""
    freight = event.freight
    kind = freight.type[:_LONGEST_ID] if freight.type.isascii() else "-"
    head = f"<{facility * _FACILITIES + _NOTICE}>1 {format_us(freight.added_us)} {hostname}"
    return f"{head} incident-hub - {kind} - {event.text}".encode("utf-8", "replace")


def _by_datagrams(
    settings: Syslog, parcel: Parcel, lines: Iterable[tuple[Event, bytes]], trip: Trip
) -> Receipt:
    """Each line is a datagram; an object of which one is too long is refused."""
    long: dict[str, Undelivered] = {}
    with trip.net.datagrams(settings.host, settings.port) as wire:
        for event, text in lines:
            if len(text) > _LONGEST_DATAGRAM:
                item = event.freight
                reason = f"a line of {len(text)} octets does not fit into UDP: use TLS or TCP"
                long[item.object_id] = Undelivered(item.object_id, item.version, reason)
                continue
            try:
                wire.send(text)
            except OSError as error:
                # What an earlier datagram brought back, such as a closed port.
                raise Unreachable(_broken(settings, error)) from error
    return Receipt(len(parcel.freight) - len(long), tuple(long.values()))


def _by_stream(settings: Syslog, lines: Iterable[bytes], trip: Trip) -> None:
    framed = b"".join(_framed(text, settings.framing) for text in lines)
    wire = trip.net.connect(settings.host, settings.port)
    try:
        with within(wire, trip.net.limits.whole_s):
            if settings.transport == "tls":
                wire = trip.net.tls().wrap_socket(wire, server_hostname=settings.host)
            wire.sendall(framed)
            _settle(wire)
    except OSError as error:
        raise Unreachable(_broken(settings, error)) from error
    finally:
        wire.close()


def _framed(text: bytes, framing: str) -> bytes:
    return b"%d %b" % (len(text), text) if framing == "octets" else text + b"\n"


def _settle(wire: socket.socket) -> None:
    """Tell the other side that this is all, and give it the time to break off.

    Raises:
        OSError: It did.
    """
    wire.settimeout(_PATIENCE_S)
    try:
        if isinstance(wire, ssl.SSLSocket):
            wire = wire.unwrap()
        wire.shutdown(socket.SHUT_WR)
        while wire.recv(4096):
            pass
    except (TimeoutError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return  # it keeps the connection, or hangs up without taking leave, as some receivers do


def _broken(settings: Syslog, error: OSError) -> str:
    said = error.strerror or type(error).__name__
    return f"{settings.host}:{settings.port} took not all of it: {said}"


SETTINGS = Syslog
SENDER = _Syslogs()
CHANNEL = Channel(ceiling=Tlp.AMBER_STRICT, highest=Tlp.AMBER_STRICT)
