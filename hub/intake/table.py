"""Tables that somebody submits: CSV with or without a heading, by whatever separator.

A column is read by its heading, or else by what stands in it, or as somebody says. The table goes
along with what was found in it, so that it can be read again otherwise: `Taken.table` names each
column with what it was read as, also those that were not read.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Sequence

import msgspec

from hub.errors import Fault, HubError
from hub.intake.columns import columns_of
from hub.intake.gather import Gathering
from hub.intake.records import Layout, layout_of
from hub.intake.rows import Told, plain_name, told
from hub.model.intake import Item, ReadColumn, Table, Taken, Wish

_FOUND_OUT = Wish()
_MOST_PACKED = 1_200_000
"""Bytes that a draft keeps of a table"""


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


def take_table(
    text: str, layout: Layout, own_domains: Collection[str], wish: Wish = _FOUND_OUT
) -> Taken:
    """The values of a table; what its other columns say of them goes along with each.

    Args:
        text: All of it.
        layout: What it is like.
        own_domains: Domains of the organisations of this hub, in lower case.
        wish: How somebody wants it read.

    Raises:
        HubError: BAD_BODY. The wish does not fit the table. The field is `columns`.
    """
    gathered = Gathering(own_domains)
    columns = columns_of(layout, wish.uses, order=wish.order)
    for entry in told(text, layout, columns):
        if isinstance(entry, Told):
            gathered.add(item_of_row(entry))
        else:
            gathered.leave(entry.given, entry.reason, entry.line)
    packed = zlib.compress(text.encode("utf-8", "surrogatepass"))
    table = Table(
        tuple(ReadColumn(plain_name(c.name) or "-", c.use, c.doubt) for c in columns),
        _digest(layout.heading),
        msgspec.structs.replace(wish, separator=layout.separator),
        packed if len(packed) <= _MOST_PACKED else b"",
    )
    return Taken("csv", gathered.items, left=gathered.left, table=table)


def _digest(heading: Sequence[str]) -> str:
    if not heading:
        return ""
    return hashlib.blake2b(repr(heading).encode("utf-8", "replace"), digest_size=16).hexdigest()


def item_of_row(entry: Told) -> Item:
    """A value with what its row says of it."""
    return msgspec.structs.replace(
        entry.item,
        seen_us=entry.seen_us,
        confidence=entry.confidence,
        references=entry.references,
    )


def text_of(table: Table | None) -> str:
    """The table as it was submitted.

    Raises:
        HubError: BAD_BODY. It was not kept, or there is none.
    """
    if table is None or not table.packed:
        raise HubError(
            Fault.BAD_BODY,
            "the table is too long to be kept with the draft",
            field="columns",
            remedy="Submit it in parts.",
        )
    return zlib.decompress(table.packed).decode("utf-8", "surrogatepass")


def read_again(table: Table | None, wish: Wish, own_domains: Collection[str]) -> Taken:
    """What is found in a table that is read otherwise.

    Args:
        table: As it was taken.
        wish: How it shall be read now.
        own_domains: Domains of the organisations of this hub, in lower case.

    Raises:
        HubError: BAD_BODY. The wish does not fit the table. The field is `columns`.
    """
    text = text_of(table)
    layout = layout_of(text, separator=wish.separator, heading=wish.heading)
    return take_table(text, layout, own_domains, wish)
