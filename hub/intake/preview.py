"""What would be read from a table, before anything is: for the console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice

import msgspec

from hub.intake.columns import Column, columns_of
from hub.intake.records import layout_of
from hub.intake.rows import Told, of_record, told
from hub.intake.table import item_of_row
from hub.model.intake import Item, LeftOut, Reason, Wish

_ROWS = 5
_MOST_LOOKED_AT = 20_000
"""Values and what is none; a preview is not an import."""
_EXAMPLES = 3
_LONGEST = 120
_FOUND_OUT = Wish()


class Missing(msgspec.Struct, frozen=True):
    """What was left out for one reason."""

    reason: Reason
    count: int
    examples: tuple[str, ...]
    """As it stands there, each with its line: `[CORRUPT] (line 41)`"""


class Row(msgspec.Struct, frozen=True):
    """One row, and what is read from it."""

    line: int
    cells: tuple[str, ...]
    """As they stand there"""
    items: tuple[Item, ...]
    """Its values, with what the row says of them"""
    left: tuple[str, ...]
    """What should be a value and is none"""


class Preview(msgspec.Struct, frozen=True):
    """What a table is read as, and what comes of it."""

    separator: str
    """Empty: every line is one cell."""
    has_heading: bool
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    """The first ones"""
    counts: dict[str, int]
    """Values by their kind (field of the query language), each value once"""
    left: tuple[Missing, ...]
    is_whole: bool
    """Everything was looked at, and not only the beginning."""

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against the guesses: `C2 Server: 2 of 84 cells are no values`."""
        return tuple(f"{c.name}: {c.doubt}" for c in self.columns if c.doubt)


def preview(text: str, wish: Wish = _FOUND_OUT) -> Preview:
    """What would be read.

    Args:
        text: All of the table.
        wish: How somebody wants it read.

    Raises:
        HubError: BAD_BODY. The wish does not fit the table. The field is `columns`.
    """
    layout = layout_of(text, separator=wish.separator, heading=wish.heading)
    found = columns_of(layout, wish.uses, order=wish.order)
    entries = told(text, layout, found)
    counts, left = _counted(islice(entries, _MOST_LOOKED_AT))
    return Preview(
        separator=layout.separator,
        has_heading=bool(layout.heading),
        columns=found,
        rows=tuple(
            _row(record.line, record.cells, list(of_record(record, found)))
            for record in layout.sample[:_ROWS]
        ),
        counts=counts,
        left=left,
        is_whole=next(entries, None) is None,
    )


def _row(line: int, cells: Iterable[str], entries: list[Told | LeftOut]) -> Row:
    return Row(
        line,
        tuple(" ".join(cell.split())[:_LONGEST] for cell in cells),
        tuple(item_of_row(entry) for entry in entries if isinstance(entry, Told)),
        tuple(entry.given[:_LONGEST] for entry in entries if isinstance(entry, LeftOut)),
    )


def _counted(entries: Iterable[Told | LeftOut]) -> tuple[dict[str, int], tuple[Missing, ...]]:
    seen: set[tuple[str, str]] = set()
    counts: Counter[str] = Counter()
    numbers: Counter[Reason] = Counter()
    examples: dict[Reason, list[str]] = {}
    for entry in entries:
        if isinstance(entry, Told):
            item = entry.item
            if (item.field, item.key) not in seen:
                seen.add((item.field, item.key))
                counts[item.field] += 1
                continue
            entry = LeftOut(item.value, "duplicate", item.line)  # noqa: PLW2901 - told the same way
        numbers[entry.reason] += 1
        shown = examples.setdefault(entry.reason, [])
        if len(shown) < _EXAMPLES:
            shown.append(f"{entry.given[:_LONGEST]} (line {entry.line})")
    left = tuple(Missing(r, n, tuple(examples[r])) for r, n in numbers.most_common())
    return dict(counts.most_common()), left
