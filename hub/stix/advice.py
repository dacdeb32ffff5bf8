"""Warnings: what an object has that its specification discourages, and the hub keeps.

Real producers publish all of this every day, so nothing here refuses an object. Each warning is
a stable code, mostly with the field after it: `custom-property: x_foo`.

References to objects that the hub does not have are not judged: the store would have to be asked,
and the warning would be stale as soon as the target arrives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from hub.model.clock import parse_us
from hub.stix.flaw import printable
from hub.stix.ids import uuid_version
from hub.stix.marking import declared_colour, is_standard
from hub.stix.pattern import Path
from hub.stix.tables import (
    PropertyTable,
    Shape,
    TypeTable,
    hash_names,
    observable_properties,
    type_table,
)

MOST = 20
"""Warnings kept of one object; one more then says how many there were beyond."""

_PAIRS = (
    ("first_seen", "last_seen"),
    ("first_observed", "last_observed"),
    ("start_time", "stop_time"),
    ("start", "end"),
)
_TYPES: Mapping[Shape, type] = {
    "boolean": bool,
    "dictionary": dict,
    "hashes": dict,
    "integer": int,
    "list": list,
    "number": float,
    "string": str,
    "timestamp": str,
    "any": object,
}
_LONGEST_TIMESTAMP = len("2026-01-31T08:00:00.123456Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+-]*:(?:[^0-9]|$)")

Judge = Callable[[Any], Iterator[str]]


class Subject(NamedTuple):
    """One object, as far as the check has understood it."""

    obj: Mapping[str, Any]
    type: str
    stix: str
    table: TypeTable | None
    """None: a type that the specification does not know."""
    members: list[tuple[str, Any]]
    """What `hub.stix.walk.members` found."""
    paths: tuple[Path, ...]
    """What its STIX pattern compares."""


class _Rule(NamedTuple):
    expected: type
    shape: Shape
    judge: Judge | None


def advise(subject: Subject) -> tuple[str, ...]:
    """All warnings about an object, each once."""
    found = dict.fromkeys(_warnings(subject))
    if len(found) <= MOST:
        return tuple(found)
    return (*tuple(found)[:MOST], f"more-warnings: {len(found) - MOST}")


def _warnings(subject: Subject) -> Iterator[str]:
    obj, table = subject.obj, subject.table
    if table is None:
        yield from _of_unknown_type(subject)
    else:
        yield from _of_known_type(obj, subject, table)
    yield from _order(obj)
    if subject.type == "url":
        yield from _bare_host(obj.get("value"))
    elif subject.type == "marking-definition" and not is_standard(obj):
        yield f"unknown-marking: {printable(declared_colour(obj) or obj['id'])}"
    for name, value in subject.members:
        if name == "hashes":
            yield from _hash_keys(subject.stix, value)
        elif value == "":
            yield f"empty-ref: {printable(name)}"
    if subject.paths:
        yield from _of_paths(subject.paths, subject.stix)


def _of_unknown_type(subject: Subject) -> Iterator[str]:
    obj = subject.obj
    if not _extends(obj, ("new-sdo", "new-sro", "new-sco")):
        yield f"unknown-type: {subject.type}"
    for name, value in obj.items():
        if value == []:
            yield f"empty-list: {printable(name)}"
        elif name in {"created", "modified"}:
            yield from _of_timestamp(name, value)


def _of_known_type(obj: Mapping[str, Any], subject: Subject, table: TypeTable) -> Iterator[str]:
    rules = _rules(subject.stix, subject.type)
    custom = []
    for name, value in obj.items():
        rule = rules.get(name)
        if rule is None:
            custom.append(name)
        elif type(value) is not rule.expected:
            yield from _mismatch(name, value, rule)
        elif rule.judge is not None:
            yield from rule.judge(value)
    if custom and not _extends(obj, ("toplevel-property-extension",)):
        yield from _custom(obj, custom)
    yield from _missing(obj, subject)
    version = uuid_version(obj["id"])
    if version != ("5" if table.derived_id else "4"):
        yield f"uuid-version: {version}"


def _missing(obj: Mapping[str, Any], subject: Subject) -> Iterator[str]:
    for name in _awaited(subject.stix, subject.type):
        if name not in obj:
            yield "missing-name" if name == "name" else f"missing: {name}"


def _mismatch(name: str, value: Any, rule: _Rule) -> Iterator[str]:
    if not (rule.shape == "number" and type(value) is int) and rule.shape != "any":
        yield f"{rule.shape}-expected: {name}"


def _custom(obj: Mapping[str, Any], names: list[str]) -> Iterator[str]:
    for name in names:
        yield f"custom-property: {printable(name)}"
        if obj[name] == []:
            yield f"empty-list: {printable(name)}"


def _extends(obj: Mapping[str, Any], kinds: tuple[str, ...]) -> bool:
    """Whether an extension of the object says it brings one of these (STIX 2.1 section 7.3)."""
    extensions = obj.get("extensions")
    if type(extensions) is not dict:
        return False
    return any(type(e) is dict and e.get("extension_type") in kinds for e in extensions.values())


def _order(obj: Mapping[str, Any]) -> Iterator[str]:
    for first, last in _PAIRS:
        if last in obj and first in obj and _before(obj[last], obj[first]):
            yield f"last-before-first: {last}"
    if "modified" in obj and _before(obj["modified"], obj.get("created")):
        yield "modified-before-created"
    if "valid_until" in obj and not _before(
        obj.get("valid_from"), obj["valid_until"], unknown=True
    ):
        yield "valid-until-before-from"


def _before(one: Any, other: Any, *, unknown: bool = False) -> bool:
    """Whether an instant lies before another; `unknown` when one of them is no instant."""
    try:
        return parse_us(one) < parse_us(other)
    except (TypeError, ValueError):
        return unknown


@lru_cache(maxsize=256)
def _rules(stix: str, type_name: str) -> dict[str, _Rule]:
    table = type_table(stix, type_name)
    properties = table.properties if table else {}
    return {
        name: _Rule(_TYPES[prop.shape], prop.shape, _judge(stix, name, prop))
        for name, prop in properties.items()
    }


@lru_cache(maxsize=256)
def _awaited(stix: str, type_name: str) -> tuple[str, ...]:
    """What an object of a type should have, beyond what the gate demands."""
    table = type_table(stix, type_name)
    if table is None:
        return ()
    named = "name" in table.properties and type_name != "marking-definition"
    wanted = table.required | ({"name"} if named and not table.observable else set())
    return tuple(sorted(wanted))


def _judge(stix: str, name: str, prop: PropertyTable) -> Judge | None:
    if prop.shape == "list":
        return partial(_of_list, name, prop.vocabulary)
    if prop.shape == "timestamp":
        return partial(_of_timestamp, name)
    if prop.shape == "hashes":
        return partial(_hash_keys, stix)
    return partial(_of_word, name, prop.vocabulary) if prop.vocabulary else None


def _of_list(name: str, vocabulary: frozenset[str], value: list[Any]) -> Iterator[str]:
    if not value:
        yield f"empty-list: {name}"
    elif vocabulary:
        for item in value:
            yield from _of_word(name, vocabulary, item)


def _of_word(name: str, vocabulary: frozenset[str], value: Any) -> Iterator[str]:
    if type(value) is not str:
        yield f"string-expected: {name}"
    elif value not in vocabulary:
        yield f"vocabulary: {name}={printable(value)}"


def _of_timestamp(name: str, value: str) -> Iterator[str]:
    if len(value) > _LONGEST_TIMESTAMP:
        yield f"long-fraction: {name}"
    try:
        parse_us(value)
    except ValueError:
        yield f"timestamp-expected: {name}"


def _hash_keys(stix: str, value: Any) -> Iterator[str]:
    if type(value) is dict:
        for key in value.keys() - hash_names(stix):
            yield f"hash-key: {printable(key)}"


def _bare_host(value: Any) -> Iterator[str]:
    if type(value) is str and "://" not in value and not _SCHEME.match(value):
        yield "bare-host: value"


@lru_cache(maxsize=1024)
def _of_paths(paths: tuple[Path, ...], stix: str) -> tuple[str, ...]:
    found = []
    for kind, first, *rest in paths:
        if first not in observable_properties(stix, kind):
            found.append(f"pattern-path: {printable(kind)}:{printable(first)}")
        steps = [first, *rest]
        name = steps[-1]
        if "hashes" in steps[:-1] and name != "*" and name not in hash_names(stix):
            found.append(f"hash-key: {printable(name)}")
    return tuple(found)
