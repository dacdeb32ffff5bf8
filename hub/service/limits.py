"""Who asks too often, or publishes too much in a day, waits. The rules are data."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from hub.config.schema import LimitSettings
from hub.errors import Fault, HubError, Throttled
from hub.model.address import address_of
from hub.model.clock import now_us
from hub.model.limit import Rate
from hub.model.party import Caller
from hub.model.record import KEPT, Outcome, Status
from hub.store.counting import Counters

_MINUTE_S = 60
_DAY_S = 86_400
_STORED = KEPT - {Outcome.UNCHANGED}
_V6_PREFIX = 64


class Rule(NamedTuple):
    """One limit, and what whoever meets it is told."""

    name: str
    rate: Rate
    reason: str
    remedy: str


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Whom an address stands for: an IPv4 address, or the /64 of an IPv6 address.

    A customer of IPv6 has at least a /64 and may use all of its addresses (RFC 6177). What is no
    address, such as that of a UNIX socket, is one network.
    """
    found = address_of(address)
    if found is None:
        return "unknown"
    if found.version == 4:  # noqa: PLR2004 - the version of the protocol is its name
        return str(found)
    return str(ipaddress.ip_network((found.packed, _V6_PREFIX), strict=False))


class Meter:
    """Buckets of one rule, one for each of those whom it is about.

    Args:
        counters: Where is counted.
        rule: A rate of 0 lets everything through.
        clock: Microseconds of the system clock.
    """

    def __init__(
        self, counters: Counters, rule: Rule, *, clock: Callable[[], int] = now_us
    ) -> None:
        self._counters = counters
        self._rule = rule
        self._clock = clock

    @property
    def most(self) -> int:
        """Units that can be taken at once; 0: any number."""
        return self._rule.rate.burst if self._rule.rate.limit else 0

    def take(self, who: str, units: int = 1) -> None:
        """Take units.

        Raises:
            HubError: TOO_MANY, with the time until there are enough; nothing was taken.
        """
        if self._rule.rate.limit:
            self._check(self._counters.take(self._key(who), self._rule.rate, units, self._clock()))

    def require(self, who: str) -> None:
        """Raises what `take` would raise for one unit; takes nothing."""
        if self._rule.rate.limit:
            self._check(self._counters.short(self._key(who), self._rule.rate, 1, self._clock()))

    def give_back(self, who: str, units: int = 1) -> None:
        """Put units back that were taken."""
        if self._rule.rate.limit and units:
            self._counters.give_back(self._key(who), self._rule.rate, units)

    def _key(self, who: str) -> str:
        return f"{self._rule.name} {who}"

    def _check(self, wait_us: int) -> None:
        if wait_us:
            raise Throttled(self._rule.reason, wait_us, remedy=self._rule.remedy)


class Throttle:
    """Requests per minute, of each credential and of each network that sends none."""

    def __init__(
        self,
        counters: Counters,
        settings: LimitSettings,
        *,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._named = Meter(
            counters,
            Rule(
                "requests",
                Rate(settings.requests_per_minute, _MINUTE_S, settings.request_burst),
                "this credential sends too many requests",
                "Wait as long as Retry-After says. Larger pages need fewer requests.",
            ),
            clock=clock,
        )
        self._anonymous = Meter(
            counters,
            Rule(
                "anonymous",
                Rate(settings.anonymous_per_minute, _MINUTE_S, settings.anonymous_burst),
                "too many requests without credentials come from this network",
                "Wait as long as Retry-After says, or log in: each account has its own limit.",
            ),
            clock=clock,
        )

    def request(self, caller: Caller) -> None:
        """Count a request; a token counts for itself, a password for its account.

        Raises:
            HubError: TOO_MANY.
        """
        # What came with a certificate says so: with another one, it is no other credential.
        credential = caller.credential.partition("+")[0]
        is_token = credential.startswith("token:")
        self._named.take(credential if is_token else f"account:{caller.account}")

    def anonymous(self, address: str) -> None:
        """Count a request without credentials.

        Raises:
            HubError: TOO_MANY.
        """
        self._anonymous.take(network_of(address))


class Quota:
    """Objects that an organisation may publish in a day."""

    def __init__(
        self,
        counters: Counters,
        settings: LimitSettings,
        *,
        clock: Callable[[], int] = now_us,
    ) -> None:
        most = settings.objects_per_day
        self._objects = Meter(
            counters,
            Rule(
                "objects",
                Rate(most, _DAY_S, most),
                f"the organisation has published as much as it may: {most} objects a day",
                "Nothing was stored. Wait as long as Retry-After says.",
            ),
            clock=clock,
        )

    def require_room(self, org: str) -> None:
        """Raises HubError: TOO_MANY when the organisation may not publish a single object now."""
        self._objects.require(org)

    def metered(self, org: str, count: int, publish: Callable[[], Status]) -> Status:
        """Publish so many objects; those that were not stored do not count.

        Room for all of them is taken first, so that two workers cannot both use the last of it.

        Raises:
            HubError: TOO_MANY when there is no room for all; TOO_LARGE when there never is.
        """
        if 0 < self._objects.most < count:
            raise HubError(
                Fault.TOO_LARGE,
                f"these are {count} objects; the organisation may publish "
                f"{self._objects.most} a day",
                field="objects",
                remedy="Nothing was stored. Send fewer objects at once.",
            )
        self._objects.take(org, count)
        stored = 0
        try:
            status = publish()
            stored = sum(verdict.outcome in _STORED for verdict in status.verdicts)
            return status
        finally:
            self._objects.give_back(org, count - stored)
