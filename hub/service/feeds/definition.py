"""Definitions of feeds: one TOML file each, checked as a whole before anything is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from connectors.registry import Kind, kind
from hub.errors import ConfigError
from hub.language.fields import FIELDS
from hub.language.fields import Kind as ValueKind
from hub.model.party import subject_of
from hub.model.tlp import Tlp
from hub.service.jobs.declared import Way, converted, of_way, read, span_us, wrong

_SHORTEST_US = 60_000_000
_FOR_EVER = -1
_LIFETIME = 'it is like "30d", or "never"'
_MAPPING = re.compile(r"[a-z_][a-z0-9_]*:[a-z_][a-z0-9_]*")
_FIELDS = frozenset(
    {
        *(name for name, field in FIELDS.items() if field.kind is ValueKind.VALUE),
        "registry",
        "mutex",
    }
) - {"value"}
_NONE: Mapping[str, Any] = {}


class Filters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[filters]: what of a source is taken."""

    types: Annotated[
        tuple[str, ...], Meta(description="STIX types that are taken; none: all")
    ] = ()
    not_types: Annotated[tuple[str, ...], Meta(description="STIX types that are not taken")] = ()
    fields: Annotated[
        tuple[str, ...],
        Meta(
            description='of values out of lists and texts: kinds that are taken, such as "ip", '
            '"domain" or "hash"; none: all'
        ),
    ] = ()
    min_confidence: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="what says a lower confidence is left out; what says none stays",
        ),
    ] = 0
    warning_lists: Annotated[
        Literal["flag", "stop", "off"],
        Meta(
            description="what becomes of values that everybody has or that are nobody's, such as "
            'public resolvers and private addresses: "flag" adds a label, "stop" leaves them out'
        ),
    ] = "flag"
    newer_than: Annotated[
        str, Meta(description='what was last changed longer ago is left out, such as "90d"')
    ] = ""
    match: Annotated[
        str,
        Meta(description="regular expression that the value, pattern or name has to contain"),
    ] = ""


