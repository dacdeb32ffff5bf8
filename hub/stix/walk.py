"""Walks through decoded JSON, without recursion."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

REF_ENDINGS = ("_ref", "_refs")
"""How names of properties that hold object ids end (STIX 2.1 section 3.1)."""


_CONTAINERS = frozenset({dict, list})


def depth_of(value: Any) -> int:
    """How many objects and lists are nested in each other; 0 for a plain value."""
    depth, level = 0, [value]
    while level := [node for node in level if type(node) in _CONTAINERS]:
        depth += 1
        level = [
            child for node in level for child in (node.values() if type(node) is dict else node)
        ]
    return depth


def members(obj: Mapping[str, Any], names: Collection[str]) -> list[tuple[str, Any]]:
    """References at any depth, and members with one of the names below the top level.

    Returns:
        (name, value) in no particular order.
    """
    # The substring search is several times cheaper than the one for an ending.
    found = [(n, v) for n, v in obj.items() if "_ref" in n and n.endswith(REF_ENDINGS)]
    heap: list[Any] = [value for value in obj.values() if type(value) in _CONTAINERS]
    while heap:
        node = heap.pop()
        if type(node) is list:
            heap += [item for item in node if type(item) in _CONTAINERS]
            continue
        for name, value in node.items():
            if name in names or ("_ref" in name and name.endswith(REF_ENDINGS)):
                found.append((name, value))
            if type(value) in _CONTAINERS:
                heap.append(value)
    return found


def texts(obj: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """All strings of an object, names included, each with the top-level member that holds it."""
    for name, value in obj.items():
        yield name, name
        heap = [value]
        while heap:
            node = heap.pop()
            if type(node) is str:
                yield name, node
            elif type(node) in _CONTAINERS:
                heap += [*node, *node.values()] if type(node) is dict else node
