"""What became of many objects: counted, and each refused one with its reason."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from hub.cli.base import Exit, show, show_json
from hub.cli.intake import Piece, weight

_FAILED = "failed"
_COLUMNS = ("id", "version", "reason")
_PLACE = re.compile(r"objects\[(\d{1,9})\]")


class Tally:
    """Counts of outcomes.

    Args:
        outcomes: Their names, in the order in which they are printed; `failed` comes last.
    """

    def __init__(self, *outcomes: str) -> None:
        self._counts = dict.fromkeys((*outcomes, _FAILED), 0)
        self._refused: list[dict[str, str]] = []

    def add(self, outcome: str, count: int = 1) -> None:
        """Count objects."""
        self._counts[outcome] += count

    def refuse(self, object_id: str, version: str, reason: str) -> None:
        """Count one object that was not accepted."""
        self.add(_FAILED)
        values = (object_id, version, reason)
        self._refused.append(dict(zip(_COLUMNS, values, strict=True)))

    def show(self, output: str) -> None:
        """Print the refused objects and the counts on standard output."""
        if output == "json":
            found = {"summary": self._counts, "refused": self._refused}
            show_json(found)
            return
        if self._refused:
            show(self._refused, _COLUMNS, output)
        rows = [{"outcome": name, "objects": n} for name, n in self._counts.items()]
        show(rows, ("outcome", "objects"), output)

    @contextmanager
    def shown(self, output: str) -> Iterator[None]:
        """Print at the end, also of a work that broke off; leave when an object was refused."""
        try:
            yield
        finally:
            self.show(output)
        if self._counts[_FAILED]:
            sys.exit(Exit.REFUSED)


def placed(reason: str, batch: Sequence[Piece]) -> str:
    """The reason with the place in the request replaced by the one in the file."""

    def of_file(match: re.Match[str]) -> str:
        number = int(match[1])
        return batch[number].place if number < len(batch) else match[0]

    return _PLACE.sub(of_file, reason, count=1)


@contextmanager
def progress(files: Sequence[str]) -> Iterator[Callable[[Sequence[Piece]], None]]:
    """A bar on standard error, when that is a terminal; yields what moves it."""
    length = sum(weight(name) for name in files)
    hidden = not (length and sys.stderr.isatty())
    with click.progressbar(length=length, file=sys.stderr, hidden=hidden) as bar:
        yield lambda batch: bar.update(sum(len(piece.raw) + 1 for piece in batch))
