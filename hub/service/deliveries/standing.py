"""Where a delivery stands."""

from __future__ import annotations

import msgspec


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
