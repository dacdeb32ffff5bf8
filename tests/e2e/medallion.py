"""medallion as a process: 3.0.0 of the test environment speaks TAXII 2.1, 1.1.0 of another one 2.0."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.tools.ports import free_port

USER, PASSWORD = "admin", "s3cret-password"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
_READY_S = 120
_STIX = {
    "2.0": "application/vnd.oasis.stix+json; version=2.0",
    "2.1": "application/stix+json;version=2.1",
}
_TAXII = {
    "2.0": "application/vnd.oasis.taxii+json; version=2.0",
    "2.1": "application/taxii+json;version=2.1",
}
_APP = {"2.0": "create_app", "2.1": "load_app"}
# Werkzeug's own server: the other environment has no gunicorn.
_PROGRAM = """
import medallion, sys
from werkzeug.serving import run_simple
made = getattr(medallion, sys.argv[1])(sys.argv[2])
run_simple("127.0.0.1", int(sys.argv[3]), made or medallion.application_instance, threaded=True)
"""


class Medallion:
    """One that runs, with one collection that `admin` reads and writes."""

    def __init__(self, url: str, version: str) -> None:
        self.url = url
        self.version = version
        self.collection = f"{url}/root/collections/{COLLECTION}/"

    def add(self, *objects: dict[str, Any]) -> None:
        """Publish objects there."""
        kind = _STIX["2.0"] if self.version == "2.0" else _TAXII["2.1"]
        answer = requests.post(
            f"{self.collection}objects/",
            data=json.dumps({"objects": objects}),
            headers={"Accept": _TAXII[self.version], "Content-Type": kind, **_basic()},
            timeout=30,
        )
        assert answer.status_code == 202, answer.text

    def remove(self, object_id: str) -> None:
        """Delete an object there; 2.1 alone knows this."""
        answer = requests.delete(
            f"{self.collection}objects/{object_id}/",
            headers={"Accept": _TAXII["2.1"], **_basic()},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text


def _basic() -> dict[str, str]:
    pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


@contextmanager
def medallion(
    folder: Path, version: str = "2.1", python: str = sys.executable, page: int = 20
) -> Iterator[Medallion]:
    """Start one, and stop it at the end whatever happens."""
    port = free_port()
    command = [python, "-c", _PROGRAM, _APP[version], _write(folder, version, page), str(port)]
    with (folder / "medallion.log").open("wb") as log:
        quiet = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=quiet)
    try:
        running = Medallion(f"http://127.0.0.1:{port}", version)
        _wait(running, process, folder)
        yield running
    finally:
        process.kill()
        process.wait(timeout=60)


def _wait(running: Medallion, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _READY_S
    while True:
        try:
            requests.get(running.url, timeout=5)
        except requests.ConnectionError:
            log = (folder / "medallion.log").read_text()
            assert process.poll() is None, log
            assert time.monotonic() < deadline, log
            time.sleep(0.1)
        else:
            return


def _write(folder: Path, version: str, page: int) -> str:
    collection = {
        "id": COLLECTION,
        "title": "Shared",
        "can_read": True,
        "can_write": True,
        "media_types": [_STIX[version]],
        "objects": [],
        "manifest": [],
    }
    information = {
        "title": "Root",
        "versions": [_TAXII[version]],
        "max_content_length": 99_999_999,
    }
    root = {"information": information, "status": [], "collections": [collection]}
    data = {"/discovery": {"title": "medallion", "api_roots": ["/root/"]}, "root": root}
    if version == "2.0":
        data["/discovery"] = {"title": "medallion", "api_roots": []}
    (folder / "data.json").write_text(json.dumps(data))
    inner = "medallion.backends." + ("taxii." if version == "2.0" else "") + "memory_backend"
    backend = {
        "module": inner,
        "module_class": "MemoryBackend",
        "filename": str(folder / "data.json"),
    }
    config: dict[str, Any] = {"taxii": {"max_page_size": page}, "backend": backend}
    if version == "2.0":
        config["auth"] = {
            "module": "medallion.backends.auth.memory_auth",
            "module_class": "AuthMemoryBackend",
            "users": {USER: _hash(PASSWORD)},
            "api_keys": {},
        }
    else:
        config["users"] = {USER: PASSWORD}
    (folder / "medallion.json").write_text(json.dumps(config))
    return str(folder / "medallion.json")


def _hash(password: str) -> str:
    from werkzeug.security import generate_password_hash

    return generate_password_hash(password, method="pbkdf2:sha256:1000")
