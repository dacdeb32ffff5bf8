"""The folder of a hub that serves, where its workers count and show that they are alive.

It is in memory: a worker that writes a mapped file on a full disk is killed. Whoever serves holds a
lock on its folder, which goes with the last of its processes. What a hub that was killed has left
behind is thereby known, and taken away by the next one that starts.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_PREFIX = "hub-serve-"
_YOUNG_S = 60.0
"""So long a folder may be without a lock: whoever made it is about to take it."""


def make(place: Path | None = None) -> str:
    """A folder for this process and those that it forks; first, what others left goes.

    Args:
        place: Where folders of hubs are; None: in memory, as far as there is such a place.
    """
    place = place or _memory()
    for folder in place.glob(f"{_PREFIX}*"):
        # Those of other users cannot be opened, and another hub may sweep at the same time.
        with suppress(OSError):
            _sweep(folder)
    made = tempfile.mkdtemp(prefix=_PREFIX, dir=place)
    # Held until the process ends.
    fcntl.flock(os.open(made, os.O_RDONLY), fcntl.LOCK_EX)
    return made


def _sweep(folder: Path) -> None:
    if time.time() - folder.stat().st_mtime < _YOUNG_S:
        return
    handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(handle)


def _memory() -> Path:
    shared = Path("/dev/shm")  # noqa: S108 - the folder made in it is its owner's alone
    return shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
