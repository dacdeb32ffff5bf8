"""Copies of a running hub that can be restored: hub backup, hub backup-key."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

import click

from hub.cli.base import Context, Exit, fail, pass_context, program_version, say
from hub.cli.files import scratch, whole_file
from hub.cli.keys import key_options, secret_from
from hub.cli.sink import disk_faults
from hub.config import Config, write_secret
from hub.errors import ConfigError, Fault, HubError, StoreDown
from hub.model.clock import format_us, now_us

if TYPE_CHECKING:
    from hub.store.crate import Manifest
    from hub.store.vault import Secret

_LEFT_FREE = 64 << 20
_PURPOSE = b"hub backup fingerprint 1"
_FINGERPRINT = 16


class Order(NamedTuple):
    """What is to be backed up, and how."""

    store: Path
    busy_s: float
    scratch: Path
    """Folder for the unencrypted copy"""
    files: Mapping[str, Path]
    """Other parts, by name"""
    fingerprint: str
    """Of the hub's secret"""
    seal: Secret | None
    """None: not encrypted"""


@click.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@key_options
@click.option("--plain", is_flag=True, help="Do not encrypt: a gzipped tar that anybody can read.")
@click.option(
    "--with-secrets", is_flag=True, help="Put hub.toml and the hub's secret inside, too."
)
@click.option("--force", is_flag=True, help="Overwrite TARGET.")
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder for the unencrypted copy that is needed meanwhile. Default: that of the store.",
)
@pass_context
def backup(context: Context, /, target: Path, **how: Any) -> None:
    """Write a backup of this hub to the file TARGET. The hub goes on serving and writing.

    It holds everything that was acknowledged before the command began, encrypted under the key.
    Only its owner can read the file, which gets its name when it is complete. Whether it can be
    restored says hub restore --verify-only.
    """
    order = _order(context, how)
    with disk_faults(), whole_file(target, force=how["force"]) as out:
        manifest = write_backup(order, out)
    counts = ", ".join(f"{count} in {name}" for name, count in sorted(manifest.counts.items()))
    say(f"{target}: {target.stat().st_size >> 10} KiB, up to {manifest.last_added}: {counts}")
    if not order.files:
        say("hub.toml and the hub's secret are NOT inside: keep copies of them elsewhere.")
    if order.seal is None:
        say("It is NOT encrypted: whoever can read it has all objects and password hashes.")


def _order(context: Context, how: Mapping[str, Any]) -> Order:
    from hub.store.crate import CONFIG, SECRET  # slow to import, as all that knows the store

    config = context.config()
    seal = secret_from(how["key_file"], how["passphrase_file"])
    if (seal is None) != how["plain"]:
        raise ConfigError(
            "a backup is encrypted: give --key-file (hub backup-key makes one) or "
            "--passphrase-file; or --plain alone, where the place it goes to is as safe as the hub"
        )
    if how["with_secrets"] and seal is None:
        raise ConfigError("--with-secrets is for encrypted backups only")
    files: dict[str, Path] = {}
    if how["with_secrets"]:
        config.secret()
        files = {CONFIG: context.path, SECRET: Path(config.folder, config.secret_file)}
    path = config.store_path
    if not path.exists():
        fail(f"{path} is not there: there is nothing to back up", Exit.ERROR)
    folder = how["scratch"] or path.parent
    return Order(path, config.store.busy_seconds, folder, files, fingerprint(config), seal)


def fingerprint(config: Config) -> str:
    """Tells one secret of a hub from another; empty when there is none that can be read.

    The secret has 256 random bits: nothing about it can be learnt from this.
    """
    try:
        return hmac.digest(config.secret(), _PURPOSE, "sha256").hex()[:_FINGERPRINT]
    except ConfigError:
        return ""


def write_backup(order: Order, out: BinaryIO) -> Manifest:
    """Copy the store, then pack and seal the copy.

    The copy lies beside the store, where it is as safe, and not beside the target: on a medium
    that leaves the house nothing must have been written in the clear, not even for a moment.

    Raises:
        StoreDown: The store cannot be copied; the cause says why.
        HubError: There is too little room for the copy.
        OSError: The target cannot be written.
    """
    # slow to import, as all that knows the store
    from hub.store.crate import FORMAT, STORE, Manifest, Part, pack
    from hub.store.snapshot import copy, summary
    from hub.store.sqlite import SqliteStore
    from hub.store.vault import Sealer

    _check_room(order)
    with scratch(order.scratch, order.store.name) as folder:
        files = {**order.files, STORE: folder / STORE}
        created = format_us(now_us())
        files[STORE].touch(0o600)
        store = SqliteStore(order.store, busy_s=order.busy_s)
        try:
            copy(store.database, files[STORE])
            found = summary(files[STORE])
        except StoreDown as error:
            reason = f"the store cannot be copied ({error.__cause__ or error.reason})"
            remedy = f"See `hub doctor`; make room in {order.scratch}, or name another --scratch."
            raise HubError(error.fault, reason, remedy=remedy) from error
        finally:
            store.close()
        manifest = Manifest(
            FORMAT,
            program_version(),
            found.schema,
            created,
            format_us(found.last_us),
            found.ordinal,
            found.counts,
            order.fingerprint,
            [Part.of(name, path) for name, path in files.items()],
        )
        if order.seal is None:
            pack(out, manifest, files)
            return manifest
        sealer = Sealer(out, order.seal)
        pack(cast("BinaryIO", sealer), manifest, files)
        sealer.finish()
        return manifest


def _check_room(order: Order) -> None:
    free = shutil.disk_usage(order.scratch).free
    needed = order.store.stat().st_size + _LEFT_FREE
    if free < needed:
        raise HubError(
            Fault.STORE_DOWN,
            f"{order.scratch} has {free >> 20} MiB free; the copy needs {needed >> 20} MiB, so "
            "that publishers find room meanwhile",
            remedy="Make room, or name a folder on another disk with --scratch.",
        )


@click.command("backup-key")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_key(file: Path) -> None:
    """Make a key for backups, in a new FILE that only its owner can read.

    Keep copies of it apart from the hub and from the backups: without it no backup can be read.
    """
    try:
        write_secret(file)
    except OSError as error:
        fail(str(error), Exit.ERROR)
    say(f"wrote {file}. Keep a copy apart from the hub and from the backups.")


COMMANDS = (backup, backup_key)
