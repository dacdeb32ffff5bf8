"""The connections of urllib3, made to checked addresses, and cut off when their time is over."""

from __future__ import annotations

import io
import socket
import ssl
import threading
import weakref
from contextlib import suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, Self

import certifi
from urllib3 import PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors.errors import Unreachable
from connectors.net.limits import Limits
from connectors.net.sockets import checked, opened, resolved
from hub.errors import ConfigError

_AGAIN_S = 0.5


class Gate:
    """Opens connections for one feed, and knows those that are open.

    Args:
        limits: What the feed may do.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def dial(self, connection: HTTPConnection) -> socket.socket:
        """The wire of a connection. With a proxy it leads there, wherever the operator put it."""
        host, port = connection.host, connection.port
        if self._limits.proxy:
            found, called = resolved(host, port, self._limits), f"the proxy {host}"
        else:
            found, called = checked(host, port, self._limits), host
        made = opened(found, port, host=called, limits=self._limits)
        self.hold(made)
        return made

    def hold(self, wire: socket.socket) -> None:
        """Remember an open wire: once TLS is put on one, it is another."""
        self._open.add(wire)

    def look(self, host: str, port: int) -> None:
        """With a proxy: look at where it is sent to, as far as that can be seen from here.

        Raises:
            Unsafe: It may not be reached.
        """
        if self._limits.proxy:
            # Where only the proxy resolves names, there is nothing to look at.
            with suppress(Unreachable):
                checked(host, port, self._limits)

    def stop(self) -> None:
        """Cut every connection off, so that whoever waits for it goes on."""
        for wire in list(self._open):
            with suppress(OSError):
                # Not SSLSocket.shutdown: it takes TLS off, and what follows is read bare.
                socket.socket.shutdown(wire, socket.SHUT_RDWR)


class Watch:
    """The time of a whole answer; when it is over, its connections are cut off.

    Args:
        gate: Of the connections.
        whole_s: Seconds.
    """

    def __init__(self, gate: Gate, whole_s: float) -> None:
        self._gate = gate
        self._whole_s = whole_s
        self._done = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def is_over(self) -> bool:
        """What came since may be cut short."""
        return self._over.is_set()

    def _run(self) -> None:
        wait_s = self._whole_s
        # Again and again: a connection may have been just about to open.
        while not self._done.wait(wait_s):
            self._over.set()
            self._gate.stop()
            wait_s = _AGAIN_S


class _Response(HTTPResponse):
    """Notices what a server sends beyond the length that it announced."""

    surplus = False

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._wire = sock

    def _close_conn(self) -> None:
        """Called by http.client when the announced length is read."""
        fp: io.BufferedReader | None = self.fp
        if fp is not None and self.length == 0:
            self.surplus = _is_something_left(fp, self._wire)
        super()._close_conn()  # type: ignore[misc]


def _is_something_left(fp: io.BufferedReader, wire: socket.socket) -> bool:
    """Whether more has come; what is still on its way is not waited for."""
    wait_s = wire.gettimeout()
    try:
        wire.settimeout(0)
        # Old servers end an answer with a line feed more.
        return bool(fp.peek(1).strip())
    except (OSError, ValueError):
        return False
    finally:
        with suppress(OSError):
            wire.settimeout(wait_s)


class _Plain(HTTPConnection):
    response_class = _Response

    def __init__(self, *args: Any, gate: Gate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate = gate

    def _new_conn(self) -> socket.socket:
        # TLS is put on it afterwards, and asks for the certificate of the name.
        return self._gate.dial(self)


class _Secure(_Plain, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self._gate.hold(self.sock)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class _Direct(PoolManager):
    gate: Gate

    def _new_pool(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = super()._new_pool(*args, **kwargs)
        pool.conn_kw["gate"] = self.gate
        return pool


class _Proxied(_Direct, ProxyManager):
    """As well by way of a proxy."""


def pools(gate: Gate, limits: Limits, context: ssl.SSLContext) -> PoolManager:
    """The connections of a feed.

    Args:
        gate: Opens them.
        limits: Of the feed.
        context: Of TLS.
    """
    made: _Direct | _Proxied
    if limits.proxy:
        made = _Proxied(limits.proxy, ssl_context=context, proxy_ssl_context=context)
    else:
        made = _Direct(ssl_context=context)
    made.gate = gate
    made.pool_classes_by_scheme = dict(_POOLS)
    return made


def tls(limits: Limits, *, known: bool) -> ssl.SSLContext:
    """What TLS is checked with.

    Args:
        limits: Of the feed.
        known: Whether the other side may see the client certificate.

    Raises:
        ConfigError: A file cannot be read.
    """
    try:
        made = ssl.create_default_context(cafile=limits.ca_file or None)
        if not limits.ca_file and not _has_authorities():
            made.load_verify_locations(certifi.where())
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"`ca_file`: {limits.ca_file} cannot be read: {error}") from error
    if limits.certificate is not None and known:
        try:
            made.load_cert_chain(*limits.certificate)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"`cert`, `key`: {' and '.join(limits.certificate)} cannot be used: {error}"
            ) from error
    return made


def _has_authorities() -> bool:
    """Whether the system has CAs at all; a small container may have none."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return True
    return bool(paths.capath) and any(Path(paths.capath).iterdir())
