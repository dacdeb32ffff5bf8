"""The benchmark runs to its end against the hub, and every answer is right."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_quick_run_measures_the_hub_without_an_error(tmp_path):
    file = tmp_path / "bench.json"
    command = [sys.executable, "-m", "tests.bench", "--quick", "--no-medallion"]

    done = subprocess.run(
        [*command, "--json", str(file), "--folder", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert not [row for row in rows if row["errors"]]
    measured = {row["measure"] for row in rows if row["server"] == "hub"}
    assert {"full poll", "8 pollers", "match[name]", "every object once", "disk"} <= measured
    assert "verdict" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]
