"""The commands on a hub of the sample directory, and that hub on a port of 127.0.0.1.

`run` runs a command in this process; `hub_url` is the real application behind a real socket;
`partner_server` answers what a test tells it to.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import click.testing
import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from hub.cli.main import main
from tests import fakes
from tests.unit.cli.partner import PartnerServer

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub's folder, which is the working folder too."""
    fakes.make_config(tmp_path)
    store = fakes.open_store(tmp_path / "hub.sqlite")
    fakes.populate(store)
    store.close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUB_TOKEN", raising=False)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a command; `token` is that of an account, `stdin` what it reads."""

    def call(*arguments: object, token: str = "", stdin: bytes | str | None = None) -> Result:
        env = {"HUB_TOKEN": fakes.token_of(token)} if token else {}
        return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin, env=env)

    return call


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed goes to a person, not into a pipe."""
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda _: True, raising=False)


@pytest.fixture
def hub_url(folder: Path) -> Iterator[str]:
    """The address of the collection `shared` on a hub that runs in a thread."""
    from hub.app import create_app, open_store  # slow to import: few tests need HTTP

    config = fakes.make_config(folder)
    app = create_app(config, open_store(config))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hub/collections/{fakes.uuid_of(1)}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def partner_server() -> Iterator[PartnerServer]:
    """A server of somebody else, with answers that a test writes."""
    server = PartnerServer()
    yield server
    server.stop()
