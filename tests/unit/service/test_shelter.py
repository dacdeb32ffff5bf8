"""The hub serves and counts on while the shared counters fail."""

import logging

import pytest

from hub.errors import Fault, StoreDown
from hub.model.limit import Ladder, Rate
from hub.service.shelter import Sheltered
from hub.store.counters import SqliteCounters
from hub.store.local import LocalCounters
from tests.fakes import START_US as NOW

RATE = Rate(1, 60, 3)
LADDER = Ladder(3, 30, 900, 3600)


class Broken:
    """Counters that fail in every way; `calls` says how often they were asked."""

    def __init__(self):
        self.calls = 0

    def __getattr__(self, name):
        def fail(*_):
            self.calls += 1
            raise StoreDown("the store is busy with other writers", fault=Fault.BUSY)

        return fail


@pytest.fixture
def seconds():
    return [1000.0]


@pytest.fixture
def shelter(seconds):
    def make(shared):
        return Sheltered(shared, LocalCounters(), clock=lambda: seconds[0])

    return make


def warnings(caplog):
    return [record for record in caplog.records if record.levelno == logging.WARNING]


def test_the_shared_ones_are_used_while_they_work(shelter, caplog):
    shared = LocalCounters()
    counters = shelter(shared)
    assert [counters.take("a", RATE, 1, NOW) > 0 for _ in range(4)] == [False] * 3 + [True]
    assert counters.short("a", RATE, 1, NOW) == shared.short("a", RATE, 1, NOW) > 0
    counters.give_back("a", RATE, 3)
    assert shared.short("a", RATE, 3, NOW) == 0
    assert [counters.strike("b", LADDER, NOW) for _ in range(3)] == [0, 0, 0]
    assert counters.barred("b", LADDER, NOW) == shared.barred("b", LADDER, NOW) > 0
    counters.forget("b")
    assert shared.barred("b", LADDER, NOW) == 0
    counters.mark("c", NOW + 1)
    assert counters.marked("c", NOW)
    assert shared.marked("c", NOW)
    assert counters.purge(NOW + 10**15) == 2
    assert warnings(caplog) == []


def test_every_question_is_answered_while_they_fail(shelter):
    counters = shelter(Broken())
    assert [counters.take("a", RATE, 1, NOW) > 0 for _ in range(4)] == [False] * 3 + [True]
    assert counters.short("a", RATE, 1, NOW) > 0
    counters.give_back("a", RATE, 3)
    assert counters.short("a", RATE, 3, NOW) == 0
    assert [counters.strike("b", LADDER, NOW) for _ in range(3)] == [0, 0, 0]
    assert counters.barred("b", LADDER, NOW) > 0
    counters.forget("b")
    assert counters.barred("b", LADDER, NOW) == 0
    counters.mark("c", NOW + 1)
    assert counters.marked("c", NOW)
    assert counters.purge(NOW + 10**15) == 2


def test_a_fault_is_said_once_a_minute(shelter, seconds, caplog):
    counters = shelter(Broken())
    for _ in range(119):
        counters.take("a", RATE, 1, NOW)
        seconds[0] += 1
    assert len(warnings(caplog)) == 2
    assert "busy with other writers" in caplog.text


def test_they_are_left_alone_for_some_seconds(shelter, seconds):
    """Else every request would wait for a lock in vain."""
    broken = Broken()
    counters = shelter(broken)
    for _ in range(1000):
        counters.take("a", RATE, 1, NOW)
    assert broken.calls == 1
    seconds[0] += 5
    for _ in range(1000):
        counters.take("a", RATE, 1, NOW)
    assert broken.calls == 2


def test_they_are_used_again_when_they_work(shelter, seconds, tmp_path):
    folder = tmp_path / "later"
    shared = SqliteCounters(folder / "counters")
    counters = shelter(shared)
    assert counters.take("a", RATE, 3, NOW) == 0
    folder.mkdir()
    seconds[0] += 5
    assert counters.take("a", RATE, 1, NOW) == 0
    assert shared.short("a", RATE, 3, NOW) > 0
    counters.close()


@pytest.mark.parametrize("damage", ["garbage", "folder"])
def test_no_damage_of_the_file_comes_out(shelter, tmp_path, damage, caplog):
    file = tmp_path / "counters"
    file.mkdir() if damage == "folder" else file.write_bytes(b"no database" * 5000)
    counters = shelter(SqliteCounters(file))
    assert [counters.take("a", RATE, 1, NOW) > 0 for _ in range(4)] == [False] * 3 + [True]
    assert counters.purge(NOW) == 0
    assert len(warnings(caplog)) == 1
