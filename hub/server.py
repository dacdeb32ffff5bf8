"""gunicorn around the application: workers, TLS, graceful reload. UNIX only."""

from __future__ import annotations

import gc
import logging
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn import glogging
from gunicorn.app.base import BaseApplication

from hub.app import create_app, open_counters, open_schedule, open_store
from hub.config import Config, load
from hub.config.authorities import client_authorities, in_pem
from hub.errors import ConfigError, HubError
from hub.http.observe import log_to_stderr
from hub.model.clock import now_us
from hub.service.jobs.schedule import Schedule
from hub.store.base import Store
from hub.store.counting import Counters
from hub.worker import PatientWorker

_HOUR_S = 3600
_HOUR_US = _HOUR_S * 1_000_000
_MINUTE_S = 60
_LONGEST_LINE = 8190
_KEEP_ALIVE_S = 30
_FAREWELL_S = 3.0
"""So long a worker that ends waits for the jobs that it does."""

_GC_OBJECTS = 20_000
"""New containers between two collections of the young ones."""

_log = logging.getLogger("hub.server")


class HubServer(BaseApplication):
    """The hub under gunicorn. `kill -HUP` reads the configuration again and replaces workers.

    Args:
        path: The configuration file.
        ready: Called in the master once the socket listens.
        scratch: A folder, best in memory, where workers show that they are alive; they do so
            for every request.
    """

    def __init__(
        self,
        path: Path,
        ready: Callable[[str], None] = lambda _: None,
        *,
        scratch: str | None = None,
    ) -> None:
        self._path = path
        self._ready = ready
        self._scratch = scratch
        self._schedule: Schedule | None = None
        self._config, self._secret, self._authorities = _usable(path)
        super().__init__()

    def load_config(self) -> None:
        """Translate the hub's settings into gunicorn's."""
        try:
            self._config, self._secret, self._authorities = _usable(self._path)
        except ConfigError as error:
            _log.error("configuration not reloaded, the old one stays: %s", error)
        for name, value in _gunicorn_settings(self._config, self._authorities).items():
            self.cfg.set(name, value)
        self.cfg.set("worker_tmp_dir", self._scratch)
        self.cfg.set("worker_exit", self._leave)
        self.cfg.set("when_ready", lambda server: self._ready(str(server.LISTENERS[0])))

    def load(self) -> Any:
        """Make the application, in each worker, after the fork."""
        log_to_stderr(self._config.log.level)
        store = open_store(self._config)
        counters = open_counters(self._config)
        app = create_app(self._config, store, self._secret, counters)
        threading.Thread(target=_purge_counters, args=(counters,), daemon=True).start()
        hours = self._config.store.status_hours
        threading.Thread(target=_purge_hourly, args=(store, hours), daemon=True).start()
        if self._config.feeds.run:
            self._schedule = open_schedule(self._config, store, counters)
            self._schedule.start()
        gc.freeze()  # what is loaded now stays: no collection need look at it again
        # Objects on their way in are thousands of containers and no cycles: looking at them
        # at every 700th, as Python does, is a seventh of the CPU of checking them.
        gc.set_threshold(_GC_OBJECTS)
        return app

    def _leave(self, _server: object, _worker: object) -> None:
        """In a worker that ends: what it runs goes on where it stands, in another process."""
        if self._schedule is not None:
            self._schedule.stop(_FAREWELL_S)


def _usable(path: Path) -> tuple[Config, bytes, str]:
    """The configuration, the secret and the CAs of clients, if a server can be started with them.

    Raises:
        ConfigError: Names what cannot be used.
    """
    config = load(path)
    secret = config.secret()
    config.oidc_secret()
    config.elastic_key()
    server = config.server
    if server.tls_cert:
        cert, key = (Path(config.folder, name) for name in (server.tls_cert, server.tls_key))
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
        except OSError as error:
            raise ConfigError(
                f"{path}: `server.tls_cert`, `server.tls_key`: {cert} and {key} cannot be used: "
                f"{error}"
            ) from error
    try:
        return config, secret, in_pem(client_authorities(config))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


class _Logger(glogging.Logger):
    """gunicorn's logger without its access line: the hub writes its own, without secrets."""

    def access(self, *_: Any) -> None:
        """Write nothing."""


def _gunicorn_settings(config: Config, authorities: str) -> dict[str, Any]:
    server = config.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    folder = Path(config.folder)
    settings: dict[str, Any] = {
        "bind": f"{host}:{server.port}",
        "workers": server.workers,
        "threads": server.threads,
        "worker_class": PatientWorker,
        "timeout": server.timeout_seconds,
        "graceful_timeout": 30,
        "keepalive": _KEEP_ALIVE_S,
        "limit_request_line": _LONGEST_LINE,
        "logger_class": _Logger,
        "logconfig_dict": _log_settings(config.log.level),
        "control_socket_disable": True,
    }
    if server.tls_cert:
        settings |= {
            "certfile": str(folder / server.tls_cert),
            "keyfile": str(folder / server.tls_key),
            "ssl_context": _tls_context(authorities),
        }
    return settings


def _log_settings(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "hub.http.observe.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {"gunicorn.error": {"level": level.upper(), "handlers": [], "propagate": True}},
    }


Factory = Callable[[], ssl.SSLContext]


def _tls_context(authorities: str) -> Callable[[object, Factory], ssl.SSLContext]:
    """What gunicorn asks for the context of each connection.

    Args:
        authorities: CAs of clients, PEM, as they were at the start or at the last HUP; empty: no
            client is asked for a certificate.
    """

    def context(_: object, default: Factory) -> ssl.SSLContext:
        # TAXII 2.1 section 7.2.2: TLS 1.2 or newer.
        made = default()
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        if authorities:
            made.load_verify_locations(cadata=authorities)
            made.verify_mode = ssl.CERT_OPTIONAL
            # The same in every Python. An agency may name its issuing CA alone; the strict mode
            # refuses CAs of the kind that OpenSSL's own configuration made for many years.
            made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            made.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return made

    return context


def _purge_hourly(store: Store, hours: int) -> None:
    """Every worker does this; the second one finds nothing left to do."""
    pause = threading.Event()
    while True:
        try:
            store.purge(now_us() - hours * _HOUR_US)
            store.purge_sessions()
        except HubError as error:
            _log.warning("old statuses and sessions not purged: %s", error.reason)
        pause.wait(_HOUR_S)


def _purge_counters(counters: Counters) -> None:
    """Every worker does this; a flood from many addresses must not fill the disk."""
    pause = threading.Event()
    while not pause.wait(_MINUTE_S):
        counters.purge(now_us())
