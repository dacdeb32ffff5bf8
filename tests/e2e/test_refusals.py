"""When `hub serve` refuses to start: exit code 2, and a line that names the setting and the way out."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests import fakes
from tests.e2e.certificates import write_certificate
from tests.e2e.serving import DEFAULTS, environment, hub_command


def refused(folder: Path) -> str:
    """What `hub serve` says when it does not start."""
    done = subprocess.run(
        hub_command(folder, "serve"),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("hub: ")
    return done.stderr


def configured(folder: Path, text: str = DEFAULTS) -> Path:
    (folder / "hub.toml").write_text(f'secret_file = "secret.key"\n{text}', encoding="utf-8")
    return folder


def test_without_a_configuration(tmp_path: Path) -> None:
    assert "hub init" in refused(tmp_path)


def test_without_a_secret(tmp_path: Path) -> None:
    said = refused(configured(tmp_path))
    assert "secret_file" in said
    assert "hub init" in said


@pytest.mark.parametrize("text", ["", "abc", "0" * 63, "z" * 64])
def test_with_a_secret_that_is_none(tmp_path: Path, text: str) -> None:
    path = configured(tmp_path) / "secret.key"
    path.touch(mode=0o600)
    path.write_text(text, encoding="ascii")
    assert "secret_file" in refused(tmp_path)


def test_with_a_secret_that_others_can_read(tmp_path: Path) -> None:
    fakes.make_config(tmp_path, DEFAULTS)
    (tmp_path / "secret.key").chmod(0o644)
    assert "chmod 600" in refused(tmp_path)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "hub.example.org"])
def test_beyond_loopback_without_tls(tmp_path: Path, host: str) -> None:
    fakes.make_config(tmp_path)
    said = refused(configured(tmp_path, f'[server]\nhost = "{host}"\n'))
    assert "server.host" in said
    assert "server.tls_cert" in said


def test_with_an_unknown_setting(tmp_path: Path) -> None:
    fakes.make_config(tmp_path)
    said = refused(configured(tmp_path, "[server]\nport = 0\nprot = 8421\n"))
    assert "hub.toml:4" in said
    assert "server.prot" in said
    assert " port," in said


def test_with_a_store_of_a_newer_program(tmp_path: Path) -> None:
    config = fakes.make_config(tmp_path, DEFAULTS)
    fakes.open_store(config.store_path).close()
    with closing(sqlite3.connect(config.store_path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = config.store_path.read_bytes()
    said = refused(tmp_path)
    assert "version 99" in said
    assert config.store_path.read_bytes() == before


def test_with_a_store_that_an_older_program_still_serves(tmp_path: Path) -> None:
    config = fakes.make_config(tmp_path)
    fakes.open_store(config.store_path).close()
    with closing(sqlite3.connect(config.store_path)) as connection:
        connection.execute("PRAGMA user_version = 1")
    before = config.store_path.read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as older:
        port = older.getsockname()[1]
        said = refused(configured(tmp_path, f"[server]\nport = {port}\n"))
    assert "version 1" in said
    assert "Stop the hub" in said
    assert config.store_path.read_bytes() == before


@pytest.mark.parametrize("fault", ["no key", "no certificate", "key of another"])
def test_with_tls_files_that_do_not_work(tmp_path: Path, fault: str) -> None:
    fakes.make_config(tmp_path)
    write_certificate(tmp_path)
    if fault == "no key":
        (tmp_path / "server-key.pem").write_text("nothing", encoding="ascii")
    elif fault == "no certificate":
        (tmp_path / "server.pem").unlink()
    else:
        other = tmp_path / "other"
        other.mkdir()
        write_certificate(other)
        (other / "server-key.pem").replace(tmp_path / "server-key.pem")
    said = refused(
        configured(
            tmp_path,
            '[server]\nport = 0\ntls_cert = "server.pem"\ntls_key = "server-key.pem"\n',
        )
    )
    assert "tls_" in said
