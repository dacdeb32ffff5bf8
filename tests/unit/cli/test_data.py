"""hub import and hub export on the hub's own store."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests import fakes
from tests.unit.cli.conftest import Run


def write(name: str, *objects: dict) -> Path:
    path = Path(name)
    path.write_bytes(b"".join(json.dumps(item).encode() + b"\n" for item in objects))
    return path


def exported(run: Run, *options: str) -> list[dict]:
    found = run("export", "shared", "--account", "reader", *options)
    assert found.exit_code == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


def summary(found: object) -> dict[str, int]:
    return json.loads(found.stdout)["summary"]


def imported(run: Run, *files: object, account: str = "publisher") -> dict[str, int]:
    return summary(run("import", "shared", *files, "--account", account, "-o", "json"))


def test_what_was_imported_is_exported(run: Run) -> None:
    objects = [fakes.indicator(n) for n in range(2500)]
    counts = imported(run, write("a.ndjson", *objects[:1300]), write("b.ndjson", *objects[1300:]))
    assert counts == {"new": 2500, "version": 0, "replaced": 0, "unchanged": 0, "failed": 0}
    assert exported(run) == objects


def test_outcomes(run: Run) -> None:
    imported(run, write("a", fakes.indicator(1), fakes.indicator(2)))
    again = write(
        "b",
        fakes.indicator(1),
        fakes.indicator(1, 1),
        fakes.indicator(2, name="other"),
        fakes.indicator(3),
    )
    assert imported(run, again) == {
        "new": 1,
        "version": 1,
        "replaced": 1,
        "unchanged": 1,
        "failed": 0,
    }
    assert imported(run, again)["unchanged"] == 4


def test_refused_objects_are_named_by_their_place(run: Run) -> None:
    write("a.ndjson", *(fakes.indicator(n) for n in range(1000)))
    with Path("a.ndjson").open("ab") as file:
        file.write(b'{"type":"x-a"}\nnothing\n')
    found = run("import", "shared", "a.ndjson", "--account", "publisher", "-o", "json")
    assert found.exit_code == 6
    answer = json.loads(found.stdout)
    assert answer["summary"]["failed"] == 2
    assert answer["summary"]["new"] == 1000
    first, second = (row["reason"] for row in answer["refused"])
    assert first.startswith("a.ndjson line 1001.id: ")
    assert second.startswith("a.ndjson line 1002: ")


def test_a_conflict_is_a_failure(run: Run) -> None:
    imported(run, write("a", fakes.indicator(1)))
    found = run(
        "import", "shared", write("b", fakes.indicator(1, name="x")), "--account", "partner"
    )
    assert found.exit_code == 6
    assert "conflict: another organisation" in found.stdout
    assert found.stdout.splitlines()[-1] == "failed\t1"


def test_bundles_and_gzip(run: Run) -> None:
    bundle = {"type": "bundle", "id": "bundle--1", "objects": [fakes.indicator(1)]}
    Path("a.json").write_text(json.dumps(bundle, indent=2), encoding="utf-8")
    Path("b.json.gz").write_bytes(gzip.compress(json.dumps(fakes.indicator(2)).encode()))
    assert imported(run, "a.json", "b.json.gz")["new"] == 2
    Path("c.json").write_bytes(json.dumps(fakes.indicator(3)).encode())
    found = run(
        *("import", "shared", "-", "--account", "publisher", "-o", "json"),
        stdin=Path("c.json").read_bytes(),
    )
    assert summary(found)["new"] == 1


REFUSED = {
    "a reader": ("shared", "reader", 6),
    "without the right to write": ("notices", "partner", 6),
    "switched off": ("shared", "disabled", 6),
    "an unknown account": ("shared", "nobody", 5),
    "an unknown collection": ("none", "publisher", 5),
}


@pytest.mark.parametrize("name", REFUSED)
def test_rights_are_those_of_the_account(run: Run, name: str) -> None:
    alias, account, code = REFUSED[name]
    found = run("import", alias, write("a", fakes.indicator(1)), "--account", account)
    assert found.exit_code == code, found.stderr
    assert exported(run) == []


def test_export_needs_the_right_to_read(run: Run) -> None:
    assert run("export", "dropbox", "--account", "publisher").exit_code == 6
    assert run("export", "shared", "--account", "disabled").exit_code == 6
    assert run("export", "shared").exit_code == 2


def test_export_of_versions(run: Run) -> None:
    old = fakes.indicator(1) | {"spec_version": "2.0"}
    imported(run, write("a", old, fakes.indicator(1, 1), fakes.indicator(1, 2)))
    assert exported(run) == [fakes.indicator(1, 2)]
    assert exported(run, "--versions", "all") == [
        old,
        fakes.indicator(1, 1),
        fakes.indicator(1, 2),
    ]


@pytest.mark.parametrize("count", [0, 3])
@pytest.mark.parametrize("name", ["out.json", "out.json.gz"])
def test_export_to_a_bundle(run: Run, folder: Path, name: str, count: int) -> None:
    objects = [fakes.indicator(n) for n in range(count)]
    imported(run, write("a", *objects))
    found = run(*("export", "shared", "--account", "reader", "--format", "bundle", "--out", name))
    assert found.exit_code == 0, found.stderr
    assert found.stdout == ""
    assert found.stderr == f"{count} objects\n"
    content = (folder / name).read_bytes()
    bundle = json.loads(gzip.decompress(content) if name.endswith(".gz") else content)
    assert bundle["objects"] == objects
    assert list(folder.glob("*.part")) == []


def test_an_export_that_fails_leaves_the_old_file(run: Run, folder: Path) -> None:
    (folder / "out").write_bytes(b"old")
    assert run("export", "dropbox", "--account", "publisher", "--out", "out").exit_code == 6
    assert (folder / "out").read_bytes() == b"old"
    assert list(folder.glob("*.part")) == []
    assert run("export", "shared", "--account", "reader", "--out", "no/out").exit_code == 1


def test_a_file_that_breaks_off_says_how_far_it_came(run: Run) -> None:
    write("a.ndjson", *(fakes.indicator(n) for n in range(1500)))
    cut = gzip.compress(Path("a.ndjson").read_bytes())[:-20]
    Path("a.ndjson.gz").write_bytes(cut)
    found = run("import", "shared", "a.ndjson.gz", "--account", "publisher", "-o", "json")
    assert found.exit_code == 1
    assert summary(found)["new"] == 1000
    assert found.stderr.startswith("hub: a.ndjson.gz: ")
