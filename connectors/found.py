"""What connectors find, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from hub.model.intake import Item

State = Mapping[str, Any]
"""Where a connector stands, as JSON has it; encoded at most 64 KiB"""

NOTHING: State = MappingProxyType({})


class Found(NamedTuple):
    """One STIX object as it will be offered to the door."""

    raw: bytes
    origin: str
    """Where it stood, for people: `list.csv line 4`, `MISP event 12 (UUID)`. No credentials."""
    digest: bytes = b""
    """Of what it says: an object with the same id and digest as in an earlier run says nothing new.
    Empty: of all its bytes."""
    item: Item | None = None
    """The value it was made of, with its concerns; None: it came as STIX."""
    made: bool = False
    """It was made here (`connectors.making`): its dates are the hub's, who keeps `created` of the
    first version when it is made anew."""
    renew_us: int = 0
    """It is made anew so long after its last version, though it says nothing new; 0: never"""


class Left(NamedTuple):
    """Something in the source of which no object was made."""

    given: str
    reason: str
    """In words for people, short and without the value: they are added up by it"""
    origin: str = ""


class Batch(NamedTuple):
    """One step: objects, and where the source stands behind them."""

    found: tuple[Found, ...] = ()
    state: State = NOTHING
    left: tuple[Left, ...] = ()
    gone: tuple[str, ...] = ()
    """Ids of objects that the source had and has no more"""
