"""A pasted text or a file as a list of values: one a line, a table, or what people write.

* Lines of the same number of columns are a table (CSV with commas, semicolons or tabs). Of it, the
  columns are taken in which at least half of the cells are values; a first row without any value
  there is the head. Which columns were left out is said. Lines that can be read as one value as a
  whole, such as URLs with a comma, are a table only below a head.
* Any other line is one value if it can be read as one as a whole, such as `evil [.] example` or a
  URL with a comma. Before that, it is several if each part is a value: parts between tabs,
  semicolons and commas, between blanks, or between upright bars, with which MISP joins two.
* Of a line that is neither, the values are taken, and what remains is one entry that nobody
  understands. Nothing is dropped in silence but empty lines and lines that begin with `#`, which
  are counted.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hub.errors import Fault, HubError
from hub.language.pasted import pasted

_COMMENT = "#"
_BETWEEN = re.compile(r"[\t;,]")
_DELIMITERS = ("\t", ";", ",")
_SAMPLE = 200
_EVEN = 0.9
_HALF = 0.5
_WIDEST = 200
# Some seconds of work, and twice what the longest honest list takes.
_MOST_LOOKS = 150_000
_LONGEST = 10_000


class Listed(NamedTuple):
    """What a text lists."""

    values: list[str]
    """Each once, in the order of the text; also those that nobody understands"""
    repeated: int
    """How many more there were"""
    comments: int
    """Lines that begin with `#`"""
    taken: tuple[str, ...] = ()
    """Columns of a table that were read; empty: it is no table"""
    left: tuple[str, ...] = ()
    """Columns that were not"""


class _Table(NamedTuple):
    rows: list[list[str]]
    taken: list[int]
    has_head: bool


def listed(text: str) -> Listed:
    """The values of a text of any length.

    Raises:
        HubError: TOO_LARGE when it has so many different words that looking at each takes long.
    """
    return _Reader().read(text)


class _Reader:
    """Reads one text, and remembers what it has seen of it."""

    def __init__(self) -> None:
        self._seen: dict[str, bool] = {}

    def read(self, text: str) -> Listed:
        lines = [line for line in map(str.strip, text.splitlines()) if line]
        kept = [line for line in lines if not line.startswith(_COMMENT)]
        table = self._table(kept)
        cells = _cells(table) if table else kept
        values = [value for cell in cells for value in self._of_line(cell)]
        found = _once(values, len(lines) - len(kept))
        if table is None:
            return found
        names = [_name(table, column) for column in range(max(map(len, table.rows)))]
        taken = tuple(names[column] for column in table.taken)
        left = tuple(name for column, name in enumerate(names) if column not in table.taken)
        return found._replace(taken=taken, left=left)

    def _is_value(self, text: str) -> bool:
        known = self._seen.get(text)
        if known is None:
            if len(self._seen) >= _MOST_LOOKS:
                raise HubError(
                    Fault.TOO_LARGE,
                    "the text has too many different words to look for values in all of them",
                    field="values",
                    remedy="Send a list with one value in each line.",
                )
            known = self._seen[text] = len(text) <= _LONGEST and bool(pasted(text))
        return known

    def _table(self, lines: Sequence[str]) -> _Table | None:
        """The lines as a table, if they are one and hold values in some column of it."""
        for delimiter in _DELIMITERS:
            width = _width(lines[:_SAMPLE], delimiter)
            sample = list(_rows(lines[:_SAMPLE], delimiter)) if width else []
            taken = [column for column in range(width) if self._has_values(sample, column)]
            if taken:
                has_head = not any(self._holds(sample[0], column) for column in taken)
                # URLs have commas: without a head, lines that are values as a whole are a list.
                if has_head or not self._are_values(lines[:_SAMPLE]):
                    return _Table(list(_rows(lines, delimiter)), taken, has_head)
        return None

    def _are_values(self, lines: Sequence[str]) -> bool:
        return sum(map(self._is_value, lines)) >= _HALF * len(lines)

    def _has_values(self, rows: Sequence[Sequence[str]], column: int) -> bool:
        cells = [row for row in rows[1:] if column < len(row) and row[column].strip()]
        return sum(self._holds(row, column) for row in cells) >= _HALF * max(1, len(cells))

    def _holds(self, row: Sequence[str], column: int) -> bool:
        return column < len(row) and self._is_value(row[column].strip())

    def _of_line(self, line: str) -> Iterator[str]:
        cells = [cell for cell in map(str.strip, _BETWEEN.split(line)) if cell]
        for parts in (cells, line.split(), [*map(str.strip, line.split("|"))]):
            if len(parts) > 1 and all(map(self._is_value, parts)):
                yield from parts
                return
        for cell in [line] if len(cells) < 2 or self._is_value(line) else cells:  # noqa: PLR2004 - one is the line itself
            yield from self._of_cell(cell)

    def _of_cell(self, cell: str) -> Iterator[str]:
        """One value, or the values among other words and these as they are."""
        words = cell.split()
        if self._is_value(cell) or not any(map(self._is_value, words)):
            yield cell
            return
        yield from filter(self._is_value, words)
        rest = [word for word in words if not self._is_value(word)]
        if rest:
            yield " ".join(rest)


def _cells(table: _Table) -> list[str]:
    rows = table.rows[table.has_head :]
    cells = [row[column].strip() for row in rows for column in table.taken if column < len(row)]
    return [cell for cell in cells if cell]


def _name(table: _Table, column: int) -> str:
    """What the head calls a column; else its number, counted from 1."""
    head = table.rows[0] if table.has_head else []
    return (head[column].strip() if column < len(head) else "") or str(column + 1)


def _once(values: Sequence[str], comments: int) -> Listed:
    different = list(dict.fromkeys(values))
    return Listed(different, len(values) - len(different), comments)


def _width(lines: Sequence[str], delimiter: str) -> int:
    """The number of columns that nearly all lines have; 0: they differ, or have one."""
    counts = Counter(len(row) for row in _rows(lines, delimiter))
    width, often = counts.most_common(1)[0] if counts else (0, 0)
    even = often > 1 and often >= _EVEN * len(lines)
    return width if 1 < width <= _WIDEST and even else 0


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Each line as cells: a quote that is not closed spoils its own line and no other."""
    for line in lines:
        try:
            yield next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        except (csv.Error, StopIteration):
            yield [line]
