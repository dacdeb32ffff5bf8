"""Projectors that are killed, paused and robbed of their index while the hub goes on.

While anything happens, what a search finds is compared with the record: all that is behind the
horizon is found. In the end the copy holds what the record holds, and nothing else.
"""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from hub.errors import HubError
from hub.model.query import Query
from hub.model.search import EVERYTHING
from hub.store.elastic.indices import Shape
from hub.store.finder import SqliteFinder
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import COORDINATES, ONE, SEES_ALL, publish, removal, up_to
from tests.conformance.find_worlds import made
from tests.elastic.cluster import Cluster
from tests.elastic.copies import Copy, copy_of
from tests.elastic.node import Node
from tests.fakes import open_store

pytestmark = pytest.mark.slow

SECONDS = 45.0
CATCH_UP_S = 120.0
SLOWEST_S = 60.0
"""A publish or a poll waits for no node. The machine is full of restarting ones: it may be slow."""

EVERY = 1_000_000


class Followers:
    """Projectors in processes of their own."""

    def __init__(self, store: Path, url: str, prefix: str, replicas: int) -> None:
        self._command = [sys.executable, "-m", "tests.elastic.following"]
        self._command += [str(store), url, prefix, "200", str(replicas)]
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self.running.append(subprocess.Popen(self._command, stderr=subprocess.DEVNULL))

    def kill(self, which: int) -> None:
        found = self.running.pop(which % len(self.running))
        found.send_signal(signal.SIGKILL)
        found.wait()

    def pause(self, which: int, seconds: float) -> None:
        """Sends it to sleep; it wakes up by itself."""
        found = self.running[which % len(self.running)]
        found.send_signal(signal.SIGSTOP)
        threading.Timer(seconds, found.send_signal, (signal.SIGCONT,)).start()

    def end(self) -> None:
        for found in self.running:
            found.send_signal(signal.SIGCONT)
            found.kill()
            found.wait()


class Load:
    """Publishes, replaces, removes and polls, and notes how long each takes."""

    def __init__(self, path: Path, pause_s: float = 0.05) -> None:
        self._path = path
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.slowest_s = 0.0
        self.published = 0
        self.errors: list[BaseException] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        store = SqliteStore(self._path)
        dice = random.Random(4)
        try:
            for turn in itertools.count():
                if self._stop.wait(self._pause_s):
                    break
                started = time.monotonic()
                self._turn(store, dice, turn)
                store.objects(SEES_ALL, Query(ONE.key), 0, 100)
                self.slowest_s = max(self.slowest_s, time.monotonic() - started)
        except BaseException as error:  # noqa: BLE001 - the test fails by it
            self.errors.append(error)
        store.close()

    def _turn(self, store: SqliteStore, dice: random.Random, turn: int) -> None:
        items = [
            made(
                "malware",
                dice.randrange(600),
                dice.randrange(3),
                name=f"Emotet {turn}",
                is_family=True,
            )
            for _ in range(dice.randrange(1, 12))
        ]
        kept = {item.object_id: item for item in items}
        publish(store, *kept.values(), audience=[("org", "ministry")] if turn % 7 == 0 else [])
        self.published += len(kept)
        if turn % 11 == 0:
            gone = tuple(item.object_id for item in items[:2])
            store.remove(COORDINATES, removal(Query(ONE.key, ids=gone, edges=("all",))))


def found(store: SqliteStore) -> list[int]:
    return SqliteFinder(store.database, find_s=60).find(SEES_ALL, EVERYTHING, 0, EVERY).keys


def nothing_is_missing(store: SqliteStore, copy: Copy) -> bool:
    """All that the record held, up to the horizon, before and after the search was found."""
    try:
        reach = copy.finder.reach()
        before = set(found(store))
        hits = set(copy.finder.find(SEES_ALL, EVERYTHING, 0, EVERY).keys)
    except HubError:
        return False  # it said so
    if reach.trouble or not reach.ordinal:
        return False
    (change,) = store.changes(reach.ordinal - 1, 1)
    both = before & set(found(store))
    missing = {key for key in both if key <= change.added_us} - hits
    assert not missing, f"{len(missing)} records behind the horizon are not found"
    return True


def caught_up(store: SqliteStore, copy: Copy) -> None:
    """Waits until one index is left, which is searched and has everything."""
    end = time.monotonic() + CATCH_UP_S
    while True:
        reach = copy.finder.reach()
        try:
            alone = list(copy.indices.known().values()) == [True]
        except Exception:  # noqa: BLE001 - the node is on its way
            alone = False
        if alone and not reach.trouble and reach.ordinal == reach.newest:
            break
        assert time.monotonic() < end, reach
        time.sleep(0.2)


