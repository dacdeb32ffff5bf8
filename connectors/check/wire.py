"""Requests as bytes on the line, and answers as they came, whatever they are.

- Each request has a connection of its own, a time limit for the whole answer and a size limit.
- Nothing is followed, repaired or unpacked. Only 429 and 503 that say how long to wait are asked
  again, and only while the budget lasts.
- No failure of the other side is an exception: it is an `Answer` with `trouble`.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec

from hub.model.clock import now_us

MEDIA_TYPE = "application/taxii+json;version=2.1"
_NOTHING: Mapping[str, str] = MappingProxyType({})
_WAITS = (429, 503)
_MOST_WAITS = 3
_LONGEST_WAIT_S = 10


class Spent(Exception):
    """The budget of requests or of time is used up."""


class Bounds(NamedTuple):
    """What one run may cost."""

    requests: int = 600
    seconds: float = 300.0
    answer_s: float = 15.0
    """For one whole answer"""
    answer_bytes: int = 20_000_000


class Login(NamedTuple):
    """Whom to appear as: an account, a token, or nobody."""

    account: str = ""
    password: str = ""
    token: str = ""

    @property
    def header(self) -> str:
        """What stands in `Authorization`; empty: nothing."""
        if self.account:
            pair = f"{self.account}:{self.password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        return f"Bearer {self.token}" if self.token else ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not stand in a report."""
        found = (self.password, self.token, self.header.partition(" ")[2])
        return tuple(sorted({text for text in found if text}, key=len, reverse=True))


class Asked(NamedTuple):
    """One request."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = _NOTHING
    """An empty text leaves a header out."""
    body: bytes | None = None
    known: bool = True
    """With the credentials"""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    asked: Asked
    status: int = 0
    """0: nothing that could be read as HTTP"""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case"""
    body: bytes = b""
    trouble: str = ""
    """Why there is no whole answer"""
    at_us: int = 0
    """When it was there"""

    @cached_property
    def json(self) -> Any:
        """The value of the body; None when it is no JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def resource(self) -> Mapping[str, Any]:
        """The body when it is a JSON object; empty otherwise."""
        return self.json if isinstance(self.json, dict) else {}

    @property
    def media_type(self) -> str:
        """`Content-Type` as it came; empty: there is none."""
        return self.headers.get("content-type", "")


class Trust(NamedTuple):
    """How TLS is spoken."""

    ca_file: str = ""
    certificate: tuple[str, str] | None = None
    unchecked: bool = False


class Wire:
    """The line to one server.

    Args:
        login: Whom to appear as.
        trust: How TLS is spoken.
        bounds: What the run may cost.
    """

    def __init__(self, login: Login, trust: Trust, bounds: Bounds) -> None:
        self.bounds = bounds
        self.login = login
        self.requests = 0
        self._context = context(trust)
        self._ends = time.monotonic() + bounds.seconds
        self._lock = threading.Lock()

    def send(self, asked: Asked) -> Answer:
        """One request, and again where the other side says when.

        Raises:
            Spent: The budget is used up.
        """
        for _ in range(_MOST_WAITS):
            answer = self._once(asked)
            wait = answer.headers.get("retry-after", "")
            if answer.status not in _WAITS or not (wait.isascii() and wait.isdigit()):
                return answer
            time.sleep(min(int(wait[:3]), _LONGEST_WAIT_S))
        return answer

    def allow(self, requests: int, seconds: float) -> None:
        """So many more requests, in so much time, whatever was left."""
        with self._lock:
            self.bounds = self.bounds._replace(requests=self.requests + requests)
            self._ends = time.monotonic() + seconds

    def _once(self, asked: Asked) -> Answer:
        with self._lock:
            if self.requests >= self.bounds.requests or time.monotonic() > self._ends:
                raise Spent
            self.requests += 1
        try:
            return self._exchange(asked)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Answer(asked, trouble=_reason(error), at_us=now_us())

    def _exchange(self, asked: Asked) -> Answer:
        connection = self._connection(asked.url)
        try:
            connection.connect()
            with _Watch(connection.sock, self.bounds.answer_s) as watch:
                parts = urlsplit(asked.url)
                target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
                connection.request(asked.method, target, asked.body, self._headers(asked))
                return self._read(asked, connection.getresponse(), watch)
        finally:
            connection.close()

    def _connection(self, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        name, port, wait_s = parts.hostname or "", parts.port, self.bounds.answer_s
        if parts.scheme == "https":
            return http.client.HTTPSConnection(name, port, timeout=wait_s, context=self._context)
        return http.client.HTTPConnection(name, port, timeout=wait_s)

    def _headers(self, asked: Asked) -> dict[str, str]:
        headers = {"Accept": MEDIA_TYPE, "User-Agent": "hub-check"} | dict(asked.headers)
        if asked.known and self.login.header:
            headers.setdefault("Authorization", self.login.header)
        return {name: value for name, value in headers.items() if value}

    def _read(self, asked: Asked, found: http.client.HTTPResponse, watch: _Watch) -> Answer:
        headers: dict[str, str] = {}
        for name, value in found.getheaders():
            before = headers.get(name.lower())
            headers[name.lower()] = value if before is None else f"{before}, {value}"
        trouble, body = "", b""
        try:
            body = found.read(self.bounds.answer_bytes + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            trouble = _reason(error)
        # Asked for at most so many bytes, the library takes a cut-off answer for a whole one.
        if found.length and not trouble:
            trouble = f"the answer was cut off: {found.length:,} bytes are missing"
        if len(body) > self.bounds.answer_bytes:
            trouble = f"the answer is larger than {self.bounds.answer_bytes:,} bytes"
        if watch.ended:
            trouble = f"no whole answer within {self.bounds.answer_s:g} s"
        return Answer(asked, found.status, headers, body, trouble, now_us())


class _Watch:
    """Ends a connection when its time is over: a drop at a time would keep it for ever."""

    def __init__(self, line: socket.socket, seconds: float) -> None:
        self.ended = False
        self._line = line
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def _end(self) -> None:
        self.ended = True
        # That of TLS would take the line away from the thread that reads.
        end: Callable[[socket.socket, int], None] = socket.socket.shutdown
        try:
            end(self._line, socket.SHUT_RDWR)
        except OSError:
            return

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def context(trust: Trust) -> ssl.SSLContext:
    """What speaks TLS."""
    made = ssl.create_default_context(cafile=trust.ca_file or None)
    if trust.unchecked:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if trust.certificate:
        made.load_cert_chain(*trust.certificate)
    return made


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its TLS certificate does not hold: {error.verify_message}"
    return f"{type(error).__name__}: {error}"[:300]
