"""Ports for servers that must be told theirs before they start.

Wherever a server of ours can take port 0, it does; these are for the others.
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator

LOWEST, BEYOND = 20_000, 32_000
"""Below those that the kernel gives to clients: a connection of another test takes none of them,
and a client that asks a stopped server again and again is never connected with itself."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, TCP and UDP; given once in a run of the tests.

    Raises:
        OSError: All are taken.
    """
    for port in _OURS:
        if _is_free(port):
            return port
    raise OSError(f"no free port from {LOWEST} on and below {BEYOND}")


def _of_this_process() -> Iterator[int]:
    """In an order of its own: other runs on this machine take some, too."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ports = list(range(LOWEST + number, BEYOND, count))
    random.SystemRandom().shuffle(ports)
    return iter(ports)


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


_OURS = _of_this_process()
