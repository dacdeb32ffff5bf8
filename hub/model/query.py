"""What a reader asks for, and the scope it is asked in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from hub.model.party import Subject
from hub.model.tlp import Tlp

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
    publisher: str = ""
    """Slug of the organisation that published it; empty: any."""


class Label(NamedTuple):
    """All that decides who may see a record, beside the instant it was added at."""

    collection: int
    tlp: Tlp
    audience: frozenset[Subject]
    """Who may see it; empty: everybody who may read the collection."""


class Window(NamedTuple):
    """What one grant lets an account read in a collection."""

    ceiling: Tlp
    since_us: int


class Scope(msgspec.Struct, frozen=True):
    """What one caller may see and do: made by `hub.policy` alone, taken by every read.

    An empty scope sees nothing.
    """

    account: str = ""
    org: str = ""
    readable: Mapping[int, tuple[Window, ...]] = {}
    """By key of the collection; windows add up."""
    writable: frozenset[int] = frozenset()
    moderates: bool = False
    """May delete what other organisations published, where it may write."""
    clearance: Tlp = Tlp.CLEAR
    """The strictest marking the caller may publish; no window is above it."""
    subjects: Mapping[Subject, int] = {}
    """The organisation and its circles, each with the instant from which it belongs."""

    def since(self, label: Label) -> int | None:
        """The instant from which on the caller sees what is labelled so; None: it never does.

        This is the rule. Engines read by it (`visible` of each) and `admits` asks it.
        """
        starts = [
            window.since_us
            for window in self.readable.get(label.collection, ())
            if label.tlp <= window.ceiling
        ]
        if starts and label.audience:
            joined = [self.subjects[who] for who in label.audience if who in self.subjects]
            return max(min(starts), min(joined)) if joined else None
        return min(starts) if starts else None

    def admits(self, label: Label, added_us: int) -> bool:
        """Whether the caller may see a record."""
        since = self.since(label)
        return since is not None and since <= added_us

    def told(self, label: Label, publisher: str) -> frozenset[Subject]:
        """What the caller may know of an audience: itself in it, and all that it named itself."""
        if publisher and publisher == self.org:
            return label.audience
        return label.audience.intersection(self.subjects)

    def covers(self, narrow: Scope) -> bool:
        """Whether whoever has this scope sees everything that the narrow one sees."""
        circles = all(
            self.subjects.get(subject, since + 1) <= since
            for subject, since in narrow.subjects.items()
        )
        return circles and all(
            any(
                other.ceiling >= window.ceiling and other.since_us <= window.since_us
                for other in self.readable.get(key, ())
            )
            for key, windows in narrow.readable.items()
            for window in windows
        )

    def knows(self, label: Label, added_us: int, publisher: str) -> bool:
        """Whether an answer to a publish may speak of the record.

        Beyond what it sees, a caller that may only write knows what its organisation sent.
        """
        own = publisher == self.org and label.collection in self.writable
        return (own and label.tlp <= self.clearance) or self.admits(label, added_us)


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
