"""What a reader asks for, and the scope it is asked in."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

Edge = Literal["first", "last", "all"]

BOTH_STIX = ("2.0", "2.1")
"""Every STIX version that the hub keeps."""


class TermMatch(msgspec.Struct, frozen=True, array_like=True):
    """The field holds one of the values (extended match filters)."""

    field: str
    values: tuple[str, ...]


class RangeMatch(msgspec.Struct, frozen=True, array_like=True):
    """The numeric field is at least, or at most, the bound."""

    field: str
    op: Literal["gte", "lte"]
    bound: int


class Query(msgspec.Struct, frozen=True):
    """Filters on the objects of one collection; all must hold.

    An empty tuple means no filter. Values inside one filter are alternatives.
    """

    collection: int
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    stix: tuple[str, ...] = ()
    """STIX versions: "2.0", "2.1"."""
    edges: tuple[Edge, ...] = ("last",)
    versions_us: tuple[int, ...] = ()
    """Exact versions, in addition to the edges."""
    terms: tuple[TermMatch, ...] = ()
    ranges: tuple[RangeMatch, ...] = ()


class Scope(msgspec.Struct, frozen=True):
    """What one caller may see and do: made by `hub.policy` alone, taken by every read.

    An empty scope sees nothing.
    """

    account: str = ""
    org: str = ""
    readable: frozenset[int] = frozenset()
    """Keys of collections"""
    writable: frozenset[int] = frozenset()
    moderates: bool = False
    """May delete what other organisations published, where it may write."""

    def admits(self, record: Placement) -> bool:
        """Whether the caller may see the record; the store's filter says the same in SQL."""
        return record.collection in self.readable


class Placement(NamedTuple):
    """Where a record stands: all that decides who may see it."""

    collection: int
    publisher: str


class Entry(NamedTuple):
    """A record as the manifest shows it."""

    added_us: int
    object_id: str
    version: str
    stix: str


class ObjectPage(NamedTuple):
    """Objects in rising date added, as the bytes that came."""

    raws: list[bytes]
    first_us: int
    last_us: int
    more: bool


class EntryPage(NamedTuple):
    """The same page as manifest entries."""

    entries: list[Entry]
    more: bool
