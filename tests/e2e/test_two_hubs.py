"""Two hubs pull from each other for an hour, while both publish, delete, are killed and restarted.

Time is simulated: both hubs read a clock that the test moves, and feeds are run once a minute by
processes of their own, which are killed as well. At the end both hold the same, to the byte.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hub.model.clock import parse_us
from tests import fakes
from tests.connectors.feeding import write_feed
from tests.e2e.clocked import Clock
from tests.e2e.serving import Server, environment
from tests.tools.ports import free_port

MINUTES = 60
SEED = 20_261_122
SHARED = f"/{fakes.ROOT}/collections/{fakes.uuid_of(fakes.KEYS['shared'])}/"
_BURST = 400
_TRIES = 20

Version = tuple[str, str]


class Feeder:
    """The process that runs the feeds of one hub."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self._command = [sys.executable, "-m", "tests.e2e.clocked", str(clock.path)]
        self._command += ["feeds", str(folder)]
        self._log = (folder / "feeds.log").open("ab")
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment() | {"FEED_TOKEN": fakes.token_of("reader")},
        )
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def begin(self) -> None:
        """Start a run."""
        assert self._process.stdin is not None
        self._process.stdin.write("partner\n")
        self._process.stdin.flush()

    def run(self) -> tuple[str, str, dict[str, int]]:
        """A whole run: its outcome, why, and what became of the objects."""
        self.begin()
        outcome, words, counts = json.loads(self._line())
        return outcome, words, counts

    def kill(self) -> None:
        """As a power cut would, and start anew."""
        self._end()
        self._start()

    def _end(self) -> None:
        self._process.kill()
        with self._process:
            self._process.wait(timeout=60)

    def stop(self) -> None:
        """End it for good."""
        self._end()
        self._log.close()


class Side(Server):
    """One of the two hubs, and what its own organisation publishes there."""

    def __init__(self, clock: Clock, folder: Path, first: int, *, alone: bool) -> None:
        folder.mkdir()
        settings = f"[server]\nport = {free_port()}\nworkers = 2\nthreads = 4\n"
        settings += f"[feeds]\nrun = {str(alone).lower()}\n"
        super().__init__(folder, settings)
        self.clock = clock
        self._alone = alone
        self._next = first
        self.living: dict[str, int] = {}
        """Ids that it published and did not delete, with the number of their last version"""
        self.dead: dict[str, int] = {}
        self.reborn: set[str] = set()
        """Ids that it published anew after it had deleted them"""
        self.bytes: dict[Version, bytes] = {}
        self.dates: dict[Version, str] = {}
        """The first date added under which each version was seen here"""

    def command(self) -> list[str]:
        config = str(self.folder / "hub.toml")
        clocked = [sys.executable, "-m", "tests.e2e.clocked", str(self.clock.path), "hub"]
        return [*clocked, "--config", config, "serve"]

    def feed_from(self, other: Side) -> None:
        source = {
            "url": other.url,
            "collections": ["shared"],
            "token": "env:FEED_TOKEN",
            "page": 50,
            "versions": "all",
            "deletions_hours": 0.25,
        }
        patience = {"connect": 2, "read": 10, "whole": 30}
        write_feed(
            self.folder / "feeds",
            "taxii",
            source,
            name="partner",
            account="partner",
            timeouts=patience,
            enabled=self._alone,
            every="1m",
        )

    def publish(self, object_id: str, version: int) -> None:
        self._send([self._object(object_id, version)])

    def publish_new(self, count: int) -> None:
        raws = []
        for _ in range(count):
            self._next += 1
            raws.append(self._object(f"indicator--{fakes.uuid_of(self._next)}", 0))
        self._send(raws)

    def _object(self, object_id: str, version: int) -> bytes:
        """Written as no library would write it, so that another spelling is noticed."""
        said = fakes.indicator(1, version, id=object_id, name=f"Chỉ dấu {version}")
        raw = json.dumps(said, ensure_ascii=bool(version % 2), indent=version % 3).encode()
        self.living[object_id] = version
        self.bytes[object_id, said["modified"]] = raw
        return raw

    def _send(self, raws: list[bytes]) -> None:
        body = b'{"objects":[%b]}' % b",\n".join(raws)
        answer = self.ask("POST", f"{SHARED}objects/", data=body)
        assert answer.json()["failure_count"] == 0, answer.text[:2000]

    def delete(self, object_id: str) -> None:
        answer = self.ask("DELETE", f"{SHARED}objects/{object_id}/?match[version]=all")
        assert answer.status_code == 200, answer.text
        self.dead[object_id] = self.living.pop(object_id)
        for key in [key for key in self.bytes if key[0] == object_id]:
            del self.bytes[key]

    def revive(self, object_id: str) -> None:
        """Publish a new version of what was deleted."""
        self.reborn.add(object_id)
        self.publish(object_id, self.dead.pop(object_id) + 1)

    def manifest(self) -> dict[Version, str]:
        """Every version that is here, with its date added."""
        found: dict[Version, str] = {}
        params = {"match[version]": "all", "limit": "1000"}
        while True:
            page = self.ask("GET", f"{SHARED}manifest/", params=params).json()
            found |= {(r["id"], r["version"]): r["date_added"] for r in page.get("objects", [])}
            if "next" not in page:
                return found
            params = params | {"next": page["next"]}

    def look(self) -> None:
        """Nothing is stored again, and nothing that was deleted at its origin is back there."""
        for version, date in self.manifest().items():
            assert self.dates.setdefault(version, date) == date, f"{version} was stored again"
            assert version[0] not in self.dead, f"{version[0]} was deleted here, and is back"

    def objects(self) -> dict[Version, bytes]:
        """Every version that is here, as the bytes that are stored."""
        query = "match[version]=all&limit=1000"
        found: dict[Version, bytes] = {}
        onward = ""
        while True:
            answer = self.ask("GET", f"{SHARED}objects/?{query}{onward}")
            page = answer.json()
            for item, raw in zip(page.get("objects", []), _split(answer.content), strict=True):
                found[item["id"], item["modified"]] = raw
            if "next" not in page:
                return found
            onward = f"&next={page['next']}"

    @property
    def is_held(self) -> bool:
        """Whether its feed is being run, or was when whoever ran it was killed."""
        job = self.store.job("feed:partner")
        return job is not None and bool(job.owner)

    def changes(self) -> int:
        return len(self.store.changes(0, 10**6))


