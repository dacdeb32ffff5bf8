"""Which events of a source are done: what a connector keeps of them between runs.

A version of an event is its UUID and its time. A MISP that is asked for what is new since a time
answers in whole seconds, a feed is a list of all that there is, and both may get an event late that
was made early. So what is done is known one by one, as five bytes each. Two versions in ten thousand
million look the same.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from connectors.base import Run
from connectors.found import State

MOST = 9_000
"""Events that are known one by one: a state may have 64 KiB"""

_BYTES = 5
_DIGITS = 12


class Entry(NamedTuple):
    """One version of an event."""

    uuid: str
    seconds: int
    """When it was changed or published, since 1970"""
    id: str = ""
    """What the source calls it"""


def is_instant(text: str) -> bool:
    """Whether a text is seconds since 1970; Python takes no number of thousands of digits."""
    return text.isdecimal() and len(text) <= _DIGITS


def mark(settings: msgspec.Struct, run: Run) -> str:
    """What settings and terms are recognised by: when they change, all events are read again."""
    return hashlib.sha256(repr((settings, run.maker.terms)).encode()).hexdigest()[:16]


class Progress:
    """What is done.

    Args:
        known: Digests of versions.
        floor: Of a list too long to be known one by one, all before this second is done.
    """

    def __init__(self, known: Iterable[bytes] = (), floor: int = 0) -> None:
        self._known = dict.fromkeys(known)
        self.floor = floor

    @classmethod
    def of(cls, state: State) -> Progress:
        """As `packed` wrote it; nothing is done if there is none."""
        packed, floor = state.get("done", ""), state.get("floor", 0)
        whole = base64.b64decode(packed)
        parts = (whole[at : at + _BYTES] for at in range(0, len(whole), _BYTES))
        return cls(parts, int(floor))

    def packed(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"done": base64.b64encode(b"".join(self._known)).decode(), "floor": self.floor}

    def open(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those that are not done, the oldest first."""
        found = {entry: None for entry in entries if not self._is_done(entry)}
        return sorted(found, key=lambda entry: (entry.seconds, entry.uuid))

    def add(self, entry: Entry) -> None:
        """It is done."""
        self._known[_digest(entry)] = None

    def shrink(self, entries: Iterable[Entry]) -> None:
        """Forget what is not among all that the source lists."""
        listed = sorted(
            (e for e in entries if self._is_done(e)),
            key=lambda entry: (entry.seconds, entry.uuid),
        )
        if len(listed) > MOST:
            self.floor = max(self.floor, listed[-MOST].seconds)
            listed = listed[-MOST:]
        self._known = dict.fromkeys(map(_digest, listed))

    def _is_done(self, entry: Entry) -> bool:
        return entry.seconds < self.floor or _digest(entry) in self._known


def _digest(entry: Entry) -> bytes:
    text = f"{entry.uuid} {entry.seconds}"
    return hashlib.blake2b(text.encode(), digest_size=_BYTES).digest()
