"""What was found in a text, a table or a file that somebody submits."""

from __future__ import annotations

from typing import Literal

import msgspec

Source = Literal["text", "csv", "misp", "stix", "indicator", "incident"]
"""What it was recognised as; the last two are forms."""

Concern = Literal[
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
    columns: tuple[tuple[str, str], ...] = ()
    """Of a table: heading, and what it was read as; empty: it was not read."""
    encoding: str = "utf-8"