def holds_the_same(store: SqliteStore, copy: Copy) -> None:
    exact = SqliteFinder(store.database, count_s=60, find_s=60)
    for scope in (
        SEES_ALL,
        up_to(SEES_ALL.clearance),
        up_to(SEES_ALL.clearance, store.now() // 2),
    ):
        assert copy.finder.find(scope, EVERYTHING, 0, EVERY) == exact.find(
            scope, EVERYTHING, 0, EVERY
        )
        assert copy.finder.count(scope, EVERYTHING) == exact.count(scope, EVERYTHING)
        fields = ["publisher", "tlp", "type"]
        assert copy.finder.facets(scope, EVERYTHING, fields, 9) == exact.facets(
            scope, EVERYTHING, fields, 9
        )


@contextmanager
def followed(path: Path, url: str, prefix: str, replicas: int = 0) -> Iterator[Followers]:
    """Three of them, or two where three nodes run as well."""
    followers = Followers(path, url, prefix, replicas)
    try:
        for _ in range(2 if replicas else 3):
            followers.start()
        yield followers
    finally:
        followers.end()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_store(tmp_path / "hub.sqlite")
    yield opened
    opened.close()


class Happenings:
    """What befalls a copy and those who keep it."""

    def __init__(self, copy: Copy, followers: Followers, node: Node) -> None:
        self._copy = copy
        self._followers = followers
        self._node = node
        self._dice = random.Random(9)
        self.all = [
            self.projector_killed,
            self.projector_asleep,
            self.rebuild_begun,
            self.index_wiped,
            self.disk_full,
            self.node_killed,
        ]

    def projector_killed(self) -> None:
        self._followers.kill(self._dice.randrange(9))
        self._followers.start()

    def projector_asleep(self) -> None:
        self._followers.pause(self._dice.randrange(9), 5.5)

    def rebuild_begun(self) -> None:
        self._copy.indices.make()

    def index_wiped(self) -> None:
        if name := searched(self._copy):
            self._copy.indices.drop(name)

    def disk_full(self) -> None:
        if not (name := searched(self._copy)):
            return
        indices = self._copy.indices.client.options(ignore_status=404).indices
        for value in (True, None):
            settings = {"index.blocks.read_only_allow_delete": value}
            indices.put_settings(index=name, settings=settings)
            time.sleep(1.5)

    def node_killed(self) -> None:
        self._node.kill()
        self._node.start()


def searched(copy: Copy) -> str | None:
    return next((name for name, at in copy.indices.known().items() if at), None)


def test_whatever_happens_nothing_is_missed(
    store: SqliteStore, elastic_prefix: str, owned_elastic: Node
) -> None:
    url, path, checked = owned_elastic.url, store.database.path, 0
    with (
        copy_of(store, url, elastic_prefix) as copy,
        followed(path, url, elastic_prefix) as followers,
    ):
        happenings = Happenings(copy, followers, owned_elastic).all
        with Load(path) as load:
            wait_for(lambda: nothing_is_missing(store, copy))
            end = time.monotonic() + SECONDS
            for turn in itertools.count():
                if time.monotonic() > end and turn >= 2 * len(happenings):
                    break
                happenings[turn % len(happenings)]()
                for _ in range(4):
                    checked += nothing_is_missing(store, copy)
                    time.sleep(0.3)
        assert not load.errors, load.errors
        assert load.slowest_s < SLOWEST_S, "publishing and polling were kept waiting"
        caught_up(store, copy)
        assert nothing_is_missing(store, copy)
        holds_the_same(store, copy)
    assert checked >= 5, "the horizon was hardly ever looked at"
    assert load.published > 500


def test_a_horizon_that_moves_too_soon_is_noticed(
    store: SqliteStore, elastic_url: str, elastic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with copy_of(store, elastic_url, elastic_prefix, changes=5) as copy:
        copy.settle()
        publish(store, *[made("malware", n, 0, name="x", is_family=True) for n in range(20)])
        monkeypatch.setattr(copy.indices, "refresh", lambda _: None)
        copy.projector.round()
        with pytest.raises(AssertionError, match="behind the horizon"):
            nothing_is_missing(store, copy)


def test_the_node_with_the_primary_is_killed(store: SqliteStore, elastic_cluster: Cluster) -> None:
    path, checked = store.database.path, 0
    urls = ",".join(elastic_cluster.urls)
    with (
        copy_of(store, urls, "hub-", Shape(1, 2)) as copy,
        followed(path, urls, "hub-", replicas=2) as followers,
    ):
        with Load(path, pause_s=0.2) as load:
            for turn in range(2):
                wait_for(lambda: nothing_is_missing(store, copy))
                elastic_cluster.wait(nodes=3, status="green")
                elastic_cluster.holder(searched(copy) or "").kill()
                followers.kill(turn)
                followers.start()
                wait_for(lambda: nothing_is_missing(store, copy))
                for _ in range(10):
                    checked += nothing_is_missing(store, copy)
                    time.sleep(0.2)
                elastic_cluster.start()
        assert not load.errors, load.errors
        assert load.slowest_s < SLOWEST_S
        caught_up(store, copy)
        holds_the_same(store, copy)
    assert checked >= 5


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + CATCH_UP_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.3)
