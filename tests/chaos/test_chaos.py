"""Writers, pollers and a killer against a real hub: nothing missed, repeated or lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

import psutil
import pytest

from hub.app import open_store
from hub.cli.base import CONSOLE
from hub.cli.setup import write_config
from hub.config import load
from hub.model.party import Account, Collection, Grant, Organisation, Role
from hub.service.admin import Admin
from tests.tools.ports import free_port

ROOT = Path(__file__).parents[2]
WRITERS, POLLERS = 4, 3
OBJECTS = int(os.environ.get("HUB_CHAOS_OBJECTS", "100000"))
LIMIT_S = 600
COLLECTION = "7f1a2cf4-6f0f-4a0b-9b0d-0c6a35b8f0a1"


def settle(folder: Path) -> tuple[Path, str, str]:
    """A hub with one collection: its configuration, the collection's URL and a token."""
    path, port = folder / "hub.toml", free_port()
    write_config(path, port=port, root="vn", title="Viet Nam")
    path.write_text(
        path.read_text().replace("[server]", "[log]\naccess = false\n[server]\nworkers = 3")
        + "\n[limits]\nrequests_per_minute = 0\n"
    )
    store = open_store(load(path))
    admin = Admin(store, CONSOLE)
    admin.put_org(
        Organisation("soc", "identity--8d9c7a52-2f0e-4f2e-8f6b-6d5d8ac9a001", "SOC", "SOC")
    )
    admin.add_account(Account("machine", "soc", frozenset({Role.PUBLISHER})))
    admin.put_collection(Collection(0, COLLECTION, "vn", "load", "Load"), roots=["vn"])
    admin.grant("load", Grant(0, ("org", "soc"), read=True, write=True))
    url = f"http://127.0.0.1:{port}/vn/collections/{COLLECTION}/"
    secret = admin.issue_token("machine", days=1).secret
    store.close()
    return path, url, secret


def await_ready(url: str, server: subprocess.Popen) -> None:
    ready = url.split("/vn/", maxsplit=1)[0] + "/health/ready"
    for _ in range(900):
        assert server.poll() is None, "the hub did not start"
        try:
            with urllib.request.urlopen(ready, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the hub did not become ready")


def start(module: str, *args: object) -> subprocess.Popen:
    command = [sys.executable, "-m", f"tests.chaos.{module}", *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)


def kill_until(server: subprocess.Popen, writers: list[subprocess.Popen]) -> int:
    """kill -9 a random worker again and again while writers run; returns how often."""
    rnd, kills, deadline = random.Random(7), 0, time.monotonic() + LIMIT_S
    while any(writer.poll() is None for writer in writers):
        assert time.monotonic() < deadline, "writers did not end"
        time.sleep(rnd.uniform(0.4, 1.6))
        workers = psutil.Process(server.pid).children()
        if workers:
            os.kill(rnd.choice(workers).pid, signal.SIGKILL)
            kills += 1
    return kills


@pytest.mark.slow
def test_nothing_missed_repeated_or_lost_while_workers_are_killed(tmp_path):
    path, url, token = settle(tmp_path)
    command = [sys.executable, "-m", "hub", "-c", str(path), "serve"]
    with (tmp_path / "hub.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, stderr=log)
    running = [server]
    try:
        await_ready(url, server)
        share = OBJECTS // WRITERS
        writers = [
            start("writer", url, token, 11, n * share, (n + 1) * share, tmp_path / f"w{n}")
            for n in range(WRITERS)
        ]
        stop = tmp_path / "stop"
        pollers = [
            start("poller", url, token, (1000, 333, 4000)[n], stop, tmp_path / f"p{n}")
            for n in range(POLLERS)
        ]
        running += [*writers, *pollers]
        kills = kill_until(server, writers)
        stop.touch()
        for process in (*writers, *pollers):
            _, errors = process.communicate(timeout=LIMIT_S)
            assert process.returncode == 0, errors.decode()
    finally:
        for process in running:
            process.terminate()
            process.wait(60)
            if process.stderr:
                process.stderr.close()
    check(tmp_path, path, kills)


def check(folder: Path, path: Path, kills: int) -> None:
    acknowledged = Counter(line for n in range(WRITERS) for line in lines(folder / f"w{n}"))
    assert len(acknowledged) == OBJECTS
    assert kills >= 3
    for n in range(POLLERS):
        received = Counter(lines(folder / f"p{n}"))
        assert acknowledged.keys() - received.keys() == set(), "missed"
        assert received.keys() - acknowledged.keys() == set(), "never acknowledged"
        assert [line for line, count in received.items() if count > 1] == [], "repeated"
    store = open_store(load(path))
    assert store.faults() == []
    store.close()
    print(json.dumps({"objects": OBJECTS, "worker kills": kills}))


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
