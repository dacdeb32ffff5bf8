"""Servers to measure: started on a free port of 127.0.0.1, and stopped whatever happens."""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import ClassVar

from tests.tools.ports import free_port

from .client import Client, Target
from .meter import Tree

_READY_S = 30
_STOP_S = 10
_ROOT = Path(__file__).parents[2]
_GENEROUS = """
[limits]
requests_per_minute = 1_000_000
request_burst = 1_000_000
objects_per_day = 10_000_000
"""
_RUNNING: set[subprocess.Popen] = set()


def _environment() -> dict[str, str]:
    """The program is found in this checkout, installed or not."""
    return os.environ | {"PYTHONPATH": str(_ROOT)}


class Server:
    """A TAXII server with one empty collection, in a folder of its own."""

    name: ClassVar[str]
    next_is_repeatable: ClassVar[bool] = True
    has_extended_filters: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self._log = folder / "server.log"
        self.port = free_port()
        self.authorization, self.path = self.prepare()
        self._process: subprocess.Popen | None = None

    def prepare(self) -> tuple[str, str]:
        """Write what the server needs; give the Authorization header and the collection's path."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """The command that serves."""
        raise NotImplementedError

    def target(self, *, gzip: bool = False) -> Target:
        """How a client reaches the collection."""
        return Target(f"http://127.0.0.1:{self.port}{self.path}", self.authorization, gzip)

    def start(self) -> Tree:
        """Start the server and wait until it answers.

        Raises:
            RuntimeError: It did not start; the text holds the end of its log.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=log,
                cwd=self.data,
                start_new_session=True,
                env=_environment(),
            )
        _RUNNING.add(self._process)
        self._await_answer()
        return Tree(self._process.pid)

    def stop(self) -> None:
        """Stop the server and everything it started."""
        if self._process is not None:
            _end(self._process)

    def _await_answer(self) -> None:
        deadline = time.monotonic() + _READY_S
        answer = b""
        while time.monotonic() < deadline and self._process.poll() is None:
            client = Client(self.target())
            reply = client.get("")
            client.close()
            if reply.status == 200:
                return
            answer = reply.body
            time.sleep(0.1)
        log = self._log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{self.name} did not start: {answer[:500]!r}\n{log}")


def _end(process: subprocess.Popen) -> None:
    """Ask the process to stop, then kill what is left of its group."""
    _RUNNING.discard(process)
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_STOP_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=_STOP_S)


@atexit.register
def stop_all() -> None:
    """Stop what still runs."""
    for process in list(_RUNNING):
        _end(process)


class Hub(Server):
    """The hub as `hub serve` runs it with its defaults, on a store of its own.

    Requests are counted as always, and never refused: one client stands for many.

    Args:
        folder: For the store, the configuration and the log; made here.
        strict: Whether the collection takes only what follows STIX to the letter.
    """

    name = "hub"

    def __init__(self, folder: Path, *, strict: bool = False) -> None:
        self._strict = strict
        super().__init__(folder)

    def prepare(self) -> tuple[str, str]:
        """Write the configuration; make an organisation, a token and a collection."""
        self._hub("init", "--port", str(self.port), "--root", "bench")
        with (self.data / "hub.toml").open("a", encoding="utf-8") as config:
            config.write(_GENEROUS)
        self._hub("org", "add", "bench", "--name-en", "Bench")
        self._hub(
            "account", "add", "bench", "--org", "bench", "--role", "publisher", "--no-password"
        )
        strict = ["--strict"] if self._strict else []
        collection = self._hub("collection", "create", "bench", "--title", "Bench", *strict)
        self._hub("collection", "grant", "bench", "--org", "bench", "--read", "--write")
        token = self._hub("token", "create", "bench", "--days", "1")
        return f"Bearer {token}", f"/bench/collections/{collection}/"

    def _hub(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._program(), *arguments],
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"hub {' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def _program(self) -> list[str]:
        return [sys.executable, "-m", "hub", "--config", str(self.data / "hub.toml")]

    def command(self) -> list[str]:
        """The hub's own server."""
        return [*self._program(), "serve"]


class Medallion(Server):
    """medallion 3.0.0 with its memory backend: one process, for its state lives there."""

    name = "medallion"
    # `next` names a session that is used up by the answer.
    next_is_repeatable = False
    # It ignores match fields that it does not know.
    has_extended_filters = False

    def prepare(self) -> tuple[str, str]:
        """Write medallion's JSON configuration."""
        collection = str(uuid.uuid4())
        data = {
            "/discovery": {"title": "bench", "api_roots": ["bench"]},
            "bench": {
                "information": {
                    "title": "bench",
                    "versions": ["application/taxii+json;version=2.1"],
                    "max_content_length": 100_000_000,
                },
                "status": [],
                "collections": [
                    {
                        "id": collection,
                        "title": "bench",
                        "can_read": True,
                        "can_write": True,
                        "media_types": ["application/stix+json;version=2.1"],
                        "objects": [],
                        "manifest": [],
                    }
                ],
            },
        }
        config = {
            "users": {"bench": "bench"},
            "taxii": {"max_page_size": 1000},
            "backend": {
                "module": "medallion.backends.memory_backend",
                "module_class": "MemoryBackend",
                "filename": str(self.data / "data.json"),
                # The default of 30 s ends a full poll with an error 400.
                "session_timeout": 36_000,
            },
        }
        (self.data / "data.json").write_text(json.dumps(data), encoding="utf-8")
        (self.data / "medallion.json").write_text(json.dumps(config), encoding="utf-8")
        basic = base64.b64encode(b"bench:bench").decode()
        return f"Basic {basic}", f"/bench/collections/{collection}/"

    def command(self) -> list[str]:
        """One gunicorn worker with threads."""
        return [
            *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}"),
            *("--workers", "1", "--worker-class", "gthread", "--threads", "40"),
            *("--timeout", "3600", "--no-control-socket", "--log-level", "warning"),
            f"medallion:load_app({str(self.data / 'medallion.json')!r})",
        ]
