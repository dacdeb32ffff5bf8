"""gunicorn's threaded worker with patience that ends: slow clients cannot keep every thread."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

_PATIENCE_S = 30
"""For a whole request to arrive, and for each piece of an answer to be taken."""

_TIMEVAL = struct.pack("ll", _PATIENCE_S, 0)


class PatientWorker(ThreadWorker):
    """Ends the reading side of connections whose request does not arrive in time."""

    def init_process(self) -> None:
        """See `ThreadWorker.init_process`."""
        self._since: dict[Any, float] = {}
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """A connection waits for a thread: from now on it has to deliver.

        Those that wait count, too: else each thread would be held by one after the other.
        """
        self._since[conn] = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Serve one request; runs in a thread of the pool."""
        try:
            with suppress(OSError):
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEVAL)
            return super().handle(conn)
        finally:
            self._since.pop(conn, None)

    def murder_keepalived(self, force: bool = False) -> None:
        """Runs every second: also ends the reading of what is overdue.

        What has arrived already is still read, so a request that only waits for its thread, or
        is being worked on, is not disturbed. The plain socket's method is called: that of TLS would drop the encryption.
        """
        now = time.monotonic()
        for conn, since in list(self._since.items()):
            if now - since > _PATIENCE_S:
                with suppress(OSError):
                    socket.socket.shutdown(conn.sock, socket.SHUT_RD)
        parent: Any = super()  # the published types know no argument
        parent.murder_keepalived(force)