def _split(envelope: bytes) -> list[bytes]:
    from hub.stix.envelope import split

    return split(envelope) if b'"objects"' in envelope else []


class Pair:
    """Both hubs and the processes that run their feeds."""

    def __init__(self, clock: Clock, sides: tuple[Side, Side], chance: random.Random) -> None:
        self.clock = clock
        self.sides = sides
        self.chance = chance
        self.feeders = {side: Feeder(clock, side.folder) for side in sides}
        self.outcomes: list[tuple[str, dict[str, int]]] = []

    def minute(self, number: int) -> None:
        """Both publish; then their feeds are run, whichever is first."""
        self.clock.advance(60)
        for side in self.sides:
            self._act(side)
        trouble = TROUBLE.get(number)
        if trouble is not None:
            trouble(self)
        self.pull()
        for side in self.sides:
            side.look()

    def pull(self) -> None:
        order = list(self.sides)
        self.chance.shuffle(order)
        for side in order:
            outcome, words, counts = self.feeders[side].run()
            assert outcome in {"well", "held"}, words
            self.outcomes.append((outcome, counts))

    def _act(self, side: Side) -> None:
        chance = self.chance
        if chance.random() < 0.7:
            side.publish_new(chance.randint(1, 3))
        if side.living and chance.random() < 0.5:
            some = chance.choice(sorted(side.living))
            side.publish(some, side.living[some] + 1)
        if side.living and chance.random() < 0.3:
            side.delete(chance.choice(sorted(side.living)))
        if side.dead and chance.random() < 0.1:
            side.revive(chance.choice(sorted(side.dead)))

    def kill_feeder(self) -> None:
        """In the middle of a run that has much to do."""
        one, other = self.sides
        for _ in range(_TRIES):
            one.publish_new(_BURST)
            feeder = self.feeders[other]
            feeder.begin()
            end = time.monotonic() + 60
            while not other.is_held and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(self.chance.uniform(0, 0.3))
            feeder.kill()
            # Else it had ended: that machine is fast.
            if other.is_held:
                return
        raise AssertionError("no run was killed before it ended")

    def kill_hub(self) -> None:
        """While it is down, the other cannot pull, and says so."""
        one, other = self.sides
        one.kill()
        outcome, words, _ = self.feeders[other].run()
        assert outcome == "failed"
        assert words
        one.start()

    def restart_hub(self) -> None:
        _, other = self.sides
        os.kill(other._process.pid, signal.SIGTERM)  # type: ignore[union-attr]
        other._process.wait(timeout=60)  # type: ignore[union-attr]
        other.start()

    def turn(self) -> None:
        """From now on trouble meets the other one."""
        self.sides = (self.sides[1], self.sides[0])


TROUBLE = {
    5: Pair.kill_feeder,
    12: Pair.kill_hub,
    17: Pair.restart_hub,
    22: Pair.turn,
    25: Pair.kill_feeder,
    33: Pair.kill_hub,
    41: Pair.restart_hub,
    44: Pair.turn,
    47: Pair.kill_feeder,
    52: Pair.kill_hub,
}


