"""A real Elasticsearch on 127.0.0.1, started from the jars of `tests.elastic.jars`.

    with Node(tmp_path / "node") as node:
        client = Elasticsearch(node.url)

The address stays the same across `stop`, `kill` and `start`, and so do the data. What the node
lacks stands in docs/adr/0019-elasticsearch-in-tests.md.
"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.elastic import jars
from tests.tools.ports import free_port

READY_S = 120
_STOP_S = 30
_MAIN = "org.elasticsearch.node.HubTestMain"
_FLAGS = (
    "-XX:+UseSerialGC",
    "-Dlog4j2.disable.jmx=true",
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.noKeySetOptimization=true",
    "-Des.set.netty.runtime.available.processors=false",
    "-Djava.awt.headless=true",
    f"-Dlog4j2.configurationFile={jars.HERE / 'log4j2.properties'}",
)
SINGLE = {"discovery.type": "single-node"}


class NodeFailed(Exception):
    """The node did not start, or does not answer; the text ends with what it wrote."""


def _stopped(pid: int) -> bool:
    try:
        stats = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/stat")]
    except OSError:  # a thread ended meanwhile
        return False
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


class Node:
    """One process; it ends with the process that started it.

    Args:
        home: Folder of its data, its log and its snapshots (`snapshots/`). Made when missing.
        settings: Of Elasticsearch, on top of those of HubTestMain. A value with commas is a list.
        heap_mb: The most that its heap may take, in MiB. The process takes about 150 MiB more.
    """

    def __init__(
        self, home: Path, settings: Mapping[str, str] = SINGLE, *, heap_mb: int = 512
    ) -> None:
        self.home = home
        self.port = free_port()
        self.settings = {"node.name": home.name, "transport.port": "0", **settings}
        self._heap_mb = heap_mb
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it serves, or will serve again."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process, which must have been started."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Its process is there, paused or not."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until every shard it holds answers.

        Raises:
            jars.NotHere: This machine has not what the node needs.
            jars.Wrong: See there.
            NodeFailed: It does not come up within READY_S.
        """
        self.launch()
        try:
            self.wait()
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Start it without waiting; `wait` has to follow."""
        classes = jars.prepare()
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "ready").unlink(missing_ok=True)
        command = [jars.tool("java"), "-Xms128m", f"-Xmx{self._heap_mb}m", *_FLAGS, "-cp", classes]
        command += [_MAIN, str(self.home), f"http.port={self.port}"]
        command += [f"{name}={value}" for name, value in self.settings.items()]
        with (self.home / "node.log").open("ab") as log:
            # A group of its own: Ctrl-C does not reach it, and if its parent dies while it is
            # paused, the kernel wakes it. The pipe is never written to; it ends with the parent.
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, process_group=0
            )

    def wait(self) -> None:
        """Wait for a node that was launched.

        Raises:
            NodeFailed: See `start`.
        """
        deadline = time.monotonic() + READY_S
        while not (self.home / "ready").exists():
            if not self.running or time.monotonic() > deadline:
                self._fail("did not start")
            time.sleep(0.05)
        self.ask("/_cluster/health?wait_for_status=yellow&timeout=60s")

    def ask(self, path: str, *, timeout_s: float = 70) -> Any:
        """The JSON that a GET gives.

        Raises:
            NodeFailed: It does not answer, or not with 200.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._fail(f"does not answer {path}: {error!r}")
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            self._fail(f"answers {path} with {answer.status}: {body[:500]!r}")
        return json.loads(body)

    def stop(self) -> None:
        """End it as an administrator would; nothing happens if it does not run."""
        if self._process is None:
            return
        if self.running:
            self._process.terminate()
            self.resume()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._forget()

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        assert self._process is not None
        self._process.kill()
        self._forget()

    def pause(self) -> None:
        """Let it hang (SIGSTOP): connections are accepted, nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        # Only once every thread stands still does the kernel count it as stopped, and wake it
        # when its parent dies.
        while not _stopped(self.pid):
            time.sleep(0.01)

    def resume(self) -> None:
        """End a pause."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """What it wrote since its home was made."""
        return (self.home / "node.log").read_text(encoding="utf-8", errors="replace")

    def _forget(self) -> None:
        assert self._process is not None
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _fail(self, what: str) -> None:
        text = f"Elasticsearch {self.settings['node.name']} {what}"
        raise NodeFailed(f"{text}\n{self.log()[-3000:]}")
