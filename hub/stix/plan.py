"""What is to be said, and what to be looked at, for all objects of one make.

Objects of one producer have the same members with values of the same types, thousands of times.
What follows from that alone is worked out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from hub.stix.flaw import printable
from hub.stix.instant import instant_us
from hub.stix.tables import PropertyTable, Shape, TypeTable, hash_names, type_table

_LONGEST_CACHED = 2_000
_LONGEST_TIMESTAMP = len("2026-01-31T08:00:00.123456Z")
_TYPES: Mapping[Shape, tuple[type, ...]] = {
    "any": (dict, list, str, int, float, bool, type(None)),
    "boolean": (bool,),
    "dictionary": (dict,),
    "hashes": (dict,),
    "integer": (int,),
    "list": (list,),
    "number": (float, int),
    "string": (str,),
    "timestamp": (str,),
}
_ANY_WORD: frozenset[str] = frozenset()
_CUSTOM = PropertyTable("any", _ANY_WORD)

Judge = Callable[[Any], Iterable[str]]
Make = tuple[tuple[str, ...], tuple[type, ...]]
"""Names of the members, and the types of their values."""


class Plan(NamedTuple):
    """The advice for one make."""

    warnings: tuple[str, ...]
    judges: tuple[tuple[str, Judge], ...]
    """Members whose values need a closer look, and who takes it"""
    uuid: str
    """The version the UUID of the id should have; empty: any"""


def plan_for(obj: Mapping[str, Any], stix: str, *, extended: bool) -> Plan:
    """The plan for an object.

    Args:
        obj: It has a `type`.
        stix: "2.0" or "2.1".
        extended: An extension of it accounts for what the specification does not know.
    """
    make = tuple(obj), tuple(map(type, obj.values()))
    # Names of any length must not fill the memory.
    plan = _plan if len("".join(obj)) <= _LONGEST_CACHED else _new_plan
    return plan(stix, obj["type"], extended, make)


def _of_timestamp(name: str, value: str) -> Iterable[str]:
    """Warnings about the text of an instant."""
    if instant_us(value) is None:
        return (f"timestamp-expected: {name}",)
    return (f"long-fraction: {name}",) if is_long(value) else ()


def is_long(timestamp: str) -> bool:
    """Whether a timestamp says more than the hub compares: digits after the sixth."""
    return len(timestamp) > _LONGEST_TIMESTAMP


def of_hashes(stix: str, value: Any) -> Iterable[str]:
    """Warnings about the names of hash algorithms."""
    odd = value.keys() - hash_names(stix) if type(value) is dict else ()
    return [f"hash-key: {printable(key)}" for key in sorted(odd)]


def _new_plan(stix: str, type_name: str, extended: bool, make: Make) -> Plan:
    table = type_table(stix, type_name)
    members = list(zip(*make, strict=True))
    judges = tuple(_judges(stix, members, table))
    if table is None:
        return Plan(() if extended else (f"unknown-type: {type_name}",), judges, "")
    warnings = (
        *_mismatches(members, table, extended=extended),
        *_missing(make[0], type_name, table),
    )
    return Plan(warnings, judges, "5" if table.derived_from else "4")


_plan = lru_cache(maxsize=1024)(_new_plan)


def _mismatches(
    members: list[tuple[str, type]], table: TypeTable, *, extended: bool
) -> Iterator[str]:
    for name, kind in members:
        prop = table.properties.get(name)
        if prop is not None and kind not in _TYPES[prop.shape]:
            yield f"{prop.shape}-expected: {name}"
        elif prop is None and not extended:
            yield f"custom-property: {printable(name)}"


def _missing(names: tuple[str, ...], type_name: str, table: TypeTable) -> Iterator[str]:
    """What an object should have, beyond what the gate demands."""
    nameless = table.observable or type_name == "marking-definition"
    named = "name" in table.properties and not nameless
    for name in sorted(table.required.union({"name"} if named else ()).difference(names)):
        yield "missing-name" if name == "name" else f"missing: {name}"


def _judges(
    stix: str, members: list[tuple[str, type]], table: TypeTable | None
) -> Iterator[tuple[str, Judge]]:
    for name, kind in members:
        prop = table.properties.get(name, _CUSTOM) if table else _CUSTOM
        fits = kind in _TYPES[prop.shape]
        if prop.shape == "timestamp":
            # The gate looks at the timestamps of the version itself.
            if fits and name not in {"created", "modified"}:
                yield name, partial(_of_timestamp, name)
        elif prop.shape == "hashes":
            yield name, partial(of_hashes, stix)
        elif kind is list:
            yield name, partial(_of_list, printable(name), prop.vocabulary if fits else _ANY_WORD)
        elif prop.vocabulary and fits:
            yield name, partial(_of_word, name, prop.vocabulary)


def _of_list(name: str, vocabulary: frozenset[str], value: list[Any]) -> Iterable[str]:
    if not value:
        return (f"empty-list: {name}",)
    return [w for item in value for w in _of_word(name, vocabulary, item)] if vocabulary else ()


def _of_word(name: str, vocabulary: frozenset[str], value: Any) -> Iterable[str]:
    if type(value) is not str:
        return (f"string-expected: {name}",)
    return () if value in vocabulary else (f"vocabulary: {name}={printable(value)}",)
