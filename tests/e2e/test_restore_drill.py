"""The restore drill: backup under load, the store is lost, restored, and every poller goes on.

What was published after the backup is gone from the hub, though pollers have it. What is published
after the restore reaches every poller once, and nothing comes again.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from taxii2client.v21 import Collection, as_pages

from hub.model.clock import now_us
from tests import fakes
from tests.e2e.serving import MEDIA_TYPE, Room, Server, environment, hub_command
from tests.tools.ports import free_port

LAST = "X-TAXII-Date-Added-Last"
START = "1970-01-01T00:00:00.000Z"
PATIENCE_S = 60
LIMIT = "7"
SETTINGS = """
[server]
port = {port}
workers = 2
threads = 8
"""


def until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class Poller(threading.Thread):
    """Polls until it is told to stop, and then once more to the end. The hub may be away."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = f"{url}objects/"
        self.received: list[str] = []
        self.polls = 0
        self.error: BaseException | None = None
        self._last = threading.Event()

    def run(self) -> None:
        try:
            while True:
                last = self._last.is_set()
                self._until_answered()
                self.polls += 1
                if last:
                    return
                time.sleep(0.01)
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            self.error = error

    def _until_answered(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.poll()
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                assert time.monotonic() < deadline, "the hub does not come back"
                time.sleep(0.05)

    def poll(self) -> None:
        raise NotImplementedError

    def get(self, **params: str) -> requests.Response:
        headers = {"Accept": MEDIA_TYPE} | fakes.bearer("reader")
        answer = requests.get(self.url, params=params, headers=headers, timeout=60)
        assert answer.status_code == 200, (params, answer.text)
        return answer

    def take(self, objects: list[dict[str, Any]]) -> None:
        self.received += [item["id"] for item in objects]

    def finish(self) -> None:
        self._last.set()
        self.join(PATIENCE_S)
        if self.error:
            raise self.error
        assert not self.is_alive()


class ByDate(Poller):
    """`added_after` = X-TAXII-Date-Added-Last of the last answer, never `next`."""

    cursor = START

    def poll(self) -> None:
        while True:
            answer = self.get(added_after=self.cursor, limit=LIMIT)
            objects = answer.json().get("objects", [])
            self.take(objects)
            self.cursor = answer.headers.get(LAST, self.cursor)
            if not objects:
                return


class ByNext(Poller):
    """Follows `next` over days: the one at which it was cut off is the one that it asks again."""

    cursor = START
    next = ""

    def poll(self) -> None:
        while True:
            params = {"next": self.next} if self.next else {"added_after": self.cursor}
            answer = self.get(**params, limit=LIMIT)
            body = answer.json()
            self.take(body.get("objects", []))
            self.cursor = answer.headers.get(LAST, self.cursor)
            self.next = body.get("next", "")
            if not self.next:
                return


class OneStep(ByNext):
    """The same, but one page a poll: it stands in the middle of a walk whenever the hub dies."""

    def poll(self) -> None:
        params = {"next": self.next} if self.next else {"added_after": self.cursor}
        answer = self.get(**params, limit="1")
        body = answer.json()
        self.take(body.get("objects", []))
        self.cursor = answer.headers.get(LAST, self.cursor)
        self.next = body.get("next", "")

    def finish(self) -> None:
        until(lambda: not self.next or self.error is not None, "the walk never ends")
        super().finish()


class Taxii2Client(Poller):
    """taxii2-client as its manual shows it; the date of the newest object comes from the manifest."""

    cursor = START

    def poll(self) -> None:
        with Collection(
            self.url.removesuffix("objects/"), user="reader", password=fakes.PASSWORD
        ) as collection:
            pages = as_pages(
                collection.get_objects, per_request=int(LIMIT), added_after=self.cursor
            )
            found = [item for page in pages for item in page.get("objects", [])]
            if found:
                # It hides the headers of answers from its callers.
                entry = collection.get_manifest(id=found[-1]["id"])["objects"][-1]
                self.cursor = entry["date_added"]
                # What a poll that broke off has brought counts for nothing.
                self.take(found)


class Writer(threading.Thread):
    """Publishes new objects, three at a time, until it is told to stop or the hub is gone."""

    def __init__(self, room: Room, account: str, first: int) -> None:
        super().__init__(daemon=True)
        self._room = room
        self._account = account
        self._next = first
        self._ended = threading.Event()
        self.acknowledged: list[str] = []

    def run(self) -> None:
        while not self._ended.is_set():
            objects = [fakes.indicator(self._next + n) for n in range(3)]
            try:
                status = self._room.add(*objects, account=self._account)
            except requests.RequestException:
                return
            assert status["failure_count"] == 0
            self.acknowledged += [item["id"] for item in objects]
            self._next += 3
            time.sleep(0.01)

    def stop(self) -> None:
        self._ended.set()
        self.join(PATIENCE_S)


def hub(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        hub_command(folder, *arguments),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@contextmanager
def writing(room: Room, first: int) -> Iterator[list[Writer]]:
    """Two organisations publish without a pause."""
    started = [Writer(room, "publisher", first), Writer(room, "partner", first + 500_000)]
    for writer in started:
        writer.start()
    try:
        yield started
    finally:
        for writer in started:
            writer.stop()


def acknowledged(writers: list[Writer]) -> list[str]:
    return [item for writer in writers for item in writer.acknowledged]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path, SETTINGS.format(port=free_port()))
    running.start()
    yield running
    running.stop()


def lose(server: Server) -> None:
    server.store.close()
    for path in server.folder.glob("hub.sqlite*"):
        path.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("ahead_s", [0, 3600], ids=["clock right", "dates ahead of the clock"])
def test_every_poller_goes_on_after_a_restore(server: Server, ahead_s: int) -> None:
    set_ahead(server, ahead_s)
    folder, room = server.folder, server.room()
    hub(folder, "backup-key", "key")
    pollers = [kind(room.url) for kind in (ByDate, ByNext, OneStep, Taxii2Client)]
    for poller in pollers:
        poller.start()

    with writing(room, 0) as before:
        until(lambda: len(acknowledged(before)) > 60, "nobody publishes")
        surely_inside = set(acknowledged(before))
        hub(folder, "backup", "backup-1", "--key-file", "key")
        work_on(pollers, before)
        server.kill()
    seen = {item for poller in pollers for item in poller.received}
    polls = [poller.polls for poller in pollers]

    lose(server)
    hub(folder, "restore", "backup-1", "--key-file", "key")
    restored = stored(folder, room)
    assert surely_inside <= restored
    assert len(seen - restored) > 20, "pollers had what the hub has lost"
    server.start()

    with writing(room, 1_000_000) as after:
        until(lambda: len(acknowledged(after)) > 90, "nobody publishes")
    until(
        lambda: all(p.polls > n + 1 or p.error for p, n in zip(pollers, polls, strict=True)),
        "a poller does not come back",
    )
    for poller in pollers:
        poller.finish()
        assert_once(poller, surely_inside | set(acknowledged(after)))
    now = [item["id"] for item in room.objects(limit="1000")]
    assert set(now) == restored | set(acknowledged(after)), "what a new poller gets"
    assert "fail" not in hub(folder, "doctor").stdout


def set_ahead(server: Server, seconds: int) -> None:
    """As after a time in which the clock was ahead; it is right again now."""
    with server.store.database.writing() as connection:
        last_us = now_us() + seconds * 1_000_000 if seconds else 0
        connection.execute("UPDATE clock SET last_us = max(last_us, ?)", (last_us,))


def work_on(pollers: list[Poller], writers: list[Writer]) -> None:
    """More is published; all pollers but the slow one receive some of it."""
    known = set(acknowledged(writers))
    quick = [poller for poller in pollers if not isinstance(poller, OneStep)]
    until(lambda: len(acknowledged(writers)) > len(known) + 60, "nobody publishes")
    until(lambda: all(set(poller.received) - known for poller in quick), "nobody receives")


def assert_once(poller: Poller, wanted: set[str]) -> None:
    """It received all of these, and nothing twice."""
    counts = Counter(poller.received)
    name = type(poller).__name__
    assert [item for item, count in counts.items() if count > 1] == [], f"{name}: again"
    assert wanted - counts.keys() == set(), f"{name}: missed"


def stored(folder: Path, room: Room) -> set[str]:
    from hub.model.query import Query, Scope, Window
    from hub.model.tlp import Tlp

    with closing(fakes.open_store(folder / "hub.sqlite")) as store:
        scope = Scope(readable={room.collection.key: (Window(Tlp.RED, 0),)})
        page = store.entries(scope, Query(room.collection.key), 0, 1_000_000)
        assert [fault for fault in store.faults() if "ahead of the clock" not in fault] == []
        return {entry.object_id for entry in page.entries}


@pytest.mark.slow
def test_a_next_of_before_leads_on_if_the_secret_is_the_same(server: Server) -> None:
    room = server.room()
    hub(server.folder, "backup", "backup-1", "--plain")
    room.add(*(fakes.indicator(n) for n in range(9)))
    path = f"{room.path}objects/"
    body = server.ask("GET", path, params={"limit": "5"}, account="reader").json()
    assert len(body["objects"]) == 5
    server.kill()
    lose(server)
    hub(server.folder, "restore", "backup-1")
    server.start()
    params = {"next": body["next"], "limit": "5"}
    answer = server.ask("GET", path, params=params, account="reader")
    assert (answer.status_code, answer.json()) == (200, {})
    room.add(*(fakes.indicator(n) for n in range(100, 104)))
    answer = server.ask("GET", path, params=params, account="reader")
    assert [item["id"] for item in answer.json()["objects"]] == [
        fakes.indicator(n)["id"] for n in range(100, 104)
    ]

    (server.folder / "secret.key").write_text("ab" * 32, encoding="ascii")
    server.kill()
    server.start()
    answer = server.ask("GET", path, params=params, account="reader")
    assert answer.status_code == 400
    assert "added_after" in answer.text


@pytest.mark.slow
def test_a_running_hub_is_not_restored_over(server: Server) -> None:
    """Its workers have the lost file open and would go on writing into it."""
    server.room()
    hub(server.folder, "backup", "backup-1", "--plain")
    lose(server)
    done = subprocess.run(
        hub_command(server.folder, "restore", "backup-1"),
        cwd=server.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 6
    assert "Stop the hub" in done.stderr
    assert not (server.folder / "hub.sqlite").exists()
