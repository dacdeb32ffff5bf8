"""`hub serve` as operators meet it: workers, reload, logs, metrics, and when it refuses to start."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests import fakes
from tests.e2e.serving import (
    DEFAULTS,
    MEDIA_TYPE,
    Room,
    Server,
    serving,
)


def until(happened: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A hub that no other test uses."""
    with serving(tmp_path) as running:
        yield running


def counted(server: Server, route: str) -> float:
    """Requests of a route that all workers together counted."""
    families = text_string_to_metric_families(server.ask("GET", "/metrics", account="").text)
    return sum(
        item.value
        for family in families
        for item in family.samples
        if item.name == "hub_requests_total" and item.labels["route"] == route
    )


def test_metrics_are_those_of_all_workers(server: Server) -> None:
    before = counted(server, "/taxii2/")
    for _ in range(40):
        assert server.ask("GET", "/taxii2/").status_code == 200
    assert counted(server, "/taxii2/") == before + 40


def test_metrics_survive_a_reload(own: Server) -> None:
    for _ in range(10):
        own.ask("GET", "/taxii2/")
    old = own.workers()
    own.reload()
    until(lambda: own.workers().isdisjoint(old), "the workers were not replaced")
    assert counted(own, "/taxii2/") == 10


class Load(threading.Thread):
    """Requests without a pause, each answered as it should be.

    Args:
        room: Is written and read.
        keeps: Whether the connection is kept between requests.
        number: Tells the load's objects from those of others.
    """

    def __init__(self, room: Room, number: int, *, keeps: bool) -> None:
        super().__init__()
        self._room = room
        self._keeps = keeps
        self._numbers = itertools.count(number * 100_000)
        self._session = requests.Session()
        self.stop = threading.Event()
        self.published: list[str] = []
        self.faults: list[str] = []
        self.answers = 0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._ask()
            except requests.RequestException as error:
                self.faults.append(repr(error))
        self._session.close()

    def _ask(self) -> None:
        headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE} | fakes.bearer("publisher")
        headers |= {} if self._keeps else {"Connection": "close"}
        item = fakes.indicator(next(self._numbers))
        url = f"{self._room.url}objects/"
        answers = [
            self._session.post(url, data=fakes.body(item), headers=headers, timeout=60),
            self._session.get(f"{url}{item['id']}/", headers=headers, timeout=60),
        ]
        self.answers += len(answers)
        self.published.append(item["id"])
        if [answer.status_code for answer in answers] != [202, 200]:
            self.faults.append(" ".join(answer.text for answer in answers))


@contextmanager
def under_load(room: Room, *, keeps: bool) -> Iterator[list[Load]]:
    started = [Load(room, number, keeps=keeps) for number in range(1, 4)]
    for load in started:
        load.start()
    try:
        yield started
    finally:
        for load in started:
            load.stop.set()
        for load in started:
            load.join()


@pytest.mark.parametrize("keeps", [False, True])
def test_a_reload_under_load_fails_no_request(own: Server, keeps: bool) -> None:
    room = own.room()
    with under_load(room, keeps=keeps) as started:
        for _ in range(2):
            old = own.workers()
            own.reload()
            until(lambda old=old: own.workers().isdisjoint(old), "the workers were not replaced")
            time.sleep(0.3)
        until(lambda: all(load.answers > 20 for load in started), "the load is not served")
    assert [fault for load in started for fault in load.faults] == []
    published = {item for load in started for item in load.published}
    assert {item["id"] for item in room.objects()} == published


def test_a_reload_reads_the_configuration_again(own: Server) -> None:
    room = own.room()
    room.add(*(fakes.indicator(number) for number in range(10)))

    def page() -> int:
        return len(own.ask("GET", f"{room.path}objects/").json()["objects"])

    assert page() == 10
    fakes.make_config(own.folder, DEFAULTS + "[taxii]\npage_size = 3\n")
    own.reload()
    until(lambda: page() == 3, "the new page size does not count")
    (own.folder / "hub.toml").write_text("nonsense = 1\n", encoding="utf-8")
    own.reload()
    until(lambda: "configuration not reloaded" in own.log(), "the fault is not in the log")
    for _ in range(20):
        assert page() == 3
    until(lambda: len(own.workers()) == 2, "a worker is missing")


def test_a_killed_worker_is_replaced(own: Server) -> None:
    room = own.room()
    room.add(fakes.indicator(1))
    old = own.workers()
    for pid in old:
        os.kill(pid, 9)
    until(lambda: len(own.workers() - old) == 2, "the workers were not replaced")
    assert room.objects() == [fakes.indicator(1)]


def test_it_stops_when_asked(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        workers = running.workers()
        assert running.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_log_lines_are_json_with_request_ids_and_without_secrets(own: Server) -> None:
    room = own.room()
    token = fakes.token_of("publisher")
    room.add(fakes.indicator(1, description=token))
    own.ask("GET", f"{room.path}objects/?match[name]={token}", headers={"X-Request-ID": "given-1"})
    own.ask("GET", "/taxii2/", account="", headers=fakes.basic("publisher"))
    own.ask("GET", "/taxii2/", account="", headers=fakes.basic("publisher", "a wrong password"))
    own.ask("GET", "/taxii2/", account="", headers={"Authorization": f"Bearer {token}x"})
    own.ask("POST", f"{room.path}objects/", data=token.encode())
    own.stop()
    lines = own.log_lines()
    for line in lines:
        assert {"time", "level", "logger", "message"} <= set(line)
    requested = [line for line in lines if line["logger"] == "hub.access"]
    assert [line["status"] for line in requested if "health" not in line["path"]] == [
        *(202, 200, 200, 401, 401, 400)
    ]
    assert len({line["request"] for line in requested}) == len(requested)
    assert "given-1" in {line["request"] for line in requested}
    secrets = [
        token,
        fakes.PASSWORD,
        "a wrong password",
        fakes.basic("publisher")["Authorization"].removeprefix("Basic "),
        (own.folder / "secret.key").read_text(encoding="ascii").strip(),
        fakes.password_hash(),
    ]
    assert [secret for secret in secrets if secret in own.log()] == []


def test_nothing_is_left_beside_the_store(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        running.room().add(fakes.indicator(1))
        running.stop()
    left = {path.name for path in tmp_path.iterdir()}
    stores = {"hub.sqlite", "hub.sqlite.counters"}
    assert left <= stores | {"hub.toml", "secret.key", "server.log", "hub.metrics"}


def test_two_writers_of_two_workers_lose_nothing(room: Room) -> None:
    with under_load(room, keeps=False) as started:
        time.sleep(1)
    assert [fault for load in started for fault in load.faults] == []
    published = {item for load in started for item in load.published}
    assert {item["id"] for item in room.objects(limit="7")} == published
