"""What starts the node: jars that are not as pinned are refused, and nothing is skipped in silence."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.elastic import jars
from tests.elastic.node import Node, NodeFailed
from tests.required import not_run

ROOT = jars.HERE.parents[1]
NODE_TESTS = "tests/elastic/test_node.py"


@pytest.fixture(scope="module")
def elastic_jars() -> Path:
    """The folder of the real jars."""
    try:
        classes = jars.prepare()
    except jars.NotHere as error:
        not_run("elastic", str(error))
    return Path(classes.partition(":")[2]).parent


def python(*arguments: str, path: str = os.environ["PATH"], **more: str) -> subprocess.Popen[str]:
    unset = {"CI", "HUB_TEST_REQUIRE", "HUB_TEST_ELASTIC_URL", "JAVA_HOME"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    environment = kept | {"PYTHONPATH": str(ROOT), "PATH": path} | more
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )


def output(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=120)
    return said


def sums(folder: Path, contents: dict[str, bytes]) -> Path:
    lines = [f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in contents.items()]
    target = folder / "sums"
    target.write_text("".join(lines), encoding="ascii")
    return target


def test_jars_are_compared_with_their_sums(tmp_path):
    contents = {"a.jar": b"a", "b.jar": b"b"}
    pinned, lib = sums(tmp_path, contents), tmp_path / "lib"
    lib.mkdir()
    for name, body in contents.items():
        (lib / name).write_bytes(body)
    jars.verify(lib, pinned)
    (lib / "b.jar").write_bytes(b"other")
    with pytest.raises(jars.Wrong, match=r"sums: b\.jar;"):
        jars.verify(lib, pinned)
    (lib / "b.jar").unlink()
    (lib / "more.jar").write_bytes(b"")
    with pytest.raises(jars.Wrong, match=r"sums: b\.jar, more\.jar;"):
        jars.verify(lib, pinned)


def test_what_the_machine_lacks_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(jars.NotHere, match="no javac; a JDK of version 17"):
        jars.prepare(tmp_path)
    old = tmp_path / "bin" / "javac"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho javac 11.0.2\n")
    old.chmod(0o755)
    with pytest.raises(jars.NotHere, match=r"javac 11\.0\.2; a JDK of version 17"):
        jars.prepare(tmp_path)
    old.write_text("#!/bin/sh\necho javac 21.0.2\n")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(jars.NotHere, match=r"^no Maven$"):
        jars.prepare(tmp_path)


def test_maven_is_told_apart_from_a_machine_without_it(tmp_path, monkeypatch, elastic_jars):
    maven(tmp_path / "bin", "echo Could not transfer artifact; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(jars.NotHere, match="could not fetch the jars: Could not transfer"):
        jars.prepare(tmp_path / "cache")
    maven(tmp_path / "bin", 'mkdir -p "$lib" && touch "$lib/a.jar"')
    with pytest.raises(jars.Wrong, match=r"a\.jar"):
        jars.prepare(tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*/classes"))


def maven(folder: Path, does: str) -> None:
    """A program that is called as Maven is; `$lib` is the folder where it has to put the jars."""
    folder.mkdir(exist_ok=True)
    find = 'for each in "$@"; do case $each in -DoutputDirectory=*) lib=${each#*=};; esac; done\n'
    (folder / "mvn").write_text(f"#!/bin/sh\n{find}{does}\n")
    (folder / "mvn").chmod(0o755)


def test_two_processes_prepare_once(tmp_path, elastic_jars):
    calls, cache = tmp_path / "calls", tmp_path / "cache"
    does = f'echo >> {calls}; sleep 1; mkdir -p {cache}/maven "$lib"; cp {elastic_jars}/* "$lib"'
    maven(tmp_path / "bin", does)
    code = "import sys; from pathlib import Path; from tests.elastic import jars"
    code += "; print(jars.prepare(Path(sys.argv[1])))"
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    both = [python("-c", code, str(cache), path=path) for _ in range(2)]
    first, second = map(output, both)
    assert first == second != ""
    assert calls.read_text().count("\n") == 1


PATCHED = """
import sys, pytest
from pathlib import Path
from tests.elastic import jars
prepare, folder = jars.prepare, Path(sys.argv[1])
jars.prepare = lambda: prepare(folder)
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[2:]]))
"""


@pytest.mark.parametrize(
    ("variables", "counts", "word"),
    [
        ({}, "1 skipped", "SKIPPED"),
        ({"HUB_TEST_REQUIRE": "elastic"}, "1 error", "ERROR"),
        ({"CI": "true"}, "1 error", "ERROR"),
    ],
)
def test_a_run_without_maven_says_so(tmp_path, variables, counts, word, elastic_jars):
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "javac").symlink_to(jars.tool("javac"))
    test = f"{NODE_TESTS}::test_the_client_takes_it_for_the_product"
    said = output(python("-c", PATCHED, str(tmp_path), test, path=str(bare), **variables))
    assert "elastic tests: NOT RUN (no Maven)" in said
    assert word in said
    assert said.splitlines()[-1].startswith(counts)


def test_a_cluster_of_ones_own(elastic_url):
    wanted = (
        f"{NODE_TESTS}::test_addresses_and_networks",
        f"{NODE_TESTS}::test_a_paused_node_hangs_and_goes_on",
    )
    arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *wanted]
    said = output(python(*arguments, HUB_TEST_ELASTIC_URL=elastic_url))
    assert "they kill nodes; HUB_TEST_ELASTIC_URL is not ours" in said
    assert said.splitlines()[-1].startswith("1 passed, 1 skipped")
    said = output(python(*arguments, HUB_TEST_ELASTIC_URL="http://search.example:9200"))
    assert "tests connect to 127.0.0.1 only" in said
    assert "passed" not in said


def test_a_node_that_does_not_start_says_why(tmp_path, elastic_jars):
    node = Node(tmp_path / "n1", {"unheard.of": "1"})
    with pytest.raises(NodeFailed, match=r"(?s)n1 did not start.*unknown setting \[unheard.of\]"):
        node.start()
    assert not node.running


LEFT = """
import sys, time
from pathlib import Path
from tests.elastic.node import Node
node = Node(Path(sys.argv[1]))
node.start()
if sys.argv[2] == "paused":
    node.pause()
print(node.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("state", ["serving", "paused"])
def test_a_node_ends_with_its_parent(tmp_path, state, elastic_jars):
    """However the parent ended, paused or not: no process is left behind."""
    parent = python("-c", LEFT, str(tmp_path / "n1"), state)
    assert parent.stdout is not None
    node = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    output(parent)
    try:
        node.wait(timeout=60)
    finally:
        with suppress(psutil.NoSuchProcess):
            node.kill()
