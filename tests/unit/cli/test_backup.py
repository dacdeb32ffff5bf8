"""hub backup: what it writes, for whom, and what it never does."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import tarfile
import threading
import time
from contextlib import closing
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from hub.cli import backup as command
from hub.cli import files
from hub.cli.base import program_version
from hub.store.database import schema_version
from tests import fakes
from tests.conformance.builders import candidate, publish
from tests.unit.cli.conftest import Run

PHRASE = "nine purple horses swim slowly"


@pytest.fixture
def key(run: Run, folder: Path) -> Path:
    assert run("backup-key", "key").exit_code == 0
    return folder / "key"


@pytest.fixture
def filled(folder: Path) -> None:
    with closing(fakes.open_store(folder / "hub.sqlite")) as store:
        publish(store, *(candidate(n) for n in range(30)))


def made(run: Run, *arguments: object) -> Any:
    found = run("backup", "out", *arguments)
    assert found.exit_code == 0, found.stderr
    return found


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"hub.sqlite-wal", "hub.sqlite-shm"}


def manifest(path: Path) -> dict[str, Any]:
    with tarfile.open(path) as tar:
        return json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]


@pytest.mark.usefixtures("filled")
class TestWhatIsWritten:
    def test_nothing_of_it_can_be_read_without_the_key(
        self, run: Run, folder: Path, key: Path
    ) -> None:
        made(run, "--key-file", key)
        content = (folder / "out").read_bytes()
        assert b"indicator" not in content
        assert b"manifest" not in content
        assert content.startswith(b"HUBVAULT")

    def test_only_the_owner_can_read_it_and_nothing_else_stays(
        self, run: Run, folder: Path, key: Path
    ) -> None:
        before = names(folder)
        old = os.umask(0o000)
        try:
            made(run, "--key-file", key)
        finally:
            os.umask(old)
        assert (folder / "out").stat().st_mode & 0o777 == 0o600
        assert names(folder) == before | {"out"}

    def test_the_copy_in_the_clear_is_for_the_owner_and_beside_the_store(
        self, run: Run, folder: Path, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[tuple[Path, int, int]] = []

        def spy(database: Any, target: Path) -> None:
            modes = (target.parent.stat().st_mode & 0o777, target.stat().st_mode & 0o777)
            seen.append((target.parent.parent, *modes))
            database.connection().execute("VACUUM INTO ?", (str(target),))

        monkeypatch.setattr("hub.store.snapshot.copy", spy)
        (folder / "away").mkdir()
        assert run("backup", "away/out", "--key-file", key).exit_code == 0
        assert seen == [(Path(), 0o700, 0o600)]
        assert names(folder / "away") == {"out"}

    def test_the_copy_can_lie_elsewhere(self, run: Run, folder: Path, key: Path) -> None:
        (folder / "roomy").mkdir()
        made(run, "--key-file", key, "--scratch", "roomy")
        assert list((folder / "roomy").iterdir()) == []

    def test_a_plain_one_needs_tar_alone(self, run: Run, folder: Path) -> None:
        said = made(run, "--plain").stderr
        assert "NOT encrypted" in said
        with tarfile.open(folder / "out") as tar:
            assert tar.getnames() == ["manifest.json", "hub.sqlite"]
            (folder / "t").mkdir()
            tar.extract("hub.sqlite", folder / "t", filter="data")
        with closing(sqlite3.connect(folder / "t" / "hub.sqlite")) as copy:
            assert copy.execute("SELECT count(*) FROM record").fetchone() == (30,)

    def test_the_manifest_says_what_is_in_it(self, run: Run, folder: Path) -> None:
        made(run, "--plain")
        found = manifest(folder / "out")
        assert (found["format"], found["ordinal"], found["hub"]) == (1, 30, program_version())
        assert found["counts"]["record"] == 30
        assert found["schema"] == schema_version()
        assert found["last_added"] < found["created"]
        (part,) = found["parts"]
        assert part["name"] == "hub.sqlite"
        assert len(part["sha256"]) == 64
        secret = (folder / "secret.key").read_text(encoding="ascii").strip()
        assert len(found["secret"]) == 16
        assert found["secret"] not in secret

    def test_secrets_stay_outside_and_that_is_said(self, run: Run, folder: Path) -> None:
        said = made(run, "--plain").stderr
        assert "NOT inside" in said
        with tarfile.open(folder / "out") as tar:
            assert "secret.key" not in tar.getnames()

    def test_a_passphrase(self, run: Run, folder: Path) -> None:
        (folder / "phrase").write_text(f"{PHRASE}\n", encoding="utf-8")
        (folder / "phrase").chmod(0o600)
        made(run, "--passphrase-file", "phrase")
        assert run("restore", "out", "--passphrase-file", "phrase", "--verify-only").exit_code == 0

    def test_without_a_secret_of_the_hub_the_store_is_backed_up_all_the_same(
        self, run: Run, folder: Path, key: Path
    ) -> None:
        (folder / "secret.key").unlink()
        made(run, "--key-file", key)
        assert run("backup", "more", "--key-file", key, "--with-secrets").exit_code == 2
        assert "more" not in names(folder)

    def test_the_schema_is_left_alone(
        self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A newer program beside a running older hub must not change its store."""
        from hub.store import database

        scripts = [*database._scripts(), "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;"]
        monkeypatch.setattr(database, "_scripts", lambda: scripts)
        made(run, "--plain")
        assert manifest(folder / "out")["schema"] == len(scripts) - 1
        assert list(folder.glob("*.bak")) == []


