"""What a backup holds: a gzipped tar with a manifest that says what must be in it.

A backup that is not sealed (`hub.store.vault`) can be unpacked with `tar` alone. The manifest comes
first, then the parts that it names, with their sizes and digests, and nothing else.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Literal, cast

import msgspec
from isal import igzip, igzip_lib

from hub.errors import Fault, HubError

FORMAT = 1
STORE = "hub.sqlite"
CONFIG = "hub.toml"
SECRET = "secret.key"  # noqa: S105 - the name of a file
PARTS = (CONFIG, SECRET, STORE)
"""What a part may be called."""

_MANIFEST = "manifest.json"
_LONGEST_MANIFEST = 1_000_000
_CHUNK = 1 << 20
_IsalError = cast("type[Exception]", igzip_lib.IsalError)  # its stub calls it an instance
BROKEN = (
    tarfile.TarError,
    gzip.BadGzipFile,
    _IsalError,
    msgspec.MsgspecError,
    EOFError,
    ValueError,
)
"""What reading a damaged file raises."""


class Part(msgspec.Struct, frozen=True):
    """One file of a backup."""

    name: str
    size: int
    """Bytes"""
    sha256: str
    """In hex"""

    @classmethod
    def of(cls, name: str, path: Path) -> Part:
        """The part that a file is to become."""
        with path.open("rb") as file:
            return cls(name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds, and of what state of the hub."""

    format: int
    hub: str
    """Version of the program that wrote it"""
    schema: int
    """Version of the store's schema"""
    created: str
    """RFC 3339; the store is as it was at this instant or a little later."""
    last_added: str
    """The last date added that the store had given"""
    ordinal: int
    """Its last number in the change log"""
    counts: Mapping[str, int]
    """Rows by table"""
    secret: str
    """Tells one secret of a hub from another, and nothing else about it"""
    parts: Sequence[Part]


def pack(out: BinaryIO, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write a backup; `files` has the path of each part of the manifest by its name."""
    with (
        gzipped(out, "wb") as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar,
    ):
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
        tar.addfile(_entry(_MANIFEST, len(text)), io.BytesIO(text))
        for part in manifest.parts:
            with files[part.name].open("rb") as file:
                tar.addfile(_entry(part.name, part.size), file)


def gzipped(file: BinaryIO, mode: Literal["rb", "wb"]) -> BinaryIO:
    """Reads or writes a gzip file (RFC 1952) behind or into another one, which stays open."""
    return cast("BinaryIO", igzip.IGzipFile("", mode, fileobj=file, mtime=0))  # type: ignore[no-untyped-call]  # isal has no types


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def unpack(
    source: BinaryIO, folder: Path, check: Callable[[Manifest], None] = lambda _: None
) -> Manifest:
    """Write the parts of a backup into an empty folder and verify them, to the last byte.

    Args:
        source: The gzipped tar, positioned at its beginning.
        folder: Where to; the files in it can be read by their owner alone.
        check: Looks at the manifest before anything is written.

    Raises:
        HubError: BAD_BODY when it is no backup, of a newer format, damaged or incomplete.
    """
    try:
        with (
            gzipped(source, "rb") as plain,
            tarfile.open(fileobj=plain, mode="r|") as tar,
        ):
            manifest = _manifest(tar)
            check(manifest)
            for part in manifest.parts:
                _extract(tar, part, folder)
            _check_end(tar, plain)
    except BROKEN as error:
        raise _damaged(str(error) or type(error).__name__) from error
    return manifest


def _manifest(tar: tarfile.TarFile) -> Manifest:
    entry = tar.next()
    file = tar.extractfile(entry) if entry and entry.name == _MANIFEST else None
    if file is None:
        raise _damaged("it does not begin with a manifest")
    text = file.read(_LONGEST_MANIFEST)
    found = msgspec.json.decode(text, type=dict[str, object])
    if found.get("format") != FORMAT:
        raise HubError(
            Fault.BAD_BODY,
            f"the backup has format {found.get('format')}, this program knows {FORMAT}",
            field="backup",
            remedy="Restore it with the hub that wrote it, or a newer one.",
        )
    manifest = msgspec.json.decode(text, type=Manifest)
    names = [part.name for part in manifest.parts]
    if not set(names) <= set(PARTS) or len(set(names)) < len(names) or STORE not in names:
        raise _damaged(f"its manifest names the parts {', '.join(names)}")
    return manifest


def _extract(tar: tarfile.TarFile, part: Part, folder: Path) -> None:
    entry = tar.next()
    file = tar.extractfile(entry) if entry and entry.isreg() else None
    if entry is None or file is None or (entry.name, entry.size) != (part.name, part.size):
        raise _damaged(f"{part.name} of {part.size} bytes is not where it must be")
    digest = hashlib.sha256()
    handle = os.open(folder / part.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(handle)
    if digest.hexdigest() != part.sha256:
        raise _damaged(f"the SHA-256 of {part.name} is not that of its manifest")


def _check_end(tar: tarfile.TarFile, plain: BinaryIO) -> None:
    """Read on to the end: the last tag and the check sum of gzip come after the last part."""
    if tar.next() is not None:
        raise _damaged("there is more in it than its manifest names")
    while rest := plain.read(_CHUNK):
        if rest.strip(b"\0"):
            raise _damaged("something follows the end of it")


def _damaged(detail: str) -> HubError:
    return HubError(
        Fault.BAD_BODY,
        f"this is no backup of a hub, or it is damaged or incomplete ({detail})",
        field="backup",
        remedy="Use another copy, or an earlier backup.",
    )
