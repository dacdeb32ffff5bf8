"""The lines of a table as records, one by one: a list of a million lines is never held as rows.

A quote that nobody closes costs its own line and not the rest. Lines of comment are passed over; the
last one before the data is the heading if it has as many cells.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from hub.intake import headings
from hub.intake.cells import is_value
from hub.intake.dates import is_date
from hub.intake.text import lines_of

SEPARATORS = ",;\t|"
MOST_COLUMNS = 64
_SAMPLE = 300
"""Records that are looked at to find out what the table is like"""
_SAME = 0.8
_MOST_LINES = 20
"""Of one record: cells may hold line feeds"""
_LONGEST_LINE = 100_000


class Record(NamedTuple):
    """One row."""

    line: int
    """Where it begins, from 1 on"""
    cells: list[str]


class Layout(NamedTuple):
    """What a table is like."""

    separator: str
    """Empty: every line is one cell."""
    heading: tuple[str, ...]
    """Empty: it has none."""
    heading_line: int
    """Records up to here are no data; 0: it has no heading among them."""
    sample: tuple[Record, ...]
    """The first records of data"""

    @property
    def width(self) -> int:
        """How many columns it has."""
        widest = max((len(record.cells) for record in self.sample), default=0)
        return min(max(widest, len(self.heading)), MOST_COLUMNS)

    def name(self, at: int) -> str:
        """What a column is called: its heading, or its number from 1 on."""
        heading = self.heading[at] if at < len(self.heading) else ""
        return heading or str(at + 1)

    def cells(self, at: int) -> list[str]:
        """The cells of a column in the sample."""
        return [r.cells[at].strip() for r in self.sample if at < len(r.cells)]


def layout_of(text: str, *, separator: str = "", heading: bool | None = None) -> Layout:
    """What a table is like, from its beginning.

    Args:
        text: All of it.
        separator: If it is known; empty: it is found out.
        heading: Whether its first row is a heading; None: it is found out.
    """
    found = separator or _separator(text)
    sample = list(islice(records(text, found), _SAMPLE))
    above = _commented(text, found, sample)
    if heading is None and above:
        return Layout(found, above, 0, tuple(sample))
    first = [" ".join(cell.split()) for cell in sample[0].cells] if sample else []
    if first and (_is_heading(first, sample[1:]) if heading is None else heading):
        return Layout(found, tuple(first), sample[0].line, tuple(sample[1:]))
    return Layout(found, (), 0, tuple(sample))


def records(text: str, separator: str) -> Iterator[Record]:
    """The rows that say something.

    Args:
        text: All of it.
        separator: Of the cells; empty: every line is one cell.
    """
    lines = lines_of(text)
    waiting: list[tuple[int, str]] = []
    while True:
        entry = waiting.pop(0) if waiting else next(lines, None)
        if entry is None:
            return
        number, line = entry
        if _is_comment(line, separator):
            continue
        whole = line
        if separator and line.count('"') % 2:
            whole = _joined(line, waiting, lines)
        cells = _cells(whole, separator)
        if any(cell.strip() for cell in cells):
            yield Record(number, cells)


def _joined(line: str, waiting: list[tuple[int, str]], lines: Iterator[tuple[int, str]]) -> str:
    """A record over several lines; where its quote is never closed, the line alone."""
    while len(waiting) < _MOST_LINES and (entry := next(lines, None)) is not None:
        waiting.append(entry)
    whole = line
    for at, (_, more) in enumerate(waiting):
        whole += more
        if whole.count('"') % 2 == 0:
            del waiting[: at + 1]
            return whole
    return line.replace('"', "")


def _is_comment(line: str, separator: str) -> bool:
    bare = line.lstrip()
    return bare.startswith("#") or (separator != ";" and bare.startswith(";"))


def _cells(line: str, separator: str) -> list[str]:
    bare = line.replace("\0", "")[:_LONGEST_LINE]
    if not separator:
        return [bare.strip().strip('"')]
    try:
        row = next(
            csv.reader([bare.rstrip("\r\n")], delimiter=separator, skipinitialspace=True), []
        )
    except csv.Error:
        # A carriage return in the middle of a line; better a cell too many than the rest lost.
        row = bare.split(separator)
    return row[:MOST_COLUMNS]


def _separator(text: str) -> str:
    """The one by which nearly all rows have the same number of cells, two or more."""
    for separator in SEPARATORS:
        sample = [len(r.cells) for r in islice(records(text, separator), _SAMPLE)]
        if not sample:
            continue
        [(width, count)] = Counter(sample).most_common(1)
        if 1 < width <= MOST_COLUMNS and count >= _SAME * len(sample):
            return separator
    return ""


def _commented(text: str, separator: str, sample: Sequence[Record]) -> tuple[str, ...]:
    """The heading in the last comment before the data, as abuse.ch has it."""
    if not sample or not separator:
        return ()
    last = ""
    for number, line in lines_of(text):
        if number >= sample[0].line:
            break
        if line.strip(" \t\r\n#"):
            last = line
    if not _is_comment(last, separator):
        return ()
    cells = [" ".join(cell.split()) for cell in _cells(last.lstrip(" \t#;"), separator)]
    width = len(sample[0].cells)
    return tuple(cells) if width > 1 and len(cells) == width else ()


def _is_heading(first: Sequence[str], data: Sequence[Record]) -> bool:
    """Whether a first row names the columns: it holds no value itself, and speaks of them."""
    filled = [cell for cell in first if cell]
    if not filled or any(is_value(cell) or is_date(cell) or _is_number(cell) for cell in filled):
        return False
    if any(headings.VALUES.search(headings.said(cell)) for cell in filled):
        return True
    return len(filled) > 1 and any(is_value(cell) for record in data for cell in record.cells)


def _is_number(cell: str) -> bool:
    return cell.replace(".", "").replace(",", "").isdigit()
