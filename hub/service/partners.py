"""Who shares and who listens: what organisations published, and how their accounts pull.

What organisations published is counted in the scope of whoever asks. How accounts pull is told to
whom `policy.oversees` lets; what is said of records there is what both may see: somebody who looks
after a partner learns nothing of objects that are not for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from hub import policy
from hub.model.clock import DAY_US, HOUR_US, MINUTE_US
from hub.model.party import Account, Caller, Certificate, Directory, Token
from hub.model.pulse import Beat, Day, Fall, Record
from hub.model.query import Query, Scope
from hub.model.search import EVERYTHING, Between, Has, Node
from hub.service.pulse import Pulse
from hub.store.base import Log
from hub.store.search import Finder

MOST_WAITING = 200
"""Objects that are counted one by one"""

_RECENT_US = 30 * DAY_US
_SOON_US = 30 * DAY_US
_MOST_ORGS = 500


class State(StrEnum):
    """How an account that pulls is doing, as one who looks after it wants to know."""

    UP = "up"
    LATE = "late"
    """Twice its usual time has passed."""
    DOWN = "down"
    """Four times its usual time has passed, and an hour."""
    FAILING = "failing"
    """Its last request was refused, or failed."""
    NEVER = "never"
    """It has not pulled yet."""


class Sharing(NamedTuple):
    """What an organisation published, as far as the scope sees it."""

    slug: str
    records: int | None
    recent: int | None
    """In the last thirty days"""
    last_us: int
    """Date added of the newest; 0: there is none"""


class Waiting(NamedTuple):
    """What an account has not fetched yet, among what the one who asks sees as well."""

    records: int
    """Never above `MOST_WAITING`"""
    more: bool
    oldest_us: int
    """Date added of the first of them; 0: there is none"""


class Pulling(NamedTuple):
    """How an account pulls from one collection."""

    collection: int
    state: State
    last_us: int
    gap_us: int
    """Usual time between two polls; 0: not known yet"""
    waiting: Waiting | None
    """None: it follows nothing, or the one who asks may not read the collection"""
    days: list[Day]
    totals: Beat | None
    """None: it counts objects that the one who asks does not see"""


class Secret(NamedTuple):
    """A token or a certificate of an account; never the secret itself."""

    kind: str
    """"token" or "certificate\""""
    id: str
    label: str
    expires_us: int
    is_over: bool
    ends_soon: bool
    """Within thirty days"""


class Health(NamedTuple):
    """How an account that pulls is doing."""

    account: str
    disabled: bool
    state: State
    pulls: list[Pulling]
    falls: list[Fall]
    """In the last fourteen days, the newest first"""
    secrets: list[Secret]
    """Those that end first first"""
    is_known: bool
    """False: what it pulled cannot be told now."""

    @property
    def last_us(self) -> int:
        """When it pulled last; 0: never."""
        return max((item.last_us for item in self.pulls), default=0)


