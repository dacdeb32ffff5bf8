"""The folder of definitions: read again when a file in it changed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import NamedTuple

from hub.service.feeds.definition import Broken, Feed, load_all


class Found(NamedTuple):
    """What a folder holds."""

    feeds: dict[str, Feed]
    """By name"""
    broken: list[Broken]


class Folder:
    """The feeds of a folder as they are now. Threads may share it.

    Args:
        path: It may come and go.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: list[tuple[str, int, int]] | None = None
        self._found = Found({}, [])
        self._turn = threading.Lock()

    def read(self) -> Found:
        """All of them."""
        with self._turn:
            seen = self._signature()
            if seen != self._seen:
                self._found, self._seen = Found(*load_all(self.path)), seen
            return self._found

    def _signature(self) -> list[tuple[str, int, int]]:
        found = []
        for path in sorted(self.path.glob("*.*")):
            try:
                stat = path.stat()
            except OSError:
                continue
            found.append((path.name, stat.st_mtime_ns, stat.st_size))
        return found
