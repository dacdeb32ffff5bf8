"""Taking marked parts out of an object (STIX 2.1 section 7.2.3), so that it stays valid STIX.

What goes is the smallest whole thing that holds the selected value: a property, an entry of a
list or a member of a dictionary. More than was selected may go, never less. Selectors that remain
are renumbered where entries before theirs are gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_INDEX = re.compile(r"\[(0|[1-9][0-9]{0,5})\]", re.ASCII)

STRUCTURE = frozenset(
    [
        "type",
        "id",
        "spec_version",
        "created",
        "modified",
        "revoked",
        "object_marking_refs",
        "granular_markings",
        "objects",
        "defanged",
        "pattern_type",
        "pattern_version",
        "extensions",
    ]
)
"""Properties without which an object would say something else, or nothing."""


class Spot(NamedTuple):
    """What a selector selects, down to the second level."""

    name: str
    entry: str | int | None
    """Key or place inside the property; None: all of it."""


def spot(obj: Mapping[str, Any], selector: Any) -> Spot | None:
    """The place of a selector; None when it selects nothing that can be taken out."""
    steps = selector.split(".") if type(selector) is str else [""]
    name, rest = steps[0], steps[1:]
    if name not in obj or name in STRUCTURE:
        return None
    if not rest:
        return Spot(name, None)
    value = obj[name]
    index = _INDEX.fullmatch(rest[0])
    if type(value) is list and index and int(index[1]) < len(value):
        return Spot(name, int(index[1]))
    if type(value) is dict and rest[0] in value:
        return Spot(name, rest[0])
    return None


def without(
    obj: Mapping[str, Any], spots: Iterable[Spot], required: frozenset[str]
) -> dict[str, Any] | None:
    """The object without the spots; None when it would lack what its type requires."""
    gone = _by_name(spots)
    left: dict[str, Any] = {}
    for name, value in obj.items():
        kept = _rest(value, gone[name]) if name in gone else value
        if kept is not None:
            left[name] = kept
        elif name in required:
            return None
    markings = list(_markings(obj, gone))
    left.pop("granular_markings", None)
    return left | ({"granular_markings": markings} if markings else {})


def _by_name(spots: Iterable[Spot]) -> dict[str, set[str | int | None]]:
    found: dict[str, set[str | int | None]] = {}
    for item in spots:
        found.setdefault(item.name, set()).add(item.entry)
    return found


def _rest(value: Any, gone: set[str | int | None]) -> Any:
    """What is left of a property; None: nothing."""
    if None in gone:
        return None
    if type(value) is list:
        return [item for place, item in enumerate(value) if place not in gone] or None
    return {key: item for key, item in value.items() if key not in gone} or None


def _markings(obj: Mapping[str, Any], gone: dict[str, set[str | int | None]]) -> Iterable[Any]:
    """The granular markings of what is left."""
    for marking in obj.get("granular_markings", ()):
        moved = (_moved(obj, selector, gone) for selector in marking["selectors"])
        selectors = [selector for selector in moved if selector]
        if selectors:
            yield marking | {"selectors": selectors}


def _moved(
    obj: Mapping[str, Any], selector: str, gone: dict[str, set[str | int | None]]
) -> str | None:
    """The selector after entries before it went; None when it selects nothing any more."""
    name, *rest = selector.split(".")
    entries = gone.get(name)
    if entries is None:
        return selector
    found = spot(obj, selector)
    if found is None or None in entries or found.entry in entries:
        return None
    if found.entry is None:
        return selector if _rest(obj[name], entries) is not None else None
    if type(found.entry) is int:
        before = sum(1 for place in entries if type(place) is int and place < found.entry)
        return ".".join([name, f"[{found.entry - before}]", *rest[1:]])
    return selector
