"""Warnings: what an object has that its specification discourages, and the hub keeps.

Real producers publish all of this every day, so nothing here refuses an object. Each warning is
a stable code, mostly with the field after it: `custom-property: x_foo`.

References to objects that the hub does not have are not judged: the store would have to be asked,
and the warning would be stale as soon as the target arrives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from hub.stix.flaw import printable
from hub.stix.ids import uuid_version
from hub.stix.instant import instant_us
from hub.stix.literals import Path
from hub.stix.marking import declared_colour, is_standard
from hub.stix.plan import Judge, is_long, of_hashes, plan_for
from hub.stix.tables import hash_names, observable_properties

MOST = 20
"""Warnings kept of one object; one more then says how many there were beyond."""

_EXTENDING = ("toplevel-property-extension", "new-sdo", "new-sco", "new-sro")
_PAIRS = (
    ("first_seen", "last_seen"),
    ("first_observed", "last_observed"),
    ("start_time", "stop_time"),
    ("start", "end"),
)
_ENDS = frozenset({last for _, last in _PAIRS} | {"valid_until"})
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+-]*:(?:[^0-9]|$)")


def advise(
    obj: Mapping[str, Any],
    stix: str,
    members: list[tuple[str, Any]],
    paths: tuple[Path, ...],
) -> tuple[str, ...]:
    """All warnings about an object, each once.

    Args:
        obj: An object that passed the gate.
        stix: "2.0" or "2.1".
        members: What `hub.stix.walk.members` found in it, for `hashes` among others.
        paths: What its STIX pattern compares.
    """
    plan = plan_for(obj, stix, extended="extensions" in obj and _extends(obj["extensions"]))
    found = list(plan.warnings)
    for name, judge in plan.judges:
        found += judge(obj[name])
    version = uuid_version(obj["id"])
    if version != plan.uuid and plan.uuid:
        found.append(f"uuid-version: {version}")
    found += _of_version(obj)
    if not obj.keys().isdisjoint(_ENDS):
        found += _of_order(obj)
    if members:
        found += _of_members(members, stix)
    if obj["type"] in _OF_TYPE:
        found += _OF_TYPE[obj["type"]](obj)
    if paths:
        found += _of_paths(paths, stix)
    return _capped(found) if found else ()


def _capped(found: list[str]) -> tuple[str, ...]:
    warnings = tuple(dict.fromkeys(found))
    excess = len(warnings) - MOST
    return (*warnings[:MOST], f"more-warnings: {excess}") if excess > 0 else warnings


def _extends(extensions: Any) -> bool:
    """Whether an extension brings top-level properties or the type (STIX 2.1 section 7.3)."""
    return type(extensions) is dict and any(
        type(extension) is dict and extension.get("extension_type") in _EXTENDING
        for extension in extensions.values()
    )


def _of_version(obj: Mapping[str, Any]) -> Iterator[str]:
    created, modified = obj.get("created", ""), obj.get("modified", "")
    if modified != created and _span(created, modified) < 0:
        yield "modified-before-created"
    if is_long(created):
        yield "long-fraction: created"
    if is_long(modified):
        yield "long-fraction: modified"


def _of_order(obj: Mapping[str, Any]) -> Iterator[str]:
    for first, last in _PAIRS:
        if _span(obj.get(first), obj.get(last)) < 0:
            yield f"last-before-first: {last}"
    if _span(obj.get("valid_from"), obj.get("valid_until")) <= 0:
        yield "valid-until-before-from"


def _span(start: Any, end: Any) -> int:
    """Microseconds between two instants; 1 when one of them is none."""
    first, last = instant_us(start), instant_us(end)
    return 1 if first is None or last is None else last - first


def _of_members(members: list[tuple[str, Any]], stix: str) -> list[str]:
    found: list[str] = []
    for name, value in members:
        if name == "hashes":
            found += of_hashes(stix, value)
        elif value == "":
            found.append(f"empty-ref: {printable(name)}")
    return found


def _of_url(obj: Mapping[str, Any]) -> Iterator[str]:
    value = obj.get("value")
    if type(value) is str and "://" not in value and not _SCHEME.match(value):
        yield "bare-host: value"


def _of_marking(obj: Mapping[str, Any]) -> Iterator[str]:
    if not is_standard(obj):
        yield f"unknown-marking: {printable(declared_colour(obj) or obj['id'])}"


_OF_TYPE: Mapping[str, Judge] = {"url": _of_url, "marking-definition": _of_marking}


@lru_cache(maxsize=256)
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
