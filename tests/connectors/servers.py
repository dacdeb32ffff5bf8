"""Servers on loopback for tests of what fetches: good ones, bad ones, with TLS, and a proxy."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from hub.service.authority import Authority
from hub.service.keys import new_key, pem_of_key
from tests.pki import AUTHORITY, pem_of


class Asked(NamedTuple):
    """One request that a server got."""

    method: str
    path: str
    headers: dict[str, str]


class Handler(BaseHTTPRequestHandler):
    """Gives each request to the route of its path."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def _any(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.command, self.path, headers))
        self.rfile.read(int(headers.get("content-length", 0)))
        route = self.server.routes.get(self.path.partition("?")[0])
        with suppress(OSError):
            if route is None:
                self.reply(b"nothing here", 404)
            else:
                route(self)

    do_GET = do_HEAD = do_POST = _any  # noqa: N815 - names of http.server

    def do_CONNECT(self) -> None:
        """As a proxy: lead on to where it is asked to."""
        self.server.asked.append(Asked("CONNECT", self.path, {}))
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((self.server.leads.get(host, host), int(port))) as wire:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pump, args=(wire, self.connection), daemon=True)
            back.start()
            _pump(self.connection, wire)
            back.join(2)
        self.close_connection = True

    def reply(self, body: bytes, status: int = 200, **headers: str) -> None:
        """A whole answer; `Content_Length=""` leaves that header out."""
        self.send_response(status)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | said).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, *pieces: bytes, pause_s: float = 0.0) -> None:
        """Bytes as they are, and the end of the connection."""
        self.close_connection = True
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(pause_s)


Route = Callable[[Handler], None]


class Server(ThreadingHTTPServer):
    """A server with routes, which remembers what it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, routes: dict[str, Route]) -> None:
        self.routes = routes
        self.asked: list[Asked] = []
        self.leads: dict[str, str] = {}
        self.scheme = "http"
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Clients that go away are what these tests are about."""


@contextmanager
def serving(routes: dict[str, Route], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server while the block runs."""
    server = Server(routes)
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def context_for(
    folder: Path, name: str, *, by: Authority = AUTHORITY, days: int = 30, clients: str = ""
) -> ssl.SSLContext:
    """TLS of a server with a certificate of this name or address.

    Args:
        folder: For its files.
        name: Of the server.
        by: Who issues the certificate.
        days: How long it is valid from now; below 0: it ended.
        clients: File of the CAs whose clients are let in; empty: none is asked.
    """
    key = new_key()
    try:
        shown: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        shown = x509.DNSName(name)
    until = datetime.now(UTC) + timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")]))
        .issuer_name(by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=60))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([shown]), critical=False)
        .sign(by.key, hashes.SHA256())
    )
    stem = folder / f"server-{made.serial_number}"
    stem.with_suffix(".pem").write_text(pem_of(made), encoding="ascii")
    stem.with_suffix(".key").write_bytes(pem_of_key(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(stem.with_suffix(".pem"), stem.with_suffix(".key"))
    if clients:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(clients)
    return context


def ca_file(folder: Path, authority: Authority = AUTHORITY) -> str:
    """The file of a CA."""
    path = folder / "ca.pem"
    path.write_text(pem_of(authority.certificate), encoding="ascii")
    return str(path)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


# What bad servers do. Each is a route. Those that have no end outlast `LONGEST_S` by far: whoever
# comes back within it has kept a limit of its own, on a machine however slow.

LONGEST_S = 60.0
_FOR_EVER_S = 600.0
_DROPS = 6_000


def stalls(handler: Handler) -> None:
    """Says nothing at all."""
    handler.raw(b"", pause_s=_FOR_EVER_S)


def stops_in_between(handler: Handler) -> None:
    """Announces a body, and sends half of it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
    handler.raw(head + b'[{"a": 1},', pause_s=_FOR_EVER_S)


def drips(handler: Handler) -> None:
    """Sends a byte now and then, for ever."""
    handler.raw(b"HTTP/1.1 200 OK\r\n\r\n", *[b"."] * _DROPS, pause_s=0.1)


def drips_headers(handler: Handler) -> None:
    """Never comes to the end of its headers."""
    handler.raw(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * _DROPS, pause_s=0.1)


def drips_chunks(handler: Handler) -> None:
    """Sends chunks of a byte for ever."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    handler.raw(head, *[b"1\r\n.\r\n"] * _DROPS, pause_s=0.1)


def announces_more(handler: Handler) -> None:
    """Its body is shorter than announced."""
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nevil.vn\n")


def announces_less(handler: Handler) -> None:
    """Its body is longer than announced."""
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nevil.vn\nevil2.vn\nevil3.vn\n")


def announces_terabytes(handler: Handler) -> None:
    """A huge length, and nothing."""
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n", pause_s=_FOR_EVER_S)


def announces_no_number(handler: Handler) -> None:
    """A length of more digits than Python takes for a number."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000
    handler.raw(head + b"\r\n\r\nevil.vn\n")


def ends_between_chunks(handler: Handler) -> None:
    """Ends behind a chunk that is not the last."""
    handler.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nevil.vn\n\r\n")


def cuts_chunks(handler: Handler) -> None:
    """Ends in the middle of a chunk."""
    handler.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nevil.vn\n\r\n50\r\nev")


def cuts_gzip(handler: Handler) -> None:
    """Sends half of what it packed."""
    packed = gzip.compress(bytes(range(256)) * 50)
    handler.reply(packed[: len(packed) // 2], Content_Encoding="gzip")


def bombs(handler: Handler) -> None:
    """A few kilobytes that unpack to 20 MB."""
    handler.reply(_bomb(), Content_Encoding="gzip")


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(20_000_000), 1)


def never_ends(handler: Handler) -> None:
    """As much as anybody takes."""
    handler.raw(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(2_000):
        handler.wfile.write(b"evil.vn\n" * 8_192)


def circles(handler: Handler) -> None:
    """Leads back to itself."""
    handler.reply(b"", 302, Location=handler.path)


def speaks_no_http(handler: Handler) -> None:
    """Sends something else."""
    handler.raw(b"220 mail.example ESMTP\r\n")


def page(handler: Handler) -> None:
    """A log-in page in place of what was asked for, as many servers send."""
    handler.reply(b"<!DOCTYPE html><html><title>Log in</title></html>", Content_Type="text/html")


def to(address: str, status: int = 302) -> Route:
    """A redirect."""
    return lambda handler: handler.reply(b"", status, Location=address)


def text(body: bytes, **headers: str) -> Route:
    """A good answer."""
    return lambda handler: handler.reply(body, **headers)
