"""hub restore: everything is verified first, and nothing that is there is touched."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.cli import restore as command
from hub.cli.base import program_version
from hub.config import write_secret
from hub.model.clock import format_us, now_us, parse_us
from hub.store.database import schema_version
from tests import fakes
from tests.conformance.builders import candidate, changes, everything, publish
from tests.unit.cli.conftest import Run

MINUTE_US = 60_000_000


@pytest.fixture
def key(run: Run, folder: Path) -> Path:
    assert run("backup-key", "key").exit_code == 0
    return folder / "key"


@pytest.fixture
def before(folder: Path) -> tuple[Any, ...]:
    """A store with objects, and what can be read from it."""
    with closing(fakes.open_store(folder / "hub.sqlite")) as store:
        publish(store, *(candidate(n) for n in range(30)))
        return everything(store)


@pytest.fixture
def backup(run: Run, folder: Path, key: Path, before: object) -> Path:
    found = run("backup", "out", "--key-file", key)
    assert found.exit_code == 0, found.stderr
    return folder / "out"


def lose(folder: Path) -> None:
    """The store is gone."""
    for path in folder.glob("hub.sqlite*"):
        path.unlink()


def state(folder: Path) -> dict[str, object]:
    """Every file of the folder."""
    return {
        path.name: path.read_bytes() if path.is_file() else "folder" for path in folder.iterdir()
    }


@pytest.fixture
def untouched(folder: Path) -> Callable[[], None]:
    """Call it twice: nothing changed in between."""
    seen: list[dict[str, object]] = []

    def look() -> None:
        seen.append(state(folder))
        assert seen[-1] == seen[0]

    return look


class TestVerifyOnly:
    def test_changes_nothing(
        self, run: Run, backup: Path, key: Path, untouched: Callable[[], None]
    ) -> None:
        untouched()
        found = run("restore", backup, "--key-file", key, "--verify-only", "-o", "json")
        assert found.exit_code == 0, found.stderr
        untouched()
        assert "complete and sound; nothing was changed" in found.stderr
        said = {row["what"]: row["value"] for row in json.loads(found.stdout)}
        assert said["kind"] == "backup"
        assert said["hub"] == program_version()
        assert said["ordinal"] == 30
        assert said["rows in record"] == 30

    def test_works_where_no_store_is(
        self, run: Run, folder: Path, backup: Path, key: Path
    ) -> None:
        lose(folder)
        assert run("restore", backup, "--key-file", key, "--verify-only").exit_code == 0
        assert not (folder / "hub.sqlite").exists()


class TestRestored:
    def test_everything_is_back(
        self, run: Run, folder: Path, backup: Path, key: Path, before: tuple[Any, ...]
    ) -> None:
        lose(folder)
        found = run("restore", backup, "--key-file", key)
        assert found.exit_code == 0, found.stderr
        assert "has to be published again" in found.stderr
        assert "answered 400" not in found.stderr
        assert (folder / "hub.sqlite").stat().st_mode & 0o777 == 0o600
        assert not list(folder.glob(".*"))
        with closing(fakes.open_store(folder / "hub.sqlite")) as store:
            *data, directory, audit, sessions, factors, jobs = everything(store)
            assert data == list(before[:-5])
            assert audit[1:] == before[-4]
            assert sessions == []
            assert (factors, jobs) == (before[-2], before[-1])
            assert (audit[0][1].action, audit[0][1].target) == ("restore", "backup")
            assert directory.orgs == before[-5].orgs
            assert directory.tokens == before[-5].tokens
            assert directory.epoch > before[-5].epoch
            assert store.faults() == []

    def test_dates_go_on_above_the_clock_and_all_that_one_envelope_may_take(
        self, run: Run, folder: Path, backup: Path, key: Path
    ) -> None:
        lose(folder)
        start = now_us()
        run("restore", backup, "--key-file", key)
        with closing(fakes.open_store(folder / "hub.sqlite")) as store:
            publish(store, candidate(99))
            last = changes(store)[-1]
        # The default of taxii.max_objects, with the longest step after each.
        assert last.at_us > start + 50_000 * 32
        assert last.ordinal == 31

    def test_dates_that_were_ahead_of_the_clock_stay_well_ahead(
        self, run: Run, folder: Path, key: Path, before: object
    ) -> None:
        """What was published after the backup had dates just above its last one."""
        ahead = now_us() + 3600 * 1_000_000
        with closing(fakes.open_store(folder / "hub.sqlite", clock=lambda: ahead)) as store:
            publish(store, candidate(50))
            assert run("backup", "out", "--key-file", key).exit_code == 0
            publish(store, *(candidate(100 + n) for n in range(1000)))
            seen = changes(store)[-1].at_us
        lose(folder)
        found = run("restore", "out", "--key-file", key)
        assert found.exit_code == 0, found.stderr
        with closing(fakes.open_store(folder / "hub.sqlite")) as store:
            publish(store, candidate(51))
            assert seen < changes(store)[-1].at_us < seen + 2 * MINUTE_US

    def test_dates_go_on_where_the_operator_says(
        self, run: Run, folder: Path, backup: Path, key: Path
    ) -> None:
        lose(folder)
        seen = now_us() + 7 * MINUTE_US
        found = run("restore", backup, "--key-file", key, "--not-before", format_us(seen))
        assert found.exit_code == 0, found.stderr
        assert f"above {format_us(seen)}" in found.stderr
        with closing(fakes.open_store(folder / "hub.sqlite")) as store:
            publish(store, candidate(99))
            assert seen < changes(store)[-1].at_us <= seen + 300

    def test_a_clock_behind_the_backup_is_not_believed(
        self,
        run: Run,
        folder: Path,
        backup: Path,
        key: Path,
        monkeypatch: pytest.MonkeyPatch,
        untouched: Callable[[], None],
    ) -> None:
        lose(folder)
        untouched()
        early = now_us() - 3600 * 1_000_000
        monkeypatch.setattr(command, "now_us", lambda: early)
        found = run("restore", backup, "--key-file", key)
        assert found.exit_code == 2
        assert "--not-before" in found.stderr
        untouched()
        seen = format_us(now_us())
        found = run("restore", backup, "--key-file", key, "--not-before", seen)
        assert found.exit_code == 0, found.stderr
        assert f"above {seen}" in found.stderr

    def test_an_older_schema_is_brought_up_to_date(
        self, run: Run, folder: Path, backup: Path, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from hub.store import database

        lose(folder)
        scripts = [*database._scripts(), "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;"]
        monkeypatch.setattr(database, "_scripts", lambda: scripts)
        assert run("restore", backup, "--key-file", key).exit_code == 0
        with closing(sqlite3.connect(folder / "hub.sqlite")) as store:
            assert store.execute("PRAGMA user_version").fetchone() == (len(scripts),)
        assert list(folder.glob("*.bak")) == []

    def test_a_plain_one_needs_no_key(self, run: Run, folder: Path, before: object) -> None:
        run("backup", "out", "--plain")
        lose(folder)
        found = run("restore", "out")
        assert found.exit_code == 0, found.stderr
        assert (folder / "hub.sqlite").exists()


class TestBareCopy:
    """What a migration leaves, or SQLite itself wrote."""

    @pytest.fixture
    def copy(self, folder: Path, before: object) -> Path:
        with closing(sqlite3.connect(folder / "hub.sqlite")) as store:
            store.execute("VACUUM INTO 'copy'")
        return folder / "copy"

    def test_is_restored_like_a_backup(self, run: Run, folder: Path, copy: Path) -> None:
        lose(folder)
        content = copy.read_bytes()
        found = run("restore", copy)
        assert found.exit_code == 0, found.stderr
        assert copy.read_bytes() == content
        assert (folder / "hub.sqlite").stat().st_mode & 0o777 == 0o600
        with closing(fakes.open_store(folder / "hub.sqlite")) as store:
            assert len(changes(store)) == 30
            assert fakes.acts(store, 1)[0][1].target == "copy"

    def test_a_store_that_is_in_use_is_none(self, run: Run, folder: Path, copy: Path) -> None:
        lose(folder)
        with closing(fakes.open_store(copy)) as store:
            publish(store, candidate(99))
            found = run("restore", copy)
        assert found.exit_code == 6
        assert "copy-wal" in found.stderr
        assert not (folder / "hub.sqlite").exists()

    def test_damage_is_found(self, run: Run, folder: Path, copy: Path) -> None:
        lose(folder)
        content = bytearray(copy.read_bytes())
        content[8192:12000] = b"\xa5" * 3808
        copy.write_bytes(content)
        found = run("restore", copy)
        assert found.exit_code == 6
        assert "not sound" in found.stderr


class TestRefused:
    """Nothing is changed, whatever it is."""

    @pytest.fixture(autouse=True)
    def _nothing_changes(self, folder: Path, backup: Path, untouched: Callable[[], None]) -> Any:
        self.folder, self.backup, self.look = folder, backup, untouched
        yield
        untouched()

    def refuse(self, run: Run, code: int, said: str, *arguments: object) -> None:
        self.look()
        found = run("restore", *arguments)
        assert found.exit_code == code, found.stderr
        assert said in found.stderr
        self.look()

    def test_a_store_is_there(self, run: Run, key: Path) -> None:
        self.refuse(run, 6, "never overwritten", self.backup, "--key-file", key)

    @pytest.mark.parametrize("side", ["-wal", "-shm", "-journal"])
    def test_what_a_store_left_is_there(self, run: Run, key: Path, side: str) -> None:
        """SQLite would take the old log for that of the new file."""
        lose(self.folder)
        (self.folder / f"hub.sqlite{side}").write_bytes(b"x")
        self.refuse(run, 6, f"hub.sqlite{side}", self.backup, "--key-file", key)

    def test_the_hub_is_running(self, run: Run, key: Path) -> None:
        lose(self.folder)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            fakes.make_config(self.folder, f"[server]\nport = {port}")
            self.refuse(run, 6, f"port {port}", self.backup, "--key-file", key)

    def test_no_key(self, run: Run) -> None:
        lose(self.folder)
        self.refuse(run, 4, "--key-file", self.backup)

    def test_a_wrong_key(self, run: Run, key: Path) -> None:
        lose(self.folder)
        write_secret(self.folder / "other")
        self.refuse(run, 4, "not the key", self.backup, "--key-file", "other")

    def test_a_passphrase_in_place_of_the_key(self, run: Run, key: Path) -> None:
        lose(self.folder)
        self.refuse(run, 4, "sealed with a key", self.backup, "--passphrase-file", key)

    @pytest.mark.parametrize("place", [3, 60, 5000, -1, -40])
    def test_damage(self, run: Run, key: Path, place: int) -> None:
        lose(self.folder)
        content = bytearray(self.backup.read_bytes())
        content[place] ^= 1
        self.backup.write_bytes(content)
        self.look()
        assert run("restore", self.backup, "--key-file", key).exit_code in {4, 6}

    @pytest.mark.parametrize("length", [0, 5, 100, 4000])
    def test_a_file_that_was_cut_off(self, run: Run, key: Path, length: int) -> None:
        lose(self.folder)
        os.truncate(self.backup, length)
        self.refuse(run, 6, "", self.backup, "--key-file", key)

    def test_a_file_of_somebody_else(self, run: Run) -> None:
        lose(self.folder)
        (self.folder / "letter").write_text("Dear hub,\n" * 50, encoding="utf-8")
        self.refuse(run, 6, "no backup", "letter")

    def test_a_plain_file_in_place_of_an_encrypted_one(self, run: Run, key: Path) -> None:
        """Whoever can write there could have put it there."""
        run("backup", "plain", "--plain")
        lose(self.folder)
        self.refuse(run, 6, "is not encrypted, though", "plain", "--key-file", key)

    def test_a_newer_schema(self, run: Run, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        lose(self.folder)
        monkeypatch.setattr("hub.store.snapshot.schema_version", lambda: schema_version() - 1)
        self.refuse(run, 2, "the backup: its schema is version", self.backup, "--key-file", key)

    def test_a_store_that_is_not_sound(self, run: Run) -> None:
        with closing(sqlite3.connect(self.folder / "hub.sqlite")) as store:
            store.execute("DELETE FROM change WHERE ordinal = 7")
            store.commit()
        assert run("backup", "broken", "--plain").exit_code == 0
        lose(self.folder)
        self.refuse(run, 6, "ordinals missing from the change log: 1", "broken")

    def test_a_manifest_that_tells_something_else(self, run: Run) -> None:
        run("backup", "plain", "--plain")
        alter_manifest(self.folder / "plain", ordinal=31)
        lose(self.folder)
        self.refuse(run, 6, "does not hold what the manifest says", "plain")

    def test_no_room(self, run: Run, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        lose(self.folder)
        usage = shutil.disk_usage(self.folder)._replace(free=100_000)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        self.refuse(run, 7, "0 MiB free", self.backup, "--key-file", key)

    def test_no_settings(self, run: Run, key: Path) -> None:
        lose(self.folder)
        (self.folder / "hub.toml").unlink()
        self.refuse(run, 2, "hub init", self.backup, "--key-file", key)

    def test_a_date_that_is_none(self, run: Run, key: Path) -> None:
        lose(self.folder)
        self.refuse(
            run, 2, "--not-before", self.backup, "--key-file", key, "--not-before", "yesterday"
        )

    def test_secrets_that_are_not_inside(self, run: Run, key: Path) -> None:
        lose(self.folder)
        self.refuse(run, 2, "no secrets", self.backup, "--key-file", key, "--with-secrets")


def alter_manifest(path: Path, **changes: object) -> None:
    """A plain backup by somebody who knows its form."""
    out = io.BytesIO()
    with tarfile.open(path) as tar, tarfile.open(fileobj=out, mode="w:gz") as new:
        for entry in tar:
            content = tar.extractfile(entry).read()  # type: ignore[union-attr]
            if entry.name == "manifest.json":
                content = json.dumps(json.loads(content) | changes).encode()
            entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))
    path.write_bytes(out.getvalue())


class TestSecrets:
    def test_another_secret_is_told(self, run: Run, folder: Path, backup: Path, key: Path) -> None:
        lose(folder)
        (folder / "secret.key").unlink()
        write_secret(folder / "secret.key")
        found = run("restore", backup, "--key-file", key)
        assert found.exit_code == 0, found.stderr
        assert "answered 400" in found.stderr
        assert "added_after" in found.stderr

    def test_an_empty_machine(self, run: Run, folder: Path, key: Path, before: object) -> None:
        made = run("backup", "out", "--key-file", key, "--with-secrets")
        assert made.exit_code == 0
        assert "NOT inside" not in made.stderr
        kept = {name: (folder / name).read_bytes() for name in ("hub.toml", "secret.key")}
        lose(folder)
        for name in kept:
            (folder / name).unlink()
        found = run("restore", "out", "--key-file", key, "--with-secrets")
        assert found.exit_code == 0, found.stderr
        assert {name: (folder / name).read_bytes() for name in kept} == kept
        assert (folder / "secret.key").stat().st_mode & 0o777 == 0o600
        assert "answered 400" not in found.stderr
        assert run("doctor").exit_code == 0
        assert not list(folder.glob(".*"))

    def test_what_is_there_is_kept(
        self, run: Run, folder: Path, key: Path, before: object
    ) -> None:
        run("backup", "out", "--key-file", key, "--with-secrets")
        lose(folder)
        fakes.make_config(folder, "[log]\nlevel = 'error'")
        settings = (folder / "hub.toml").read_bytes()
        (folder / "secret.key").unlink()
        assert run("restore", "out", "--key-file", key, "--with-secrets").exit_code == 0
        assert (folder / "hub.toml").read_bytes() == settings
        assert (folder / "secret.key").exists()

    def test_settings_that_lead_to_a_store_that_is_there(
        self, run: Run, folder: Path, key: Path, before: object
    ) -> None:
        run("backup", "out", "--key-file", key, "--with-secrets")
        (folder / "hub.toml").unlink()
        old = (folder / "hub.sqlite").read_bytes()
        found = run("restore", "out", "--key-file", key, "--with-secrets")
        assert found.exit_code == 6
        assert not (folder / "hub.toml").exists()
        assert (folder / "hub.sqlite").read_bytes() == old

    def test_they_are_verified_without_being_put_anywhere(
        self, run: Run, folder: Path, key: Path, before: object
    ) -> None:
        run("backup", "out", "--key-file", key, "--with-secrets")
        found = run("restore", "out", "--key-file", key, "--verify-only")
        assert found.exit_code == 0, found.stderr


def test_the_date_in_the_message_is_that_of_the_backup(
    run: Run, folder: Path, backup: Path, key: Path
) -> None:
    made = parse_us(
        {
            row["what"]: row["value"]
            for row in json.loads(
                run("restore", backup, "--key-file", key, "--verify-only", "-o", "json").stdout
            )
        }["created"]
    )
    assert abs(now_us() - made) < MINUTE_US
    lose(folder)
    assert f"published after {format_us(made)}" in run("restore", backup, "--key-file", key).stderr
