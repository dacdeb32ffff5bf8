"""A pull that can be killed, or lose its server, and goes on.

- The cursor is written after what it speaks of is on disk, and holds the length of the file up to
  there. What was written beyond that is cut off when the pull goes on, so that nothing is missing
  and nothing stands there twice.
- It stands between two dates added, never within one: a server may have given the same date to
  the last object of a page and to the first of the following one. So it is a page behind until
  the pull is complete.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

import msgspec

from hub.cli.base import Exit, fail, say
from hub.cli.cursor import Cursor, read_cursor, save_cursor
from hub.cli.sink import Sink

if TYPE_CHECKING:
    from connectors.taxii.client import Session
    from connectors.taxii.messages import Page

_RESTARTS = 5


class Stream:
    """Standard output, with a cursor if one is wanted. What is out cannot be cut off again.

    So a pull that goes on, after it was killed or lost its server, gives some objects once more.

    Args:
        cursor_path: The file of the cursor, if one is wanted.
        fresh: Where to start when there is no cursor; what a cursor must agree with otherwise.
    """

    def __init__(self, cursor_path: Path | None, fresh: Cursor) -> None:
        self._cursor_path = cursor_path
        self.cursor = (read_cursor(cursor_path, fresh) if cursor_path else None) or fresh
        self._count = 0
        """Objects up to the cursor"""
        self._ahead: tuple[Cursor, int] | None = None
        """Where the cursor may go once it is known that no object of that date is to come."""
        self._file: BinaryIO = sys.stdout.buffer
        self._sink = Sink(self._file, fresh.form)

    @property
    def count(self) -> int:
        """Objects that were written."""
        return self._sink.count

    def __enter__(self) -> Self:
        return self

    def keep(self, page: Page) -> None:
        """Write one page, and move the cursor behind the one before if a later date begins."""
        if self._ahead and page.added_first not in {"", self._ahead[0].added_after}:
            self.settle()
        self._sink.add(page.raws)
        self._flush()
        if page.added_last:
            after, size = page.added_last, self._size()
            cursor = msgspec.structs.replace(self.cursor, added_after=after, size=size)
            self._ahead = cursor, self.count

    def settle(self) -> None:
        """Write down that all is kept that was added up to the last object."""
        if self._ahead:
            self.cursor, self._count = self._ahead
        if self._cursor_path:
            save_cursor(self._cursor_path, self.cursor)

    def rewind(self) -> None:
        """Go back to where the cursor stands."""
        self._ahead = None

    def _flush(self) -> None:
        self._file.flush()

    def _size(self) -> int:
        return 0

    def __exit__(self, *_: object) -> None:
        self._sink.finish()


class Download(Stream):
    """A file and its cursor, kept in step. One pull at a time can have it.

    Args:
        path: The file.
        cursor_path: The file of the cursor.
        fresh: Where to start when there is no cursor; what a cursor must agree with otherwise.
    """

    def __init__(self, path: Path, cursor_path: Path, fresh: Cursor) -> None:
        super().__init__(cursor_path, fresh)
        self._path = path
        self._had_cursor = cursor_path.exists()
        self._file = _locked(path)

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._file.close()
            raise
        return self

    def _begin(self) -> None:
        length = self._file.seek(0, os.SEEK_END)
        if length and not self._had_cursor:
            fail(f"{self._path} is there and has no cursor; choose another --out", Exit.ERROR)
        if not length:
            # A file may be taken away once it is read: the next pull then begins a new one.
            self.cursor = msgspec.structs.replace(self.cursor, size=0)
        if self.cursor.size > length:
            fail(f"{self._path} is shorter than its cursor says; remove both", Exit.ERROR)
        self.rewind()
        self.settle()

    def rewind(self) -> None:
        """Cut off what the cursor knows nothing of."""
        super().rewind()
        self._file.truncate(self.cursor.size)
        self._file.seek(self.cursor.size)
        self._sink = Sink(self._file, self.cursor.form, begun=self.cursor.size > 0)
        self._sink.count = self._count

    def _flush(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def _size(self) -> int:
        return self._file.tell()

    def __exit__(self, *_: object) -> None:
        super().__exit__(*_)
        self._flush()
        self._file.close()


def _locked(path: Path) -> BinaryIO:
    # "a" would write behind what others wrote, wherever this pull stands.
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        fail(f"{path}: another pull is writing to it", Exit.ERROR)
    return file


def follow(session: Session, url: str, params: dict[str, str], target: Stream) -> None:
    """Keep all pages; when the server goes away between two of them, go on at the cursor."""
    from connectors.errors import Interrupted  # slow to import, as all that knows requests

    left = _RESTARTS
    while True:
        stood = target.cursor
        try:
            for page in session.pages(url, target.cursor.added_after, params):
                target.keep(page)
        except Interrupted as error:
            # A server that fails at the same place every time is left in the end.
            left = _RESTARTS if target.cursor != stood else left - 1
            if not left:
                raise
            say(f"{error.reason}; going on at {target.cursor.added_after or 'the beginning'}")
            target.rewind()
        else:
            target.settle()
            return