@contextmanager
def hubs(folder: Path, *, alone: bool) -> Iterator[tuple[Side, Side]]:
    """Two hubs that serve, each with a feed from the other.

    Args:
        folder: An empty one.
        alone: They run their feeds themselves.
    """
    clock = Clock(folder / "clock")
    with ExitStack() as stack:
        sides = []
        for name, first in (("one", 1_000), ("other", 100_000)):
            side = Side(clock, folder / name, first, alone=alone)
            stack.callback(side.stop)
            side.start()
            sides.append(side)
        one, other = sides
        one.feed_from(other)
        other.feed_from(one)
        yield one, other


@contextmanager
def pair_of(folder: Path) -> Iterator[Pair]:
    """Two hubs, and a process for the feeds of each."""
    with hubs(folder, alone=False) as sides, ExitStack() as stack:
        pair = Pair(sides[0].clock, sides, random.Random(SEED))
        for feeder in pair.feeders.values():
            stack.callback(feeder.stop)
        yield pair


@pytest.mark.slow
def test_two_hubs_that_pull_from_each_other_hold_the_same(tmp_path: Path) -> None:
    with pair_of(tmp_path) as pair:
        for number in range(MINUTES):
            pair.minute(number)
        for _ in range(2):
            pair.clock.advance(16 * 60)
            pair.pull()
        one, other = pair.sides
        wanted = one.bytes | other.bytes
        assert len(wanted) > 1_000
        for side, partner in ((one, other), (other, one)):
            held = side.objects()
            assert {version: held.get(version) for version in wanted} == wanted
            # The partner published it anew before its deletion was noticed here.
            assert _ids(held) - _ids(wanted) == set()
            assert _ids(held.keys() - wanted.keys()) <= partner.reborn
        before = [(side.manifest(), side.changes()) for side in pair.sides]
        for _ in range(3):
            pair.clock.advance(16 * 60)
            pair.pull()
        assert [(side.manifest(), side.changes()) for side in pair.sides] == before
        for side in pair.sides:
            side.look()
        ends = Counter(outcome for outcome, _ in pair.outcomes)
        assert ends["well"] > 2 * MINUTES > ends["held"] * 6 > 0
        # What a killed run published is counted nowhere.
        assert sum(counts.get("new", 0) for _, counts in pair.outcomes) > MINUTES


def test_the_clock_of_the_hubs_is_that_of_the_test(tmp_path: Path) -> None:
    with pair_of(tmp_path) as pair:
        one = pair.sides[0]
        one.publish_new(1)
        pair.clock.advance(3600)
        one.publish_new(1)
        first, second = sorted(one.manifest().values())
        assert 3_590_000_000 < parse_us(second) - parse_us(first) < 3_660_000_000


def _ids(versions: Iterable[Version]) -> set[str]:
    return {object_id for object_id, _ in versions}


def test_a_delete_reaches_the_partner_and_does_not_come_back(tmp_path: Path) -> None:
    with pair_of(tmp_path) as pair:
        one, other = pair.sides
        one.publish_new(3)
        pair.feeders[other].run()
        gone, *_ = sorted(one.living)
        one.delete(gone)
        # The partner still has it, and offers it.
        outcome, _, counts = pair.feeders[one].run()
        assert outcome == "well"
        assert counts.get("deleted") == 1
        assert gone not in _ids(one.manifest())
        assert gone in _ids(other.manifest())
        pair.clock.advance(16 * 60)
        for _ in range(2):
            pair.pull()
        assert gone not in _ids(one.manifest()) | _ids(other.manifest())
        one.revive(gone)
        pair.pull()
        assert gone in _ids(other.manifest())


def test_hubs_run_their_feeds_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_TOKEN", fakes.token_of("reader"))
    with hubs(tmp_path, alone=True) as (one, other):
        one.publish_new(3)
        other.publish_new(2)
        until(one, lambda: one.objects() == other.objects() == one.bytes | other.bytes)
        other.kill()
        one.publish_new(1)
        other.start()
        until(one, lambda: other.objects() == one.bytes | other.bytes)
        gone, *_ = sorted(one.living)
        one.delete(gone)
        until(one, lambda: gone not in _ids(other.manifest()), minutes=5)
        for side in (one, other):
            side.look()


def until(side: Side, happened: Callable[[], bool], minutes: int = 1) -> None:
    """Let time pass until it has happened; not for ever."""
    for _ in range(20):
        side.clock.advance(minutes * 60)
        for _ in range(20):
            if happened():
                return
            time.sleep(0.2)
    raise AssertionError(side.log()[-5000:])
