"""The values of a table, row by row, with what their rows say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hub.intake.cells import is_empty, values_of
from hub.intake.columns import Column, seen_us
from hub.intake.concerns import item_of
from hub.intake.records import Layout, Record, records
from hub.model.intake import Item, LeftOut

_HUNDRED = 100


class Told(NamedTuple):
    """One value, and what its row says of it."""

    item: Item
    seen_us: int = 0
    """When it was seen, in microseconds since 1970; 0: it is not said."""
    confidence: int | None = None
    """0 to 100; None: it is not said."""


def told(text: str, layout: Layout, columns: Sequence[Column]) -> Iterator[Told | LeftOut]:
    """Each value of a table in its order, as often as it stands there, and what is no value.

    Args:
        text: All of the table.
        layout: What it is like.
        columns: What they are read as.
    """
    for record in records(text, layout.separator):
        if record.line > layout.heading_line:
            yield from _of_record(record, columns)


def _of_record(record: Record, columns: Sequence[Column]) -> Iterator[Told | LeftOut]:
    filled = [
        (cell.strip(), column)
        for cell, column in zip(record.cells, columns, strict=False)
        if column.use != "ignore" and not is_empty(cell)
    ]
    said = [cell for use in ("note", "reference") for cell, c in filled if c.use == use]
    note = " · ".join(dict.fromkeys(" ".join(cell.split()) for cell in said))
    at_us = next((seen_us(cell, c) for cell, c in filled if c.use == "seen"), 0)
    sure = next((_percent(cell) for cell, c in filled if c.use == "confidence"), None)
    for cell, column in filled:
        if column.use != "value":
            continue
        found = list(values_of(cell))
        for sighted in found:
            if sighted.field:
                placed = sighted._replace(line=record.line)
                yield Told(item_of(placed, note), at_us, sure)
            else:
                yield LeftOut(sighted.given, "invalid", record.line)
        if not found:
            yield LeftOut(cell, "invalid", record.line)


def _percent(cell: str) -> int | None:
    bare = cell.rstrip("% ")
    return int(bare) if bare.isdecimal() and int(bare) <= _HUNDRED else None
