"""Copies of a store that is in use, and how one of them takes its place."""

import sqlite3
import threading
from contextlib import closing

import pytest

from hub.errors import ConfigError, Fault, HubError, StoreDown
from hub.model.clock import now_us
from hub.model.job import Hold, Memory, Step
from hub.store import ledger
from hub.store.base import Act
from hub.store.database import schema_version
from hub.store.snapshot import LONGEST_STEP_US, beside, copy, go_on, summary, verify
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import (
    EVERY,
    SEES_ALL,
    candidate,
    changes,
    everything,
    object_id,
    publish,
    raws,
    removal,
    select,
)
from tests.conformance.find_worlds import made
from tests.fakes import Clock, acts, open_store, populate
from tests.unit.store.test_integrity import DAMAGE, PASSED

ACT = Act("console", "", "restore", "backup")
CLOCK_ALONE = {"dates are an hour ahead"}


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "hub.sqlite")
    populate(opened)
    publish(opened, candidate(1), candidate(1, 1), *(candidate(n) for n in range(2, 9)))
    publish(opened, candidate(2, content="b"))
    opened.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(3),))))
    yield opened
    opened.close()


@pytest.fixture
def copied(store, tmp_path):
    target = tmp_path / "copy"
    copy(store.database, target)
    return target


def test_a_copy_holds_the_same(store, copied):
    other = open_store(copied)
    assert everything(other) == everything(store)
    assert other.faults() == []
    other.close()


def test_what_it_holds_is_counted(store, copied):
    found = summary(copied)
    assert found.schema == schema_version()
    assert found.ordinal == 11
    assert found.last_us == changes(store)[-1].at_us
    assert found.counts["record"] == 10
    assert found.counts["change"] == 11
    assert verify(copied, found) == verify(copied) == found


def test_a_copy_beside_writers_is_one_state(store, tmp_path):
    """Two threads publish seven objects at a time and delete others, while copies are made."""
    stop = threading.Event()

    def write(number):
        n = 100 + number * 1_000_000
        while not stop.is_set():
            publish(store, *(candidate(n + i, content="x" * 400) for i in range(7)))
            if n % 5 == 0:
                store.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(n),))))
            n += 7
        store.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    try:
        found = []
        for number in range(8):
            copy(store.database, tmp_path / f"copy-{number}")
            found.append(verify(tmp_path / f"copy-{number}"))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    ordinals = [item.ordinal for item in found]
    assert ordinals == sorted(set(ordinals)), "each was made of a later state"
    for number, item in enumerate(found):
        other = open_store(tmp_path / f"copy-{number}")
        assert changes(other) == store.changes(0, item.ordinal)
        other.close()


def test_what_was_deleted_is_not_copied_along(store, tmp_path):
    word = "erased-for-good"
    publish(store, *(candidate(50 + n, content=word + "y" * 5000) for n in range(20)))
    ids = tuple(object_id(50 + n) for n in range(20))
    store.remove(SEES_ALL, removal(select(EVERY, ids=ids)))
    copy(store.database, tmp_path / "copy")
    assert word.encode() not in (tmp_path / "copy").read_bytes()


def test_words_of_what_was_deleted_are_not_copied_along(store, tmp_path):
    secret = made("malware", 60, 0, name="qerasedword", labels=["qerasedlabel"], is_family=True)
    publish(store, secret)
    publish(store, candidate(61))
    store.remove(SEES_ALL, removal(select(EVERY, ids=(secret.object_id,))))
    # FTS5 writes the beginning that a token shares with the one before only once.
    store.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"erasedlabel" in (tmp_path / "hub.sqlite").read_bytes()
    copy(store.database, tmp_path / "copy")
    assert b"erased" not in (tmp_path / "copy").read_bytes()
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy"]


def test_a_copy_that_is_not_what_was_said(copied):
    found = summary(copied)
    for changes_ in ({"ordinal": 12}, {"last_us": 1}, {"counts": {}}, {"schema": 2}):
        with pytest.raises(HubError, match="does not hold what the manifest says"):
            verify(copied, found._replace(**changes_))


@pytest.mark.parametrize("name", [name for name, (_, law) in DAMAGE.items() if law != PASSED])
def test_a_copy_that_breaks_a_law_is_not_sound(store, copied, name):
    store.close()
    with closing(sqlite3.connect(copied, isolation_level=None)) as other:
        other.execute(DAMAGE[name][0])
    if name in CLOCK_ALONE:
        assert verify(copied).ordinal == 11
        return
    with pytest.raises(HubError, match="not sound") as caught:
        verify(copied)
    assert caught.value.fault is Fault.BAD_BODY


