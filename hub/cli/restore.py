"""A hub from a backup or from an export: hub restore."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from hub.cli.backup import fingerprint
from hub.cli.base import CONSOLE, Context, output_option, pass_context, say, show
from hub.cli.files import put, scratch
from hub.cli.keys import key_options, secret_from
from hub.cli.sink import disk_faults
from hub.config import Config, load
from hub.errors import ConfigError, Fault, HubError
from hub.model.clock import format_us, now_us, parse_us

if TYPE_CHECKING:
    from hub.cli.arrival import Arrival

_PORT_S = 5
_AHEAD_US = 60_000_000
"""Room for the dates of two million objects."""

_NAME = "hub.sqlite"


@click.command()
@click.argument("backup", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@key_options
@click.option("--verify-only", is_flag=True, help="Check the backup and change nothing.")
@click.option(
    "--with-secrets",
    is_flag=True,
    help="Also put back hub.toml and the hub's secret, where they are missing.",
)
@click.option(
    "--not-before",
    metavar="TIMESTAMP",
    help="Give dates added after this UTC timestamp alone: the latest that any poller has seen, "
    "when that is ahead of this machine's clock.",
)
@output_option
@pass_context
def restore(context: Context, /, backup: Path, output: str, **how: Any) -> None:
    """Make the store of this hub from BACKUP.

    BACKUP is what hub backup or hub export --all wrote, or a bare copy of a store. Everything is
    verified before anything is put in place: that it is authentic and complete, that the store in
    it is sound, that this program knows its schema. A store that is there is never overwritten.
    The hub must not be running.

    Pollers go on where they were. What was published after the backup has to be published again;
    what was deleted or revoked after it is back.
    """
    from hub.cli.arrival import receive  # slow to import, as all that knows the store

    seal = secret_from(how["key_file"], how["passphrase_file"])
    floor_us = _instant(how["not_before"])
    notes = [f"{backup} is complete and sound; nothing was changed"]
    # On an empty machine the settings may come out of the backup.
    config = None if how["with_secrets"] and not context.path.exists() else context.config()
    with disk_faults():
        if config and not how["verify_only"]:
            _check_target(config)
        place = config.store_path if config else context.path.with_name(_NAME)
        with scratch(place.parent, place.name) as folder:
            found = receive(backup, folder, seal)
            if not how["verify_only"]:
                _check_clock(found, floor_us)
                config = _settings(context, folder, with_secrets=how["with_secrets"])
                notes = list(_put_in_place(config, folder / _NAME, found, floor_us))
    show(({"what": k, "value": v} for k, v in found.rows()), ["what", "value"], output)
    for note in notes:
        say(note)


def _instant(text: str | None) -> int:
    try:
        return parse_us(text) if text else 0
    except ValueError:
        raise ConfigError(
            f"--not-before: {text} is no UTC timestamp; write it like 2026-01-31T08:00:00.123456Z"
        ) from None


def _check_target(config: Config) -> None:
    """Raises HubError: DENIED when there is a store, or what was beside one, or a running hub."""
    from hub.store.snapshot import beside  # slow to import, as all that knows the store

    path = config.store_path
    there = [path] if os.path.lexists(path) else []
    if there := [*there, *beside(path)]:
        names = ", ".join(str(file) for file in there)
        raise HubError(
            Fault.DENIED,
            f"{names}: there already, and never overwritten; nothing was changed",
            field="store.path",
            remedy="Stop the hub, move all of them to another folder, and restore again.",
        )
    if is_answered(config.server.host, config.server.port):
        raise HubError(
            Fault.DENIED,
            f"something listens on port {config.server.port}; nothing was changed",
            field="server.port",
            remedy="Stop the hub first: it would go on writing into the store that it has open.",
        )


def is_answered(host: str, port: int) -> bool:
    """Whether something listens there; nothing does on port 0."""
    if not port:
        return False
    try:
        socket.create_connection((host, port), timeout=_PORT_S).close()
    except OSError:
        return False
    return True


def _settings(context: Context, folder: Path, *, with_secrets: bool) -> Config:
    """The settings, put back from the backup if that is asked for and they are missing."""
    if not with_secrets:
        return context.config()
    from hub.store.crate import CONFIG, SECRET  # slow to import, as all that knows the store

    if not (folder / CONFIG).exists():
        raise ConfigError("there are no secrets in this; leave --with-secrets out")
    if not context.path.exists():
        unpacked = load(folder / CONFIG)
        _check_target(msgspec.structs.replace(unpacked, folder=str(context.path.parent)))
        put(folder / CONFIG, context.path)
    config = context.config()
    secret = Path(config.folder, config.secret_file)
    if not secret.exists():
        put(folder / SECRET, secret)
    return config


def _check_clock(found: Arrival, floor_us: int) -> None:
    """Raises HubError: BAD_REQUEST when the clock is wrong and nobody says where dates go on."""
    now = now_us()
    if now < parse_us(found.created) and not floor_us:
        raise HubError(
            Fault.BAD_REQUEST,
            f"the clock of this machine says {format_us(now)}, and the {found.kind} was made at "
            f"{found.created}; nothing was changed",
            field="clock",
            remedy="Set the clock right. If it is, say with --not-before which date added any "
            "poller has seen last.",
        )


def _floor(config: Config, found: Arrival, floor_us: int) -> int:
    """A date that is not below any that was given out by the store that was lost."""
    from hub.store.snapshot import LONGEST_STEP_US  # slow to import, as all that knows the store

    now = now_us()
    if found.holds.last_us > now and not floor_us:
        # Dates were ahead of the clock: those that came after the copy lie just above its last.
        return found.holds.last_us + _AHEAD_US
    # The dates of one envelope may run ahead of the clock.
    return max(now + LONGEST_STEP_US * config.taxii.max_objects, floor_us)


def _put_in_place(config: Config, store: Path, found: Arrival, floor_us: int) -> Iterator[str]:
    """Let the store go on from here and give it its name; then say what has to be known."""
    # slow to import, as all that knows the store
    from hub.store.base import Act
    from hub.store.snapshot import go_on

    act = Act(CONSOLE.account, CONSOLE.org, "restore", found.kind, f"made {found.created}")
    last_us = go_on(store, _floor(config, found, floor_us), act)
    put(store, config.store_path)
    yield f"{config.store_path} is restored; dates added go on above {format_us(last_us)}"
    yield (
        f"What was published after {found.created} has to be published again. What was deleted, "
        "revoked, switched off or withdrawn after it is back: see to that before you start the hub"
    )
    if found.secret and found.secret != fingerprint(config):
        yield (
            "The hub's secret is not the one that it had: each `next` that was given out before is "
            "answered 400, and clients go on from their last added_after. To avoid this put the "
            "old secret back"
        )
    if not found.has_logins:
        yield "Nobody can log in: the export has no passwords and no tokens. Make new ones"


COMMANDS = (restore,)
