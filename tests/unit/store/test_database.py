"""SQLite itself: what is on disk, one connection per thread and process, faults that pass."""

import os
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from hub.errors import Fault, HubError, StoreDown
from hub.store import database
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import (
    ACT,
    EVERY,
    SEES_ALL,
    candidate,
    changes,
    entries,
    everything,
    object_id,
    publish,
    removal,
    select,
)
from tests.fakes import acts, open_store, organisations, populate

REPOSITORY = Path(__file__).resolve().parents[3]
BIG = candidate(50, content="x" * 2_000_000)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "hub.sqlite"


@pytest.fixture
def other(store):
    """A connection of somebody else."""
    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as connection:
        yield connection


def pragma(store, name):
    return store.database.connection().execute(f"PRAGMA {name}").fetchone()[0]


def test_what_is_acknowledged_is_on_disk(store):
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == 2, "FULL: each commit waits for the disk"
    assert pragma(store, "foreign_keys") == 1


def test_integrity_after_a_normal_life(store):
    populate(store)
    publish(store, *(candidate(n) for n in range(500)))
    publish(store, *(candidate(n, content="b") for n in range(0, 500, 7)))
    assert pragma(store, "integrity_check") == "ok"


@pytest.fixture
def open_umask():
    """As if the administrator had let everybody read new files."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_new_file_is_for_its_owner_alone(open_umask, file):
    """It holds password hashes and incidents."""
    store = open_store(file)
    publish(store, candidate())
    modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.glob("hub.sqlite*")}
    assert modes == dict.fromkeys(["hub.sqlite", "hub.sqlite-wal", "hub.sqlite-shm"], 0o600)


def test_a_file_that_is_there_keeps_its_mode(file):
    """An administrator may let a backup group read it."""
    open_store(file).close()
    file.chmod(0o640)
    publish(open_store(file), candidate())
    assert file.stat().st_mode & 0o777 == 0o640


def test_each_thread_has_a_connection_of_its_own(store):
    mine = store.database.connection()
    assert store.database.connection() is mine
    found = []
    thread = threading.Thread(target=lambda: found.append(store.database.connection()))
    thread.start()
    thread.join()
    assert found[0] is not mine


def test_after_closing_it_opens_again(store):
    publish(store, candidate())
    store.close()
    store.close()
    assert len(entries(store)) == 1


class TestFaultsThatPass:
    """The same handle and connection go on as soon as the fault is gone."""

    def test_another_writer(self, file):
        store = open_store(file, busy_s=0.05)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreDown) as caught:
                publish(store, candidate())
            assert caught.value.fault is Fault.BUSY
            assert entries(store) == []
            other.execute("ROLLBACK")
        publish(store, candidate())
        assert store.faults() == []

    def test_another_thread_that_keeps_its_turn(self, file):
        store = open_store(file, busy_s=0.05)
        with store.database.writing():
            caught = []

            def job():
                try:
                    publish(store, candidate())
                except StoreDown as error:
                    caught.append(error.fault)
                store.close()

            thread = threading.Thread(target=job)
            thread.start()
            thread.join(60)
        assert caught == [Fault.BUSY]
        publish(store, candidate())

    def test_a_writer_waits_for_another(self, file):
        store = open_store(file, busy_s=10)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            thread = threading.Thread(target=lambda: (publish(store, candidate()), store.close()))
            thread.start()
            time.sleep(0.2)
            assert entries(store) == []
            other.execute("COMMIT")
            thread.join(60)
        assert len(entries(store)) == 1

    @pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
    def test_who_opens_a_new_file_waits_for_another_that_does(self, file, begin):
        """SQLite does not wait by itself while a file changes to its write-ahead log."""
        with ThreadPoolExecutor(1) as pool, closing(sqlite3.connect(file)) as other:
            other.isolation_level = None
            other.execute(begin)
            other.execute("CREATE TABLE of_another (id)")
            opening = pool.submit(open_store, file, busy_s=10)
            time.sleep(0.2)
            other.execute("COMMIT")
            publish(opening.result(10), candidate())

    def test_a_full_disk(self, store):
        publish(store, candidate(1))
        before = everything(store)
        pages = pragma(store, "page_count")
        pragma(store, f"max_page_count = {pages}")
        for _ in range(3):
            with pytest.raises(StoreDown):
                publish(store, candidate(1, content="b"), candidate(2), BIG)
        assert everything(store) == before
        pragma(store, "max_page_count = 1000000")
        publish(store, BIG)
        assert len(entries(store)) == 2
        assert store.faults() == []

    def test_a_full_disk_does_not_keep_a_delete_from_working(self, store):
        """It is the way out: what it needs is given back by what it deletes."""
        publish(store, *(candidate(n, content="x" * 50_000) for n in range(20)))
        pragma(store, f"max_page_count = {pragma(store, 'page_count')}")
        assert store.remove(SEES_ALL, removal()) == 20


LIMITED = """
import json, resource, sys
from pathlib import Path
from hub.errors import StoreDown
from tests.conformance.builders import candidate, publish
from tests.fakes import open_store
store = open_store(Path(sys.argv[1]))
most = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
kept, faults = 0, 0
while faults < 3:
    try:
        publish(store, candidate(2 * kept, content="x" * 3000), candidate(2 * kept + 1))
        kept += 1
    except StoreDown as error:
        faults += 1
        assert error.fault == "store-down", error
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
publish(store, candidate(2 * kept), candidate(2 * kept + 1))
print(json.dumps(kept + 1))
"""


@pytest.mark.parametrize("most", [900_000, 2_000_000])
def test_writes_that_the_operating_system_refuses(file, most):
    """As on a disk that is full: the log of SQLite must not grow beyond a size."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, file, str(most)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    kept = int(done.stdout)
    assert kept > 3
    store = open_store(file)
    assert len(entries(store)) == 2 * kept
    assert [change.ordinal for change in changes(store)] == list(range(1, 2 * kept + 1))
    assert store.faults() == []
    assert pragma(store, "integrity_check") == "ok"


