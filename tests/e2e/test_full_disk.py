"""A disk that is really full: publishers are told to come back, pollers go on, nothing is lost."""

import subprocess
from pathlib import Path

import pytest

from tests import fakes
from tests.e2e.serving import serving


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with 16 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Write until there is no room left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 65536):
                pass
        except OSError:
            return filler


def test_publishers_are_told_to_come_back_and_pollers_go_on(small_disk):
    with serving(small_disk) as server:
        room = server.room()
        kept = [fakes.indicator(n) for n in range(20)]
        room.add(*kept)
        filler = fill(small_disk)
        pad = [fakes.indicator(n, description="x" * 5000) for n in range(100, 200)]
        refused = [
            server.ask("POST", f"{room.path}objects/", data=fakes.body(*pad)) for _ in range(10)
        ]
        assert {answer.status_code for answer in refused} == {503}
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
        assert {server.ask("GET", "/health/live", account="").status_code for _ in range(10)} == {
            200
        }
        for _ in range(10):
            answer = server.ask("GET", f"{room.path}objects/?match[version]=all")
            assert answer.json()["objects"] == kept
        filler.unlink()
        assert server.ask("POST", f"{room.path}objects/", data=fakes.body(*pad)).status_code == 202
        everything = server.ask("GET", f"{room.path}objects/?match[version]=all&limit=1000")
        assert everything.json()["objects"] == kept + pad
        assert server.store.faults() == []
