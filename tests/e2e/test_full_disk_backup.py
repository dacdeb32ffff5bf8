"""A disk that is full: a backup or a restore leaves no half file, and the hub goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import arrival
from hub.cli import backup as backup_command
from hub.cli.main import main
from tests import fakes
from tests.conformance.builders import candidate, publish

Hub = Callable[..., Result]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hub with 6 MB that cannot be packed."""
    made = tmp_path / "hub"
    made.mkdir()
    fakes.make_config(made)
    with closing(fakes.open_store(made / "hub.sqlite")) as store:
        fakes.populate(store)
        publish(store, *(candidate(n)._replace(raw=os.urandom(100_000)) for n in range(60)))
    return made


@pytest.fixture
def hub(folder: Path) -> Hub:
    def call(*arguments: object, config: Path = folder / "hub.toml") -> Result:
        return CliRunner().invoke(main, ["--config", str(config), *map(str, arguments)])

    return call


def test_no_half_backup_is_left(disk: Path, hub: Hub) -> None:
    found = hub("backup", disk / "out", "--plain")
    assert found.exit_code == 1
    assert "No space left on device" in found.stderr
    assert list(disk.iterdir()) == []


def test_the_old_backup_stays(disk: Path, hub: Hub) -> None:
    (disk / "out").write_bytes(b"the old one")
    assert hub("backup", disk / "out", "--plain", "--force").exit_code == 1
    assert (disk / "out").read_bytes() == b"the old one"
    assert len(list(disk.iterdir())) == 1


def test_no_half_export_is_left(disk: Path, hub: Hub) -> None:
    found = hub("export", "--all", "--out", disk / "out")
    assert found.exit_code == 1
    assert list(disk.iterdir()) == []


def test_the_copy_is_not_begun_where_there_is_no_room(disk: Path, folder: Path, hub: Hub) -> None:
    found = hub("backup", folder / "out", "--plain", "--scratch", disk)
    assert found.exit_code == 7
    assert "2 MiB free" in found.stderr or "3 MiB free" in found.stderr
    assert list(disk.iterdir()) == []
    assert not (folder / "out").exists()


def test_a_disk_that_fills_up_under_the_copy(
    disk: Path, folder: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_command, "_LEFT_FREE", -(1 << 30))
    found = hub("backup", folder / "out", "--plain", "--scratch", disk)
    assert found.exit_code == 7
    assert "disk is full" in found.stderr
    assert "--scratch" in found.stderr
    assert list(disk.iterdir()) == []
    assert not (folder / "out").exists()


@pytest.mark.parametrize("room", [2, 0], ids=["looked at before", "filled up meanwhile"])
@pytest.mark.parametrize("kind", ["backup", "export"])
def test_no_half_store_is_restored(
    disk: Path, folder: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: str, room: int
) -> None:
    monkeypatch.setattr(arrival, "_ROOM", room)
    order = {"backup": ["backup", folder / "out", "--plain"]}
    order["export"] = ["export", "--all", "--out", folder / "out"]
    assert hub(*order[kind]).exit_code == 0
    config = fakes.make_config(disk)
    before = sorted(disk.iterdir())
    found = hub("restore", folder / "out", config=Path(config.folder, "hub.toml"))
    assert found.exit_code in {1, 7}
    assert "free" in found.stderr or "No space" in found.stderr or "full" in found.stderr
    assert sorted(disk.iterdir()) == before


def test_the_hub_can_write_again_afterwards(disk: Path, folder: Path, hub: Hub) -> None:
    assert hub("backup", disk / "out", "--plain").exit_code == 1
    with closing(fakes.open_store(folder / "hub.sqlite")) as store:
        publish(store, candidate(1000))
        assert store.faults() == []
