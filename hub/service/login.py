"""Log-ins of people: from a password or a verified identity to a session."""

from __future__ import annotations

import logging
import secrets
from typing import NamedTuple

import msgspec

from hub.config import SessionSettings
from hub.errors import Fault, HubError
from hub.model.clock import HOUR_US, MINUTE_US
from hub.model.party import Account, Directory
from hub.model.session import Opening, Session
from hub.service.changes import Changer, Plan, bad, find
from hub.service.credentials import Passwords, digest, hashed
from hub.service.directory import Parties
from hub.store.base import Act, Stale, Store

_TRIES = 20
_LABEL = 100

_log = logging.getLogger("hub.login")


class Client(NamedTuple):
    """Who logs in, as far as the request tells."""

    address: str
    program: str
    """As it names itself."""
    cookie: str = ""
    """The secret of a session that it has already, which ends by the log-in."""
    holder: str = ""
    """The account that its client certificate stands for."""


class Opened(NamedTuple):
    """A session and its secret, which exists nowhere else."""

    secret: str
    session: Session


class Logins:
    """Begins, finds and ends sessions."""

    def __init__(
        self, store: Store, parties: Parties, passwords: Passwords, limits: SessionSettings
    ) -> None:
        self._store = store
        self._parties = parties
        self._passwords = passwords
        self._limits = limits

    def by_password(self, name: str, password: str, client: Client) -> Opened:
        """A session of the account; it waits if the account has a second factor.

        Raises:
            HubError: UNAUTHENTICATED, the same and at the same cost for a wrong password, an
                unknown account and one that is switched off; BUSY.
        """
        for _ in range(_TRIES):
            directory = self._parties.now().directory
            caller = self._passwords.caller(directory, name, password, client.address)
            if caller is None:
                # People type passwords into the wrong field: what is no account is not logged.
                _refused("password", name if name in directory.accounts else "", client)
                raise HubError(
                    Fault.UNAUTHENTICATED,
                    "the account or the password is wrong, or the account is switched off",
                )
            try:
                return self._open(directory, directory.accounts[name], "password", client)
            except Stale:
                # Somebody changed the directory meanwhile: perhaps this very password.
                continue
        raise _busy()

    def by_identity(self, issuer: str, subject: str, client: Client) -> Opened:
        """A session of the account that is linked to the identity, which was verified.

        Raises:
            HubError: UNAUTHENTICATED when no account that is switched on is linked to it; BUSY.
        """
        for _ in range(_TRIES):
            directory = self._parties.now().directory
            account = linked(directory, issuer, subject)
            if account is None or account.disabled:
                _refused("oidc", subject, client)
                raise HubError(
                    Fault.UNAUTHENTICATED,
                    f"no account may log in as the subject {subject!r} of that provider",
                    remedy="Give the subject to the hub's administrator, who links it to an "
                    "account with `hub account link`.",
                )
            try:
                return self._open(directory, account, "oidc", client)
            except Stale:
                continue
        raise _busy()

    def _open(self, directory: Directory, account: Account, method: str, client: Client) -> Opened:
        if client.holder != account.name and (client.holder or account.certificate_only):
            _refused(method, account.name, client)
            raise HubError(
                Fault.UNAUTHENTICATED,
                "this account logs in with its own client certificate only"
                if account.certificate_only
                else "the client certificate is that of another account",
                field="client certificate",
                remedy="Choose another certificate, or ask the hub's administrator.",
            )
        secret = secrets.token_urlsafe(32)
        opening = Opening(
            id=secrets.token_hex(6),
            digest=digest(secret),
            account=account.name,
            method=method,
            lasts_us=self._limits.hours * HOUR_US,
            idle_us=self._limits.idle_minutes * MINUTE_US,
            label=_printable(client.program),
            address=client.address,
            instead_of=digest(client.cookie),
        )
        act = Act(account.name, account.org, "session.start", opening.id, method)
        return Opened(secret, self._store.start_session(opening, act, epoch=directory.epoch))

    def change_password(self, account: str, old: str, new: str, client: Client) -> Opened:
        """Give an account the password that its owner chose; all its sessions end.

        Returns:
            A new session; it waits if the account has a second factor.

        Raises:
            HubError: UNAUTHENTICATED for a wrong old password, which counts as a log-in that
                failed; BAD_REQUEST for a new one that is too short, or the old one; as
                `by_password`.
        """
        directory = self._parties.now().directory
        caller = self._passwords.caller(directory, account, old, client.address)
        if caller is None:
            _refused("password", account, client)
            raise _wrong_old()
        if not new or new == old:
            reason = "the new password is the old one" if new else "a password is not empty"
            raise bad("new_password", reason, "Choose another one.")
        seen, stored = directory.accounts[account].password, hashed(new, "new_password")

        def plan(newest: Directory) -> Plan:
            found = find(newest.accounts, account, "account")
            if found.password != seen:
                raise _wrong_old()
            changed = msgspec.structs.replace(found, password=stored)
            return Plan([changed], [], "account.password", account, "by its owner")

        Changer(self._store, caller).change(plan)
        return self.by_password(account, new, client)

    def find(self, secret: str) -> Session | None:
        """The living session behind a cookie, also one that waits for its second factor."""
        return self._store.use_session(digest(secret)) if secret else None

    def list(self, account: str) -> list[Session]:
        """The living sessions of an account, oldest first."""
        return self._store.list_sessions(account)

    def end(self, session: Session, session_id: str = "") -> int:
        """End one session of the session's own account, or all of them; returns how many."""
        act = self.act(session, "session.end", session_id or "all")
        return self._store.end_sessions(act, account=session.account, session_id=session_id)

    def act(self, session: Session, action: str, target: str) -> Act:
        """An audit line in the name of the session's account."""
        account = self._parties.now().directory.accounts.get(session.account)
        return Act(session.account, account.org if account else "", action, target)


def linked(directory: Directory, issuer: str, subject: str) -> Account | None:
    """The account that is linked to an identity of an OpenID provider."""
    wanted = (issuer, subject)
    return next((item for item in directory.accounts.values() if item.oidc == wanted), None)


def _printable(text: str) -> str:
    """What a program says of itself, fit for a list on a terminal."""
    return "".join(char for char in text if char.isprintable())[:_LABEL]


def _refused(method: str, who: str, client: Client) -> None:
    fields = {"method": method, "who": _printable(who), "address": client.address}
    _log.warning("log-in refused", extra={"fields": fields})


def _wrong_old() -> HubError:
    return HubError(Fault.UNAUTHENTICATED, "the old password is wrong", field="old_password")


def _busy() -> HubError:
    return HubError(Fault.BUSY, "others keep changing the directory", remedy="Try again.")
