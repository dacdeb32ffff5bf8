"""What deliveries are sent to in tests: real servers on loopback that keep what came."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from werkzeug.serving import make_server

from hub.app import create_app
from hub.store.sqlite import SqliteStore
from tests import fakes
from tests.e2e.certificates import write_certificate
from tests.tools.ports import free_port

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Said(NamedTuple):
    """What a receiver of webhooks answers."""

    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""
    announced: int | None = None
    """Length that it names; None: that of the body"""
    stall_s: float = 0.0
    """Nothing at all, after so long or when the receiver is closed"""


class Hook:
    """A receiver of webhooks that verifies signatures by what the documentation says alone."""

    def __init__(self, tls: Path | None = None) -> None:
        self.answers: list[Said] = []
        """What is answered next; then 200."""
        self.bodies: list[dict[str, Any]] = []
        """Of requests that were taken"""
        self.raws: list[bytes] = []
        """Of all requests"""
        self.headers: list[dict[str, str]] = []
        self.refuses: set[str] = set()
        """Ids that make it answer 422"""
        self.most = 1_000_000
        """Objects; of more it answers 413."""
        self.before: Callable[[], object] = lambda: None
        """Called before it answers"""
        self._closing = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook._take(self)

            def do_GET(self) -> None:
                hook.raws.append(b"GET")
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls, tls.with_name("server-key.pem"))
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}/hook/s3cret-path"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def ids(self) -> list[str]:
        """Of the objects that came, in order."""
        return [obj["id"] for body in self.bodies for obj in body["objects"]]

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.raws.append(body)
        self.headers.append(dict(request.headers))
        said = self.answers.pop(0) if self.answers else Said()
        if said.stall_s:
            self._closing.wait(said.stall_s)
            return
        self.before()
        status = said.status if verified(dict(request.headers), body) else 401
        found = json.loads(body)
        if len(found["objects"]) > self.most:
            status = 413
        if self.refuses.intersection(obj["id"] for obj in found["objects"]):
            status = 422
        if status < 300:
            self.bodies.append(found)
        request.send_response(status)
        for name, value in said.headers.items():
            request.send_header(name, value)
        length = len(said.body) if said.announced is None else said.announced
        request.send_header("Content-Length", str(length))
        request.end_headers()
        request.wfile.write(said.body)


def verified(headers: dict[str, str], body: bytes) -> bool:
    """Whether one of the signatures of a request is that of `SECRET`."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(item, f"v1,{right}") for item in given)


@contextmanager
def hook(tls: Path | None = None) -> Iterator[Hook]:
    made = Hook(tls)
    try:
        yield made
    finally:
        made.close()


class Post:
    """A mail server that keeps messages."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.recipients: list[str] = []
        self.refuse: dict[str, str] = {}
        """Answer to RCPT by address"""
        self.answer = "250 OK"
        """To the message"""

    async def handle_RCPT(  # noqa: N802 - named by aiosmtpd
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - named by aiosmtpd
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        if self.answer.startswith("250"):
            self.messages.append(envelope.content)
            self.recipients += envelope.rcpt_tos
        return self.answer


class PostOffice(NamedTuple):
    post: Post
    port: int
    ca_file: str


def _login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data.password == b"letmein"
    return AuthResult(success=right, handled=False)


@contextmanager
def post_office(folder: Path, *, starttls: bool = True, tls: bool = False) -> Iterator[PostOffice]:
    """A mail server on loopback, with STARTTLS and log-in, or TLS from the start."""
    certificate = write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("server-key.pem"))
    post = Post()
    options: dict[str, Any] = {"authenticator": _login}
    if tls:
        options |= {"ssl_context": context, "auth_require_tls": False}
    elif starttls:
        options |= {"tls_context": context, "require_starttls": True}
    port = free_port()
    controller = Controller(post, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield PostOffice(post, port, str(certificate))
    finally:
        controller.stop()


class Lines:
    """A receiver of syslog."""

    def __init__(self) -> None:
        self.data = b""
        self.closed = threading.Event()

    def frames(self) -> list[str]:
        """The messages, by counted octets."""
        found, rest = [], self.data
        while rest:
            length, _, rest = rest.partition(b" ")
            found.append(rest[: int(length)].decode())
            rest = rest[int(length) :]
        return found


@contextmanager
def syslog(tls: Path | None = None, *, breaks: bool = False) -> Iterator[tuple[Lines, int]]:
    """A receiver over TCP or TLS; one that breaks resets the first connection in the middle."""
    lines = Lines()
    listening = socket.create_server(("127.0.0.1", 0))
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls, tls.with_name("server-key.pem"))

    def serve() -> None:
        while True:
            try:
                wire, _ = listening.accept()
            except OSError:
                return
            try:
                _receive(wire, lines, context, breaks=breaks)
            except OSError:
                continue

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield lines, listening.getsockname()[1]
    finally:
        listening.close()


def _receive(
    wire: socket.socket, lines: Lines, context: ssl.SSLContext | None, *, breaks: bool
) -> None:
    if context:
        wire = context.wrap_socket(wire, server_side=True)
    with wire:
        if breaks:
            wire.recv(10)
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return
        while piece := wire.recv(65536):
            lines.data += piece
        if context:
            wire.unwrap()  # type: ignore[attr-defined]
    lines.closed.set()


@contextmanager
def second_hub(folder: Path) -> Iterator[tuple[SqliteStore, str]]:
    """Another hub over the sample directory: its store and the address of its API root."""
    folder.mkdir()
    config = fakes.make_config(folder)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    server = make_server("127.0.0.1", 0, create_app(config, store), threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield store, f"http://127.0.0.1:{server.server_port}/hub/"
    finally:
        server.shutdown()
        server.server_close()
        store.close()
