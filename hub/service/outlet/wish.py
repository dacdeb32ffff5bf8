"""What a caller asks of an exported file, and why things are not in it."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

from hub.model.tlp import Tlp


class Left(StrEnum):
    """Why something is not in a file; names are a promise to clients."""

    REVOKED = "revoked"
    """It was withdrawn."""
    EARLY = "not-yet"
    """Its valid_from is in the future."""
    EXPIRED = "expired"
    """Its valid_until has passed."""
    OUTLIVED = "outlived"
    """It has no valid_until, and is older than values of its type hold (or than `days`)."""
    MARKING = "marking"
    """It is marked above what the audience of the format may hold, or above `tlp`."""
    AUDIENCE = "audience"
    """It is for named recipients, and a device is none."""
    BENIGN = "benign"
    """Its indicator_types say that it is benign."""
    CONFIDENCE = "confidence"
    """It has less than `min_confidence` or `min_weight`, or says nothing of it."""
    FADED = "faded"
    """Time has left less than `min_weight` of its confidence."""
    PATTERN = "pattern"
    """Its pattern says more than that one of some values is seen, or is no pattern of this form."""
    LISTED = "listed"
    """A warning list knows the value: a resolver, a popular site, a vendor, an empty file."""
    INTERNAL = "internal"
    """A private, local or reserved address, or a name that is used inside of networks."""
    OWN = "own"
    """It belongs to an organisation of this hub (submit.own_domains)."""
    BROAD = "broad"
    """It stands for too much: a registry's suffix, a large network, a shortener as a whole."""
    FORM = "form"
    """The format has no way to say it."""
    RULE = "rule"
    """A rule in another language that would not load, or has the id of another one."""
    OVER = "max"
    """There were more than `max`; the newest are there."""


LeftOut = Counter[Left]
"""How many objects or values, by reason"""


def header(left: LeftOut) -> str:
    """As the header `Hub-Left-Out` says it: `expired=3, marking=1`; empty: nothing."""
    return ", ".join(f"{name}={left[name]}" for name in sorted(left) if left[name])


class Wish(NamedTuple):
    """What is asked for, beside the format."""

    types: tuple[str, ...] = ()
    """Fields of the query language, such as `ip`; none: all that the format holds"""
    min_confidence: int = 0
    min_weight: int = 0
    """The same, of what time has left of the confidence"""
    comments: bool = False
    ceiling: Tlp = Tlp.RED
    """The strictest marking; the format may hold less"""
    most: int = 0
    """At most so many values, the newest; 0: all"""
    days: int | None = None
    """How long a value holds whose indicator has no end; None: by its type; 0: without end"""
    scheme: bool = True
    """URLs begin with their scheme."""

    def text(self) -> str:
        """One text for each wish."""
        return repr(tuple(self))
