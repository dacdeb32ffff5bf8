"""Hubs that really serve, as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

from hub import policy
from hub.cli import stage
from hub.model.party import Caller
from hub.model.record import Outcome
from hub.service.changes import by_alias
from hub.service.publish import Publisher
from hub.stix.check import Limits
from hub.store.base import Store
from tests import fakes
from tests.e2e.serving import environment, hub_command
from tests.tools.ports import free_port

# The tests ask faster than a person; tests/http/test_limits.py is about limits.
_LIMITS = """
[limits]
requests_per_minute = 0
anonymous_per_minute = 0
failed_logins_per_minute = 0
"""
_READY_S = 60
_STOP_S = 40


class Served(NamedTuple):
    """A hub that answers."""

    url: str
    folder: Path
    passwords: dict[str, str]
    """By account"""
    tokens: dict[str, str] = {}  # noqa: RUF012 - of a tuple, and never changed
    """By account, of the demonstration"""
    collections: dict[str, str] = {}  # noqa: RUF012 - likewise
    """Id by alias, of the demonstration"""

    def log(self) -> str:
        """All that it wrote so far."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def demonstration(folder: Path) -> Iterator[Served]:
    """What `hub demo` serves, in an empty folder."""
    made = stage.build(folder, free_port())
    passwords = {login.name: login.password for login in made.logins}
    collections = {alias: url.split("/")[-2] for alias, url in made.collections.items()}
    hub = Served(made.url, folder, passwords, made.tokens, collections)
    with _serving(hub) as served:
        yield served


@contextmanager
def new(folder: Path) -> Iterator[Served]:
    """What `hub init --admin admin` makes: one administrator, nothing else."""
    port = free_port()
    init = ("init", "--admin", "admin", "--port", str(port), "--password-stdin")
    subprocess.run(
        hub_command(folder, *init),
        input=fakes.PASSWORD.encode(),
        env=environment(),
        check=True,
        capture_output=True,
    )
    with _serving(Served(f"http://127.0.0.1:{port}", folder, {"admin": fakes.PASSWORD})) as served:
        yield served


@contextmanager
def sample(folder: Path, objects: Sequence[dict[str, Any]]) -> Iterator[Served]:
    """The parties of `tests.fakes`, and objects that `publisher` put into `shared`."""
    port = free_port()
    config = fakes.make_config(folder, f"[server]\nport = {port}\n")
    with closing(fakes.open_store(config.store_path)) as store:
        fakes.populate(store)
        _publish(store, objects)
    passwords = dict.fromkeys(fakes.ROLES, fakes.PASSWORD)
    with _serving(Served(f"http://127.0.0.1:{port}", folder, passwords)) as served:
        yield served


def _publish(store: Store, objects: Sequence[dict[str, Any]]) -> None:
    directory = store.directory()
    caller = Caller("publisher", "ministry", fakes.ROLES["publisher"], credential="console")
    raws = [json.dumps(item, ensure_ascii=False).encode() for item in objects]
    collection = by_alias(directory, "shared")
    scope = policy.scope(caller, directory)
    status = Publisher(store, Limits()).publish(scope, collection, raws)
    refused = [verdict for verdict in status.verdicts if verdict.outcome is not Outcome.NEW]
    assert not refused, refused


@contextmanager
def _serving(hub: Served) -> Iterator[Served]:
    with (hub.folder / "hub.toml").open("a", encoding="utf-8") as config:
        config.write(_LIMITS)
    with (hub.folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            hub_command(hub.folder, "serve"),
            stdout=log,
            stderr=log,
            cwd=hub.folder,
            env=environment(),
            start_new_session=True,
        )
    try:
        _wait(hub, process)
        yield hub
    finally:
        _stop(process)


def _wait(hub: Served, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_S
    with requests.Session() as session:
        session.trust_env = False
        while not _is_ready(session, hub.url):
            assert process.poll() is None, hub.log()
            assert time.monotonic() < deadline, hub.log()
            time.sleep(0.05)


def _is_ready(session: requests.Session, url: str) -> bool:
    try:
        return session.get(f"{url}/health/ready", timeout=_READY_S).status_code == 200
    except requests.ConnectionError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=_STOP_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=_STOP_S)
