"""One file lets a partner in: what stands in it is run, over TLS, against a real server."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import fakes
from tests.e2e.certificates import write_certificate
from tests.e2e.serving import Server, environment, hub_command, serving
from tests.tools.ports import free_port

SETTINGS = """
[server]
port = {port}
workers = 1
tls_cert = "server.pem"
tls_key = "server-key.pem"
public_url = "https://127.0.0.1:{port}"
"""
PATIENCE_S = 60
_CODE = re.compile(r"^## (.+?)\n\n```(?:sh|python)\n(.+?)\n```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("invite")
    certificate = write_certificate(folder)
    settings = SETTINGS.format(port=free_port())
    with serving(folder, settings, verify=str(certificate)) as running:
        yield running


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A hub that takes client certificates of its own CA."""
    folder = tmp_path_factory.mktemp("certificates")
    certificate = write_certificate(folder)
    settings = SETTINGS.format(port=free_port())
    fakes.make_config(folder, settings)
    done = subprocess.run(
        hub_command(folder, "ca", "init"), check=False, capture_output=True, env=environment()
    )
    assert done.returncode == 0, done.stderr
    (folder / "hub.toml").unlink()
    settings += 'client_ca = ["ca/ca.pem"]\n'
    with serving(folder, settings, verify=str(certificate)) as running:
        yield running


def run(server: Server, *command: str, folder: Path) -> str:
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_partner_pulls_by_what_the_file_says(served: Server, tmp_path: Path) -> None:
    room = served.room()
    served.ask("POST", f"{room.path}objects/", data=fakes.body(fakes.indicator(1)))
    file = tmp_path / "access.md"
    run(
        served,
        *hub_command(served.folder, "partner", "invite", "my-cert", "--name-en", "MyCERT"),
        *("--country", "MY", "--collection", room.collection.alias),
        *("--ca-file", str(served.verify), "--out", str(file)),
        folder=tmp_path,
    )
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text(encoding="utf-8")
    authority = re.search(r"-----BEGIN.+?END CERTIFICATE-----", text, re.DOTALL)
    (tmp_path / "hub-ca.pem").write_text(authority[0] + "\n", encoding="ascii")
    lines = dict(_CODE.findall(text))
    found = run(served, *shlex.split(lines["curl"]), folder=tmp_path)
    assert fakes.indicator(1)["id"] in found
    printed = run(served, sys.executable, "-c", lines["taxii2-client (Python)"], folder=tmp_path)
    assert printed == f"indicator {fakes.indicator(1)['id']}\n"
    variable, _, *arguments = shlex.split(lines["hub"])
    command = ["env", variable, *hub_command(served.folder), *arguments]
    run(served, *command, folder=tmp_path)
    pulled = (tmp_path / f"{room.collection.alias}.ndjson").read_text(encoding="utf-8")
    assert fakes.indicator(1)["id"] in pulled
    me = re.search(r"`(curl .+?/api/v1/me)`", text)
    assert '"can_write":false' in run(served, *shlex.split(me[1]), "-s", folder=tmp_path)


def test_a_partner_comes_with_a_certificate(asking: Server, tmp_path: Path) -> None:
    room = asking.room()
    asking.ask("POST", f"{room.path}objects/", data=fakes.body(fakes.indicator(1)))
    file = tmp_path / "access.md"
    run(
        asking,
        *hub_command(asking.folder, "partner", "invite", "my-cert", "--name-en", "MyCERT"),
        *("--country", "MY", "--collection", room.collection.alias, "--certificate"),
        *("--ca-file", str(asking.verify), "--out", str(file)),
        folder=tmp_path,
    )
    text = file.read_text(encoding="utf-8")
    assert "hub_" not in text, "no token"
    own, authority = re.findall(r"```\n(-----BEGIN.+?)```", text, re.DOTALL)
    (tmp_path / "my-cert-feed.pem").write_text(own, encoding="ascii")
    (tmp_path / "hub-ca.pem").write_text(authority, encoding="ascii")
    lines = dict(_CODE.findall(text))
    assert fakes.indicator(1)["id"] in run(asking, *shlex.split(lines["curl"]), folder=tmp_path)
    printed = run(asking, sys.executable, "-c", lines["taxii2-client (Python)"], folder=tmp_path)
    assert printed == f"indicator {fakes.indicator(1)['id']}\n"
    _, *arguments = shlex.split(lines["hub"])
    run(asking, *hub_command(asking.folder), *arguments, folder=tmp_path)
