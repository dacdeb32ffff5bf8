"""What was found in a text, a table or a file that somebody submits."""

from __future__ import annotations

from typing import Literal

import msgspec

Source = Literal["text", "csv", "misp", "stix", "indicator", "incident"]
"""What it was recognised as; the last two are forms."""

Concern = Literal[
    "broad",
    "private",
    "reserved",
    "documentation",
    "resolver",
    "popular",
    "vendor",
    "empty-file",
    "own",
    "weak",
    "no-detection",
    "listed",
]
"""Why a value may better not be published; nothing is forbidden by it."""

Reason = Literal[
    "duplicate", "invalid", "kind", "over-limit", "galaxy", "attachment", "deleted", "object"
]
"""Why something was left out: it was there already; it is no value; nothing can be made of its
kind; there were too many; it is in a MISP galaxy; it is a file; it was deleted; it is no STIX
object that can be kept."""


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value that was found."""

    field: str
    """Of the query language; "registry" and "mutex" beside them"""
    key: str
    """Its canonical spelling"""
    value: str
    """As an object will hold it"""
    line: int = 0
    """Where it stood first, from 1 on; 0: nowhere in particular"""
    note: str = ""
    """What was said about it"""
    concerns: tuple[Concern, ...] = ()
    keep: bool = True
    """It is to be published."""
    seen_us: int = 0
    """When it was seen, in microseconds since 1970; 0: it is not said."""
    confidence: int | None = None
    """0 to 100; None: it is not said."""
    references: tuple[str, ...] = ()
    """Addresses of where to read more"""


class StixItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One STIX object that came as such."""

    raw: str
    """Its bytes as text"""
    id: str
    type: str
    name: str = ""
    keep: bool = True


class LeftOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is not published, and why."""

    given: str
    reason: Reason
    line: int = 0
    count: int = 1
    """How many times it stood there"""
    detail: str = ""
    """More about it, such as why an object cannot be kept"""


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """How somebody wants a table read; what is empty is found out."""

    separator: str = ""
    """Of the cells"""
    heading: bool | None = None
    """Whether the first row names the columns"""
    order: Literal["ymd", "dmy", "mdy", ""] = ""
    """Of year, month and day in dates"""
    uses: tuple[str, ...] = ()
    """What each column is read as, in their order (`hub.intake.columns.USES`)"""


class ReadColumn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One column, and what it was read as."""

    name: str
    use: str
    doubt: str = ""
    """What speaks against it; empty: nothing"""


class Table(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table, and how it was read."""

    columns: tuple[ReadColumn, ...]
    heading: str
    """Digest of its heading line; empty: it has none."""
    wish: Wish
    packed: bytes = b""
    """All of it, so that it can be read again; empty: it is too long for that."""
    said: Literal["", "now", "before"] = ""
    """Whether somebody said what its columns are: for this table, or for one before it with the same
    heading"""


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that was found in one submission."""

    source: Source
    items: tuple[Item, ...] = ()
    stix: tuple[StixItem, ...] = ()
    left: tuple[LeftOut, ...] = ()
    title: str = ""
    text: str = ""
    """What may go along as the description"""
    tlp: str = ""
    """How it is marked, as far as it says so: `amber`"""
    table: Table | None = None
    """If it is one"""
    encoding: str = "utf-8"