def test_a_program_that_is_not_installed_backs_up_too(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    made(run, "--plain")
    assert manifest(folder / "out")["hub"] == ""


WRONG = {
    "no key": [],
    "two keys": ["--key-file", "key", "--passphrase-file", "phrase"],
    "a key and plain": ["--key-file", "key", "--plain"],
    "secrets in the clear": ["--plain", "--with-secrets"],
    "no such file": ["--key-file", "nothing"],
    "a key that others may read": ["--key-file", "open"],
    "a passphrase that others may read": ["--passphrase-file", "open"],
    "a key that is none": ["--key-file", "short"],
    "a short passphrase": ["--passphrase-file", "short"],
    "a passphrase that is no text": ["--passphrase-file", "bytes"],
    "a folder": ["--key-file", "."],
    "no folder for the copy": ["--key-file", "key", "--scratch", "nowhere"],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_command_line_writes_nothing(run: Run, folder: Path, key: Path, name: str) -> None:
    for file, content in {
        "phrase": PHRASE.encode(),
        "open": key.read_bytes(),
        "short": b"0" * 15 + b"\n" + b"more" * 20,
        "bytes": b"\xff" * 40,
    }.items():
        (folder / file).write_bytes(content)
        (folder / file).chmod(0o644 if file == "open" else 0o600)
    before = names(folder)
    found = run("backup", "out", *WRONG[name])
    assert found.exit_code == 2, found.stderr
    assert names(folder) == before
    assert PHRASE not in found.stderr
    assert key.read_text(encoding="ascii").strip() not in found.stderr


class TestTarget:
    def test_is_never_overwritten(self, run: Run, folder: Path, key: Path) -> None:
        (folder / "out").write_bytes(b"mine")
        found = run("backup", "out", "--key-file", key)
        assert found.exit_code == 6
        assert "out is there already" in found.stderr
        assert (folder / "out").read_bytes() == b"mine"

    def test_nor_a_link_that_leads_nowhere(self, run: Run, folder: Path, key: Path) -> None:
        (folder / "out").symlink_to("elsewhere")
        assert run("backup", "out", "--key-file", key).exit_code == 6
        assert not (folder / "elsewhere").exists()

    def test_unless_forced(self, run: Run, folder: Path, key: Path) -> None:
        (folder / "out").write_bytes(b"mine")
        made(run, "--key-file", key, "--force")
        assert (folder / "out").read_bytes().startswith(b"HUBVAULT")
        assert run("restore", "out", "--key-file", key, "--verify-only").exit_code == 0

    def test_that_came_up_meanwhile_stays(
        self, run: Run, folder: Path, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = command.write_backup

        def slow(*arguments: Any) -> Any:
            done = real(*arguments)
            (folder / "out").write_bytes(b"another")
            return done

        monkeypatch.setattr(command, "write_backup", slow)
        before = names(folder)
        assert run("backup", "out", "--key-file", key).exit_code == 6
        assert (folder / "out").read_bytes() == b"another"
        assert names(folder) == before | {"out"}

    def test_without_hard_links(
        self, run: Run, folder: Path, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: Any) -> None:
            raise PermissionError

        monkeypatch.setattr(Path, "hardlink_to", refuse)
        made(run, "--key-file", key)
        assert run("restore", "out", "--key-file", key, "--verify-only").exit_code == 0

    def test_in_a_folder_that_is_not_there(self, run: Run, key: Path) -> None:
        found = run("backup", "no/out", "--key-file", key)
        assert found.exit_code == 1
        assert "no" in found.stderr

    def test_a_failure_leaves_the_old_one_and_nothing_else(
        self, run: Run, folder: Path, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder / "out").write_bytes(b"old")
        before = names(folder)

        def fail(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("hub.store.crate.pack", fail)
        found = run("backup", "out", "--key-file", key, "--force")
        assert found.exit_code == 1
        assert "No space left" in found.stderr
        assert (folder / "out").read_bytes() == b"old"
        assert names(folder) == before


class TestSource:
    def test_no_store(self, run: Run, folder: Path, key: Path) -> None:
        (folder / "hub.sqlite").unlink()
        before = names(folder)
        found = run("backup", "out", "--key-file", key)
        assert found.exit_code == 1
        assert "nothing to back up" in found.stderr
        assert names(folder) == before, "asking makes no store"

    def test_a_damaged_store_is_no_backup(self, run: Run, folder: Path, key: Path) -> None:
        (folder / "hub.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 50_000)
        before = names(folder)
        found = run("backup", "out", "--key-file", key)
        assert found.exit_code == 7
        assert "cannot be copied" in found.stderr
        assert "database" in found.stderr
        assert names(folder) == before

    def test_no_room_for_the_copy(
        self, run: Run, folder: Path, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = shutil.disk_usage(folder)._replace(free=60 << 20)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        before = names(folder)
        found = run("backup", "out", "--key-file", key)
        assert found.exit_code == 7
        assert "60 MiB free" in found.stderr
        assert "--scratch" in found.stderr
        assert names(folder) == before


class TestLeftovers:
    """Of processes that were killed."""

    @pytest.fixture
    def left(self, folder: Path) -> list[Path]:
        scratch = folder / ".hub.sqlite.scratch-abc"
        scratch.mkdir()
        (scratch / "hub.sqlite").write_bytes(b"x")
        draft = folder / ".hub-draft-abc"
        draft.write_bytes(b"x")
        for path in (scratch, draft):
            os.utime(path, (time.time() - 3600,) * 2)
        return [scratch, draft]

    def test_are_removed(self, run: Run, key: Path, left: list[Path]) -> None:
        made(run, "--key-file", key)
        assert not any(path.exists() for path in left)

    def test_of_the_living_are_not(self, run: Run, key: Path, left: list[Path]) -> None:
        handles = [os.open(path, os.O_RDONLY) for path in left]
        for handle in handles:
            fcntl.flock(handle, fcntl.LOCK_EX)
        made(run, "--key-file", key)
        assert all(path.exists() for path in left)
        for handle in handles:
            os.close(handle)

    def test_quite_new_ones_are_not(self, run: Run, key: Path, left: list[Path]) -> None:
        for path in left:
            os.utime(path)
        made(run, "--key-file", key)
        assert all(path.exists() for path in left)

    def test_links_are_not_followed(self, run: Run, folder: Path, key: Path) -> None:
        (folder / "mine").mkdir()
        (folder / "mine" / "file").write_bytes(b"x")
        os.utime(folder / "mine", (0, 0))
        (folder / ".hub.sqlite.scratch-link").symlink_to("mine")
        made(run, "--key-file", key)
        assert (folder / "mine" / "file").exists()

    def test_what_is_in_use_for_long_is_not(self, tmp_path: Path) -> None:
        with (
            files.scratch(tmp_path, "hub.sqlite") as made,
            files.whole_file(tmp_path / "out"),
        ):
            for path in tmp_path.iterdir():
                os.utime(path, (0, 0))
            before = set(tmp_path.iterdir())
            with files.scratch(tmp_path, "hub.sqlite"), files.whole_file(tmp_path / "other"):
                assert before < set(tmp_path.iterdir())
            assert made.exists()
        assert {path.name for path in tmp_path.iterdir()} == {"out", "other"}

    def test_two_at_once_do_not_disturb_each_other(self, tmp_path: Path) -> None:
        inside = threading.Barrier(2, timeout=60)
        seen = []

        def work(number: int) -> None:
            with (
                files.scratch(tmp_path, "hub.sqlite") as made,
                files.whole_file(tmp_path / str(number)) as out,
            ):
                inside.wait()
                out.write(str(number).encode())
                seen.append(made)
                inside.wait()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(seen)) == 2
        assert {p.name: p.read_text("ascii") for p in tmp_path.iterdir()} == {"0": "0", "1": "1"}


class TestKey:
    def test_is_new_each_time_and_for_the_owner_alone(self, run: Run, key: Path) -> None:
        assert key.stat().st_mode & 0o777 == 0o600
        assert len(bytes.fromhex(key.read_text("ascii"))) == 32
        assert run("backup-key", "other").exit_code == 0
        assert Path("other").read_bytes() != key.read_bytes()

    def test_is_never_overwritten(self, run: Run, key: Path) -> None:
        before = key.read_bytes()
        found = run("backup-key", key)
        assert found.exit_code == 1
        assert key.read_bytes() == before

    def test_is_not_printed(self, run: Run, folder: Path) -> None:
        found = run("backup-key", "key")
        text = (folder / "key").read_text("ascii").strip()
        assert text not in found.stdout + found.stderr
