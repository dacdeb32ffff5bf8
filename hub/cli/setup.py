"""Setting a hub up and running it: init, serve, status."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import click

from hub.cli import scratch
from hub.cli.admin import password_option, read_password
from hub.cli.base import (
    Context,
    Exit,
    fail,
    output_option,
    pass_context,
    say,
    show,
)
from hub.config import load, write_secret
from hub.errors import ConfigError, HubError
from hub.model.clock import format_us
from hub.model.party import Account, Organisation, Role

_TEMPLATE = """\
# Every setting, with its meaning and default: config/hub.example.toml in the source, or the
# settings page of the documentation.
secret_file = "secret.key"

[store]
path = "hub.sqlite"

[server]
host = "127.0.0.1"
port = {port}

[[taxii.roots]]
name = "{root}"
title = "{title}"
"""


def write_config(path: Path, *, port: int, root: str, title: str) -> None:
    """Write a small configuration and its secret.

    Raises:
        FileExistsError: One of them is there already; nothing is overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(_TEMPLATE.format(port=port, root=root, title=title))
    write_secret(path.parent / "secret.key")


@click.command()
@click.option("--admin", "name", default="", help="Also make an administrator of this name.")
@click.option("--org", default="hub", show_default=True, help="Slug of its organisation.")
@click.option("--port", default=8421, show_default=True, help="Port the hub will listen on.")
@click.option("--root", default="hub", show_default=True, help="Name of the API root.")
@click.option("--title", default="Incident hub", show_default=True, help="Title of the API root.")
@password_option
@pass_context
def init(context: Context, /, name: str, org: str, *, password_stdin: bool, **config: str) -> None:
    """Write a configuration, a secret and an empty store."""
    password = read_password(from_stdin=password_stdin) if name else ""
    try:
        write_config(context.path, **config)  # type: ignore[arg-type]
    except FileExistsError as error:
        fail(f"{error.filename} is there already; nothing was changed", Exit.ERROR)
    admin = context.admin()
    if name:
        admin.put_org(Organisation(slug=org, id="", name_vi=org, name_en=org))
        admin.add_account(Account(name, org, frozenset({Role.ADMINISTRATOR})), password)
    say(f"wrote {context.path} and its secret. Next:")
    say("  hub org add, hub collection create, hub collection grant, hub account add, hub serve")


@click.command()
@pass_context
def serve(context: Context) -> None:
    """Run the hub until it is stopped. HUP reads the configuration again."""
    run_server(context.path)


def run_server(path: Path, greeting: str = "") -> None:
    """Start gunicorn; returns when it was stopped."""
    config = load(path)
    config.secret()  # refuse before anything listens
    folder = scratch.make()
    # The metrics library decides at import whether, and where, workers share their counters.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    from hub.app import open_store
    from hub.cli.restore import is_answered
    from hub.http.observe import log_to_stderr
    from hub.server import HubServer
    from hub.store import counters

    owner = os.getpid()
    counted = counters.beside(config.store_path)
    try:
        # An older program that still serves the store could do nothing more once it is migrated.
        alone = not is_answered(config.server.host, config.server.port)
        # To bring a large store up to date takes minutes, and says how far it is.
        log_to_stderr(config.log.level)
        open_store(config, upgrade=alone).close()
        with suppress(HubError):  # without it the hub serves all the same
            if not counters.prepare(counted):
                say(f"{counted} was damaged; requests and failed log-ins are counted anew")
        HubServer(path, lambda _: say(greeting) if greeting else None, scratch=folder).run()
    finally:
        # Workers come by here too when they leave. The last connection that closes writes
        # SQLite's log back into the one file that an operator copies.
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(HubError, ConfigError):
                open_store(config, upgrade=False).close()
                counters.prepare(counted)


@click.command()
@output_option
@pass_context
def status(context: Context, /, output: str) -> None:
    """Count what is stored, per collection."""
    store = context.store()
    directory = store.directory()
    rows = [
        {
            "collection": directory.collections[tally.collection].alias,
            "objects": tally.objects,
            "versions": tally.versions,
            "last_added": format_us(tally.last_us),
        }
        for tally in store.holdings()
    ]
    show(rows, ["collection", "objects", "versions", "last_added"], output)


COMMANDS = (init, serve, status)
