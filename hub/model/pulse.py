"""What accounts did last: pulls through the TAXII door, what went wrong, visits to the console.

None of it is part of the record: losing it costs a supervisor some history and nobody an object.
"""

from __future__ import annotations

from typing import NamedTuple


class Beat(NamedTuple):
    """Pulls of one account from one collection, added up."""

    account: str
    collection: int
    first_us: int
    last_us: int
    pulls: int
    """Those that came to the end of what there was, however many pages that took"""
    objects: int
    """Delivered; one that is asked for twice counts twice"""
    position_us: int
    """Everything asked for that was added up to this instant has been handed out; 0: not known"""


class Fall(NamedTuple):
    """Requests of one account that failed for one reason, added up."""

    account: str
    fault: str
    """`hub.errors.Fault`"""
    last_us: int
    errors: int
    reason: str
    """Of the last one, in words"""


class Day(NamedTuple):
    """One day of an account's pulls from a collection."""

    day: int
    """Days since 1970-01-01, UTC"""
    pulls: int
    objects: int


class Record(NamedTuple):
    """All that is remembered of an account's pulls from a collection."""

    beat: Beat
    gap_us: int
    """Usual time between two bursts of pulls; 0: there was only one"""
    days: list[Day]
    """The last fourteen, without those that had no pull; oldest first"""


class Visit(NamedTuple):
    """When an account was at the console."""

    seen_us: int = 0
    """Last page; 0: it never was"""
    since_us: int = 0
    """Last page of the visit before this one; 0: there was none"""