@pytest.mark.parametrize("start", [0, 100, 8192, 3 * 8192])
def test_a_copy_with_overwritten_bytes_is_not_sound(copied, start):
    content = bytearray(copied.read_bytes())
    content[start : start + 6000] = b"\xa5" * 6000
    copied.write_bytes(content)
    with pytest.raises(HubError, match="not sound") as caught:
        verify(copied)
    assert caught.value.fault is Fault.BAD_BODY


def test_an_index_that_does_not_fit_its_table_is_not_sound(copied):
    with closing(sqlite3.connect(copied, isolation_level=None)) as other:
        other.execute("PRAGMA writable_schema=ON")
        other.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, '(requested_us)', '(org)')"
            " WHERE name = 'status_age'"
        )
    with pytest.raises(HubError, match="missing from index status_age"):
        verify(copied)


def test_a_database_of_somebody_else_is_not_sound(tmp_path):
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE mine (x)")
    with pytest.raises(HubError, match="not sound") as caught:
        verify(tmp_path / "other")
    assert caught.value.fault is Fault.BAD_BODY


def test_a_full_disk_is_not_the_fault_of_the_copy(copied, monkeypatch):
    def full(*_, **__):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise StoreDown("the store cannot read or write now") from error

    monkeypatch.setattr("hub.store.snapshot.migrate", full)
    monkeypatch.setattr("hub.store.sqlite.SqliteStore.faults", full)
    with pytest.raises(StoreDown):
        verify(copied)


def test_a_newer_schema_is_refused(store, copied):
    with closing(sqlite3.connect(copied)) as other:
        other.execute(f"PRAGMA user_version = {schema_version() + 1}")
    with pytest.raises(ConfigError, match="newer"):
        verify(copied)


def test_an_older_schema_is_brought_up_to_date_without_another_copy(copied, monkeypatch):
    from hub.store import database

    scripts = [*database._scripts(), "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;"]
    monkeypatch.setattr(database, "_scripts", lambda: scripts)
    assert verify(copied).schema == len(scripts) - 1
    assert summary(copied).schema == len(scripts)
    assert list(copied.parent.glob("*.bak")) == []


class TestGoOn:
    def test_dates_are_above_what_was_asked_for(self, copied):
        later = now_us() + 5_000_000
        assert go_on(copied, later, ACT) == later
        other = open_store(copied)
        publish(other, candidate(77))
        assert later < changes(other)[-1].at_us <= later + 2 * ledger._MOST_JUMP_US
        assert changes(other)[-1].ordinal == 12
        assert other.faults() == []
        other.close()

    def test_dates_never_go_back(self, store, copied):
        last = changes(store)[-1].at_us
        assert go_on(copied, 1, ACT) == last
        other = open_store(copied, clock=Clock(1))
        publish(other, candidate(77))
        assert changes(other)[-1].at_us > last
        other.close()

    def test_nobody_remembers_the_epoch(self, store, copied):
        populate(store)  # the lost store went on
        go_on(copied, now_us(), ACT)
        other = open_store(copied)
        assert other.epoch() > store.epoch() + 1_000_000
        before = other.epoch()
        populate(other)
        assert other.epoch() == before + 1
        other.close()

    def test_it_is_in_the_audit_log(self, copied):
        go_on(copied, now_us(), ACT)
        other = open_store(copied)
        assert acts(other, 1)[0][1] == ACT
        other.close()

    def test_a_job_that_was_being_done_is_begun_again(self, store, tmp_path):
        hold = Hold("feed:a", "a process of the lost hub", 10**12)
        started_us = store.take_job(hold).started_us
        store.step_job(hold, Step(b"{}", (Memory("indicator--1", b"d", 2, 1, own=True),)))
        copy(store.database, taken := tmp_path / "taken.sqlite")
        go_on(taken, now_us(), ACT)
        with closing(SqliteStore(taken)) as restored:
            job = restored.take_job(Hold("feed:a", "here", 1))
            assert (job.owner, job.started_us, job.state) == ("here", started_us, b"{}")
            assert restored.recall("feed:a", ["indicator--1"])

    def test_it_is_one_file(self, copied):
        go_on(copied, now_us(), ACT)
        assert beside(copied) == []
        other = open_store(copied)
        assert len(raws(other)) == 8
        assert [path.name for path in beside(copied)] == ["copy-wal", "copy-shm"]
        other.close()

    def test_a_file_that_somebody_has_open_is_not_taken(self, copied):
        with closing(sqlite3.connect(copied)) as other:
            other.execute("PRAGMA journal_mode=WAL")
            other.execute("SELECT * FROM clock").fetchone()
            with pytest.raises(HubError, match="still there"):
                go_on(copied, now_us(), ACT)

    def test_the_longest_step_is_that_of_the_writer(self):
        assert LONGEST_STEP_US >= ledger._STEP_US


def test_summary_of_what_is_no_store(tmp_path):
    (tmp_path / "x").write_bytes(b"no database" * 99)
    with pytest.raises(StoreDown):
        summary(tmp_path / "x")
