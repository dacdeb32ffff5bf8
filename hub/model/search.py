"""What search knows of an object, what a query asks for, and what an engine answers.

A query is a tree of nodes. Three readers give every node the same meaning: the visitor of each
engine, and `hub.language.matcher`, which is the oracle of their tests.

Values are compared in one canonical spelling, their key (`hub.language.values`), and text as
folded words (`hub.language.fold`): engines compare, and never interpret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hub.model.party import Subject
from hub.model.tlp import Tlp


class Term(NamedTuple):
    """A value of a field of `hub.language.fields`, in its canonical spelling."""

    field: str
    key: str


class Document(NamedTuple):
    """What search knows of the content of one object."""

    terms: frozenset[Term] = frozenset()
    """Values and keywords"""
    numbers: Mapping[str, int] = {}
    """By field: instants in microseconds, and `confidence`"""
    name: str = ""
    """Folded words of its names and aliases, with one blank between; `GAP` between two texts"""
    words: str = ""
    """Folded words of all its other texts, likewise"""


class Sheet(NamedTuple):
    """A record as search sees it: its object, and how the hub holds it."""

    document: Document
    collection: int
    publisher: str
    """Slug of the organisation"""
    tlp: Tlp
    added_us: int


class Has(NamedTuple):
    """The field has one of the keys."""

    field: str
    keys: tuple[str, ...]


class Starts(NamedTuple):
    """The field has a key that begins so."""

    field: str
    beginning: str


class Within(NamedTuple):
    """An address or network of the field `ip` shares an address with the range, ends included."""

    version: int
    """4 or 6"""
    low: int
    high: int


class Words(NamedTuple):
    """The words stand in one text beside each other, in this order; never empty."""

    words: tuple[str, ...]
    begins: bool = False
    """The last one may be the beginning of a word."""
    name: bool = False
    """Only names and aliases are looked at."""


class Between(NamedTuple):
    """The number, instant or marking of the field is in the range, ends included.

    Fields: those of `Document.numbers`, `added` (microseconds) and `tlp` (`Tlp`).
    """

    field: str
    low: int | None
    high: int | None


class Not(NamedTuple):
    """The node does not hold."""

    node: Node


class AllOf(NamedTuple):
    """Every node holds; of none: everything."""

    nodes: tuple[Node, ...]


class AnyOf(NamedTuple):
    """One of the nodes holds; of none: nothing."""

    nodes: tuple[Node, ...]


Node = Has | Starts | Within | Words | Between | Not | AllOf | AnyOf

EVERYTHING = AllOf(())


class Hits(NamedTuple):
    """Records that match, newest first."""

    keys: list[int]
    """Their dates added in microseconds, which are their keys in the record store"""
    more: bool


class Count(NamedTuple):
    """How many records have a key."""

    key: str
    records: int


class Facet(NamedTuple):
    """The most frequent keys of a field among the records that match."""

    field: str
    counts: list[Count] | None
    """The most frequent first, then by key; None: they could not be counted in time"""


class Bar(NamedTuple):
    """The records whose instant is in one step of time."""

    start_us: int
    """A multiple of the step"""
    records: int


class Survey(NamedTuple):
    """What stands beside a page of results; None: it would have taken too long."""

    total: int | None
    """Records that match"""
    facets: list[Facet]
    bars: list[Bar] | None
    """By day, oldest first, without empty ones"""


class Summary(NamedTuple):
    """What the hub knows of one value, within a scope."""

    term: Term
    records: int
    """Records that have it; 0: it is not known"""
    first_us: int = 0
    """Date added of the oldest of them"""
    last_us: int = 0
    tlp: Tlp = Tlp.CLEAR
    """The strictest marking among them"""
    publishers: tuple[str, ...] = ()
    """Slugs, in order"""


class Piece(NamedTuple):
    """A record that a scope sees, with its bytes."""

    added_us: int
    collection: int
    object_id: str
    type: str
    version: str
    tlp: Tlp
    publisher: str
    raw: bytes
    """Empty where they are not read: see `Log.held`"""
    named: frozenset[Subject] = frozenset()
    """What the scope may know of its audience (`Scope.told`); empty: it has none"""


class Reach(NamedTuple):
    """How far an engine has come."""

    engine: str
    """`sqlite` or `elasticsearch`"""
    ordinal: int
    """Changes up to this one are found"""
    newest: int
    """Ordinal of the last change of the record"""
    trouble: str = ""
    """Why it cannot answer now; empty: it can"""