def test_a_process_that_may_open_no_more_files(store):
    publish(store, candidate())
    store.close()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = os.open(os.devnull, os.O_RDONLY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, hard))
    try:
        with pytest.raises(StoreDown):
            store.objects(SEES_ALL, EVERY, 0, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(spare)
    assert len(entries(store)) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(store):
    publish(store, candidate())
    store.close()
    store.database.path.chmod(0)
    with pytest.raises(StoreDown):
        entries(store)
    store.database.path.chmod(0o600)
    assert len(entries(store)) == 1


SPOILED = {
    "party": ("UPDATE party SET body = x'7b'", lambda store: store.directory()),
    "no party document": ("UPDATE party SET body = x'00ff'", lambda store: store.directory()),
    "clock row": ("DELETE FROM clock", lambda store: store.epoch()),
    "clock row, when publishing": (
        "DELETE FROM clock",
        lambda store: publish(store, candidate(2)),
    ),
    "clock row, when probing": ("DELETE FROM clock", lambda store: store.probe()),
    "clock row, when checking": ("DELETE FROM clock", lambda store: store.faults()),
    "text that is no UTF-8": (
        "UPDATE audit SET target = CAST(x'ff' AS TEXT)",
        lambda store: acts(store, 1),
    ),
    "a table": ("DROP TABLE audit", lambda store: publish(store, candidate(2))),
}


@pytest.mark.parametrize(("damage", "call"), SPOILED.values(), ids=SPOILED)
def test_damaged_contents_are_an_engine_fault_too(store, other, damage, call):
    populate(store)
    publish(store, candidate())
    other.execute(damage)
    with pytest.raises(StoreDown):
        call(store)


def test_a_damaged_status_is_an_engine_fault_too(store, other):
    status = publish(store, candidate())
    other.execute("UPDATE status SET body = x'7b'")
    with pytest.raises(StoreDown):
        store.status(SEES_ALL, status.root, status.id)


FORKED = """
import os, sys
from pathlib import Path
from tests.conformance.builders import candidate, entries, publish
from tests.fakes import open_store
store = open_store(Path(sys.argv[1]))
publish(store, candidate(0))
mine = store.database.connection()

def work(child):
    assert store.database.connection() is not mine
    for n in range(20):
        publish(store, candidate(100 * child + n))
    store.close()

children = []
for child in range(1, 4):
    pid = os.fork()
    if not pid:
        try:
            work(child)
            os._exit(0)
        finally:
            os._exit(1)
    children.append(pid)
for n in range(20):
    publish(store, candidate(1000 + n))
assert store.database.connection() is mine
assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
"""


def test_a_connection_does_not_cross_a_fork(file):
    subprocess.run([sys.executable, "-c", FORKED, file], cwd=REPOSITORY, check=True, timeout=60)
    store = open_store(file)
    assert len(entries(store)) == 81
    assert store.faults() == []
    assert pragma(store, "integrity_check") == "ok"


def test_a_record_that_the_schema_refuses_costs_the_whole_publish(store):
    publish(store, candidate(1))
    before = everything(store)
    broken = candidate(3)._replace(version_us=None)
    with pytest.raises(StoreDown):
        publish(store, candidate(1, content="b"), candidate(2), broken)
    assert everything(store) == before
    assert store.faults() == []


def test_what_nobody_can_read_any_more_holds_no_bytes(store):
    """What was published by mistake must go when it is corrected or deleted."""
    publish(store, candidate(1, content="secret"), candidate(2, content="secret"))
    publish(store, candidate(1, content="a"), candidate(3, content="secret"), candidate(3))
    store.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(2),))))
    rows = store.database.connection().execute(
        "SELECT standing > 0, length(raw), instr(raw, 'secret') FROM record ORDER BY added_us"
    )
    held = [(bool(live), bool(length), bool(secret)) for live, length, secret in rows]
    gone, live = (False, False, False), (True, True, False)
    assert held == [gone, gone, live, gone, live]


def test_text_is_never_part_of_a_statement(store):
    """SQL in any place where text of a sender may stand."""
    evil = "'); DROP TABLE record; --"
    publish(
        store,
        candidate()._replace(object_id=evil, type=evil, version=evil, stix=evil, warnings=(evil,)),
        org=evil,
    )
    store.write(
        [organisations()[0].__class__(evil, evil, evil, evil)], [], ACT, epoch=store.epoch()
    )
    assert [entry.object_id for entry in entries(store, EVERY)] == []
    assert store.directory().orgs[evil].name_vi == evil
    assert SqliteStore(store.database.path).faults() == []


def test_a_query_that_takes_too_long_is_ended(file, monkeypatch):
    """Not as a fault of the store: a narrower query will do."""
    store = open_store(file)
    publish(store, *(candidate(n) for n in range(200)))
    store.close()
    monkeypatch.setattr(database, "_OPERATIONS", 10)
    hurried = open_store(file)
    assert len(entries(hurried)) == 200
    monkeypatch.setattr(database, "_PATIENCE_S", -1)
    with pytest.raises(HubError) as caught:
        entries(hurried)
    assert caught.value.fault is Fault.BAD_FILTER
    publish(hurried, candidate(300))
    assert hurried.faults() == []
