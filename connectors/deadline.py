"""An end to conversations over plain connections: one that drips keeps every time limit of a piece."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def within(wire: socket.socket, seconds: float) -> Iterator[None]:
    """Shut a connection down when the time is over: whoever waits for it gets an OSError or an end.

    Also when TLS is put on it later: that takes the connection away from `wire`, and not from this.
    """
    spare = wire.dup()

    def end() -> None:
        with suppress(OSError):
            spare.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        spare.close()
