"""Backups and exports on their way in: unpacked beside the store and verified there."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from hub.cli.base import CONSOLE
from hub.cli.ledger import START
from hub.cli.transfer import load
from hub.errors import Fault, HubError
from hub.model.clock import format_us, parse_us
from hub.store.base import Act
from hub.store.crate import BROKEN, STORE, Manifest, gzipped, unpack
from hub.store.database import migrate
from hub.store.snapshot import Summary, beside, check_schema, verify
from hub.store.sqlite import SqliteStore
from hub.store.vault import CHUNK, MAGIC, Secret, Unsealer

_SQLITE = b"SQLite format 3\0"
_GZIP = b"\x1f\x8b"
_ROOM = 2
"""A store grows by its log while it is brought to this schema."""


class Arrival(NamedTuple):
    """A store that was verified, `hub.sqlite` in the folder, and where it comes from."""

    kind: str
    """backup, export or copy"""
    hub: str
    """Version of the program that wrote it"""
    created: str
    secret: str
    """Fingerprint of the secret that the hub had; empty: not known"""
    has_logins: bool
    """It has passwords and tokens."""
    holds: Summary

    def rows(self) -> Iterator[tuple[str, object]]:
        """What it is, for people."""
        yield from (("kind", self.kind), ("hub", self.hub), ("created", self.created))
        yield "last_added", format_us(self.holds.last_us)
        yield from (("ordinal", self.holds.ordinal), ("schema", self.holds.schema))
        for table, count in self.holds.counts.items():
            yield f"rows in {table}", count


def receive(path: Path, folder: Path, seal: Secret | None) -> Arrival:
    """Unpack a backup, or load an export or a copy, into an empty folder, and verify all of it.

    Raises:
        ConfigError: A newer program wrote it.
        HubError: UNAUTHENTICATED without the right key; BAD_BODY when it is none of these, damaged,
            incomplete, or holds a store that is not sound.
        OSError: It cannot be read, or the folder cannot be written.
    """
    with path.open("rb") as file:
        start = file.read(max(len(MAGIC), len(START)))
        file.seek(0)
        if start.startswith(MAGIC):
            plain = io.BufferedReader(Unsealer(file, seal), CHUNK)
            found = _backup(cast("BinaryIO", plain), folder)
        elif seal is not None:
            raise HubError(
                Fault.BAD_BODY,
                f"{path} is not encrypted, though a key was given: whoever could write there can "
                "have made or altered it",
                field="backup",
                remedy="If it is yours and was safe, leave the key out.",
            )
        elif start.startswith(_SQLITE):
            found = _copy(path, folder)
        elif _is_export(file, start):
            found = _export(file, folder, packed=start.startswith(_GZIP))
        else:
            found = _backup(file, folder)
    return found


def _backup(plain: BinaryIO, folder: Path) -> Arrival:
    def check(manifest: Manifest) -> None:
        check_schema(manifest.schema, "the backup")
        _check_room(folder, _ROOM * sum(part.size for part in manifest.parts))

    found = unpack(plain, folder, check)
    said = Summary(found.schema, parse_us(found.last_added), found.ordinal, found.counts)
    holds = verify(folder / STORE, said)
    return Arrival("backup", found.hub, found.created, found.secret, has_logins=True, holds=holds)


def _copy(path: Path, folder: Path) -> Arrival:
    """A bare copy of a store, such as a migration leaves."""
    if left := beside(path):
        raise HubError(
            Fault.DENIED,
            f"{left[0]} is there: {path} is a store that is in use, or was not closed",
            field="backup",
            remedy="Use `hub backup`; if nothing runs, `hub doctor` there closes it.",
        )
    _check_room(folder, _ROOM * path.stat().st_size)
    (folder / STORE).touch(0o600)
    shutil.copyfile(path, folder / STORE)
    made = format_us(path.stat().st_mtime_ns // 1000)
    return Arrival("copy", "", made, "", has_logins=True, holds=verify(folder / STORE))


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise HubError(
            Fault.STORE_DOWN,
            f"{folder.parent} has {free >> 20} MiB free; this needs {needed >> 20} MiB",
            remedy="Make room there.",
        )


def _is_export(file: BinaryIO, start: bytes) -> bool:
    if start.startswith(_GZIP):
        try:
            start = gzipped(file, "rb").read(len(START))
        except BROKEN:
            return False
        finally:
            file.seek(0)
    return start.startswith(START)


def _export(file: BinaryIO, folder: Path, *, packed: bool) -> Arrival:
    lines: Iterable[bytes] = gzipped(file, "rb") if packed else file
    store = SqliteStore(folder / STORE)
    act = Act(CONSOLE.account, CONSOLE.org, "load", "export")
    with closing(store):
        migrate(store.database)
        try:
            head = load(store, lines, act)
        except BROKEN as error:
            reason = f"the export is damaged or incomplete ({error or type(error).__name__})"
            raise HubError(Fault.BAD_BODY, reason, remedy="Use another copy.") from error
    return Arrival("export", head.hub, head.created, "", head.with_secrets, verify(folder / STORE))
