"""What a format is, and what it is written from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from hub.language.fold import INVISIBLE
from hub.model.clock import format_us
from hub.model.exporting import Numbered
from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.service.outlet.entries import Entry, Source
from hub.service.outlet.folder import Folder
from hub.service.outlet.wish import LeftOut, Wish

_UNSEEN = re.compile(rf"[^ -~]|{INVISIBLE.pattern}")
_LONGEST = 200

Numbers = Callable[[Sequence[tuple[str, bytes]]], list[Numbered | None]]
"""Gives rules their numbers: see `hub.store.exporting.Exports.number_rules`"""


class Rule(NamedTuple):
    """A rule in another language than that of STIX, as it came."""

    source: Source
    text: str


class Selection(Protocol):
    """What a file may hold. A format asks for one of them, once."""

    def entries(self) -> Iterator[Entry]:
        """The values by field and key, each once."""

    def objects(self) -> Iterator[Piece]:
        """The objects by id, each once."""

    def rules(self) -> Iterator[Rule]:
        """The rules of the format's language, by name and id."""


class Press(NamedTuple):
    """What a format is written with."""

    wish: Wish
    place: str
    """What is exported: `collection NAME` or `search NAME`"""
    url: str
    """Of the hub; without a slash at its end"""
    numbers: Numbers
    left: LeftOut
    """More may be counted while a file is written."""


class Totals(NamedTuple):
    """What is known of a file when all of it is written but its head."""

    serial: int
    changed_us: int
    left_out: str


Write = Callable[[Selection, Press], Iterator[bytes]]
"""Writes a file: everything but the head"""


class Leaf(NamedTuple):
    """How a file is written that is one of many in a folder."""

    folder: str
    """Its name: the same for all that are made together"""
    fill: Callable[[Selection, Press, Folder], None]
    """Puts in what all of them are read from"""
    read: Callable[[Folder, str, Press], Iterator[bytes]]
    """Writes the file of a name; raises HubError, ABSENT, if there is none."""


class Format(NamedTuple):
    """One kind of file; the table of `hub.service.outlet.table` has all of them."""

    name: str
    """Its address, and the name of the file"""
    meaning: str
    media_type: str
    ceiling: Tlp
    """The strictest marking that its audience may hold"""
    write: Write | Leaf
    fields: tuple[str, ...] = ()
    """Values it can say, of the query language; none: it holds no single values"""
    more: tuple[str, ...] = ()
    """Values it can say, and does only if they are asked for by `types`"""
    query: str = "type:indicator"
    """What of a collection or search it is made from"""
    language: str = ""
    """`pattern_type` of the rules that it collects"""
    sign: str = ""
    """What a comment begins with; empty: it has none"""
    head: Callable[[Totals], bytes] | None = None
    """What stands before everything else; it may say the serial"""
    days: int | None = None
    """As `Wish.days`, for who does not say"""


def remark(sign: str, text: str) -> bytes:
    """A comment in one line of ASCII."""
    return f"{sign} {shown(text)}\n".encode()


def about(place: str, form: Format, totals: Totals) -> bytes:
    """The comments at the head of a file of that place."""
    lines = (
        f"{place}, {form.name}",
        f"serial {totals.serial}, changed {format_us(totals.changed_us)[:19]}Z",
        f"left out: {totals.left_out or 'nothing'}",
    )
    return b"".join(remark(form.sign, line) for line in lines)


def told(entry: Entry, sign: str) -> bytes:
    """Who says so, as comments: one line for each source."""
    return b"".join(remark(sign, said(source)) for source in entry.sources)


def said(source: Source) -> str:
    """A source in one line."""
    who = source.said
    confidence = f", confidence {who.confidence}" if who.confidence >= 0 else ""
    days = f"{format_us(who.first_us)[:10]} to {format_us(who.last_us)[:10]}"
    return f"{who.publisher} {who.object_id}{confidence}, {days}"


def shown(text: str) -> str:
    """A text in one line of visible ASCII, which ends no comment and no line."""
    return " ".join(_UNSEEN.sub("?", text).split())[:_LONGEST]
