"""The way to the cluster: connections, time limits, and what failed in the hub's own words.

A cluster that is down must not take the hub's threads with it: so many calls wait at once, and
after one that waited in vain all others fail at once for a moment.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from elastic_transport import (
    ConnectionError as Unreachable,
)
from elastic_transport import (
    ConnectionTimeout,
    TlsError,
    TransportError,
)
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError

from hub.errors import Fault, HubError

T = TypeVar("T")

FAULTS = (ApiError, TransportError, UnsupportedProductError)
"""What the library raises"""

_REST_S = 2.0
_ROOM_S = 0.5
_LONG_S = 1.0
_PAUSE_S = (0.05, 0.2)
_FULL = 429
_PASSING = frozenset({_FULL, 502, 503})
_FAILED = 500
_SAID = {
    400: "the search engine does not understand the hub",
    401: "the search engine refuses the hub's key",
    403: "the search engine refuses the hub's key",
    404: "its index is not built yet",
    _FULL: "the search engine has too much to do",
}
_TOO_LARGE = (
    "too_many_nested_clauses",
    "too_many_clauses",
    "max_clause_count",
    "maximum nested depth",
    "nesting depth",
    "too many terms",
    "max_terms_count",
    "too_complex_to_determinize",
    "max_regex_length",
)
_TOO_LONG = (
    "time exceeded",
    "search_timeout",
    "task cancelled",
    "task_cancelled",
    "too_many_buckets",
)


class Place(NamedTuple):
    """Where the cluster is and how it is spoken to."""

    urls: tuple[str, ...]
    api_key: str = ""
    """Encoded, as Elasticsearch gives it out; empty: none"""
    ca_file: str = ""
    """CAs of the cluster's certificate, PEM; empty: those of the system"""
    timeout_s: float = 5.0
    """What a query may take"""
    count_s: float = 1.0
    """What counting may take"""
    most: int = 4
    """Calls of this process at once"""


class Down(HubError):
    """Search cannot be answered now."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            Fault.SEARCH_DOWN,
            f"search is not available: {reason}",
            remedy="Publishing and polling go on; search again later.",
        )


class TooMuch(HubError):
    """A query is too large."""

    def __init__(self, reason: str = "the query is too large for the search engine") -> None:
        super().__init__(
            Fault.BAD_QUERY,
            reason,
            remedy="Narrow it by a type, a value, or a range of time, or leave out alternatives.",
        )


class Overdue(TooMuch):
    """A query took longer than it may."""

    def __init__(self) -> None:
        super().__init__("this takes the search engine too long")


def connect(place: Place, *, patience_s: float) -> Elasticsearch:
    """A client that is safe to share between threads; not across a fork.

    Nothing is sent yet. Nodes are those of the setting: what a cluster says of its own addresses
    is not followed, as it may stand behind a load balancer.

    Args:
        place: Where.
        patience_s: How long an answer may take.
    """
    more: dict[str, Any] = {}
    if place.ca_file:
        more["ca_certs"] = place.ca_file
    if place.api_key:
        more["api_key"] = place.api_key
    # The library repeats without any pause: once is to reach another node, no more.
    return Elasticsearch(
        list(place.urls),
        request_timeout=patience_s,
        max_retries=1,
        retry_on_timeout=False,
        connections_per_node=max(2, place.most),
        **more,
    )


def told(error: Exception) -> HubError:
    """What a failure of the library means to whoever searches; `plain` of the error is its cause."""
    if isinstance(error, TlsError):
        return Down("the certificate of the search engine cannot be verified")
    if isinstance(error, ConnectionTimeout):
        return Down("the search engine does not answer in time")
    if isinstance(error, Unreachable):
        return Down("the search engine cannot be reached")
    if isinstance(error, UnsupportedProductError):
        return Down("what answers is not Elasticsearch")
    if isinstance(error, ApiError):
        return _of_status(error.meta.status, f"{error} {error.body}".lower())
    return Down("the answer of the search engine cannot be understood")


class Answered(Exception):
    """An error that the cluster answered: its status and its name alone."""


def plain(error: Exception) -> Exception:
    """The error as it may be logged: what the cluster says may quote a query or a record."""
    if isinstance(error, ApiError):
        return Answered(f"{error.meta.status} {error.message}")
    return error


def failure(answer: Any) -> HubError:
    """What a failed part of an answer to several searches means (`error`, `status`)."""
    return _of_status(int(answer.get("status", _FAILED)), str(answer.get("error", "")).lower())


def _of_status(status: int, text: str) -> HubError:
    if any(sign in text for sign in _TOO_LONG):
        return Overdue()
    if any(sign in text for sign in _TOO_LARGE):
        return TooMuch()
    return Down(_SAID.get(status, "the search engine failed"))


class Line:
    """Calls of one process to the cluster on behalf of people who wait.

    Args:
        client: The way to it.
        place: How many nodes it has, and how many calls may be on the way at once.
    """

    def __init__(self, client: Elasticsearch, place: Place) -> None:
        self._client = client
        self._tries = len(place.urls)
        self._room = threading.BoundedSemaphore(place.most)
        self._resting_until = 0.0
        self._reason: HubError | None = None

    def ask(self, call: Callable[[Elasticsearch], T]) -> T:
        """The answer; what another node may know, or this one in a moment, is asked again.

        Raises:
            HubError: SEARCH_DOWN, or BAD_QUERY when the query itself is at fault.
        """
        with self._turn():
            started = time.monotonic()
            for _ in range(self._tries):
                try:
                    return call(self._client)
                except FAULTS as error:
                    if not _is_passing(error) or time.monotonic() - started > _LONG_S:
                        raise self._noted(error, started) from plain(error)
                time.sleep(random.uniform(*_PAUSE_S))  # noqa: S311 - spreads load, hides nothing
            try:
                return call(self._client)
            except FAULTS as error:
                raise self._noted(error, started) from plain(error)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _noted(self, error: Exception, started: float) -> HubError:
        """The error for the caller; after one that was long in coming, others need not wait."""
        said = told(error)
        if isinstance(error, Unreachable | ConnectionTimeout):
            now = time.monotonic()
            if now - started > _LONG_S:
                self._reason, self._resting_until = said, now + _REST_S
        return said

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._reason is not None and time.monotonic() < self._resting_until:
            raise Down(self._reason.reason.partition(": ")[2]) from self._reason.__cause__
        if not self._room.acquire(timeout=_ROOM_S):
            raise Down("too many searches at once")
        try:
            yield
        finally:
            self._room.release()


def _is_passing(error: Exception) -> bool:
    """Whether another node, or another moment, may answer."""
    if isinstance(error, ApiError):
        return error.meta.status in _PASSING
    return isinstance(error, Unreachable) and not isinstance(error, TlsError)
