"""The values of a table, row by row, with what their rows say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hub.intake.cells import is_empty, values_of
from hub.intake.columns import Column, seen_us
from hub.intake.concerns import item_of
from hub.intake.records import Layout, Record, records
from hub.language.fold import INVISIBLE
from hub.model.intake import Item, LeftOut

_HUNDRED = 100
_WEB = re.compile(r"https?://[^\s;,<>\"]+")
_MOST_REFERENCES = 20
_LONGEST_NAME = 200


class Told(NamedTuple):
    """One value, and what its row says of it."""

    item: Item
    seen_us: int = 0
    """When it was seen, in microseconds since 1970; 0: it is not said."""
    confidence: int | None = None
    """0 to 100; None: it is not said."""
    references: tuple[str, ...] = ()
    """Where to read more"""


def told(text: str, layout: Layout, columns: Sequence[Column]) -> Iterator[Told | LeftOut]:
    """Each value of a table in its order, as often as it stands there, and what is no value.

    Args:
        text: All of the table.
        layout: What it is like.
        columns: What they are read as.
    """
    for record in records(text, layout.separator):
        if record.line > layout.heading_line:
            yield from of_record(record, columns)


def of_record(record: Record, columns: Sequence[Column]) -> Iterator[Told | LeftOut]:
    """The values of one row.

    Args:
        record: The row.
        columns: What its cells are read as.
    """
    filled = [
        (cell.strip(), column)
        for cell, column in zip(record.cells, columns, strict=False)
        if column.use != "ignore" and not is_empty(cell)
    ]
    said = Told(
        Item("", "", "", note=_note(filled)),
        max((seen_us(cell, c) for cell, c in filled if c.use == "seen"), default=0),
        next((_percent(cell) for cell, c in filled if c.use == "confidence"), None),
        _references(filled),
    )
    for cell, column in filled:
        if column.use == "value":
            yield from _of_cell(cell, record.line, said)


def _of_cell(cell: str, line: int, said: Told) -> Iterator[Told | LeftOut]:
    found = False
    for sighted in values_of(cell):
        found = True
        if sighted.field:
            yield said._replace(item=item_of(sighted._replace(line=line), said.item.note))
        else:
            yield LeftOut(sighted.given, "invalid", line)
    if not found:
        yield LeftOut(cell, "invalid", line)


def _note(filled: Sequence[tuple[str, Column]]) -> str:
    said = []
    for cell, column in filled:
        text = " ".join(cell.split())
        if column.use == "note":
            said.append(text)
        elif column.use == "detail":
            said.append(f"{plain_name(column.name)}: {text}")
    return " · ".join(dict.fromkeys(said))


def plain_name(heading: str) -> str:
    """A heading as it is published and shown: no longer than a line, and nothing in it turns it around."""
    return INVISIBLE.sub("", heading)[:_LONGEST_NAME]


def _references(filled: Sequence[tuple[str, Column]]) -> tuple[str, ...]:
    found = [url for cell, c in filled if c.use == "reference" for url in _WEB.findall(cell)]
    return tuple(dict.fromkeys(found))[:_MOST_REFERENCES]


def _percent(cell: str) -> int | None:
    bare = cell.rstrip("% ")
    return int(bare) if bare.isdecimal() and int(bare) <= _HUNDRED else None
