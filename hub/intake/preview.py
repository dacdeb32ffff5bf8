"""What would be read from a table or list, before anything is: for `hub feed try` and the console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

import msgspec

from hub.intake.columns import Column, columns_of
from hub.intake.records import Layout, layout_of
from hub.intake.rows import Told, told
from hub.intake.text import decoded
from hub.model.intake import LeftOut, Reason

_ROWS = 5
_MOST_LOOKED_AT = 20_000
"""Values and what is none; a preview is not an import."""
_EXAMPLES = 3
_LONGEST = 120


class Missing(msgspec.Struct, frozen=True):
    """What was left out for one reason."""

    reason: Reason
    count: int
    examples: tuple[str, ...]
    """As it stands there, each with its line: `[CORRUPT] (line 41)`"""


class Preview(msgspec.Struct, frozen=True):
    """What a table is read as, and what comes of it."""

    encoding: str
    separator: str
    """Empty: every line is one cell."""
    has_heading: bool
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    """The first ones, as they stand there"""
    counts: dict[str, int]
    """Values by their kind (field of the query language), each value once"""
    left: tuple[Missing, ...]
    is_whole: bool
    """Everything was looked at, and not only the beginning."""

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against the guesses: `C2 Server: 2 of 84 cells are no values`."""
        return tuple(f"{c.name}: {c.doubt}" for c in self.columns if c.doubt)


def preview(
    raw: bytes,
    *,
    columns: Mapping[str, str] | None = None,
    separator: str = "",
    heading: bool | None = None,
) -> Preview:
    """What would be read.

    Args:
        raw: The file.
        columns: Uses by heading or number; None: they are found out.
        separator: Of the cells; empty: it is found out.
        heading: Whether the first row is one; None: it is found out.

    Raises:
        HubError: BAD_BODY. A named column is not there, or a use does not exist.
    """
    text, encoding = decoded(raw)
    layout = layout_of(text, separator=separator, heading=heading)
    found = columns_of(layout, columns)
    entries = told(text, layout, found)
    counts, left = _counted(islice(entries, _MOST_LOOKED_AT))
    return Preview(
        encoding=encoding,
        separator=layout.separator,
        has_heading=bool(layout.heading),
        columns=found,
        rows=_rows(layout),
        counts=counts,
        left=left,
        is_whole=next(entries, None) is None,
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


def _rows(layout: Layout) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(" ".join(cell.split())[:_LONGEST] for cell in record.cells)
        for record in layout.sample[:_ROWS]
    )
