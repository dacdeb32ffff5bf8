"""Partners of the demonstration who poll, on the days on which they do.

They read through the service behind the TAXII door, with their own rights and at the time of the
calendar: what stands about them on the console was really asked for and answered.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from hub import policy
from hub.errors import HubError
from hub.model.party import Caller, Directory, Role
from hub.model.query import Query
from hub.service.fetch import Followed, collection
from hub.service.pulse import Pulse
from hub.store.base import Log

DAYS = 13
"""They begin so long before the end."""

_PAGE = 500
_TAKES = timedelta(seconds=4)
_APART = timedelta(minutes=11)
"""Nobody polls in the same minute as somebody else."""


class _Habit(NamedTuple):
    """How somebody polls."""

    org: str
    """Slug; its robot polls"""
    hours: int
    """Between two polls"""
    places: tuple[str, ...]
    """Root and alias of collections"""
    ended_days: float = 0
    """Since when it polls no more, before the end; 0: it goes on"""


_WARNING, _EXCHANGE = "asean/early-warning", "asean/asean-exchange"
_NATIONAL = "vn/national"
_HABITS = (
    _Habit("sg-partner", 3, (_WARNING, _EXCHANGE, "asean/case-work")),
    _Habit("my-partner", 6, (_WARNING, _EXCHANGE)),
    _Habit("th-partner", 12, (_EXCHANGE,)),
    _Habit("id-partner", 8, (_WARNING, _EXCHANGE), ended_days=4.5),
    # It asks for what it may not read, and gets an error each time.
    _Habit("ph-partner", 24, (_WARNING, "asean/case-work")),
    _Habit("vn-bank", 4, (_NATIONAL, "vn/banking", _WARNING)),
    _Habit("vn-telecom", 4, (_NATIONAL,)),
    _Habit("vn-energy", 12, (_NATIONAL, "vn/energy")),
    _Habit("vn-health", 24, (_NATIONAL,), ended_days=2.2),
)
"""Those who are not named never polled."""


class Calendar:
    """A clock that is set: what is told of months ago is also added then."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> int:
        """Microseconds since 1970, as `hub.model.clock.now_us`."""
        return int(self.at.timestamp() * 1_000_000)


class Rounds:
    """The polls of everybody.

    Args:
        log: What is polled.
        pulse: Notes who was answered what; its clock is the calendar.
        calendar: Set to the time of each poll.
        end: Of the demonstration.
    """

    def __init__(self, log: Log, pulse: Pulse, calendar: Calendar, end: datetime) -> None:
        self._pulse = pulse
        self._calendar = calendar
        self._reader = Followed(log, pulse, clock=calendar)
        self._due = sorted(_due(end), key=lambda each: each[0], reverse=True)
        self._reached: dict[tuple[str, str], int] = {}
        """Date added of the last object that an organisation got from a place"""

    def until(self, at: datetime, directory: Directory) -> None:
        """Everything that is due until then, and was not done yet."""
        while self._due and self._due[-1][0] <= at:
            self._calendar.at, habit = self._due.pop()
            for place in habit.places:
                self._poll(habit.org, place, directory)
                self._calendar.at += _TAKES
            self._pulse.flush()

    def _poll(self, org: str, place: str, directory: Directory) -> None:
        """All pages of what is new."""
        caller = Caller(robot(org), org, frozenset({Role.PUBLISHER}), credential="token")
        scope = policy.scope(caller, directory)
        root, _, alias = place.partition("/")
        try:
            found = collection(scope, directory, root, alias)
            more = True
            while more:
                after_us = self._reached.get((org, place), -1)
                page = self._reader.objects(scope, found, Query(found.key), (after_us, _PAGE))
                self._reached[org, place] = page.last_us or after_us
                more = page.more
        except HubError as error:
            # As the door does it.
            self._pulse.failed(caller.account, error.fault.value, error.reason)


def robot(org: str) -> str:
    """The account through which the systems of an organisation publish and poll."""
    return f"{org}-robot"


def _due(end: datetime) -> list[tuple[datetime, _Habit]]:
    found = []
    for number, habit in enumerate(_HABITS):
        at = end - timedelta(days=DAYS) + number * _APART
        while at < end - timedelta(days=habit.ended_days):
            found.append((at, habit))
            at += timedelta(hours=habit.hours)
    return found
