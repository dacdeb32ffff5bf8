"""What an object says, as an ordered list of facts that people read.

* Properties that the specification knows come first, in its order; then those of somebody's own,
  and what extensions hold, as they are called.
* A fact has the kind of its property. Where the value is of another shape than that, it is shown
  as it is, member by member: nothing an object says is left out for being odd.
* Lists and nested values end after `MOST` entries, and say how many there are beyond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from hub.stix.instant import instant_us
from hub.stix.naming import VOCABULARIES
from hub.stix.observables import field_at
from hub.stix.tables import type_table

MOST = 40
"""Entries of one fact"""

LONGEST_TEXT = 20_000
"""Characters of one text; the rest is in the object itself."""


class Kind(StrEnum):
    """How the values of a fact are read."""

    TEXT = "text"
    """Texts"""
    WORD = "word"
    """Words of a vocabulary: pairs of its name and the word"""
    INSTANT = "instant"
    """Microseconds"""
    NUMBER = "number"
    BOOLEAN = "boolean"
    VALUE = "value"
    """Observables: pairs of a field of the query language and a text"""
    HASHES = "hashes"
    """Pairs of algorithm and hash"""
    REF = "ref"
    """Ids of objects"""
    PATTERN = "pattern"
    PHASES = "phases"
    """Pairs of kill chain and phase"""
    REFERENCES = "references"
    """`Reference`s"""
    NESTED = "nested"
    """Pairs of a path and a text"""


class Reference(NamedTuple):
    """An external reference; what it does not have is empty."""

    source: str
    text: str
    url: str
    external_id: str


class Fact(NamedTuple):
    """One property."""

    name: str
    known: bool
    """The specification names it; else it is somebody's own."""
    kind: Kind
    values: tuple[Any, ...]
    more: int | None = 0
    """Values beyond those; None: there are some, and nobody counted"""


_ELSEWHERE = frozenset(
    ["type", "id", "spec_version", "object_marking_refs", "granular_markings", "defanged"]
)
"""What the page says in other places"""
_LAST = (
    "labels",
    "confidence",
    "lang",
    "external_references",
    "created_by_ref",
    "created",
    "modified",
    "revoked",
)
_END: Any = object()
_REFS = ("_ref", "_refs")
_LEADING = ("name", "value", "description")


def facts(obj: Mapping[str, Any]) -> list[Fact]:
    """All that an object says, in the order in which it is read."""
    known = _known(obj)
    order = [name for name in (*_LEADING, *known, *_LAST) if name in obj]
    names = [name for name in dict.fromkeys((*order, *obj)) if name not in _ELSEWHERE]
    return [_fact(obj, name, known=name in {*known, *_LEADING, *_LAST}) for name in names]


def flattened(value: Any, most: int = MOST) -> tuple[list[tuple[str, str]], bool]:
    """A nested value as pairs of path and text, and whether there are more than `most`."""
    found = [
        (path, node if type(node) is str else msgspec.json.encode(node).decode())
        for path, node in islice(_leaves(value), most + 1)
    ]
    return [(path, text[:LONGEST_TEXT]) for path, text in found[:most]], len(found) > most


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """Members in their order, one at a time, without recursion."""
    heap: list[Iterator[tuple[str, Any]]] = [iter([("", value)])]
    while heap:
        path, node = next(heap[-1], ("", _END))
        if node is _END:
            heap.pop()
        elif type(node) in {dict, list} and node:
            heap.append(_inside(path, node))
        else:
            yield path, node


