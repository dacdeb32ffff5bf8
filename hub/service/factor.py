"""The second factor of an account: enrolment, log-in, recovery, removal."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import NamedTuple

from hub.errors import Fault, HubError, Throttled
from hub.model.clock import SECOND_US, now_us
from hub.model.party import Caller, Directory
from hub.model.session import Factor, Outcome, Proof, Renewal, Session, Trial
from hub.service import totp
from hub.service.credentials import Passwords, digest
from hub.service.login import Logins, Opened
from hub.service.seal import Seal
from hub.store.base import Factors

_PURPOSE = "hub second factor 1"

_log = logging.getLogger("hub.login")


class PasswordAlone:
    """Passwords at doors where nothing else can be given: Basic, at TAXII and elsewhere.

    Without this, a stolen password would open everything but the log-in.
    """

    def __init__(self, passwords: Passwords, store: Factors) -> None:
        self._passwords = passwords
        self._store = store

    def caller(
        self, directory: Directory, name: str, password: str, address: str
    ) -> Caller | None:
        """The caller behind a name and password, or None.

        Raises:
            HubError: UNAUTHENTICATED when the account has a second factor; else as `Passwords`.
        """
        caller = self._passwords.caller(directory, name, password, address)
        if caller is None:
            return None
        factor = self._store.factor(name)
        if factor and factor.confirmed:
            raise HubError(
                Fault.UNAUTHENTICATED,
                "the account has a second factor: its password alone opens nothing here",
                field="Authorization",
                remedy="Use a token of the account.",
            )
        return caller


class Offer(NamedTuple):
    """What an authenticator app needs; it is in force once a code of it was given."""

    uri: str
    secret: str


class SecondFactors:
    """Second factors by TOTP, with recovery codes.

    Args:
        store: Where they are kept, sealed.
        logins: For the audit lines.
        secret: The hub's secret.
        issuer: The name that an authenticator app shows beside the account.
        clock: Microseconds of the system clock.
    """

    def __init__(
        self,
        store: Factors,
        logins: Logins,
        secret: bytes,
        issuer: str,
        *,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._store = store
        self._logins = logins
        self._seal = Seal(secret, _PURPOSE)
        self._issuer = issuer
        self._clock = clock

    def of(self, account: str) -> Factor | None:
        """The factor in force, or None."""
        factor = self._store.factor(account)
        return factor if factor and factor.confirmed else None

    def offer(self, session: Session) -> Offer:
        """Begin the enrolment of the session's account; a later offer replaces it.

        Raises:
            HubError: DENIED while the account has a second factor.
        """
        secret = totp.new_secret()
        if not self._store.offer_factor(
            session.account, self._seal.close(secret, session.account)
        ):
            raise HubError(
                Fault.DENIED,
                "the account has a second factor already",
                remedy="Remove it first, with a code of it.",
            )
        return self._offer(session, secret)

    def _offer(self, session: Session, secret: bytes) -> Offer:
        return Offer(totp.uri(secret, session.account, self._issuer), totp.as_text(secret))

    def offered(self, session: Session) -> Offer | None:
        """What is offered to the session's account and was not confirmed yet, to show it again."""
        factor = self._store.factor(session.account)
        if factor is None or factor.confirmed:
            return None
        secret = self._seal.open(factor.sealed, factor.account)
        return self._offer(session, secret) if secret else None

    def confirm(self, session: Session, code: str) -> tuple[Opened, list[str]]:
        """Put the offered factor into force.

        Returns:
            The session with another secret, and the recovery codes, which are shown this once.

        Raises:
            HubError: UNAUTHENTICATED when the code is wrong or nothing is offered any more.
        """
        factor = self._store.factor(session.account)
        if factor is None or factor.confirmed:
            raise _gone("no second factor is offered to the account", "Begin the enrolment again.")
        proof = self._proof(factor, code)
        if not proof.step:
            raise _wrong()
        codes = totp.new_recovery_codes()
        secret, renewal = _renewal(session)
        act = self._logins.act(session, "second-factor.add", session.account)
        digests = [digest(totp.compact(text)) for text in codes]
        renewed = self._store.confirm_factor(proof, digests, renewal, act)
        if renewed is None:
            raise _gone("the offer or the session has ended", "Begin the enrolment again.")
        return Opened(secret, renewed), codes

    def give(self, session: Session, code: str) -> Opened:
        """Give a waiting session its second factor: a code of the app, or a recovery code.

        Raises:
            HubError: UNAUTHENTICATED when it is wrong, was used before, or is not looked at as
                there were too many wrong ones.
        """
        factor = self.of(session.account)
        if factor is None:
            raise _gone()
        secret, renewal = _renewal(session)
        act = self._logins.act(session, "second-factor.pass", session.id)
        trial = self._store.pass_factor(self._proof(factor, code), renewal, act)
        if trial.session is None:
            raise _refusal(trial)
        return Opened(secret, trial.session)

    def remove(self, session: Session, code: str) -> None:
        """Remove the factor of the session's account, whose sessions all end.

        Raises:
            HubError: ABSENT when there is none; as `give`.
        """
        factor = self.of(session.account)
        if factor is None:
            raise HubError(Fault.ABSENT, "the account has no second factor")
        act = self._logins.act(session, "second-factor.remove", session.account)
        trial = self._store.drop_factor(session.account, act, self._proof(factor, code))
        if trial.outcome is not Outcome.PASSED:
            raise _refusal(trial)

    def _proof(self, factor: Factor, code: str) -> Proof:
        if not totp.is_code(code):
            return Proof(factor.account, factor.sealed, recovery=digest(totp.compact(code)))
        secret = self._seal.open(factor.sealed, factor.account)
        if secret is None:
            _log.error(
                "the second factor of %s was sealed under another secret of the hub; "
                "`hub account reset-second-factor` removes it",
                factor.account,
            )
            return Proof(factor.account, factor.sealed)
        step = totp.step_of(secret, code, self._clock() // SECOND_US)
        return Proof(factor.account, factor.sealed, step)


def _renewal(session: Session) -> tuple[str, Renewal]:
    secret = secrets.token_urlsafe(32)
    return secret, Renewal(session.digest, digest(secret))


def _refusal(trial: Trial) -> HubError:
    """Why a proof did not pass."""
    if trial.outcome is Outcome.WRONG:
        return _wrong()
    if trial.outcome is Outcome.GONE:
        return _gone()
    return Throttled(
        "there were too many wrong codes: none is looked at for a while",
        trial.wait_us,
        remedy="Wait, or use a recovery code.",
    )


def _wrong() -> HubError:
    return HubError(
        Fault.UNAUTHENTICATED,
        "the code is wrong, or was used before",
        field="code",
        remedy="Wait for the next one; if that is refused, too, set the clock of the phone.",
    )


def _gone(reason: str = "the session has ended", remedy: str = "Log in again.") -> HubError:
    return HubError(Fault.UNAUTHENTICATED, reason, remedy=remedy)
