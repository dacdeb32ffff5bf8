"""Tables: CSV with or without a heading, by whatever separator.

A column is read by its heading, or else by what stands in it. What no column has is said, too:
`Taken.columns` names each with what it was read as.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from hub.intake.gather import Gathering
from hub.intake.lists import endings
from hub.language.fold import join
from hub.language.harvest import Sighted, harvest, read_value
from hub.model.intake import Taken

_SEPARATORS = ",;\t|"
_SAMPLE = 60
"""Rows that are looked at to find out what the columns are"""
_SAME = 0.8
_MOST_OF_THEM = 0.5
_MOST_COLUMNS = 64
_PLACEHOLDERS = frozenset({"", "n a", "na", "none", "null", "unknown", "khong co"})
"""As `join` writes them; signs alone are nothing"""
_NOTES = frozenset(
    [
        "name",
        "description",
        "comment",
        "comments",
        "note",
        "notes",
        "malware",
        "family",
        "campaign",
        "threat",
        "title",
        "tag",
        "tags",
        "ten",
        "mo ta",
        "ghi chu",
        "ma doc",
        "chien dich",
    ]
)
_VALUES = re.compile(
    r"\b(?:md5|sha ?\d+|hash|hashes|ip|ipv4|ipv6|domain|hostname|host|fqdn|url|uri|email|cve|ioc"
    r"|indicator|value|c2|observable|gia tri|chi dau|ten mien|dia chi ip)\b"
)


class Table(NamedTuple):
    """Rows of a table with the numbers of their lines."""

    rows: list[tuple[int, list[str]]]
    heading: tuple[str, ...]
    """Empty: it has none."""


def table_of(text: str, *, named: bool) -> Table | None:
    """The text as a table; None: it is none.

    Args:
        text: Any text.
        named: The name of the file says that it is one.
    """
    for separator in _SEPARATORS:
        rows = _rows(text, separator)
        if rows is None or not _is_even(rows):
            continue
        heading = _heading(rows)
        found = Table(rows[bool(heading) :], heading)
        if named or heading or any(_is_of_values(found, at) for at in range(_width(found))):
            return found
    return None


def take_table(table: Table, own_domains: Collection[str]) -> Taken:
    """The values of a table; what its other columns say of them goes along as notes."""
    gathered = Gathering(own_domains)
    kinds = [_kind(table, at) for at in range(_width(table))]
    for line, row in table.rows:
        note = " · ".join(_notes(row, kinds))
        for cell, kind in zip(row, kinds, strict=False):
            if kind == "value":
                _take_cell(gathered, cell, line, note)
    names = table.heading or tuple(str(at + 1) for at in range(len(kinds)))
    columns = tuple(zip(names, kinds, strict=False))
    return Taken("csv", gathered.items, left=gathered.left, columns=columns)


def _take_cell(gathered: Gathering, cell: str, line: int, note: str) -> None:
    bare = cell.strip()
    if join([bare]) in _PLACEHOLDERS:
        return
    found: list[Sighted] = list(harvest(bare, endings()))
    for sighted in found:
        gathered.see(sighted._replace(line=line), note)
    if not found:
        gathered.leave(bare, "invalid", line)


def _notes(row: Sequence[str], kinds: Sequence[str]) -> Iterator[str]:
    for cell, kind in zip(row, kinds, strict=False):
        if kind == "note" and join([cell]) not in _PLACEHOLDERS:
            yield " ".join(cell.split())


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]] | None:
    reader = csv.reader(
        text.replace("\0", "").splitlines(keepends=True),
        delimiter=separator,
        skipinitialspace=True,
    )
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        return None


def _is_even(rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether nearly all rows have the same number of cells, two or more."""
    sample = [len(row) for _, row in rows[:_SAMPLE]]
    if not sample:
        return False
    [(width, count)] = Counter(sample).most_common(1)
    return 1 < width <= _MOST_COLUMNS and len(rows) > 1 and count >= _SAME * len(sample)


def _heading(rows: Sequence[tuple[int, list[str]]]) -> tuple[str, ...]:
    first = [" ".join(cell.split()) for cell in rows[0][1]]
    filled = [cell for cell in first if cell]
    if any(_is_value(cell) for cell in filled):
        return ()
    return tuple(first) if any(_VALUES.search(join([cell])) for cell in filled) else ()


def _width(table: Table) -> int:
    return max((len(row) for _, row in table.rows[:_SAMPLE]), default=len(table.heading))


def _kind(table: Table, at: int) -> str:
    """What a column is read as: "value", "note", or "" for neither."""
    if _is_of_values(table, at):
        return "value"
    heading = join([table.heading[at]]) if at < len(table.heading) else ""
    if heading in _NOTES:
        return "note"
    return "value" if _VALUES.search(heading) and _has_value(table, at) else ""


def _is_of_values(table: Table, at: int) -> bool:
    cells = _cells(table, at)
    return bool(cells) and sum(map(_is_value, cells)) > _MOST_OF_THEM * len(cells)


def _has_value(table: Table, at: int) -> bool:
    return any(map(_is_value, _cells(table, at)))


def _cells(table: Table, at: int) -> list[str]:
    found = [row[at].strip() for _, row in table.rows[:_SAMPLE] if at < len(row)]
    return [cell for cell in found if join([cell]) not in _PLACEHOLDERS]


def _is_value(cell: str) -> bool:
    found = read_value(cell.strip(), endings())
    return found is not None and not found.weak
