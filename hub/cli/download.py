"""A pull that can be killed and goes on.

The cursor is written after the page it speaks of is on disk, and holds the length of the file up
to there. What a killed pull wrote beyond that is cut off by the next one, so that nothing is
missing and nothing stands there twice.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from hub.cli.base import Exit, fail
from hub.cli.cursor import Cursor, read_cursor, save_cursor
from hub.cli.sink import Sink


class Download:
    """A file and its cursor, kept in step. One pull at a time can have it.

    Args:
        path: The file.
        cursor_path: The file of the cursor.
        fresh: Where to start when there is no cursor; what a cursor must agree with otherwise.
    """

    def __init__(self, path: Path, cursor_path: Path, fresh: Cursor) -> None:
        self._path = path
        self._cursor_path = cursor_path
        known = read_cursor(cursor_path, fresh)
        self._file = _locked(path)
        try:
            size = self._begin(known)
        except BaseException:
            self._file.close()
            raise
        self.sink = Sink(self._file, fresh.form, begun=size > 0)
        self.cursor = msgspec.structs.replace(known or fresh, size=size)

    def _begin(self, known: Cursor | None) -> int:
        """Cut off what the cursor knows nothing of; returns the size that is left."""
        length = self._file.seek(0, os.SEEK_END)
        if known is None and length:
            fail(f"{self._path} is there and has no cursor; choose another --out", Exit.ERROR)
        # A file may be taken away once it is read: the next pull then begins a new one.
        size = known.size if known and length else 0
        if size > length:
            fail(f"{self._path} is shorter than its cursor says; remove both", Exit.ERROR)
        self._file.truncate(size)
        self._file.seek(size)
        return size

    def __enter__(self) -> Self:
        self._save(self.cursor)
        return self

    def keep(self, raws: Sequence[bytes], added_last: str) -> None:
        """Write one page, and then that it is written."""
        self.sink.add(raws)
        self._file.flush()
        os.fsync(self._file.fileno())
        after = added_last or self.cursor.added_after
        # A server that does not say when it added the page is asked for it again.
        size = self._file.tell() if added_last else self.cursor.size
        self._save(msgspec.structs.replace(self.cursor, added_after=after, size=size))

    def _save(self, cursor: Cursor) -> None:
        self.cursor = cursor
        save_cursor(self._cursor_path, cursor)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.sink.finish()
        os.fsync(self._file.fileno())
        self._file.close()


class Stream:
    """Standard output, with a cursor if one is wanted. What is out cannot be cut off again.

    A pull that is killed gives the page it was at once more.

    Args:
        cursor_path: The file of the cursor, if one is wanted.
        fresh: Where to start when there is no cursor; what a cursor must agree with otherwise.
    """

    def __init__(self, cursor_path: Path | None, fresh: Cursor) -> None:
        self._cursor_path = cursor_path
        self.cursor = (read_cursor(cursor_path, fresh) if cursor_path else None) or fresh
        self._file = sys.stdout.buffer
        self.sink = Sink(self._file, fresh.form)

    def __enter__(self) -> Self:
        return self

    def keep(self, raws: Sequence[bytes], added_last: str) -> None:
        """Write one page, and then that it is written."""
        self.sink.add(raws)
        self._file.flush()
        if self._cursor_path and added_last:
            self.cursor = msgspec.structs.replace(self.cursor, added_after=added_last)
            save_cursor(self._cursor_path, self.cursor)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.sink.finish()


def _locked(path: Path) -> BinaryIO:
    # "a" would write behind what others wrote, wherever this pull stands.
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        fail(f"{path}: another pull is writing to it", Exit.ERROR)
    return file
