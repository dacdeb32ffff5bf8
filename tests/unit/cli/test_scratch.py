"""What a hub that was killed leaves behind in memory goes with the next start, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hub.cli import scratch

HOLD = """
import sys
from pathlib import Path
from hub.cli import scratch
print(scratch.make(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def aged(folder: Path) -> Path:
    os.utime(folder, (1_000_000, 1_000_000))
    return folder


def test_a_folder_stays_as_long_as_its_hub(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )
    with other:
        held = aged(Path(other.stdout.readline().strip()))
        first = Path(scratch.make(tmp_path))
        assert held.is_dir()
        other.kill()
    (held / "counter.db").write_bytes(b"1")
    aged(held)
    second = Path(scratch.make(tmp_path))
    assert set(tmp_path.iterdir()) == {first, second}


def test_what_was_made_just_now_and_what_is_of_others_stays(tmp_path: Path) -> None:
    young, foreign, kept = tmp_path / "hub-serve-young", tmp_path / "data", tmp_path / "kept"
    for folder in (young, foreign, kept):
        folder.mkdir()
    (tmp_path / "hub-serve-link").symlink_to(aged(kept))
    aged(foreign)
    scratch.make(tmp_path)
    assert young.is_dir()
    assert foreign.is_dir()
    assert kept.is_dir()
