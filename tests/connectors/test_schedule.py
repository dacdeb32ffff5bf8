"""Schedules, waits and health: what runs when, and who is told how it does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import registry
from hub.errors import Fault, HubError
from hub.model.job import Ending, Hold
from hub.model.party import Caller, Role
from hub.service.feeds.due import DueFeeds
from hub.service.feeds.folder import Folder
from hub.service.feeds.health import Feeds
from hub.service.jobs.backoff import after_failure, after_success
from hub.service.jobs.schedule import Schedule, Task
from tests.connectors.feeding import Hub, hub_at, write_feed
from tests.connectors.web import web
from tests.fakes import Clock, acts

HOUR_US = 3_600_000_000
ADMINISTRATOR = Caller("administrator", "ministry", frozenset({Role.ADMINISTRATOR}))
COORDINATOR = Caller("coordinator", "ministry", frozenset({Role.COORDINATOR}))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(registry, "KINDS", {"lines": "tests.connectors.lines"})
    with hub_at(tmp_path, clock) as opened:
        yield opened


def wait_for(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_waits_grow_and_are_uneven() -> None:
    soon = [after_failure(HOUR_US, failures, passing=True) for failures in range(12)]
    assert 0.7 * 60_000_000 < soon[0] < 1.3 * 60_000_000
    assert all(wait <= 1.21 * HOUR_US for wait in soon)
    assert soon[4] > 6 * soon[0]
    late = [after_failure(HOUR_US, failures, passing=False) for failures in range(12)]
    assert late[0] > 0.75 * HOUR_US
    assert 0.75 * 24 * HOUR_US < late[11] < 1.25 * 24 * HOUR_US
    assert after_failure(HOUR_US, 0, passing=True, asked_us=5 * HOUR_US) == 5 * HOUR_US
    assert len({after_success(HOUR_US) for _ in range(20)}) > 10
    assert all(0.94 * HOUR_US < after_success(HOUR_US) < 1.06 * HOUR_US for _ in range(100))


def test_a_job_that_hangs_keeps_no_other_waiting() -> None:
    hangs, done = threading.Event(), []

    def due() -> Iterator[Task]:
        yield Task("hangs", lambda: hangs.wait(60))
        yield Task("works", lambda: done.append(1))

    schedule = Schedule([due])
    schedule.look()
    wait_for(lambda: done)
    assert schedule.look() >= 1
    wait_for(lambda: len(done) >= 2)
    schedule.stop()
    assert schedule.stopping()
    before = len(done)
    schedule.look()
    hangs.set()
    assert len(done) == before


def test_no_more_than_its_places_are_taken() -> None:
    release, running = threading.Event(), []

    def due() -> Iterator[Task]:
        for number in range(9):
            yield Task(str(number), lambda: (running.append(1), release.wait(60)))

    schedule = Schedule([due], at_once=3)
    assert schedule.look() == 3
    assert schedule.look() == 3
    release.set()
    wait_for(lambda: len(running) == 3)


def test_a_kind_that_fails_does_not_stop_the_others() -> None:
    done = []

    def broken() -> Iterator[Task]:
        raise HubError(Fault.STORE_DOWN, "the store cannot read or write now")
        yield

    def well() -> Iterator[Task]:
        yield Task("a", lambda: done.append(1))

    Schedule([broken, well]).look()
    wait_for(lambda: done)


def test_feeds_are_due_when_they_are_enabled_or_wished_for(hub: Hub, clock: Clock) -> None:
    for name, enabled in {"on": True, "off": False}.items():
        write_feed(hub.folder, "lines", {"url": "http://127.0.0.1:1/"}, name=name, enabled=enabled)
    due = DueFeeds(hub.desk, Folder(hub.folder), lambda: "")

    def names() -> list[str]:
        return [task.name for task in due()]

    feeds = Feeds(hub.store, Folder(hub.folder), clock=clock)
    assert names() == ["feed:on"]
    feeds.run_now(COORDINATOR, "off")
    feeds.pause(COORDINATOR, "on", paused=True)
    assert names() == ["feed:off"]
    feeds.run_now(ADMINISTRATOR, "on")
    assert names() == ["feed:off", "feed:on"]
    hold = Hold("feed:on", "somebody", 60_000_000)
    assert hub.store.take_job(hold)
    assert names() == ["feed:off"]
    hub.store.end_job(hold, Ending("well", HOUR_US))
    feeds.pause(COORDINATOR, "on", paused=False)
    assert names() == ["feed:off"]
    clock.advance(3601)
    assert names() == ["feed:off", "feed:on"]


def test_a_clock_that_was_set_back_holds_up_no_feed(hub: Hub, clock: Clock) -> None:
    write_feed(hub.folder, "lines", {"url": "http://127.0.0.1:1/"}, name="on")
    due = DueFeeds(hub.desk, Folder(hub.folder), lambda: "")
    hold = Hold("feed:on", "somebody", 60_000_000)
    for end in (True, False):
        assert hub.store.take_job(hold)
        if end:
            hub.store.end_job(hold, Ending("well", HOUR_US))
        assert list(due()) == []
        clock.advance(-2 * 86_400)
        assert [task.name for task in due()] == ["feed:on"]


def test_what_is_wrong_with_a_file_is_logged_once(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    hub.folder.mkdir()
    (hub.folder / "bad.toml").write_text("x")
    due = DueFeeds(hub.desk, Folder(hub.folder), lambda: "")
    for _ in range(3):
        assert list(due()) == []
    assert caplog.text.count("bad.toml") == 1


def test_health_says_how_each_does(hub: Hub, clock: Clock) -> None:
    with web() as server:
        server.pages["/list"] = b"evil.com\n"
        url = {"url": f"{server.url}/list"}
        for name in ("well", "failing", "waiting", "paused", "running", "late"):
            write_feed(hub.folder, "lines", url, name=name)
        write_feed(hub.folder, "lines", url, name="off", enabled=False)
        write_feed(hub.folder, "lines", {"url": f"{server.url}/none"}, name="failing")
        (hub.folder / "broken.toml").write_text("x")
        folder = Folder(hub.folder)
        feeds = Feeds(hub.store, folder, clock=clock)
        hub.run(folder.read().feeds["late"])
        clock.advance(2 * 3600)
        for name in ("well", "failing"):
            hub.run(folder.read().feeds[name])
    feeds.pause(COORDINATOR, "paused", paused=True)
    assert hub.store.take_job(Hold("feed:running", "somebody", 60_000_000))
    found = {health.name: health for health in feeds.all(COORDINATOR)}
    assert {name: health.condition for name, health in found.items()} == {n: n for n in found}
    assert len(found) == 8
    assert found["well"].last.tally.counts == {"read": 1, "new": 1}
    assert found["failing"].error == hub.store.job("feed:failing").error != ""
    assert "broken.toml" in found["broken"].error
    assert feeds.one(ADMINISTRATOR, "well").job.well_us == clock.now
    assert [run.outcome for run in feeds.history(COORDINATOR, None, "failing", 9)] == ["failed"]
    with pytest.raises(HubError) as caught:
        feeds.one(ADMINISTRATOR, "nothing")
    assert caught.value.fault is Fault.ABSENT


@pytest.mark.parametrize("role", [Role.READER, Role.PUBLISHER, Role.OFFICER])
def test_nobody_else_sees_or_does_anything(hub: Hub, clock: Clock, role: Role) -> None:
    write_feed(hub.folder, "lines", {"url": "http://127.0.0.1:1/"}, name="a")
    feeds = Feeds(hub.store, Folder(hub.folder), clock=clock)
    caller = Caller("somebody", "ministry", frozenset({role}))
    for call in (
        feeds.all,
        lambda who: feeds.one(who, "a"),
        lambda who: feeds.history(who, None, "a", 9),
        lambda who: feeds.pause(who, "a", paused=True),
        lambda who: feeds.run_now(who, "a"),
        lambda who: feeds.forget(who, "a"),
    ):
        with pytest.raises(HubError) as caught:
            call(caller)
        assert caught.value.fault is Fault.DENIED
    assert hub.store.jobs() == []
    reads = Caller("coordinator", "ministry", frozenset({Role.COORDINATOR}), read_only=True)
    assert feeds.all(reads)
    with pytest.raises(HubError):
        feeds.pause(reads, "a", paused=True)


def test_acts_are_in_the_audit_log(hub: Hub, clock: Clock) -> None:
    write_feed(hub.folder, "lines", {"url": "http://127.0.0.1:1/"}, name="a")
    feeds = Feeds(hub.store, Folder(hub.folder), clock=clock)
    feeds.pause(COORDINATOR, "a", paused=True)
    feeds.pause(COORDINATOR, "a", paused=False)
    feeds.run_now(ADMINISTRATOR, "a")
    assert feeds.forget(ADMINISTRATOR, "a")
    found = [(act.account, act.action, act.target) for _, act in acts(hub.store, 4)]
    assert found == [
        ("administrator", "feed.forget", "feed:a"),
        ("administrator", "feed.run", "feed:a"),
        ("coordinator", "feed.resume", "feed:a"),
        ("coordinator", "feed.pause", "feed:a"),
    ]
