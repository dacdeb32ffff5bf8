"""The folder of a hub that serves, where its workers count and show that they are alive.

It is in memory: a worker that writes a mapped file on a full disk is killed. Whoever serves holds a
lock on its folder, which goes with the last of its processes. What a hub that was killed has left
behind is thereby known, and taken away by the next one that starts.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

from hub.cli.files import sweep

_PREFIX = "hub-serve-"


def make(place: Path | None = None) -> str:
    """A folder for this process and those that it forks; first, what others left goes.

    Args:
        place: Where folders of hubs are; None: in memory, as far as there is such a place.
    """
    place = place or _memory()
    sweep(place, _PREFIX)
    made = tempfile.mkdtemp(prefix=_PREFIX, dir=place)
    # Held until the process ends.
    fcntl.flock(os.open(made, os.O_RDONLY), fcntl.LOCK_EX)
    return made


def _memory() -> Path:
    shared = Path("/dev/shm")  # noqa: S108 - the folder made in it is its owner's alone
    return shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
