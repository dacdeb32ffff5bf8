"""Schema changes: one transaction each, a copy of the old file first, never backwards."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hub.errors import ConfigError, StoreDown
from hub.model.job import Hold
from hub.store import database
from hub.store.database import Database, migrate, schema_version
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import (
    COORDINATES,
    candidate,
    entries,
    object_id,
    publish,
    raws,
    removal,
    select,
    version_us,
)
from tests.fakes import indicator, open_store
from tests.unit.store.old_schema import OldStore

REPOSITORY = Path(__file__).resolve().parents[3]
SECOND = """
CREATE TABLE later (id INTEGER PRIMARY KEY, text TEXT NOT NULL DEFAULT 'a;b') STRICT;
INSERT INTO later (id) VALUES (1);
UPDATE clock SET probe = 100;
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "hub.sqlite"


@pytest.fixture
def next_release(monkeypatch):
    """The program as if its next release had one more script; call it with that script."""
    present = database._scripts()

    def release(script=SECOND):
        monkeypatch.setattr(database, "_scripts", lambda: [*present, script])

    return release


def version_of(file):
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def tables_of(file):
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}


def test_a_new_file_gets_the_schema_and_no_backup(file):
    store = SqliteStore(file)
    assert migrate(store.database) is None
    assert version_of(file) == schema_version()
    publish(store, candidate())
    assert raws(store) == [candidate().raw]
    assert list(file.parent.glob("*.bak")) == []


def test_a_file_of_this_release_stays_as_it_is(file):
    publish(open_store(file), candidate())
    store = SqliteStore(file)
    assert migrate(store.database) is None
    assert raws(store) == [candidate().raw]
    assert list(file.parent.glob("*.bak")) == []


def test_the_number_of_scripts_is_the_version():
    names = sorted(path.name for path in (REPOSITORY / "hub/store/migrations").glob("*.sql"))
    assert len(names) == schema_version()
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_a_later_release_brings_the_data_along(file, next_release):
    before = open_store(file)
    publish(before, candidate())
    before.close()
    next_release()
    store = SqliteStore(file)
    migrate(store.database)
    assert version_of(file) == schema_version()
    assert raws(store) == [candidate().raw]
    rows = store.database.connection().execute("SELECT id, text FROM later").fetchall()
    assert rows == [(1, "a;b")]
    publish(store, candidate(2))
    assert store.faults() == []


def test_the_old_file_is_copied_first(file, next_release):
    before = open_store(file)
    publish(before, candidate(content="before"))
    before.close()
    old_version = version_of(file)
    next_release()
    store = SqliteStore(file)
    backup = migrate(store.database)
    assert backup.stat().st_mode & 0o077 == 0, "it holds what the file holds"
    publish(store, candidate(2))
    assert backup == file.with_name(f"hub.sqlite.schema-{old_version}.bak")
    assert version_of(backup) == old_version
    assert "later" not in tables_of(backup)
    restored = SqliteStore(backup)
    assert raws(restored) == [candidate(content="before").raw]
    assert restored.faults() == []


def test_a_backup_that_is_there_already_is_kept(file, next_release):
    """A second attempt after a failed one must not copy a half-way state over a good copy."""
    open_store(file).close()
    kept = file.with_name(f"hub.sqlite.schema-{version_of(file)}.bak")
    kept.write_bytes(b"the first one")
    next_release()
    migrate(SqliteStore(file).database)
    assert kept.read_bytes() == b"the first one"


def test_a_failed_step_leaves_the_file_as_it_was(file, next_release):
    before = open_store(file)
    publish(before, candidate())
    old_version = version_of(file)
    next_release(SECOND + "INSERT INTO no_such_table VALUES (1);\n")
    with pytest.raises(StoreDown):
        migrate(before.database)
    assert version_of(file) == old_version
    assert "later" not in tables_of(file)
    assert raws(before) == [candidate().raw]
    next_release()
    migrate(before.database)
    assert "later" in tables_of(file)


def test_a_file_of_a_newer_release_is_refused_and_not_touched(file, next_release):
    store = open_store(file)
    publish(store, candidate())
    newer = schema_version() + 1
    store.database.connection().execute(f"PRAGMA user_version = {newer}")
    with pytest.raises(ConfigError, match=rf"version {newer}, this program knows {newer - 1}"):
        migrate(store.database)
    assert version_of(file) == newer
    assert list(file.parent.glob("*.bak")) == []


