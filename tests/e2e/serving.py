"""`hub serve` as a process of its own, and collections made beside it as an administrator would."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from hub.model.party import Collection, Grant, Party
from hub.store.base import Act
from tests import fakes

MEDIA_TYPE = "application/taxii+json;version=2.1"
REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULTS = """
[server]
port = 0
workers = 2
threads = 4
"""
_READY_S = 60
_STOP_S = 40
_LISTENING = re.compile(r"Listening at: (https?://[0-9.:]+)")


def hub_command(folder: Path, *arguments: str) -> list[str]:
    """A command line of the hub that is configured in a folder."""
    return [sys.executable, "-m", "hub", "--config", str(folder / "hub.toml"), *arguments]


def environment() -> dict[str, str]:
    """The program is found in this checkout, installed or not."""
    return os.environ | {"PYTHONPATH": str(REPOSITORY)}


class Server:
    """A hub with the sample directory, in a folder of its own.

    Args:
        folder: For configuration, store and log.
        settings: TOML on top of the secret.
        verify: The certificate that clients trust, when it serves TLS.
    """

    def __init__(
        self, folder: Path, settings: str = DEFAULTS, *, verify: str | bool = True
    ) -> None:
        self.folder = folder
        self.url = ""
        self.verify = verify
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._keys = itertools.count(1000)
        config = fakes.make_config(folder, settings)
        self.store = fakes.open_store(config.store_path)
        fakes.populate(self.store)

    def command(self) -> list[str]:
        """What starts it."""
        return hub_command(self.folder, "serve")

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=environment(),
                start_new_session=True,
            )
        deadline = time.monotonic() + _READY_S
        while not self._is_ready():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        found = _LISTENING.search(self.log())
        if found is None:
            return False
        self.url = found[1]
        try:
            return self.ask("GET", "/health/ready", account="").status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self) -> int:
        """Stop it; gives its exit code. Nothing is left running."""
        self.store.close()
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(timeout=_STOP_S)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(timeout=_STOP_S)

    def kill(self) -> None:
        """End all of its processes at once, as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=_STOP_S)

    def reload(self) -> None:
        """Ask it to read its configuration again and to replace its workers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def workers(self) -> set[int]:
        """Process ids of the workers."""
        assert self._process is not None
        pid = self._process.pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return {int(number) for number in text.split()}

    def log(self) -> str:
        """All that it wrote so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def log_lines(self) -> list[dict[str, Any]]:
        """The same, as the JSON lines that it must be."""
        return [json.loads(line) for line in self.log().split("\n") if line]

    def ask(
        self, method: str, path: str, *, account: str = "publisher", **more: Any
    ) -> requests.Response:
        """One request over a connection of its own."""
        headers = {"Accept": MEDIA_TYPE, **(fakes.bearer(account) if account else {})}
        headers |= {"Content-Type": MEDIA_TYPE} if method == "POST" else {}
        headers |= more.pop("headers", {})
        url = self.url + path
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method, url, headers=headers, verify=self.verify, timeout=60, **more
            )

    def room(self, *, read: bool = True, write: bool = True, **changes: Any) -> Room:
        """A new collection in which both organisations have the rights."""
        key = next(self._keys)
        values = {"key": key, "id": str(fakes.uuid_of(key)), "title": f"Room {key}"}
        made = fakes.collection(f"room-{key}", **(values | changes))
        self.put(made, Grant(key, ("community", "partners"), read, write))
        return Room(self, made)

    def put(self, *parties: Party) -> None:
        """Write parties into the directory."""
        act = Act("console", "", "test", "test")
        self.store.write(parties, [], act, epoch=self.store.epoch())


class Room:
    """One collection of a served hub."""

    def __init__(self, server: Server, collection: Collection) -> None:
        self.server = server
        self.collection = collection
        self.path = f"/{fakes.ROOT}/collections/{collection.id}/"
        self.url = server.url + self.path

    def add(self, *objects: Any, account: str = "publisher") -> dict[str, Any]:
        """Publish objects and give the status."""
        answer = self.server.ask(
            "POST", f"{self.path}objects/", account=account, data=fakes.body(*objects)
        )
        assert answer.status_code == 202, answer.text
        status: dict[str, Any] = answer.json()
        return status

    def objects(self, **params: str) -> list[dict[str, Any]]:
        """All objects, following `next`."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.server.ask("GET", f"{self.path}objects/", params=params)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page.get("objects", [])
            if "next" not in page:
                return found
            params = {**params, "next": page["next"]}


@contextmanager
def serving(
    folder: Path, settings: str = DEFAULTS, *, verify: str | bool = True
) -> Iterator[Server]:
    """A running hub, stopped at the end whatever happens."""
    server = Server(folder, settings, verify=verify)
    try:
        server.start()
        yield server
    finally:
        server.stop()