def _inside(path: str, node: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    if type(node) is list:
        return ((f"{path}[{place}]", inner) for place, inner in enumerate(node))
    dot = f"{path}." if path else ""
    return ((f"{dot}{name}", inner) for name, inner in dict(node).items())


def _known(obj: Mapping[str, Any]) -> Sequence[str]:
    stix = "2.0" if obj.get("spec_version") == "2.0" else "2.1"
    table = type_table(stix, obj["type"]) or type_table("2.0", obj["type"])
    return tuple(name for name in table.properties if name not in _LAST) if table else ()


def _fact(obj: Mapping[str, Any], name: str, *, known: bool) -> Fact:
    value = obj[name]
    named = known or name.endswith(_REFS)
    kind, read = _reader(obj["type"], name) if named else (Kind.NESTED, _nothing)
    items = value if type(value) is list else [value]
    values = [read(item) for item in items[:MOST]]
    if items and all(found is not None for found in values):
        return Fact(name, known, kind, tuple(values), max(0, len(items) - MOST))
    if kind is Kind.HASHES and type(value) is dict:
        pairs = [(key, text) for key, text in value.items() if type(text) is str]
        if len(pairs) == len(value):
            return Fact(name, known, kind, tuple(pairs[:MOST]), max(0, len(pairs) - MOST))
    found, beyond = flattened(value)
    if known and len(found) == 1 and not found[0][0]:
        return Fact(name, known, Kind.TEXT, (found[0][1],))
    return Fact(name, known, Kind.NESTED, tuple(found), None if beyond else 0)


_Read = Callable[[Any], Any]


def _reader(kind: str, name: str) -> tuple[Kind, _Read]:
    """How the values of a property of the specification are read; what gives None is odd."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name in VOCABULARIES or (name == "roles" and kind == "threat-actor"):
        vocabulary = VOCABULARIES.get(name, "threat-actor-role-ov")
        return Kind.WORD, lambda item: (vocabulary, item) if type(item) is str else None
    if name.endswith(_REFS):
        return Kind.REF, _id
    field = field_at((kind, name))
    if field is not None:
        return Kind.VALUE, lambda item: (field, str(item)) if _is_value(item) else None
    return _by_shape(kind, name)


def _by_shape(kind: str, name: str) -> tuple[Kind, _Read]:
    table = type_table("2.1", kind) or type_table("2.0", kind)
    shape = table.properties[name].shape if table and name in table.properties else "any"
    return _BY_SHAPE.get(shape, (Kind.TEXT, _text))


def _is_value(item: Any) -> bool:
    return type(item) is int or (type(item) is str and bool(item))


def _nothing(item: Any) -> None:
    del item


def _text(item: Any) -> str | None:
    return item[:LONGEST_TEXT] if type(item) is str else None


def _number(item: Any) -> float | None:
    return item if type(item) in {int, float} else None


def _boolean(item: Any) -> bool | None:
    return item if type(item) is bool else None


def _id(item: Any) -> str | None:
    return item if type(item) is str and "--" in item else None


def _phase(item: Any) -> tuple[str, str] | None:
    if type(item) is not dict or not item.keys() <= {"kill_chain_name", "phase_name"}:
        return None
    chain, phase = item.get("kill_chain_name", ""), item.get("phase_name", "")
    return (chain, phase) if type(chain) is type(phase) is str else None


_MEMBERS = ("source_name", "description", "url", "external_id")


def _reference(item: Any) -> Reference | None:
    if type(item) is not dict or not item.keys() <= {*_MEMBERS, "hashes"}:
        return None
    texts = [item.get(name, "") for name in _MEMBERS]
    return Reference(*texts) if all(type(text) is str for text in texts) else None


_BY_NAME: Mapping[str, tuple[Kind, _Read]] = MappingProxyType(
    {
        "pattern": (Kind.PATTERN, _text),
        "kill_chain_phases": (Kind.PHASES, _phase),
        "external_references": (Kind.REFERENCES, _reference),
        "hashes": (Kind.HASHES, _nothing),
        "revoked": (Kind.BOOLEAN, _boolean),
        "confidence": (Kind.NUMBER, _number),
        "created": (Kind.INSTANT, instant_us),
        "modified": (Kind.INSTANT, instant_us),
        "labels": (Kind.TEXT, _text),
        "lang": (Kind.TEXT, _text),
    }
)
_BY_SHAPE: Mapping[str, tuple[Kind, _Read]] = MappingProxyType(
    {
        "timestamp": (Kind.INSTANT, instant_us),
        "boolean": (Kind.BOOLEAN, _boolean),
        "integer": (Kind.NUMBER, _number),
        "number": (Kind.NUMBER, _number),
        "hashes": (Kind.HASHES, _nothing),
        "dictionary": (Kind.NESTED, _nothing),
    }
)
