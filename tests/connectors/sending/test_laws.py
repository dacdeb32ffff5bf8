"""The laws of every sender, against other sides that are none: in time, in our words, without secrets."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import msgspec
import pytest

from connectors.errors import RemoteError, Unsafe
from connectors.senders import SENDERS, sending
from tests.connectors.sending.parcels import READER, SECRETS, freight, parcel, trip
from tests.connectors.servers import LONGEST_S
from tests.e2e.certificates import write_certificate

Deed = Callable[[socket.socket], object]


TARGETS = {
    "taxii": {
        "url": "http://127.0.0.1:{port}/hub/collections/x/",
        "user": "us",
        "password": "env:PASSWORD",
    },
    "webhook": {
        "url": "http://127.0.0.1:{port}/s3cret-path",
        "secret": "env:HOOK",
        "token": "env:TOKEN",
    },
    "mail": {
        "host": "127.0.0.1",
        "port": "{port}",
        "sender": "hub@hub.example.org",
        "user": "us",
        "password": "env:PASSWORD",
    },
    "syslog": {"host": "127.0.0.1", "port": "{port}", "transport": "tls"},
    "misp": {
        "url": "https://127.0.0.1:{port}/",
        "key": "env:TOKEN",
        "organisation": "US",
        "organisation_uuid": "11111111-1111-4111-8111-111111111111",
    },
}


def _endless(wire: socket.socket) -> None:
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/taxii+json;version=2.1\r\n\r\n")
    while True:
        wire.sendall(b"[" * 65536)


def _dripping(wire: socket.socket) -> None:
    while True:
        wire.sendall(b"2")
        time.sleep(0.3)


BAD: dict[str, Deed] = {
    "closes at once": lambda wire: None,
    "says nothing": lambda wire: time.sleep(10 * LONGEST_S),
    "speaks something else": lambda wire: wire.sendall(b"\x00\xff220 what? " * 50),
    "is a page": lambda wire: wire.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
    ),
    "stops in the middle": lambda wire: wire.sendall(
        b'HTTP/1.1 202 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"a'
    ),
    "never ends": _endless,
    "drips": _dripping,
    "leads elsewhere": lambda wire: wire.sendall(
        b"HTTP/1.1 307 Go\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    ),
    "takes no mail": lambda wire: wire.sendall(b"554 go away\r\n"),
}


@contextmanager
def bad(deed: Deed) -> Iterator[int]:
    """A server that does this with every connection."""
    listening = socket.create_server(("127.0.0.1", 0))

    def one(wire: socket.socket) -> None:
        with wire, suppress(OSError):
            deed(wire)
            wire.shutdown(socket.SHUT_WR)
            while wire.recv(65536):
                pass

    def serve() -> None:
        with suppress(OSError):
            while True:
                wire, _ = listening.accept()
                threading.Thread(target=one, args=(wire,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()


def settings(name: str, port: int):
    told = {
        field: port if value == "{port}" else value.format(port=port)
        for field, value in TARGETS[name].items()
    }
    return msgspec.convert(told, sending(name).settings)


def parcel_for(name: str):
    reader = READER if sending(name).channel.personal else None
    return parcel(freight(1), freight(2), reader=reader)


def test_every_sender_is_tried():
    assert set(TARGETS) == set(SENDERS)


@pytest.mark.parametrize(
    ("way", "name"),
    # A webhook is taken by an answer of 2xx, whatever else it says.
    [
        (way, name)
        for way in BAD
        for name in SENDERS
        if (way, name) not in {("is a page", "webhook"), ("never ends", "webhook")}
    ],
)
def test_another_side_that_is_none_ends_in_words_and_in_time(way, name, tmp_path):
    begun = time.monotonic()
    going = trip(tmp_path, connect_s=1.0, read_s=0.5, whole_s=2.0, most_bytes=100_000)
    with bad(BAD[way]) as port, pytest.raises(RemoteError) as caught:
        sending(name).sender.send(settings(name, port), parcel_for(name), going)
    assert time.monotonic() - begun < LONGEST_S
    said = caught.value.text()
    assert said.isprintable()
    assert 10 < len(said) < 1000
    assert not any(secret in said for secret in [*SECRETS.values(), "s3cret"])


def _under_tls(context: ssl.SSLContext, *, after: bytes) -> Deed:
    """Puts TLS on, after some words in the clear, and drips for ever below it."""

    def deed(wire: socket.socket) -> None:
        for line in after.splitlines(keepends=True):
            wire.sendall(line)
            wire.recv(4096)
        with context.wrap_socket(wire, server_side=True) as secured:
            for _ in range(100):
                secured.sendall(b"250-2\r\n")
                time.sleep(0.3)

    return deed


@pytest.mark.parametrize(
    ("name", "said", "after"),
    [
        ("mail", {"security": "tls"}, b""),
        ("mail", {}, b"220 here\r\n250 STARTTLS\r\n220 go\r\n"),
        ("syslog", {}, b""),
    ],
)
def test_the_time_of_all_of_it_holds_below_tls_too(name, said, after, tmp_path):
    certificate = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("server-key.pem"))
    going = trip(tmp_path, ca_file=str(certificate), read_s=1.0, whole_s=2.0)
    begun = time.monotonic()
    with bad(_under_tls(context, after=after)) as port, suppress(RemoteError):
        to = msgspec.structs.replace(settings(name, port), **said)
        sending(name).sender.send(to, parcel_for(name), going)
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize("name", SENDERS)
def test_a_private_address_is_refused_before_anything_is_sent(name, tmp_path):
    heard = []
    sender, going = sending(name).sender, trip(tmp_path, networks=())
    with bad(lambda wire: heard.append(wire.recv(1))) as port:
        told = settings(name, port)
        with pytest.raises(Unsafe):
            sender.send(told, parcel_for(name), going)
    assert heard == []
