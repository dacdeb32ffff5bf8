"""A file that breaks off while it is written, as clients of the real server see it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.errors import Unreachable
from connectors.search.client import Client
from connectors.taxii.messages import Credentials
from tests import fakes
from tests.e2e.serving import Server, serving

SIZE, COUNT = 60_000, 400
"""Together more than all that connections keep on the way."""


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        room = server.room()
        for start in range(0, COUNT, 40):
            numbers = range(start, start + 40)
            room.add(*(fakes.indicator(n, description="x" * SIZE) for n in numbers))
        yield server


def read(server: Server, harm: Callable[[], None]) -> bytes:
    """What arrives when the server is harmed after the first piece."""
    credentials = Credentials(token=fakes.token_of("publisher"))
    with Client(server.url, credentials) as client:
        pieces = client.stream("search", {"q": "", "format": "ndjson"})
        kept = [next(pieces)]
        harm()
        with pytest.raises(Unreachable, match="not complete"):
            kept.extend(pieces)
    return b"".join(kept)


def test_a_store_that_fails(filled: Server) -> None:
    def harm() -> None:
        filled.store.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        path = next(filled.folder.rglob("hub.sqlite"))
        with path.open("r+b") as file:
            file.seek(100_000)
            file.write(b"\xff" * (path.stat().st_size - 100_000))

    body = read(filled, harm)
    assert body.splitlines()[-1].startswith(b'{"incomplete":')
    assert len(body.splitlines()) < COUNT


def test_a_worker_that_dies(filled: Server) -> None:
    workers = filled.workers()

    def harm() -> None:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)

    body = read(filled, harm)
    assert len(body.splitlines()) < COUNT