class Supervisor:
    """What one caller may know of those who share and listen.

    Args:
        finder: Counts what was published.
        log: Knows what waits.
        pulse: Knows who pulled.
        directory: All parties.
    """

    def __init__(self, finder: Finder, log: Log, pulse: Pulse, directory: Directory) -> None:
        self._finder = finder
        self._log = log
        self._pulse = pulse
        self._directory = directory

    def partners(self, caller: Caller, scope: Scope, now_us: int) -> list[Sharing]:
        """The organisations that the caller knows of, with what they published.

        Those that published something it sees, and `policy.neighbours`; by what is newest.
        """
        every = self._published(scope, EVERYTHING)
        recent = self._published(scope, Between("added", now_us - _RECENT_US, None))
        slugs = {*(every or {}), *policy.neighbours(caller, self._directory)}
        found = [self._sharing(scope, slug, every, recent) for slug in slugs]
        return sorted(found, key=lambda item: (-item.last_us, item.slug))

    def knows(self, caller: Caller, scope: Scope, slug: str) -> bool:
        """Whether the caller knows of the organisation."""
        if slug not in self._directory.orgs:
            return False
        near = slug in policy.neighbours(caller, self._directory)
        return near or bool(self._finder.find(scope, Has("publisher", (slug,)), 0, 1).keys)

    def health(self, caller: Caller, scope: Scope, org: str, now_us: int) -> list[Health] | None:
        """The accounts of an organisation that pull, or have a secret to do so, by name.

        Returns:
            None: it is not for the caller to know.
        """
        if not policy.oversees(caller, org):
            return None
        accounts = sorted(
            (item for item in self._directory.accounts.values() if item.org == org),
            key=lambda account: account.name,
        )
        found = [self._of_account(scope, account, now_us) for account in accounts]
        return [item for item in found if item.secrets or item.pulls or item.falls]

    def _published(self, scope: Scope, node: Node) -> dict[str, int] | None:
        (facet,) = self._finder.facets(scope, node, ["publisher"], _MOST_ORGS)
        if facet.counts is None:
            return None
        return {item.key: item.records for item in facet.counts}

    def _sharing(
        self,
        scope: Scope,
        slug: str,
        every: dict[str, int] | None,
        recent: dict[str, int] | None,
    ) -> Sharing:
        keys: Sequence[int] = ()
        if every is None or slug in every:
            keys = self._finder.find(scope, Has("publisher", (slug,)), 0, 1).keys
        return Sharing(
            slug,
            None if every is None else every.get(slug, 0),
            None if recent is None else recent.get(slug, 0),
            keys[0] if keys else 0,
        )

    def _of_account(self, scope: Scope, account: Account, now_us: int) -> Health:
        reader = policy.scope(Caller(account.name, account.org, account.roles), self._directory)
        records = self._pulse.records(account.name)
        falls = self._pulse.falls(account.name)
        whole = scope.covers(reader)
        pulls = [
            self._pulling(scope, reader, record, (now_us, whole))
            for record in records or ()
            # A collection without any right does not exist for the one who asks.
            if record.beat.collection in scope.readable.keys() | scope.writable
        ]
        return Health(
            account.name,
            account.disabled,
            _together(pulls, falls),
            pulls,
            falls,
            self._secrets(account.name, now_us),
            is_known=records is not None,
        )

    def _pulling(
        self, scope: Scope, reader: Scope, record: Record, asked: tuple[int, bool]
    ) -> Pulling:
        now_us, whole = asked
        beat = record.beat
        waiting = None
        if beat.position_us and beat.collection in scope.readable:
            bounds = (beat.position_us, MOST_WAITING + 1)
            keys = self._log.waiting(scope, reader, Query(beat.collection), bounds)
            waiting = Waiting(
                min(len(keys), MOST_WAITING), len(keys) > MOST_WAITING, keys[0] if keys else 0
            )
        days = [day if whole else day._replace(objects=0) for day in record.days]
        return Pulling(
            beat.collection,
            state_of(beat.last_us, record.gap_us, now_us),
            beat.last_us,
            record.gap_us,
            waiting,
            days,
            beat if whole else None,
        )

    def _secrets(self, account: str, now_us: int) -> list[Secret]:
        every: list[Token | Certificate] = [
            *self._directory.tokens.values(),
            *self._directory.certificates.values(),
        ]
        found = [
            Secret(
                "certificate" if isinstance(item, Certificate) else "token",
                item.id,
                item.label,
                item.expires_us,
                item.expires_us <= now_us,
                now_us < item.expires_us <= now_us + _SOON_US,
            )
            for item in every
            if item.account == account
        ]
        return sorted(found, key=lambda item: (item.expires_us, item.id))


def state_of(last_us: int, gap_us: int, now_us: int) -> State:
    """What the time since the last poll says; without a usual time, a day is taken for it."""
    usual, passed = gap_us or DAY_US, now_us - last_us
    if passed <= 2 * usual + 5 * MINUTE_US:
        return State.UP
    return State.LATE if passed <= 4 * usual + HOUR_US else State.DOWN


def _together(pulls: list[Pulling], falls: list[Fall]) -> State:
    """The collection that it does best with counts, and what fails after that."""
    if falls and falls[0].last_us > max((item.last_us for item in pulls), default=0):
        return State.FAILING
    order = (State.UP, State.LATE, State.DOWN)
    return min((item.state for item in pulls), key=order.index, default=State.NEVER)
