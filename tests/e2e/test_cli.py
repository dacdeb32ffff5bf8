"""Real processes: `hub serve`, `hub pull` that is killed, `hub demo` and every line it prints."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import fakes
from tests.bench.servers import Medallion
from tests.tools.ports import free_port

HUB = [sys.executable, "-m", "hub"]
OBJECTS = 2000
PATIENCE_S = 60
ENV = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "NO_PROXY": "127.0.0.1"}


def until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


class Server:
    """`hub serve` or `hub demo` in a process group of its own."""

    def __init__(self, port: int, folder: Path, *command: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._command = command
        self.log = folder / "server.log"
        self.start()

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*HUB, *self._command],
                cwd=self._folder,
                # What a killed server leaves behind goes with the test's folder.
                env=ENV | {"TMPDIR": str(self._folder)},
                stderr=log,
                stdout=log,
                start_new_session=True,
            )
        until(self._is_ready, "the server does not answer")

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(encoding="utf-8")[-3000:]
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A hub of the sample directory."""
    port = free_port()
    fakes.make_config(tmp_path, f"[server]\nport = {port}")
    store = fakes.open_store(tmp_path / "hub.sqlite")
    fakes.populate(store)
    store.close()
    running = Server(port, tmp_path, "--config", "hub.toml", "serve")
    yield running
    if running.process.poll() is None:
        running.kill()


@pytest.fixture
def collection(server: Server, tmp_path: Path) -> str:
    """The address of a collection into which a file of objects was pushed."""
    url = f"{server.url}/hub/collections/{fakes.uuid_of(1)}/"
    (tmp_path / "in.ndjson").write_bytes(b"".join(line + b"\n" for line in expected()))
    found = hub(tmp_path, "push", url, "in.ndjson", "-o", "json", token="publisher")
    assert json.loads(found.stdout)["summary"]["added"] == OBJECTS, found.stderr
    return url


def expected() -> list[bytes]:
    return [json.dumps(fakes.indicator(n)).encode() for n in range(OBJECTS)]


def hub(folder: Path, *arguments: str, token: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*HUB, *arguments],
        cwd=folder,
        env=ENV | {"HUB_TOKEN": fakes.token_of(token)},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )


def start_pull(folder: Path, url: str, limit: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*HUB, "pull", url, "--out", "out.ndjson", "--limit", str(limit)],
        cwd=folder,
        env=ENV | {"HUB_TOKEN": fakes.token_of("reader")},
        stderr=subprocess.PIPE,
    )


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@pytest.mark.slow
def test_a_pull_that_is_killed_again_and_again_misses_and_repeats_nothing(
    tmp_path: Path, collection: str
) -> None:
    out = tmp_path / "out.ndjson"
    kills = 0
    for _ in range(4):
        before = size_of(out)
        pull = start_pull(tmp_path, collection, limit=10)
        until(lambda: size_of(out) != before or pull.poll() is not None, "nothing is pulled")  # noqa: B023 - called in this round
        time.sleep(0.03 * kills)
        pull.kill()
        pull.communicate()
        kills += pull.returncode == -signal.SIGKILL
    assert kills > 1
    assert len(out.read_bytes().splitlines()) < OBJECTS
    done = hub(tmp_path, "pull", collection, "--out", "out.ndjson", token="reader")
    assert done.returncode == 0, done.stderr
    assert out.read_bytes().split(b"\n")[:-1] == expected()


@pytest.mark.slow
def test_a_pull_outlives_its_server(tmp_path: Path, server: Server, collection: str) -> None:
    out = tmp_path / "out.ndjson"
    pull = start_pull(tmp_path, collection, limit=10)
    until(lambda: size_of(out) > 0, "nothing is pulled")
    server.kill()
    server.start()
    _, said = pull.communicate(timeout=PATIENCE_S)
    assert pull.returncode == 0, said
    assert b"trying again" in said
    assert out.read_bytes().split(b"\n")[:-1] == expected()


