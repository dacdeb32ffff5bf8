"""What the doors of search answer: the OpenAPI document and the answers are made from these."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Stix = Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]
Marking = Literal["clear", "green", "amber", "amber+strict", "red"]
How = Literal["value", "host", "network", "beginning", "name", "words"]
Count = Annotated[int, Meta(ge=0)]


class Place(Struct, frozen=True):
    """A collection."""

    id: str
    alias: str
    title: str
    api_root: str


class Reason(Struct, frozen=True):
    """Why an object was found."""

    how: How
    """The same value, a name below the domain, inside (or around) the network, a value that begins
    so, words of a name, words of another text."""
    field: str
    value: str
    """The value of the object; of words those that were asked for"""


class Value(Struct, frozen=True):
    """A value of an object."""

    field: str
    value: str


class Hit(Struct, frozen=True):
    """An object, as the caller may see it."""

    id: str
    type: str
    version: str
    name: str
    collection: Place
    publisher: str
    """Slug of the organisation"""
    tlp: Marking
    date_added: Instant
    matched: list[Reason]
    """Empty when the query was about properties alone"""
    object: Stix
    """As it was published, as far as the caller may see it"""


class Found(Struct, frozen=True, omit_defaults=True):
    """A page of a result."""

    hits: list[Hit]
    more: bool
    next: str = ""
    """For the following page; left out on the last one"""


class FacetValue(Struct, frozen=True):
    """How many objects have a value."""

    value: str
    """As a query takes it"""
    title: str
    """As people read it"""
    count: Count


class Facet(Struct, frozen=True):
    """The most frequent values of a field."""

    field: str
    values: list[FacetValue] | None
    """`null`: they could not be counted in time"""


class Facets(Struct, frozen=True):
    """Counts of a result."""

    total: Count | None
    """`null`: it could not be counted in time"""
    facets: list[Facet]


class Column(Struct, frozen=True):
    """One step of time."""

    start: Instant
    end: Instant
    """Not included"""
    count: Count


class Columns(Struct, frozen=True):
    """A result over time, oldest first, without empty steps."""

    field: str
    step: Literal["hour", "day", "week", "month", "year"]
    columns: list[Column] | None
    """`null`: they could not be counted in time"""


class Suggestion(Struct, frozen=True):
    """A value, or a field when no field was named."""

    value: str
    title: str


class Suggestions(Struct, frozen=True):
    """What may follow."""

    suggestions: list[Suggestion]


class Looked(Struct, frozen=True):
    """What is known of one pasted value. Members that do not apply are `null`."""

    given: str
    state: Literal["known", "unknown", "not-understood"]
    field: str | None = None
    value: str | None = None
    """In its canonical spelling"""
    count: Count = 0
    """Objects that have it"""
    first: Instant | None = None
    """When the oldest of them was added"""
    last: Instant | None = None
    tlp: Marking | None = None
    """The strictest marking among them"""
    publishers: list[str] = []


class LookedUp(Struct, frozen=True):
    """A look-up, in the order of the values."""

    values: list[Looked]
    known: Count
    unknown: Count
    not_understood: Count


class Version(Struct, frozen=True):
    """One version of an object in one collection."""

    version: str
    collection: Place
    publisher: str
    tlp: Marking
    date_added: Instant


class Object(Struct, frozen=True):
    """An object and everywhere it is."""

    id: str
    type: str
    name: str
    version: str
    """That of `object`"""
    object: Stix
    values: list[Value]
    """Its observables"""
    versions: list[Version]
    """The newest first"""


class Link(Struct, frozen=True):
    """An arrow between two objects."""

    source: str
    target: str
    relation: str
    by: str | None
    """Id of the relationship or sighting; `null`: the source refers by itself"""


class Related(Struct, frozen=True):
    """What is around an object."""

    objects: list[Hit]
    links: list[Link]
    more: bool
    """There are others"""


class Twin(Struct, frozen=True):
    """Another object with the same values."""

    hit: Hit
    shared: list[Value]


class Same(Struct, frozen=True):
    """Objects that share a value, newest first."""

    objects: list[Twin]
    more: bool


class Saved(Struct, frozen=True):
    """A saved search."""

    id: str
    name: str
    query: str
    shared: bool
    """The organisation sees it too"""
    account: str
    own: bool
    """Whether the caller may delete it"""
    saved: Instant


class SavedList(Struct, frozen=True):
    """The saved searches that the caller sees, by name."""

    searches: list[Saved]


class SaveBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a POST of searches."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    """What it is called; one of the account with the same name is replaced"""
    query: Annotated[str, Meta(max_length=4_000)]
    """As in `q`"""
    shared: bool = False
    """Whether the accounts of the organisation see it too"""


class LookupBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a look-up."""

    values: Annotated[list[Annotated[str, Meta(max_length=10_000)]], Meta(max_length=10_000)]
    """Values in any spelling, defanged or not"""
