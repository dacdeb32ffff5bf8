"""The measuring client: one keep-alive connection, and many clients as processes of their own."""

from __future__ import annotations

import gzip
import http.client
import multiprocessing
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import msgspec

from .meter import Round

MEDIA_TYPE = "application/taxii+json;version=2.1"
_TIMEOUT_S = 300
# gunicorn closes an idle connection after two seconds.
_IDLE_S = 1.0
_FORK = multiprocessing.get_context("fork")


class Item(msgspec.Struct):
    """What identifies an object or a manifest entry."""

    id: str
    modified: str = ""
    version: str = ""


class Envelope(msgspec.Struct):
    """A page, its objects left as they are."""

    more: bool = False
    next: str = ""
    objects: list[msgspec.Raw] = []


class Identified(msgspec.Struct):
    """A page, its objects read as far as their identity."""

    objects: list[Item] = []


class Posted(msgspec.Struct):
    """A TAXII status resource, as far as its counts."""

    status: str
    success_count: int
    failure_count: int


_ENVELOPE = msgspec.json.Decoder(Envelope)
_IDENTIFIED = msgspec.json.Decoder(Identified)
_POSTED = msgspec.json.Decoder(Posted)


class Reply(NamedTuple):
    """An answer, and what it took; status 0: there was none."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float

    def envelope(self) -> Envelope:
        """The page in the body."""
        return _ENVELOPE.decode(self.body)

    def items(self) -> list[Item]:
        """The identities in the page."""
        return _IDENTIFIED.decode(self.body).objects

    def posted(self) -> Posted:
        """The status in the body."""
        return _POSTED.decode(self.body)


class Target(NamedTuple):
    """Where and how to ask."""

    url: str
    """Of the collection, with a slash at the end."""
    authorization: str
    gzip: bool = False


class Client:
    """Asks one collection over one connection that is kept open."""

    def __init__(self, target: Target) -> None:
        parts = urlsplit(target.url)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=_TIMEOUT_S
        )
        self._used = 0.0
        self._headers = {
            "Accept": MEDIA_TYPE,
            "Accept-Encoding": "gzip" if target.gzip else "identity",
            "Authorization": target.authorization,
        }

    def get(self, path: str, **query: object) -> Reply:
        """GET a path below the collection; `match_type` in the query stands for `match[type]`."""
        text = "&".join(f"{_field(name)}={quote(str(query[name]))}" for name in query)
        return self._send("GET", path + ("?" + text if text else ""))

    def post(self, body: bytes) -> Reply:
        """POST an envelope to the collection's objects."""
        return self._send("POST", "objects/", body)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        headers = self._headers | ({"Content-Type": MEDIA_TYPE} if body else {})
        try:
            self._connect()
            start = time.perf_counter()
            self._connection.request(method, self._path + path, body, headers)
            response = self._connection.getresponse()
            content = response.read()
            self._used = time.perf_counter()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return Reply(0, http.client.HTTPMessage(), repr(error).encode(), 0.0)
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        return Reply(response.status, response.headers, content, self._used - start)

    def _connect(self) -> None:
        """Have a connection that the server will not close just now, before any clock starts."""
        if time.perf_counter() - self._used > _IDLE_S:
            self._connection.close()
        if self._connection.sock is None:
            self._connection.connect()


def _field(name: str) -> str:
    return f"match[{name.removeprefix('match_')}]" if name.startswith("match_") else name


def together(count: int, work: Callable[[int], Round], clock: Callable[[], float]) -> Round:
    """Run work(0), work(1), ... in as many processes, started at one moment.

    Args:
        count: How many processes.
        work: What each does. It must bound itself in count and in time.
        clock: The server's CPU seconds.
    """
    barrier = _FORK.Barrier(count + 1)
    ends = [_FORK.Pipe(duplex=False) for _ in range(count)]
    children = [
        _FORK.Process(target=_run, args=(work, n, barrier, ends[n][1]), daemon=True)
        for n in range(count)
    ]
    whole = Round()
    try:
        for child, (_, sender) in zip(children, ends, strict=True):
            child.start()
            # So that the end of the child is seen as the end of its pipe.
            sender.close()
        before = clock()
        barrier.wait(timeout=60)
        spans = [_collect(receiver, whole) for receiver, _ in ends]
        whole.cpu = clock() - before
        whole.elapsed = max(stop for _, stop in spans) - min(start for start, _ in spans)
    finally:
        for child in children:
            child.join(timeout=5)
            child.kill()
    return whole


def _run(work: Callable[[int], Round], n: int, barrier, sender) -> None:
    barrier.wait(timeout=60)
    start = time.perf_counter()
    done = work(n)
    sender.send((start, time.perf_counter(), done))


def _collect(receiver, whole: Round) -> tuple[float, float]:
    if not receiver.poll(2 * _TIMEOUT_S):
        raise TimeoutError("a client process did not end")
    start, stop, done = receiver.recv()
    whole.absorb(done)
    return start, stop
