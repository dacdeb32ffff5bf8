"""Plain lists: a value in each line, for firewalls and whatever reads lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hub.service.outlet.press import Press, Selection, told
from hub.stix.equalities import algorithm

SIGN = "#"


def values(selection: Selection, press: Press) -> Iterator[bytes]:
    """A value in each line."""
    for entry in selection.entries():
        if press.wish.comments:
            yield told(entry, SIGN)
        yield f"{entry.value}\n".encode()


def urls(selection: Selection, press: Press) -> Iterator[bytes]:
    """A URL in each line; without schemes, those that differ in nothing else stand once."""
    last = ""
    for entry in selection.entries():
        value = entry.value if press.wish.scheme else entry.value.partition("://")[2]
        if value == last:
            continue
        last = value
        if press.wish.comments:
            yield told(entry, SIGN)
        yield f"{value}\n".encode()


def hashes_of(name: str) -> Callable[[Selection, Press], Iterator[bytes]]:
    """A list of the hashes of one algorithm."""

    def write(selection: Selection, press: Press) -> Iterator[bytes]:
        for entry in selection.entries():
            if algorithm(entry.value) == name:
                if press.wish.comments:
                    yield told(entry, SIGN)
                yield f"{entry.value}\n".encode()

    return write
