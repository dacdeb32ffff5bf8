"""Taking marked parts out of an object (STIX 2.1 section 7.2.3), so that it stays valid STIX.

What goes is the smallest whole thing that holds the selected value: a property, an entry of a
list or a member of a dictionary. More than was selected may go, never less. Selectors that remain
are renumbered where entries before theirs are gone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
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


def leads_somewhere(obj: Mapping[str, Any], selector: Any) -> bool:
    """Whether a selector selects a value of the object (STIX 2.1 section 7.2.3.1)."""
    node: Any = obj
    for step in selector.split(".") if type(selector) is str else [""]:
        if type(node) is dict and step in node:
            node = node[step]
        elif type(node) is list and (index := _INDEX.fullmatch(step)):
            if int(index[1]) >= len(node):
                return False
            node = node[int(index[1])]
        else:
            return False
    return True


def spot(obj: Mapping[str, Any], selector: str) -> Spot | None:
    """The place of a selector; None when it selects nothing that can be taken out."""
    name, *rest = selector.split(".")
    if name in STRUCTURE or not leads_somewhere(obj, selector):
        return None
    index = _INDEX.fullmatch(rest[0]) if rest and type(obj[name]) is list else None
    return Spot(name, int(index[1]) if index else rest[0] if rest else None)


def without(
    obj: Mapping[str, Any], spots: Iterable[Spot], required: frozenset[str]
) -> dict[str, Any] | None:
    """The object without the spots; None when it would lack what its type requires."""
    gone = _by_name(spots)
    left: dict[str, Any] = {}
    for name, value in obj.items():
        kept = gone[name].rest(value) if name in gone else value
        if kept is not None or name not in gone:
            left[name] = kept
        elif name in required:
            return None
    markings = list(_markings(obj, left, gone))
    left.pop("granular_markings", None)
    return left | ({"granular_markings": markings} if markings else {})


class _Gone:
    """What goes of one property."""

    def __init__(self, entries: set[str | int | None]) -> None:
        self._entries = entries
        self._places = sorted(entry for entry in entries if type(entry) is int)

    def rest(self, value: Any) -> Any:
        """What is left of it; None: nothing."""
        if None in self._entries:
            return None
        if type(value) is list:
            return [v for place, v in enumerate(value) if place not in self._entries] or None
        return {key: v for key, v in value.items() if key not in self._entries} or None

    def moved(self, place: int) -> int:
        """Where an entry of a list is when those before it are gone."""
        return place - bisect_left(self._places, place)

    def takes(self, found: Spot) -> bool:
        return None in self._entries or found.entry in self._entries


def _by_name(spots: Iterable[Spot]) -> dict[str, _Gone]:
    found: dict[str, set[str | int | None]] = {}
    for item in spots:
        found.setdefault(item.name, set()).add(item.entry)
    return {name: _Gone(entries) for name, entries in found.items()}


def _markings(
    obj: Mapping[str, Any], left: Mapping[str, Any], gone: Mapping[str, _Gone]
) -> Iterable[Any]:
    """The granular markings of what is left."""
    for marking in obj.get("granular_markings", ()):
        kept = (s for s in marking["selectors"] if s.partition(".")[0] in left)
        moved = (_moved(obj, selector, gone) for selector in kept)
        selectors = [selector for selector in moved if selector]
        if selectors:
            yield marking | {"selectors": selectors}


def _moved(obj: Mapping[str, Any], selector: str, gone: Mapping[str, _Gone]) -> str | None:
    """The selector after entries before it went; None when it selects nothing any more."""
    name, *rest = selector.split(".")
    if name not in gone:
        return selector
    found = spot(obj, selector)
    if found is None or gone[name].takes(found):
        return None
    if type(found.entry) is int:
        return ".".join([name, f"[{gone[name].moved(found.entry)}]", *rest[1:]])
    return selector
