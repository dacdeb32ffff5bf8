"""Dates, ordinals and audit lines: what every write of SQLite's takes in its transaction."""

from __future__ import annotations

import secrets
import sqlite3

from hub.model.tlp import Tlp
from hub.store.base import Act
from hub.store.database import single

_STEP_US = 8
"""Between dates of one marking: room for one date of each of the five."""

_MOST_JUMP_US = 256


class Stamps:
    """Dates added: strictly rising from publish to publish, given while the write lock is held.

    Inside a publish each marking has a sequence of its own, so that a date says nothing about
    objects of other markings that came with it.
    """

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self._connection = connection
        (last,) = single(connection.execute("SELECT last_us FROM clock"))
        # A clock that was set back must not give a date that was passed already; how many dates
        # were given meanwhile is nobody's business.
        base = now if now > last else last + 1 + secrets.randbelow(_MOST_JUMP_US)
        self._next = dict.fromkeys(Tlp, base + -base % _STEP_US)
        self._last = last

    def next(self, tlp: Tlp) -> int:
        """The next date for a record of this marking."""
        stamp = self._next[tlp] + tlp
        self._next[tlp] += _STEP_US
        self._last = max(self._last, stamp)
        return stamp

    def save(self) -> None:
        """Remember the last date that was given."""
        self._connection.execute("UPDATE clock SET last_us = ?", (self._last,))


def take_ordinals(connection: sqlite3.Connection, count: int) -> int:
    """Reserve consecutive ordinals; returns the first."""
    (last,) = single(
        connection.execute("UPDATE clock SET ordinal = ordinal + ? RETURNING ordinal", (count,))
    )
    return int(last) - count + 1


def record_act(connection: sqlite3.Connection, act: Act, now: int) -> None:
    """Write an audit line inside the caller's transaction."""
    connection.execute(
        "INSERT INTO audit (at_us, account, org, action, target, detail) VALUES (?,?,?,?,?,?)",
        (now, act.account, act.org, act.action, act.target, act.detail),
    )
