"""Tables that somebody submits: CSV with or without a heading, by whatever separator.

A column is read by its heading, or else by what stands in it. What no column has is said, too:
`Taken.columns` names each with what it was read as.
"""

from __future__ import annotations

from collections.abc import Collection

from hub.intake.columns import columns_of
from hub.intake.gather import Gathering
from hub.intake.records import Layout, layout_of
from hub.intake.rows import Told, told
from hub.model.intake import Taken

_SHOWN = frozenset({"value", "note"})


def table_of(text: str, *, named: bool) -> Layout | None:
    """What a text is like as a table; None: it is none.

    Args:
        text: Any text.
        named: The name of the file says that it is one.
    """
    layout = layout_of(text)
    if not layout.separator or len(layout.sample) + bool(layout.heading_line) < 2:  # noqa: PLR2004 - a row alone is none
        return None
    if named or layout.heading or any(c.use == "value" for c in columns_of(layout)):
        return layout
    return None


def take_table(text: str, layout: Layout, own_domains: Collection[str]) -> Taken:
    """The values of a table; what its other columns say of them goes along as notes.

    Args:
        text: All of it.
        layout: What it is like.
        own_domains: Domains of the organisations of this hub, in lower case.
    """
    gathered = Gathering(own_domains)
    columns = columns_of(layout)
    for entry in told(text, layout, columns):
        if isinstance(entry, Told):
            gathered.add(entry.item)
        else:
            gathered.leave(entry.given, entry.reason, entry.line)
    names = layout.heading or tuple(column.name for column in columns)
    uses = [column.use if column.use in _SHOWN else "" for column in columns]
    shown = tuple(zip(names, uses, strict=False))
    return Taken("csv", gathered.items, left=gathered.left, columns=shown)
