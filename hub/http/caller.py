"""From the Authorization header to a caller and its scope. No rights are decided here."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

import msgspec
from flask import Request

from hub.errors import Fault, HubError
from hub.model.party import ANONYMOUS, Caller, Directory
from hub.model.query import Scope
from hub.model.session import Session
from hub.service.credentials import by_token, is_token
from hub.service.directory import Parties
from hub.service.factor import PasswordAlone


class Admitted(NamedTuple):
    """A caller who was let in, and what it may see."""

    caller: Caller
    scope: Scope
    directory: Directory


class Doorman:
    """Admits callers: Basic, Bearer, `Token`, and API keys wherever clients put them."""

    def __init__(self, parties: Parties, passwords: PasswordAlone) -> None:
        self._parties = parties
        self._passwords = passwords

    def admit(self, request: Request) -> Admitted:
        """The caller behind the request.

        Raises:
            HubError: UNAUTHENTICATED for wrong credentials, and for none at all unless some
                collection is public.
        """
        snapshot = self._parties.now()
        directory = snapshot.directory
        header = request.headers.get("Authorization", "")
        caller = self._caller(directory, header, request.remote_addr or "") if header else None
        if not header and any(item.public for item in directory.collections.values()):
            caller = ANONYMOUS
        if caller is None:
            raise HubError(
                Fault.UNAUTHENTICATED,
                "the credentials are wrong, expired or not allowed from this address"
                if header
                else "this needs credentials",
                field="Authorization",
                remedy="Send HTTP Basic with account and password, or a token as Bearer.",
            )
        return Admitted(caller, snapshot.scope(caller), directory)

    def admit_session(self, session: Session) -> Admitted:
        """The caller behind a log-in session that was found and checked.

        For the doors below /api alone. TAXII takes credentials from the header only, which no
        foreign page can make a browser send.

        Raises:
            HubError: UNAUTHENTICATED while the session waits for a second factor, and when its
                account may not log in any more.
        """
        snapshot = self._parties.now()
        account = snapshot.directory.accounts.get(session.account)
        if session.waits or account is None or account.disabled:
            raise HubError(
                Fault.UNAUTHENTICATED, "this needs a log-in, with its second factor if it has one"
            )
        # Scopes are remembered per caller: without the id, one for all sessions of the account.
        caller = Caller(account.name, account.org, account.roles, credential="session")
        scope = snapshot.scope(caller)
        caller = msgspec.structs.replace(caller, credential=f"session:{session.id}")
        return Admitted(caller, scope, snapshot.directory)

    def _caller(self, directory: Directory, header: str, address: str) -> Caller | None:
        scheme, _, value = header.strip().partition(" ")
        value = value.strip()
        if is_token(value) or is_token(scheme):
            # `Bearer` (RFC 6750), `Token` (taxii2-client), `Basic` and nothing at all (MISP).
            return by_token(directory, value or scheme, address)
        if scheme.lower() != "basic":
            return None
        name, password = _basic(value)
        for secret in (password, name):
            if is_token(secret) and (caller := by_token(directory, secret, address)):
                return caller
        # An account may be called like a token.
        return self._passwords.caller(directory, name, password)


def _basic(value: str) -> tuple[str, str]:
    """Name and password of a Basic credential (RFC 7617); empty when it is malformed."""
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    name, _, password = text.partition(":")
    return name, password