class Declared(Way, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the file of a feed."""

    connector: Annotated[str, Meta(description="kind of source")]
    source: Annotated[
        dict[str, Any], Meta(description="where from: the fields are those of the connector")
    ]
    title: Annotated[str, Meta(max_length=200, description="name for people")] = ""
    enabled: Annotated[bool, Meta(description="whether it runs by itself")] = False
    every: Annotated[
        str, Meta(description='how often, such as "15m", "6h" or "1d"; at least "1m"')
    ] = "1h"
    account: Annotated[str, Meta(description="account that publishes; best one for each feed")] = (
        ""
    )
    collection: Annotated[
        str, Meta(description="alias or id of the collection that it publishes in")
    ] = ""
    audience: Annotated[
        tuple[str, ...],
        Meta(
            description='whom it is for, such as "org:grid"; none: whoever may read the collection'
        ),
    ] = ()
    marking: Annotated[
        str,
        Meta(
            description='TLP of what is made of values, and of STIX objects that have none: "clear", '
            '"green", "amber", "amber+strict" or "red"; empty: that of the collection, and STIX '
            "objects stay as they came"
        ),
    ] = ""
    confidence: Annotated[
        Annotated[int, Meta(ge=0, le=100)] | None,
        Meta(description="confidence of what says none, 0 to 100"),
    ] = None
    reliability: Annotated[
        Literal["", "A", "B", "C", "D", "E", "F"],
        Meta(description="of the source, after the Admiralty code; becomes a label"),
    ] = ""
    labels: Annotated[
        tuple[str, ...], Meta(description="labels for everything that it publishes")
    ] = ()
    lifetime: Annotated[
        str | dict[str, str],
        Meta(
            description="how long indicators hold that say nothing themselves: a span such as "
            '"30d", or "never"; or a table of them by kind of value; empty: values by their kind, '
            "STIX indicators as they came"
        ),
    ] = ""
    licence: Annotated[str, Meta(description="licence of the data, for people")] = ""
    terms: Annotated[str, Meta(description="address of the terms of use, for people")] = ""
    filters: Annotated[Filters, Meta(description="what is taken")] = Filters()
    mapping: Annotated[
        str,
        Meta(
            description="`module:function` that gets each object and gives it back changed, or "
            "None to leave it out; the module stands beside this file or in the package `feeds`"
        ),
    ] = ""


class Feed(NamedTuple):
    """A feed: what its file says, and what follows from that."""

    name: str
    """Stem of the file"""
    folder: Path
    """Relative paths in it start here."""
    said: Declared
    kind: Kind
    settings: msgspec.Struct
    """Of its connector"""
    every_us: int
    tlp: Tlp | None
    lifetime_us: int
    """As `connectors.making.Terms` has it"""
    lifetimes: tuple[tuple[str, int], ...]
    newer_us: int
    """What was last changed longer ago is left out; 0: nothing"""

    @property
    def job(self) -> str:
        """What the store calls its job."""
        return job_of(self.name)

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.said.title or self.name

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of everything that it publishes."""
        grade = self.said.reliability.lower()
        said = (f'admiralty-scale:source-reliability="{grade}"',) if grade else ()
        return tuple(dict.fromkeys((*self.said.labels, *said)))


def job_of(name: str) -> str:
    """What the store calls the job of the feed of this name."""
    return f"feed:{name}"


class Broken(NamedTuple):
    """A file that is no feed."""

    name: str
    reason: str


def load(path: Path) -> Feed:
    """The feed of a file.

    Raises:
        ConfigError: Names the file, the line and field, what is wrong, and what is allowed.
    """
    said, text = read(path, Declared)
    for place, reason in _faults(said):
        raise wrong(path, text, place, reason)
    try:
        found = kind(said.connector)
    except ConfigError as unknown:
        raise wrong(path, text, "connector", str(unknown)) from unknown
    by_field = said.lifetime if isinstance(said.lifetime, dict) else {}
    return Feed(
        name=path.stem,
        folder=path.parent,
        said=said,
        kind=found,
        settings=converted(path, text, said.source, found.settings, "source"),
        every_us=span_us(said.every) or 0,
        tlp=_tlp(said.marking),
        lifetime_us=_life(said.lifetime) if isinstance(said.lifetime, str) else 0,
        lifetimes=tuple((field, _life(text)) for field, text in sorted(by_field.items())),
        newer_us=span_us(said.filters.newer_than) or 0,
    )


def load_all(folder: Path) -> tuple[dict[str, Feed], list[Broken]]:
    """The feeds of a folder by name, and the files that are none. No folder: no feeds."""
    feeds: dict[str, Feed] = {}
    broken: list[Broken] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            feeds[path.stem] = load(path)
        except ConfigError as error:
            broken.append(Broken(path.stem, str(error)))
    return feeds, broken


def _faults(said: Declared) -> Iterator[tuple[str, str]]:
    """What the types cannot say."""
    yield from of_way(said)
    every = span_us(said.every)
    if every is None or every < _SHORTEST_US:
        yield "every", 'it is a span such as "15m", "6h" or "1d", and at least "1m"'
    for name in ("account", "collection"):
        if said.enabled and not getattr(said, name):
            yield name, "a feed that is enabled needs it: make an account and a collection for it"
    try:
        _tlp(said.marking)
    except ValueError:
        yield "marking", f"it is one of {', '.join(tlp.text for tlp in Tlp)}"
    yield from _of_audience(said)
    yield from _of_lifetime(said.lifetime)
    yield from _of_filters(said.filters)
    if said.mapping and not _MAPPING.fullmatch(said.mapping):
        yield "mapping", "it is like module:function"


def _of_audience(said: Declared) -> Iterator[tuple[str, str]]:
    for name in said.audience:
        try:
            subject_of(name)
        except ValueError:
            yield "audience", f"{name!r} is not of the form org:NAME, community:NAME or group:NAME"


def _of_lifetime(lifetime: str | Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(lifetime, str):
        if lifetime and not _is_life(lifetime):
            yield "lifetime", _LIFETIME
        return
    for field, text in lifetime.items():
        if field not in _FIELDS:
            yield (
                f"lifetime.{field}",
                f"there is no such kind of value: {', '.join(sorted(_FIELDS))}",
            )
        elif not _is_life(text):
            yield f"lifetime.{field}", _LIFETIME


def _of_filters(filters: Filters) -> Iterator[tuple[str, str]]:
    for field in filters.fields:
        if field not in _FIELDS:
            yield (
                "filters.fields",
                f"there is no kind of value {field!r}: {', '.join(sorted(_FIELDS))}",
            )
    if filters.newer_than and span_us(filters.newer_than) is None:
        yield "filters.newer_than", 'it is a span such as "90d"'
    try:
        re.compile(filters.match)
    except re.error as error:
        yield "filters.match", f"it is no regular expression: {error}"


def _is_life(text: str) -> bool:
    return text == "never" or span_us(text) is not None


def _life(text: str) -> int:
    return _FOR_EVER if text == "never" else span_us(text) or 0


def _tlp(text: str) -> Tlp | None:
    """Raises ValueError: There is no such marking."""
    return Tlp.named(text) if text else None