@pytest.mark.parametrize("content", [b"no database" * 999, b"SQLite format 3\0" + b"\xff" * 9999])
def test_what_is_no_database_is_not_overwritten(file, content):
    file.write_bytes(content)
    with pytest.raises(StoreDown):
        migrate(Database(file))
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_made(tmp_path):
    with pytest.raises(StoreDown):
        migrate(Database(tmp_path / "no such folder" / "hub.sqlite"))


NO_ROOM = """
import resource, sys
from pathlib import Path
from hub.errors import StoreDown
from hub.store import database
from hub.store.sqlite import SqliteStore
folder = Path(sys.argv[1])
scripts = [*database._scripts(), sys.argv[2]]
database._scripts = lambda: scripts
store = SqliteStore(folder / "hub.sqlite")
for most in (50_000, 100_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        database.migrate(store.database)
        sys.exit("the copy cannot have been written")
    except StoreDown:
        pass
    left = sorted(path.name for path in folder.glob("*.bak*"))
    assert not left, left
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
database.migrate(store.database)
assert [path.name for path in folder.glob("*.bak*")] == ["hub.sqlite.schema-{version}.bak"]
"""


def test_a_copy_for_which_there_is_no_room_stops_the_migration_and_leaves_nothing(file):
    """And the next attempt, with room, is not in its way."""
    store = open_store(file)
    publish(store, *(candidate(n) for n in range(400)))
    old_version = version_of(file)
    store.close()
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM.format(version=old_version), file.parent, SECOND],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert version_of(file) == old_version + 1


RACE = """
import sys, time
from pathlib import Path
from hub.store import database
from hub.store.sqlite import SqliteStore
folder, me, rounds, second = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
if second:
    scripts = [*database._scripts(), second]
    database._scripts = lambda: scripts
failed = []
for n in range(rounds):
    # Both leave at once, or the race is none.
    (folder / f"ready-{n}-{me}").touch()
    end = time.monotonic() + 60
    while len(list(folder.glob(f"ready-{n}-*"))) < 2 and time.monotonic() < end:
        pass
    store = SqliteStore(folder / f"hub-{n}.sqlite")
    try:
        database.migrate(store.database)
        store.probe()
    except Exception as error:
        failed.append(f"{n}: {error!r} from {error.__cause__!r}")
    store.close()
sys.exit("; ".join(failed))
"""


def race(folder, rounds, second):
    """Two processes migrate the same files, one after the other; what they complain about."""
    arguments = [sys.executable, "-c", RACE, folder]
    racers = [
        subprocess.Popen(
            [*arguments, me, str(rounds), second],
            cwd=REPOSITORY,
            stderr=subprocess.PIPE,
            text=True,
        )
        for me in "ab"
    ]
    try:
        return [racer.communicate(timeout=120)[1].strip() for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()


def test_a_store_from_before_there_were_jobs(file):
    store = open_store(file)
    publish(store, candidate(1), candidate(2))
    store.remove(COORDINATES, removal(select(ids=(object_id(1),))))
    store.close()
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript(
            "DROP TABLE job; DROP TABLE job_run; DROP TABLE job_memory; DROP TABLE job_dead;"
            "DROP TABLE export_rule; DROP TABLE export_state;"
            "DROP INDEX change_deleted; PRAGMA user_version = 6;"
        )
    store = SqliteStore(file)
    assert migrate(store.database) is not None
    hold = Hold("feed:a", "owner", 1_000_000)
    assert store.jobs() == []
    assert store.take_job(hold).name == "feed:a"
    found = store.deleted(COORDINATES, 1, [object_id(1), object_id(2)])
    assert found == {(object_id(1), version_us(0))}
    assert store.faults() == []


def write_first(path):
    """A file of the first release, with a record."""
    old = OldStore(path)
    old.publish(1, json.dumps(indicator(1)).encode())
    old.close()


@pytest.mark.parametrize(
    ("before", "second"),
    [
        (None, ""),
        (lambda path: open_store(path).close(), SECOND),
        (write_first, ""),
        (write_first, SECOND),
    ],
    ids=["new files", "old files", "the oldest files", "the oldest files and two steps"],
)
def test_two_processes_at_once(tmp_path, before, second):
    rounds = 15
    for n in range(rounds if before else 0):
        before(tmp_path / f"hub-{n}.sqlite")
    assert race(tmp_path, rounds, second) == ["", ""]
    for n in range(rounds):
        file = tmp_path / f"hub-{n}.sqlite"
        assert version_of(file) == schema_version() + bool(second)
        assert ("later" in tables_of(file)) == bool(second)
        assert SqliteStore(file).faults() == []
        assert len(entries(SqliteStore(file))) == (before is write_first)
