"""Failed log-ins: whoever guesses waits, and nobody can make others wait.

- Failures count for a pair of account name and network. After some of them every log-in of that
  pair is refused for a while, the right password too: else a guess could be told from a hit.
- An account name that does not exist counts in the same way.
- Failures of a network count together, whatever was tried. A credential that is right never waits
  for those of others: see `Attempt.begin`.
- Guesses at one account from networks all over the world share one budget for the day. It does
  not touch networks from which the account logged in before.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import NoReturn

from hub.config.schema import LimitSettings
from hub.errors import Throttled
from hub.model.clock import now_us
from hub.model.limit import Ladder, Rate
from hub.service.limits import Meter, Rule, network_of
from hub.store.counting import Counters

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400
_FIRST_S = 30
_MOST_S = 15 * _MINUTE_S
_BURST_MINUTES = 5
_KNOWN_US = 30 * _DAY_S * 1_000_000

# One text for all: it must not tell which of them was met.
_REASON = "too many log-ins failed"
_REMEDY = "Wait as long as Retry-After says. Tokens are not affected."


class Lockout:
    """Counts failed log-ins.

    Args:
        counters: Where is counted.
        settings: How many may fail.
        key: A secret of the hub. People type passwords where names belong: what is counted is
            kept under a digest that nobody else can compute.
        clock: Microseconds of the system clock.
    """

    def __init__(
        self,
        counters: Counters,
        settings: LimitSettings,
        key: bytes,
        *,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self.counters = counters
        self.clock = clock
        self.ladder = Ladder(settings.failed_logins, _FIRST_S, _MOST_S, _HOUR_S)
        self._key = hmac.digest(key, b"failed log-ins", "sha256")
        minute = settings.failed_logins_per_minute
        self.network = self._meter("failed", Rate(minute, _MINUTE_S, minute * _BURST_MINUTES))
        day = settings.guesses_per_day
        self.account = self._meter("guesses", Rate(day, _DAY_S, day))

    def _meter(self, name: str, rate: Rate) -> Meter:
        return Meter(self.counters, Rule(name, rate, _REASON, _REMEDY), clock=self.clock)

    def failed(self, address: str) -> None:
        """Count a wrong credential that needs no guarding against guesses: a token.

        Raises:
            HubError: TOO_MANY when the network sends too many of them.
        """
        self.network.take(network_of(address))

    def attempt(self, name: str, address: str) -> Attempt:
        """A log-in by password that begins.

        Raises:
            HubError: TOO_MANY while the pair of name and network has to wait.
        """
        return Attempt(self, name, network_of(address))

    def digest(self, *parts: str) -> str:
        """A name of fixed length for what a caller sent."""
        text = repr(parts).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")[:16].hex()


class Attempt:
    """One log-in by password."""

    def __init__(self, lockout: Lockout, name: str, network: str) -> None:
        self._lockout = lockout
        self.network = network
        self._account = lockout.digest(name)
        self._pair = lockout.digest(name, network)
        self._counted_as_guess = self._counted_in_network = False
        ladder = lockout.ladder
        if ladder.free and (
            wait_us := lockout.counters.barred(f"login {self._pair}", ladder, lockout.clock())
        ):
            _refuse(wait_us)

    def begin(self, *, trusted: bool) -> None:
        """Count it as failed before the password is looked at: attempts may run side by side.

        Args:
            trusted: This very password was right before, from this very network. Then what others
                on the network did wrong does not matter, nor what others did to the account.

        Raises:
            HubError: TOO_MANY; the password must not be looked at.
        """
        lockout, now = self._lockout, self._lockout.clock()
        if not trusted:
            lockout.network.take(self.network)
            self._counted_in_network = True
            if not lockout.counters.marked(f"known {self._pair}", now):
                lockout.account.take(self._account)
                self._counted_as_guess = True
        if lockout.ladder.free and (
            wait_us := lockout.counters.strike(f"login {self._pair}", lockout.ladder, now)
        ):
            _refuse(wait_us)

    def repeated(self) -> None:
        """The same wrong password again: no new guess, but one more request.

        Raises:
            HubError: TOO_MANY.
        """
        self._lockout.network.take(self.network)

    def succeeded(self) -> None:
        """The password was right: nothing of this attempt, nor of those before, counts."""
        lockout = self._lockout
        if self._counted_in_network:
            lockout.network.give_back(self.network)
        if self._counted_as_guess:
            lockout.account.give_back(self._account)
        if lockout.ladder.free:
            lockout.counters.forget(f"login {self._pair}")
        lockout.counters.mark(f"known {self._pair}", lockout.clock() + _KNOWN_US)


def _refuse(wait_us: int) -> NoReturn:
    raise Throttled(_REASON, wait_us, remedy=_REMEDY)
