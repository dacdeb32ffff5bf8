"""From header and client certificate to a caller and its scope. No rights are decided here."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

import msgspec
from flask import Request, g

from hub.errors import Fault, HubError
from hub.http.certificate import Presented
from hub.model.party import ANONYMOUS, Caller, Directory, Purpose
from hub.model.query import Scope
from hub.model.session import Session
from hub.service.binding import by_certificate, together
from hub.service.credentials import by_token, is_token
from hub.service.directory import Parties
from hub.service.factor import PasswordAlone
from hub.service.limits import Throttle
from hub.service.lockout import Lockout


class Admitted(NamedTuple):
    """A caller who was let in, and what it may see."""

    caller: Caller
    scope: Scope
    directory: Directory


def require_login(admitted: Admitted) -> None:
    """Raises HubError: UNAUTHENTICATED for a caller without credentials."""
    if not admitted.caller.account:
        raise HubError(Fault.UNAUTHENTICATED, "this needs credentials", field="Authorization")


class Doorman:
    """Admits callers: client certificates, Basic, Bearer, `Token`, API keys wherever they are."""

    def __init__(
        self,
        parties: Parties,
        passwords: PasswordAlone,
        throttle: Throttle,
        lockout: Lockout,
        presented: Presented,
    ) -> None:
        self._parties = parties
        self._passwords = passwords
        self._throttle = throttle
        self._lockout = lockout
        self._presented = presented

    def admit(self, request: Request, purpose: Purpose = "") -> Admitted:
        """The caller behind the request.

        Args:
            request: Any.
            purpose: What the door is for: it takes tokens that are for this alone, too.

        Raises:
            HubError: UNAUTHENTICATED for wrong credentials, a certificate that counts for
                nothing or for another account, and for none at all unless some collection is
                public; TOO_MANY when the caller has to wait; DENIED for a token that is for
                another door.
        """
        snapshot = self._parties.now()
        directory = snapshot.directory
        holder = self.holder(request)
        header = request.headers.get("Authorization", "")
        address = request.remote_addr or ""
        if header:
            caller = self._caller(directory, header, address)
        elif holder:
            caller = holder
        else:
            self._throttle.anonymous(address)
            caller = _anonymous(directory)
        if caller is None:
            raise HubError(
                Fault.UNAUTHENTICATED,
                "the credentials are wrong, expired or not allowed from this address"
                if header
                else "this needs credentials",
                field="Authorization",
                remedy="Send HTTP Basic with account and password, or a token as Bearer.",
            )
        caller = together(directory, caller, holder)
        g.caller = caller  # for the access log, also when it has to wait
        if caller.account:
            self._throttle.request(caller)
        _require_purpose(caller, purpose)
        return Admitted(caller, snapshot.scope(caller), directory)

    def holder(self, request: Request) -> Caller | None:
        """Whom the request's client certificate stands for; None: it brings none.

        Raises:
            HubError: UNAUTHENTICATED for a certificate that counts for nothing.
        """
        digest = self._presented.digest(request)
        return by_certificate(self._parties.now().directory, digest) if digest else None

    def admit_session(
        self, request: Request, session: Session, *, counted: bool = True
    ) -> Admitted:
        """The caller behind a log-in session that was found and checked.

        A log-in itself is not counted here: it would begin a session that nobody is told of.

        For the doors below /api alone. TAXII takes credentials from the header only, which no
        foreign page can make a browser send.

        Raises:
            HubError: UNAUTHENTICATED while the session waits for a second factor, when its
                account may not log in any more, or not without its certificate; TOO_MANY.
        """
        snapshot = self._parties.now()
        account = snapshot.directory.accounts.get(session.account)
        if session.waits or account is None or account.disabled:
            raise HubError(
                Fault.UNAUTHENTICATED, "this needs a log-in, with its second factor if it has one"
            )
        # Scopes are remembered per caller: without the id, one for all sessions of the account.
        caller = Caller(account.name, account.org, account.roles, credential="session")
        caller = together(snapshot.directory, caller, self.holder(request))
        scope = snapshot.scope(caller)
        caller = msgspec.structs.replace(caller, credential=f"session:{session.id}")
        g.caller = caller
        if counted:
            self._throttle.request(caller)
        return Admitted(caller, scope, snapshot.directory)

    def _caller(self, directory: Directory, header: str, address: str) -> Caller | None:
        scheme, _, value = header.strip().partition(" ")
        value = value.strip()
        if is_token(value) or is_token(scheme):
            # `Bearer` (RFC 6750), `Token` (taxii2-client), `Basic` and nothing at all (MISP).
            return self._counted(by_token(directory, value or scheme, address), address)
        if scheme.lower() != "basic":
            return self._counted(None, address)
        name, password = _basic(value)
        for secret in (password, name):
            if is_token(secret) and (caller := by_token(directory, secret, address)):
                return caller
        # An account may be called like a token.
        return self._passwords.caller(directory, name, password, address)

    def _counted(self, caller: Caller | None, address: str) -> Caller | None:
        """Passwords are counted where they are verified; this is for everything else."""
        if caller is None:
            self._lockout.failed(address)
        return caller


def _anonymous(directory: Directory) -> Caller | None:
    is_open = any(item.public for item in directory.collections.values())
    return ANONYMOUS if is_open else None


def _require_purpose(caller: Caller, purpose: Purpose) -> None:
    if caller.purpose not in {"", purpose}:
        raise HubError(
            Fault.DENIED,
            "this token is for the lists below /export alone",
            field="Authorization",
            remedy="Use another credential here.",
        )


def _basic(value: str) -> tuple[str, str]:
    """Name and password of a Basic credential (RFC 7617); empty when it is malformed."""
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    name, _, password = text.partition(":")
    return name, password