@pytest.mark.slow
def test_import_and_export_beside_the_running_hub(tmp_path: Path, collection: str) -> None:
    found = hub(
        tmp_path, "export", "shared", "--account", "reader", "--out", "all.json", "--format", "bundle",
        token="reader",
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    found = hub(
        tmp_path, "import", "shared", "all.json", "--account", "publisher", "-o", "json",
        token="reader",
    )  # fmt: skip
    assert json.loads(found.stdout)["summary"]["unchanged"] == OBJECTS
    found = hub(tmp_path, "doctor", "-o", "json", token="reader")
    rows = {row["what"]: row for row in json.loads(found.stdout)}
    assert found.returncode == 0
    assert rows["port"]["detail"].endswith("a hub listens and is ready")
    assert rows["records"]["result"] == "ok"


@pytest.mark.slow
def test_a_server_whose_next_works_once_and_whose_dates_are_equal(tmp_path: Path) -> None:
    partner = Medallion(tmp_path / "partner")
    partner.start()
    login = ("--account", "bench", "--password-stdin")
    (tmp_path / "in.ndjson").write_bytes(b"".join(line + b"\n" for line in expected()[:120]))

    def call(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*HUB, *arguments, *login],
            cwd=tmp_path,
            env=ENV,
            input=b"bench\n",
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )

    try:
        url = partner.target().url
        call("push", url, "in.ndjson", "--batch", "60")
        call("pull", url, "--out", "out.ndjson", "--limit", "25")
        again = call("pull", url, "--out", "out.ndjson", "--limit", "25")
    finally:
        partner.stop()
    assert again.stderr.startswith(b"0 objects")
    pulled = [json.loads(line) for line in (tmp_path / "out.ndjson").read_bytes().splitlines()]
    assert sorted(item["id"] for item in pulled) == sorted(
        json.loads(line)["id"] for line in expected()[:120]
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`hub demo` in an empty folder."""
    port = free_port()
    running = Server(port, tmp_path_factory.mktemp("demo"), "demo", "--port", str(port))
    yield running
    if running.process.poll() is None:
        running.kill()


@pytest.fixture
def paste(demo: Server, tmp_path: Path) -> Callable[[str], str]:
    """Runs the lines that the greeting prints below a comment; gives what they print."""
    until(lambda: "# Push a file" in demo.log.read_text(encoding="utf-8"), "no greeting")
    _, *found = re.split(r"^# (.*)\n", demo.log.read_text(encoding="utf-8"), flags=re.MULTILINE)
    blocks = dict(zip(found[::2], found[1::2], strict=True))

    def run(comment: str) -> str:
        (lines,) = [text for name, text in blocks.items() if name.startswith(comment)]
        if lines.startswith("curl") and not shutil.which("curl"):
            pytest.skip("curl is not installed")
        done = subprocess.run(
            ["bash", "-c", lines.partition("\n\n")[0]],
            cwd=tmp_path,
            env=ENV,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run.blocks = blocks  # type: ignore[attr-defined]
    return run


@pytest.mark.slow
class TestGreeting:
    def test_every_line_is_tried_here(self, paste: Callable[[str], str]) -> None:
        assert [name.partition(":")[0] for name in paste.blocks] == [  # type: ignore[attr-defined]
            "Ask what is here",
            "Poll",
            "Read without logging in",
            "Publish an indicator",
            "Search",
            "Search a defanged address",
            "Look up several values at once; the exit code 10 says that one of them is known",
            "Search with curl, and count what is found",
            "Write what is found into a spreadsheet",
            "Ask what an account may see",
            "Poll with taxii2-client",
            "Pull into a file; run it again to get what is new",
            "Push a file",
            "Publish TLP",
        ]

    def test_discovery(self, paste: Callable[[str], str]) -> None:
        found = json.loads(paste("Ask what is here"))
        assert [url.split("/")[-2] for url in found["api_roots"]] == ["vn", "asean"]

    def test_poll(self, paste: Callable[[str], str]) -> None:
        found = json.loads(paste("Poll:"))
        assert len(found["objects"]) == 5
        assert found["more"] is True

    def test_public(self, paste: Callable[[str], str]) -> None:
        assert {item["type"] for item in json.loads(paste("Read without"))["objects"]} == {
            "report"
        }

    def test_publish(self, paste: Callable[[str], str]) -> None:
        found = json.loads(paste("Publish an indicator"))
        assert (found["success_count"], found["failure_count"]) == (1, 0)

    def test_search(self, paste: Callable[[str], str]) -> None:
        rows = [line.split("\t") for line in paste("Search: ").splitlines()]
        assert len(rows) == 10
        assert {row[4] for row in rows[:5]} == {"lua, dao, ngan, hang"}
        assert {row[2] for row in rows[5:]} == {"report"}

    def test_two_accounts_find_what_each_may_see(self, paste: Callable[[str], str]) -> None:
        rows = [line.split("\t") for line in paste("Search a defanged").splitlines()]
        assert Counter((row[1], row[2]) for row in rows) == {
            ("green", "indicator"): 2,  # once by the analyst, once by the partner
            ("green", "report"): 2,
            ("amber", "indicator"): 1,
            ("amber", "report"): 1,
            ("amber+strict", "indicator"): 1,
            ("amber+strict", "report"): 1,
        }

    def test_look_up(self, paste: Callable[[str], str]) -> None:
        *rows, last = (line.split("\t") for line in paste("Look up several").splitlines())
        host, address, file, technique, none = rows
        assert host[:3] == ["known", "dang-nhap.ngan-hang-sen[.]example", "3"]
        assert host[5:7] == ["amber+strict", "vn-bank vn-centre vn-telecom"]
        assert (address[2], file[2]) == ("2", "3")
        assert int(technique[2]) > 3
        assert none[0] == "unknown"
        assert last == ["exit code 10"]

    def test_search_with_curl(self, paste: Callable[[str], str]) -> None:
        found, counted = (
            json.loads(line)
            for line in paste("Search with curl").replace("}{", "}\n{").splitlines()
        )
        assert {hit["tlp"] for hit in found["hits"]} == {"green"}
        kind, marking = counted["facets"]
        assert {item["value"] for item in kind["values"]} >= {"indicator", "report"}
        assert {item["value"] for item in marking["values"]} >= {"amber", "amber+strict"}

    def test_a_spreadsheet(self, paste: Callable[[str], str], tmp_path: Path) -> None:
        paste("Write what is found")
        with (tmp_path / "domains.csv").open(encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) > 20
        assert {row["type"] for row in rows} == {"indicator"}

    def test_taxii2_client(self, paste: Callable[[str], str]) -> None:
        first = paste("Poll with taxii2-client").splitlines()[0]
        assert first.startswith("50 objects, the first is marking-definition--")

    def test_pull_and_push(self, paste: Callable[[str], str], tmp_path: Path) -> None:
        for _ in range(2):
            paste("Pull into a file")
        pulled = (tmp_path / "early-warning.ndjson").read_bytes().count(b"\n")
        assert pulled > 100
        counts = dict(line.split("\t") for line in paste("Push a file").splitlines())
        assert counts["failed"] == "0"
        assert sum(map(int, counts.values())) == pulled

    def test_what_an_account_may_see(self, paste: Callable[[str], str]) -> None:
        me = json.loads(paste("Ask what an account"))
        assert me["clearance"] == "red"
        assert "group:case-2026-11" in {item["subject"] for item in me["belongs_to"]}

    def test_red_for_a_few(self, paste: Callable[[str], str]) -> None:
        status, seen = (
            json.loads(line)
            for line in paste("Publish TLP:RED").replace("}{", "}\n{").splitlines()
        )
        assert (status["success_count"], status["failure_count"]) == (1, 0)
        assert len(seen["objects"]) == 1

    def test_doctor_finds_one_token(self, demo: Server) -> None:
        found = hub(
            demo.log.parent,
            "--config",
            "var/demo/hub.toml",
            "doctor",
            "-o",
            "json",
            token="reader",
        )
        notes = [row for row in json.loads(found.stdout) if row["result"] != "ok"]
        # One of the partners has a token that ends soon, for the page of partners to say.
        assert [(row["result"], row["what"]) for row in notes] == [("warn", "token")]
        assert "my-partner-robot" in notes[0]["detail"]

    def test_nothing_but_the_greeting_is_said(self, demo: Server) -> None:
        assert '"level"' not in demo.log.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_stops_cleanly(tmp_path: Path, number: int) -> None:
    port = free_port()
    running = Server(port, tmp_path, "demo", "--port", str(port), "--folder", "here")
    try:
        assert running.stop(number) == 0
    finally:
        if running.process.poll() is None:
            running.kill()
    assert "Traceback" not in running.log.read_text(encoding="utf-8")
