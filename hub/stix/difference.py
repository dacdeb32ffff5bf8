"""What differs between two versions of an object, path by path.

* Members of dictionaries are compared one by one, at any depth; a path leads to each.
* Lists are compared as lists: what came, what went, and whether only their order differs. An
  entry that is there several times counts so many times.
* A member that is the same number, written in another way, does not differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")
_MISSING: Any = object()


class How(StrEnum):
    """What became of a member."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    LIST = "list"
    """A list that has other entries"""
    ORDER = "order"
    """A list that has the same entries in another order"""


class Change(NamedTuple):
    """One member that differs."""

    path: tuple[str, ...]
    how: How
    before: str
    """As people read it: a text as it is, anything else as JSON; empty when it was added"""
    after: str
    gone: tuple[str, ...] = ()
    """Entries of a list that went, in their order"""
    came: tuple[str, ...] = ()


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every member that differs, in the order of the newer object and then of the older."""
    return list(_members((), old, new))


def _members(
    path: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    for name in dict.fromkeys((*new, *old)):
        yield from _member((*path, name), old.get(name, _MISSING), new.get(name, _MISSING))


def _member(path: tuple[str, ...], old: Any, new: Any) -> Iterator[Change]:
    if old is _MISSING:
        yield Change(path, How.ADDED, "", told(new))
    elif new is _MISSING:
        yield Change(path, How.REMOVED, told(old), "")
    elif type(old) is dict and type(new) is dict:
        yield from _members(path, old, new)
    elif type(old) is list and type(new) is list:
        yield from _list(path, old, new)
    elif old != new or (type(old) is bool) is not (type(new) is bool):
        # In Python 1, 1.0 and True are equal; in JSON the first two are.
        yield Change(path, How.CHANGED, told(old), told(new))


def _list(path: tuple[str, ...], old: list[Any], new: list[Any]) -> Iterator[Change]:
    before, after = (
        [_ENCODER.encode(item) for item in old],
        [_ENCODER.encode(item) for item in new],
    )
    if before == after:
        return
    gone = tuple(told(old[place]) for place in _beyond(before, after))
    came = tuple(told(new[place]) for place in _beyond(after, before))
    how = How.LIST if gone or came else How.ORDER
    yield Change(path, how, told(old), told(new), gone, came)


def _beyond(these: list[bytes], those: list[bytes]) -> Iterator[int]:
    """The places of what is here more often than there."""
    left = Counter(those)
    for place, item in enumerate(these):
        if left[item]:
            left[item] -= 1
        else:
            yield place


def told(value: Any) -> str:
    """A value as people read it."""
    return value if type(value) is str else _ENCODER.encode(value).decode()
