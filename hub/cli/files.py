"""Files that appear whole or not at all, and folders for what must not stay."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from hub.errors import Fault, HubError

_DRAFT = ".hub-draft-"
_FRESH_S = 60


@contextmanager
def whole_file(target: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """A new file that only its owner can read; it gets its name when it is complete and on disk.

    Whatever fails before, a full disk as well, leaves no file and the old one as it was. What a
    killed process left in the folder goes the next time.

    Raises:
        HubError: DENIED when there is a file of this name, unless `force`.
        OSError: It cannot be written.
    """
    check_free(target, force=force)
    sweep(target.parent, _DRAFT)
    handle, name = tempfile.mkstemp(prefix=_DRAFT, dir=target.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, _held(draft):
            yield file
            file.flush()
            os.fsync(file.fileno())
            put(draft, target, force=force)
    finally:
        draft.unlink(missing_ok=True)


def check_free(target: Path, *, force: bool = False) -> None:
    """Raises HubError: DENIED when there is a file of this name, unless `force`."""
    if not force and os.path.lexists(target):
        raise HubError(
            Fault.DENIED,
            f"{target} is there already, and was not changed",
            field="target",
            remedy="Move it away, or choose another name.",
        )


def put(draft: Path, target: Path, *, force: bool = False) -> None:
    """Give a finished file its name, and make that last.

    Raises:
        HubError: DENIED when there is a file of this name by now, unless `force`.
    """
    if force:
        draft.replace(target)
    else:
        try:
            # Unlike a rename, a link never takes the place of a file that came up meanwhile.
            target.hardlink_to(draft)
        except OSError:
            check_free(target)
            draft.rename(target)  # a file system without links, such as FAT
    handle = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def scratch(folder: Path, name: str) -> Iterator[Path]:
    """A folder for its owner alone that is gone at the end.

    What a killed process left behind under this name goes, too.
    """
    prefix = f".{name}.scratch-"
    sweep(folder, prefix)
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    try:
        with _held(made):
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Show that a living process uses it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # a network file system cannot; then nobody sweeps there, either
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def sweep(folder: Path, prefix: str) -> None:
    """Remove what no living process uses; what is quite new may not be held yet."""
    for left in folder.iterdir():
        if left.name.startswith(prefix):
            # Those of other users cannot be opened, and another process may sweep as well.
            with suppress(OSError):
                _remove(left)


def _remove(left: Path) -> None:
    if time.time() - left.stat().st_mtime < _FRESH_S:
        return
    handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
    finally:
        os.close(handle)
