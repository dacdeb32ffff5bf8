"""`hub worker` for real: a process that is killed at any moment loses nothing and publishes nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.model.job import Hold
from hub.store.base import Act
from tests import fakes
from tests.connectors.feeding import Hub, hub_at, write_feed
from tests.connectors.web import web

ROOT = Path(__file__).resolve().parents[2]
ACT = Act("administrator", "ministry", "feed.run", "feed:list")
# The test's connector is a kind, holds end soon, and steps are short: more places to be killed at.
PROGRAM = """
import sys
from connectors import registry
registry.KINDS = {"lines": "tests.connectors.lines"}
from hub.service.jobs import keeper
from hub.service.feeds import pipe, runner
pipe.CHUNK = 7
runner.hold_on.__defaults__ = (1_500_000,)
runner.Runner.__init__.__kwdefaults__["hold_us"] = 1_500_000
from hub.cli.main import main
main()
"""
_ROUNDS = 9
_LINES = 400
_PATIENCE_S = 60.0


@contextmanager
def worker(folder: Path, command: str = "worker") -> Iterator[subprocess.Popen[bytes]]:
    """A worker, or a server, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--config", str(folder / "hub.toml"), command],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    fakes.make_config(tmp_path)
    with hub_at(tmp_path) as opened:
        yield opened


def listed(lines: dict[str, int]) -> bytes:
    """The list as it is now: each value with what is said about it."""
    return "".join(f"{value} # seen {times} times\n" for value, times in lines.items()).encode()


def wait_until_well(hub: Hub, since: int) -> None:
    """Until a run that began later than an instant ended well."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        runs = hub.store.job_runs("feed:list", 1)
        if runs and runs[0].outcome == "well" and runs[0].started_us > since:
            return
        time.sleep(0.1)
    raise AssertionError(hub.store.job_runs("feed:list", 5))


def wait_for_changes(hub: Hub, process: subprocess.Popen[bytes], wanted: int) -> None:
    """Until so many changes were published, or there is nothing more to publish."""
    before, end = len(hub.store.changes(0, 10**6)), time.monotonic() + _PATIENCE_S
    while len(hub.store.changes(0, 10**6)) < before + wanted:
        job = hub.store.job("feed:list")
        is_done = job is not None and not (job.owner or job.wished) and job.well_us > 0
        if is_done or process.poll() is not None or time.monotonic() > end:
            return
        time.sleep(0.005)


def change(lines: dict[str, int], said: Counter[str], dice: random.Random) -> None:
    """Something else is said of forty values, and ten are new."""
    for value in dice.sample(sorted(lines), 40):
        lines[value] += 1
        said[value] += 1
    for _ in range(10):
        value = f"evil{len(lines)}.com"
        lines[value] = said[value] = 1


def compare(hub: Hub, lines: dict[str, int], said: Counter[str]) -> None:
    """Each thing that the source said is one version, and no other is there."""
    objects = hub.objects(edge="all")
    names = Counter(obj["name"] for obj in objects)
    assert set(names) == set(lines)
    assert names == said
    for value, times in lines.items():
        versions = [obj for obj in objects if obj["name"] == value]
        assert len({obj["created"] for obj in versions}) == 1
        newest = max(versions, key=lambda obj: obj["modified"])
        assert newest["description"] == f"seen {times} times"
    assert {made.kind for made in hub.store.changes(0, 10**6)} == {"add"}


@pytest.mark.slow
def test_a_worker_that_is_killed_again_and_again(hub: Hub, tmp_path: Path) -> None:
    dice = random.Random(7)
    lines = {f"evil{n}.com": 1 for n in range(_LINES)}
    said = Counter(dict.fromkeys(lines, 1))
    wished_us = 0
    with web() as server:
        server.pages["/list"] = listed(lines)
        write_feed(hub.folder, "lines", {"url": f"{server.url}/list", "size": 20}, name="list")
        for number in range(_ROUNDS):
            with worker(tmp_path) as process:
                if number % 3 == 2:
                    wait_until_well(hub, since=wished_us)
                    change(lines, said, dice)
                    server.pages["/list"] = listed(lines)
                    wished_us = time.time_ns() // 1000
                    hub.store.wish_job("feed:list", ACT)
                wait_for_changes(hub, process, dice.randrange(1, 35))
                time.sleep(dice.random() / 20)
                process.send_signal(signal.SIGKILL)
        with worker(tmp_path):
            wait_until_well(hub, since=wished_us)
    compare(hub, lines, said)
    outcomes = Counter(run.outcome for run in hub.store.job_runs("feed:list", 200))
    assert outcomes["broken off"] >= 3, outcomes
    assert outcomes["well"] >= 3, outcomes
    assert hub.store.faults() == []


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_lets_go(hub: Hub, tmp_path: Path) -> None:
    with web() as server:
        server.pages["/list"] = b"198.51.100.7\n"
        write_feed(hub.folder, "lines", {"url": f"{server.url}/list"}, name="list")
        with worker(tmp_path) as process:
            wait_until_well(hub, since=0)
            process.terminate()
            assert process.wait(_PATIENCE_S) == 0
    job = hub.store.job("feed:list")
    assert job is not None
    assert job.owner == ""
    assert json.loads(hub.raws()[0])["name"] == "198.51.100.7"


@pytest.mark.slow
def test_the_server_runs_feeds_unless_it_is_told_not_to(hub: Hub, tmp_path: Path) -> None:
    with web() as server:
        server.pages["/list"] = b"198.51.100.7\n"
        write_feed(hub.folder, "lines", {"url": f"{server.url}/list"}, name="list")
        fakes.make_config(tmp_path, "[server]\nport = 0\n[feeds]\nrun = false\n")
        with worker(tmp_path, "serve") as process:
            time.sleep(8)
            process.terminate()
            process.wait(_PATIENCE_S)
        assert hub.store.jobs() == []
        fakes.make_config(tmp_path, "[server]\nport = 0\n")
        with worker(tmp_path, "serve") as process:
            wait_until_well(hub, since=0)
            process.terminate()
            process.wait(_PATIENCE_S)
    assert len(hub.raws()) == 1
    assert [run.outcome for run in hub.store.job_runs("feed:list", 9)] == ["well"]


@pytest.mark.slow
def test_two_workers_run_a_feed_once(hub: Hub, tmp_path: Path) -> None:
    with web() as server:
        server.pages["/list"] = listed({f"evil{n}.com": 1 for n in range(100)})
        write_feed(hub.folder, "lines", {"url": f"{server.url}/list"}, name="list")
        held = Hold("feed:list", "another", 2_000_000)
        assert hub.store.take_job(held)
        with worker(tmp_path), worker(tmp_path):
            wait_until_well(hub, since=0)
            time.sleep(2)
    assert server.asked() == 1
    assert len(hub.raws()) == 100
