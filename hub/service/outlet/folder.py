"""Files that are made together, and kept for whoever asks for the next of them.

A folder is one temporary file without a name: when its last reader is done, or the process ends in
whatever way, nothing of it is left on the disk. Who reads a folder that is replaced meanwhile still
has all of it.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from weakref import WeakValueDictionary, finalize

MOST_FOLDERS = 32
MOST_BYTES = 500_000_000
"""On a shelf; the folder that was asked for last stays, however large"""

_PIECE = 65_536

Place = tuple[str | int, ...]
"""Whose a folder is, and of what"""


class Folder:
    """Texts by name: first all are put into it, then any number of threads read."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when nobody has the folder
        self._spans: dict[str, range] = {}
        # And not by a call: it might come while somebody reads.
        finalize(self, self._file.close)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._file.tell()

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        """Put a text in, in the place of one of the same name."""
        start = self._file.tell()
        self._file.writelines(pieces)
        self._spans[name] = range(start, self._file.tell())

    def seal(self) -> None:
        """All is in it, and it may be read."""
        self._file.flush()

    def read(self, name: str) -> Iterator[bytes] | None:
        """A text, some kilobytes at a time; None: there is none of this name."""
        span = self._spans.get(name)
        return None if span is None else self._read(span)

    def _read(self, span: range) -> Iterator[bytes]:
        for start in range(span.start, span.stop, _PIECE):
            # Several read side by side, so none of them may move the file's position.
            yield os.pread(self._file.fileno(), min(_PIECE, span.stop - start), start)


class Filed(NamedTuple):
    """A folder with what its files have in common."""

    folder: Folder
    seen: bytes
    """As `hub.model.exporting.Made` has it"""
    turn_us: int
    left_out: str


class Shelf:
    """Folders of one process, the newest of each place; safe to use from several threads.

    Args:
        most_folders: How many are kept; those go that nobody asked for the longest.
        most_bytes: How large they are together.
    """

    def __init__(self, most_folders: int = MOST_FOLDERS, most_bytes: int = MOST_BYTES) -> None:
        self._most_folders = most_folders
        self._most_bytes = most_bytes
        self._kept: dict[Place, Filed] = {}
        self._gates: WeakValueDictionary[Place, threading.Lock] = WeakValueDictionary()
        self._lock = threading.Lock()

    def get(
        self, place: Place, is_right: Callable[[Filed], bool], make: Callable[[], Filed]
    ) -> Filed:
        """The folder of a place; one that is not right is made anew.

        Who asks while another thread makes it waits for that.
        """
        with self._lock:
            gate = self._gates.setdefault(place, threading.Lock())
        with gate:
            with self._lock:
                found = self._kept.pop(place, None)
            if found is None or not is_right(found):
                # Now, so that two of them never take up the disk.
                found = None
                found = make()
            if is_right(found):
                self._keep(place, found)
            return found

    def _keep(self, place: Place, filed: Filed) -> None:
        with self._lock:
            self._kept[place] = filed
            while len(self._kept) > 1 and self._is_full():
                del self._kept[next(iter(self._kept))]

    def _is_full(self) -> bool:
        size = sum(filed.folder.size for filed in self._kept.values())
        return len(self._kept) > self._most_folders or size > self._most_bytes
