"""Files of this machine as a source: one file, or a folder into which others put files.

No link leads out of the folder, and only regular files are read. A file is known by its name, size
and time; what is known is not read again.
"""

from __future__ import annotations

import hashlib
import os
import stat
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from connectors.errors import Absent, Refused, TooLarge, Unsafe

MOST_FILES = 5_000
"""Of one folder; what is known of each is part of the state"""
STAMP = 8
"""Characters of a stamp: 48 bits"""
_UNFINISHED = (".part", ".tmp", ".swp", ".crdownload", "~")


class Entry(NamedTuple):
    """One file."""

    name: str
    """Below the folder"""
    path: Path
    stamp: str
    """Of its name, size and time"""
    place: tuple[int, int] = (0, 0)
    """Device and number of what was looked at"""


def root_of(path: str, folder: Path) -> Path:
    """The file or folder of a source.

    Args:
        path: Of the settings.
        folder: Where a relative one begins, and stays.

    Raises:
        Unsafe: It leads out of there.
        Absent: There is nothing.
    """
    given = Path(path)
    try:
        found = (folder / given).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise Absent(f"{path} is not there", remedy="Check `path` of the feed.") from error
    if not given.is_absolute() and not found.is_relative_to(folder.resolve()):
        raise Unsafe(f"{path} leads out of the folder of the feeds")
    return found


def entries(root: Path, of: str, suffixes: tuple[str, ...]) -> list[Entry]:
    """The files of a folder and of those in it, by name; hidden and unfinished ones are not meant.

    Args:
        root: The folder.
        of: What settings are recognised by; part of the stamps.
        suffixes: That their names may have; none: any.

    Raises:
        Refused: There are too many.
    """
    found: list[Entry] = []
    for path in _walk(root):
        if suffixes and not path.name.lower().removesuffix(".gz").endswith(suffixes):
            continue
        entry = entry_of(path, root, of)
        if entry is not None:
            found.append(entry)
        if len(found) > MOST_FILES:
            raise Refused(
                f"the folder has more than {MOST_FILES} files",
                remedy="Take those out that were read.",
            )
    return sorted(found)


def _walk(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and not name.endswith(_UNFINISHED):
                yield Path(folder) / name


def entry_of(path: Path, root: Path, of: str) -> Entry | None:
    """A file of a folder; None: it is none, or a link out of it."""
    try:
        real = path.resolve(strict=True)
        about = real.stat()
    except (OSError, RuntimeError):
        return None
    if not real.is_relative_to(root) or not stat.S_ISREG(about.st_mode):
        return None
    name = path.relative_to(root).as_posix() if path != root else path.name
    said = repr((of, name, about.st_size, about.st_mtime_ns)).encode("utf-8", "surrogatepass")
    stamp = urlsafe_b64encode(hashlib.sha256(said).digest()[: STAMP * 6 // 8]).decode()
    return Entry(name, real, stamp, (about.st_dev, about.st_ino))


def content(entry: Entry, most: int) -> bytes:
    """What is in a file.

    Args:
        entry: The file.
        most: Bytes that it may have.

    Raises:
        TooLarge: It has more.
        Absent: It is gone meanwhile, or may not be read.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with open(os.open(entry.path, flags), "rb") as file:  # noqa: PTH123 - opened by its number
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise Absent(f"{entry.name} is no file")
            # A folder on the way to it may have become a link that leads out.
            if (about.st_dev, about.st_ino) != entry.place:
                raise Absent(f"{entry.name} was put in place of another one while it was read")
            raw = file.read(most + 1)
    except OSError as error:
        raise Absent(f"{entry.name} cannot be read: {error.strerror}") from error
    if len(raw) > most:
        raise TooLarge(
            f"{entry.name} has more than {most} bytes",
            remedy="If that is right, raise `most_bytes`.",
        )
    return raw
