"""Processes of the benchmark of search that work beside the one that measures.

    python -m tests.bench.searchers project STORE URL
    python -m tests.bench.searchers publish STORE SEED START RATE SECONDS

`project` keeps the copy on a cluster up to a store until it is told to end. `publish` publishes a
thousand objects at a time at a rate, and then prints for each publish, as JSON, the ordinal of its
last change and the time when it was kept.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from threading import Event

from hub.store.elastic.client import Place, connect
from hub.store.elastic.indices import Indices, Shape
from hub.store.elastic.mapping import Names
from hub.store.elastic.projector import Projector
from hub.store.finder import SqliteFinder
from tests import fakes

from .objects import Feed
from .searching import BATCH, PREFIX, publisher_of


def project(path: str, url: str) -> None:
    """Keep the copy up to the store until TERM."""
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    store = fakes.open_store(Path(path))
    client = connect(Place((url,)), patience_s=60)
    indices = Indices(client, Names(PREFIX, store.identity()), Shape())
    Projector(store, indices).run(stop)


def publish(path: str, seed: str, start: str, rate: str, seconds: str) -> None:
    """Publish at a rate, or as fast as it goes; the publishes that the time is too short for fall out."""
    store = fakes.open_store(Path(path))
    put, finder, feed = publisher_of(store), SqliteFinder(store.database), Feed(int(seed))
    count = int(float(rate) * float(seconds)) // BATCH
    batches = [
        feed.raws(at, at + BATCH) for at in range(int(start), int(start) + count * BATCH, BATCH)
    ]
    kept: list[tuple[int, float]] = []
    begin = time.monotonic()
    for place, raws in enumerate(batches):
        time.sleep(max(0.0, begin + place * BATCH / float(rate) - time.monotonic()))
        if time.monotonic() > begin + float(seconds):
            break
        if (done := put(raws)).errors:
            raise SystemExit(done.reason)
        at = time.time()
        kept.append((finder.reach().newest, at))
    for line in kept:
        print(json.dumps(line))


if __name__ == "__main__":
    {"project": project, "publish": publish}[sys.argv[1]](*sys.argv[2:])
