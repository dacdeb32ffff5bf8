"""Seeing what the hub does: request ids, JSON log lines without secrets, metrics, health."""

from __future__ import annotations

import ipaddress
import logging
import re
import secrets
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType

import msgspec
from flask import Blueprint, Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hub.errors import Fault, HubError
from hub.http.jobs import JobFigures
from hub.model.address import is_within
from hub.model.clock import format_us
from hub.model.search import Reach
from hub.store.base import Log, Store
from hub.store.search import Finder

_access = logging.getLogger("hub.access")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

REQUESTS = Counter("hub_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram(
    "hub_request_seconds",
    "Time to answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SENT = Counter("hub_sent_bytes", "Bytes of answer bodies.", ["route"])
THROTTLED = Counter("hub_throttled", "Requests refused with 429 by a limit or quota.")


SEARCH: Mapping[str, str] = MappingProxyType(
    {
        "hub_search_up": "1: searches are answered; 0: not.",
        "hub_search_lag_ordinals": "Changes that are stored and not yet found; absent while down.",
    }
)
"""Gauges that are asked for when /metrics is"""


class JsonLines(logging.Formatter):
    """One JSON object per line; only fields that are named here, so no secret slips in."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        line: dict[str, object] = {
            "time": format_us(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


def log_to_stderr(level: str) -> None:
    """Send all logging to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # It reports each attempt with a traceback; the hub says once what has come of them.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)


def register(app: Flask, *, access_log: bool) -> None:
    """Give every request an id, a log line and its metrics."""

    def begin() -> None:
        g.started = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)

    def end(response: Response) -> Response:
        elapsed = time.perf_counter() - g.started
        route = request.url_rule.rule if request.url_rule else "none"
        size = response.content_length or 0
        response.headers["X-Request-ID"] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        # A label must not take values that a client invents.
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(route, method, response.status_code).inc()
        SECONDS.labels(route).observe(elapsed)
        SENT.labels(route).inc(size)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            THROTTLED.inc()
        if access_log:
            _write_access(response.status_code, size, elapsed)
        return response

    app.before_request(begin)
    app.after_request(end)


def _write_access(status: int, size: int, elapsed: float) -> None:
    caller = getattr(g, "caller", None)
    fields = {
        "request": g.request_id,
        "method": request.method,
        "path": request.path[:200],
        "status": status,
        "bytes": size,
        "ms": round(elapsed * 1000, 2),
        "account": caller.account if caller else "",
        "credential": caller.credential if caller else "",
        "address": request.remote_addr or "",
    }
    _access.info("request", extra={"fields": fields})


def blueprint(store: Store, finder: Finder, metrics_networks: Sequence[str]) -> Blueprint:
    """/health/live, /health/ready and /metrics.

    The hub is ready without search: publishing and polling go on, and a balancer that took it out
    would stop them.
    """
    networks = [ipaddress.ip_network(network) for network in metrics_networks]
    made = Blueprint("observe", __name__)

    def live() -> Response:
        return _plain("alive\n")

    probe = _Probe(store)
    reached = _Reached(finder)
    asked = CollectorRegistry()
    asked.register(reached)
    asked.register(JobFigures(store))

    def ready() -> Response:
        probe.run()
        # How much is published is nobody's business whose searches would not show it.
        trusted = is_within(request.remote_addr or "", networks)
        return _plain(f"ready\nsearch: {_state(reached.now(), counts=trusted)}\n")

    def metrics() -> Response:
        if not is_within(request.remote_addr or "", networks):
            raise HubError(Fault.ABSENT, "there is nothing at this address")
        return Response(_metrics(asked), content_type=CONTENT_TYPE_LATEST)

    made.add_url_rule("/health/live", view_func=live)
    made.add_url_rule("/health/ready", view_func=ready)
    made.add_url_rule("/metrics", view_func=metrics)
    return made


def _state(reach: Reach, *, counts: bool) -> str:
    """Search in a few words."""
    if reach.trouble:
        return f"down: {reach.trouble}"
    return f"up, {reach.newest - reach.ordinal} changes behind" if counts else "up"


class _Reached(Collector):
    """How far search has come, asked at most once a second, as text and as metrics."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._turn = threading.Lock()
        self._known_until = 0.0
        self._reach = Reach("", 0, 0)

    def now(self) -> Reach:
        """See `Finder.reach`."""
        with self._turn:
            if time.monotonic() >= self._known_until:
                self._reach = self._finder.reach()
                self._known_until = time.monotonic() + 1
            return self._reach

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See `Collector.collect`."""
        reach = self.now()
        figures = {"hub_search_up": int(not reach.trouble)}
        if not reach.trouble:
            figures["hub_search_lag_ordinals"] = reach.newest - reach.ordinal
        for name, figure in figures.items():
            yield GaugeMetricFamily(name, SEARCH[name], value=figure)


class _Probe:
    """The store's probe, at most once a second: whoever asks more often gets what is known."""

    def __init__(self, store: Log) -> None:
        self._store = store
        self._turn = threading.Lock()
        self._known_until = 0.0
        self._fault: HubError | None = None

    def run(self) -> None:
        """Raises StoreDown when the store does not write and read."""
        with self._turn:
            if time.monotonic() >= self._known_until:
                self._fault = self._ask()
                self._known_until = time.monotonic() + 1
            if self._fault is not None:
                raise self._fault

    def _ask(self) -> HubError | None:
        try:
            self._store.probe()
        except HubError as error:
            return error
        return None


def _plain(text: str) -> Response:
    response = Response(text, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _metrics(asked: CollectorRegistry) -> bytes:
    """All workers together when they share a folder, as under `hub serve`; then what is asked for now."""
    registry = CollectorRegistry()
    if values.ValueClass is not values.MutexValue:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry) + generate_latest(asked)
    return generate_latest() + generate_latest(asked)
