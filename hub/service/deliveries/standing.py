"""Where a delivery stands, and how long it waits after a failure."""

from __future__ import annotations

import random
from typing import NamedTuple

import msgspec

_FIRST_S = 30.0
_LONGEST_S = 6 * 3600.0
_MOST_DOUBLED = 12
_JITTER = 0.2
_SECOND_US = 1_000_000


class Standing(msgspec.Struct, frozen=True):
    """The state of its job."""

    cursor: int = -1
    """Ordinal of the last change that is behind it; -1: it never ran."""
    until: int = 0
    """Where the parcel ends that is on its way, so that another attempt sends the same; 0: none is."""
    tries: int = 0
    """How often that was refused as a whole"""
    sent_us: int = 0
    """When something was last taken; 0: never"""
    sent: int = 0
    """Objects that were taken in all"""

    def encoded(self) -> bytes:
        """As it is kept."""
        return msgspec.json.encode(self)


def standing_of(state: bytes) -> Standing:
    """The state of a job."""
    return msgspec.json.decode(state, type=Standing) if state else Standing()


class Wait(NamedTuple):
    """What a failure asks for."""

    failures: int
    """In a row, with this one"""
    asked_s: float = 0.0
    """How long the other side asks to wait"""


def wait_us(wait: Wait, chance: random.Random) -> int:
    """Microseconds until the next attempt: doubled with every failure, up to six hours, and scattered.

    Args:
        wait: After what.
        chance: Where the scatter comes from.
    """
    grown_s = _FIRST_S * 2.0 ** min(wait.failures - 1, _MOST_DOUBLED)
    scattered_s = min(grown_s, _LONGEST_S) * (1 + chance.uniform(-_JITTER, _JITTER))
    return int(max(scattered_s, wait.asked_s) * _SECOND_US)
