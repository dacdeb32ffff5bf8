"""Archives (ZIP), with limits on how much comes out of them."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from hub.intake.documents.kinds import Document, Unreadable

MOST_MEMBERS = 200
_LOCKED = 0x1


def members(raw: bytes, most_bytes: int) -> Iterator[Document | Unreadable]:
    """The files of an archive, or why one of them cannot be read.

    Args:
        raw: The archive.
        most_bytes: Of all of its files together, unpacked.

    Raises:
        Unreadable: It is no archive, has a password, or holds more than that.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable("the archive is broken and cannot be read") from error
    inside = [entry for entry in archive.infolist() if not entry.is_dir()]
    if any(entry.flag_bits & _LOCKED for entry in inside):
        raise Unreadable("the archive has a password", remedy="Send it without one.")
    if any(entry.filename == "[Content_Types].xml" for entry in inside):
        raise Unreadable("documents of office programs are not read", remedy="Send it as PDF.")
    left = most_bytes
    for entry in inside[:MOST_MEMBERS]:
        found = _unpacked(archive, entry, left)
        if isinstance(found, Document):
            left -= len(found.raw)
        yield found
    if len(inside) > MOST_MEMBERS:
        yield Unreadable(f"only {MOST_MEMBERS} of {len(inside)} files of the archive were read")


def _unpacked(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most_bytes: int
) -> Document | Unreadable:
    try:
        with archive.open(entry) as member:
            # The size that the archive names may be a lie.
            raw = member.read(most_bytes + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError):
        return Unreadable("the archive is broken and cannot be read")
    if len(raw) > most_bytes:
        raise Unreadable(f"more than {most_bytes // 1_000_000} MB come out of the archive")
    return Document(raw, entry.filename)
