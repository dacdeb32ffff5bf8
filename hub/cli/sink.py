"""Objects into a file: one per line, or all of them in one bundle."""

from __future__ import annotations

import errno
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Literal

import click

from hub.cli.base import Exit, fail

Form = Literal["ndjson", "bundle"]

form_option = click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "bundle"]),
    default="ndjson",
    show_default=True,
    help="One object per line, or one bundle.",
)
versions_option = click.option(
    "--versions",
    type=click.Choice(["last", "all"]),
    default="last",
    show_default=True,
    help="Only the latest version of each object, or every one.",
)
_TAIL = b"\n]}\n"
_BREAKS = bytes.maketrans(b"\r\n", b"  ")


class Sink:
    """Writes objects one after the other.

    Args:
        file: Where to.
        form: One object per line, or all of them in one bundle.
        begun: The file holds objects already, without the end of a bundle.
    """

    def __init__(self, file: BinaryIO, form: Form, *, begun: bool = False) -> None:
        self._file = file
        self._form = form
        self._begun = begun
        self.count = 0

    def add(self, raws: Sequence[bytes]) -> None:
        """Write objects, byte by byte as they are.

        In NDJSON a line break between two parts of an object becomes a blank: inside of a text
        JSON allows none.
        """
        for raw in raws:
            if self._form == "ndjson":
                self._file.write(raw.translate(_BREAKS) + b"\n")
            else:
                self._file.write((b",\n" if self._begun else _head()) + raw)
            self._begun = True
        self.count += len(raws)

    def finish(self) -> None:
        """Write what stands behind the last object."""
        if self._form == "bundle":
            self._file.write(_TAIL if self._begun else _head() + _TAIL)
        self._file.flush()


def _head() -> bytes:
    return b'{"type":"bundle","id":"bundle--%b","objects":[\n' % str(uuid.uuid4()).encode()


@contextmanager
def disk_faults() -> Iterator[None]:
    """Leave the program with one line when a file cannot be opened, read or written."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # the reader of a pipe is gone, which click ends quietly
        fail(str(error), Exit.ERROR)
