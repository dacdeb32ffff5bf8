"""What exports keep from one pull to the next."""

from __future__ import annotations

from typing import NamedTuple


class Numbered(NamedTuple):
    """A rule with what tells it from others of its book."""

    sid: int
    rev: int


class Made(NamedTuple):
    """A file as it was made."""

    seen: bytes
    """Digest of all that it was made from"""
    digest: bytes
    """Of its content"""
    turn_us: int
    """The instant from which on it would be another though nothing was published"""
    left_out: str
    """As the header says it"""


class Kept(NamedTuple):
    """The file that was made last, as it is remembered."""

    made: Made
    serial: int
    """Seconds since 1970 of the last change, and more than the one before"""
    changed_us: int
