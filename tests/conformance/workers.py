"""What the processes of the concurrency tests do. They share a place and plain files, so that a
process may be killed at any moment without taking the tests' own book-keeping along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from hub.errors import StoreDown
from hub.model.clock import now_us
from hub.model.record import Candidate
from hub.model.session import Outcome, Proof, Renewal
from tests.conformance.builders import (
    ACT,
    EVERY,
    LAST,
    SEES_ALL,
    candidate,
    digest_of,
    publish,
)
from tests.conformance.engines import engine_named

SEALED = b"sealed secret of the second factor"
PER_BATCH = 7
_PAGE = 50


def batch_of(writer: int, number: int) -> list[Candidate]:
    """The objects of one publish; the content names the writer and the batch."""
    first = (writer * 1_000_000 + number) * PER_BATCH
    return [candidate(first + n, content=[writer, number, n]) for n in range(PER_BATCH)]


def write(engine: str, place: str, writer: str, first: str, skew_us: str, until: str) -> None:
    """Publish batch after batch; note each one that was acknowledged in `acks-<writer>`."""
    store = engine_named(engine).open(Path(place), lambda: now_us() + int(skew_us))
    number = int(first)
    with Path(place, f"acks-{writer}").open("a", buffering=1) as acks:
        while not Path(place, until).exists():
            try:
                publish(store, *batch_of(int(writer), number))
            except StoreDown as error:
                acks.write(json.dumps(["refused", error.fault]) + "\n")
                continue
            acks.write(json.dumps(["kept", number]) + "\n")
            number += 1
    store.close()


def poll(engine: str, place: str, name: str, query: str, until: str) -> None:
    """Follow the feed from its beginning; note date and object of each record that is received."""
    store = engine_named(engine).open(Path(place), now_us)
    after, done = 0, False
    with Path(place, f"seen-{name}").open("w") as seen:
        while not done:
            # Looked at before the last page: what is committed by then must be on it.
            stop = Path(place, until).exists()
            page = store.entries(SEES_ALL, {"last": LAST, "all": EVERY}[query], after, _PAGE)
            for entry in page.entries:
                seen.write(json.dumps([entry.added_us, entry.object_id]) + "\n")
                after = entry.added_us
            done = stop and not page.more
            if not page.more:
                time.sleep(0.001)
    store.close()


def spend(engine: str, place: str, me: str, rounds: str, kind: str) -> None:
    """Offer the same second factor as another process does at this moment, once in each round."""
    store = engine_named(engine).open(Path(place), now_us)
    with Path(place, f"spent-{me}").open("w", buffering=1) as spent:
        for number in range(int(rounds)):
            mine = 100 + 2 * number + int(me)
            recovery = digest_of(10_000 + number) if kind == "recovery" else b""
            proof = Proof("reader", SEALED, 0 if recovery else 10 + number, recovery)
            # Both leave at once, or the race is none.
            Path(place, f"ready-{number}-{me}").touch()
            end = time.monotonic() + 60
            while not Path(place, f"ready-{number}-{1 - int(me)}").exists():
                assert time.monotonic() < end
            renewal = Renewal(digest_of(mine), digest_of(mine + 100_000))
            trial = store.pass_factor(proof, renewal, ACT)
            spent.write(json.dumps([number, trial.outcome is Outcome.PASSED]) + "\n")
    store.close()


def start(job: str, *args: object) -> subprocess.Popen[bytes]:
    """A process that does one of the jobs above."""
    command = [sys.executable, "-W", "error", "-m", "tests.conformance.workers", job]
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen([*command, *map(str, args)], cwd=root, env={**os.environ})


def lines(place: Path, pattern: str) -> list[list[object]]:
    """What the processes noted; a line that was cut off by a kill does not count."""
    texts = [file.read_text() for file in sorted(place.glob(pattern))]
    whole = [text[: text.rfind("\n") + 1] for text in texts]
    return [json.loads(line) for text in whole for line in text.splitlines()]


if __name__ == "__main__":
    {"write": write, "poll": poll, "spend": spend}[sys.argv[1]](*sys.argv[2:])
