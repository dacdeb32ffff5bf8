"""Letting a partner in: organisation, account, rights and a credential in one go."""

from __future__ import annotations

from typing import NamedTuple

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Account, Collection, Directory, Grant, Organisation, Role, Subject
from hub.model.tlp import Tlp
from hub.service.admin import Admin, Issued
from hub.service.changes import by_alias


class Invitation(NamedTuple):
    """Whom to let in, and to what."""

    org: Organisation
    """Its id is not looked at; one that is there already is left as it is."""
    collections: tuple[str, ...]
    """Aliases or ids"""
    publishes: bool = False
    clearance: Tlp = Tlp.AMBER_STRICT
    days: int = 365
    since_us: int = 0
    """From when on it sees what is shared; 0: everything"""
    token: bool = True
    """Whether a token is made; else it logs in by a certificate."""
    token_name: str = ""
    """Id of the token, so that an invitation that is sent twice makes one; empty: any"""

    @property
    def account(self) -> str:
        """The account through which the partner's systems poll."""
        return f"{self.org.slug}-feed"


class Admitted(NamedTuple):
    """What the partner needs to know."""

    account: str
    collections: list[Collection]
    issued: Issued | None
    """None: no token was asked for"""


def invite(admin: Admin, directory: Directory, wanted: Invitation) -> Admitted:
    """Make what is missing, and a new token if one is wanted; earlier ones stay as they are.

    Args:
        admin: Acts for an administrator; every step leaves its audit line.
        directory: As it is before.
        wanted: Whom, and to what. Rights that the organisation has already are not taken away.

    Raises:
        HubError: ABSENT for a collection that is not there, DENIED for an account that is there
            and not fit for it, before anything is made.
    """
    collections = [by_alias(directory, name) for name in wanted.collections]
    _require_fit(directory, wanted)
    if wanted.org.slug not in directory.orgs:
        admin.put_org(wanted.org)
    if wanted.account not in directory.accounts:
        role = Role.PUBLISHER if wanted.publishes else Role.READER
        made = Account(
            wanted.account, wanted.org.slug, frozenset({role}), clearance=wanted.clearance
        )
        admin.add_account(made)
    for collection in collections:
        _grant(admin, directory, collection, wanted)
    issued = _token(admin, wanted) if wanted.token else None
    return Admitted(wanted.account, collections, issued)


def _require_fit(directory: Directory, wanted: Invitation) -> None:
    """The partner gets no secret of another organisation's account, and none that is useless."""
    known = directory.accounts.get(wanted.account)
    if known is None:
        return
    if known.org != wanted.org.slug:
        reason = f"account {known.name} acts for {known.org}"
        remedy = "Give the organisation another slug, or make its account and token by hand."
    elif known.disabled:
        reason = f"account {known.name} is switched off"
        remedy = f"Switch it on first: hub account disable {known.name} --enable."
    elif wanted.publishes and not known.roles & policy.WRITERS:
        reason = f"account {known.name} is not a publisher"
        remedy = f"Make it one first: hub account roles {known.name} publisher."
    elif not (wanted.publishes or wanted.token) and known.roles & policy.WRITERS:
        reason = f"account {known.name} may publish, and so could whoever has its certificate"
        remedy = "Invite it with --publish, or by a token, which is read-only then."
    elif wanted.token and known.certificate_only:
        reason = f"account {known.name} is let in with its client certificate only"
        remedy = "Invite it with --certificate."
    else:
        return
    raise HubError(Fault.DENIED, f"{reason}; nothing was made", field="account", remedy=remedy)


def _token(admin: Admin, wanted: Invitation) -> Issued:
    return admin.issue_token(
        wanted.account,
        days=wanted.days,
        label="invitation",
        read_only=not wanted.publishes,
        name=wanted.token_name,
    )


def _grant(admin: Admin, directory: Directory, collection: Collection, wanted: Invitation) -> None:
    subject: Subject = ("org", wanted.org.slug)
    known = {
        grant.subject: grant for grant in directory.grants if grant.collection == collection.key
    }
    had = known.get(subject)
    if had is None:
        grant = Grant(0, subject, read=True, write=wanted.publishes, since_us=wanted.since_us)
    elif had.read and (had.write or not wanted.publishes):
        return
    else:
        since_us = had.since_us if had.read else wanted.since_us
        write = had.write or wanted.publishes
        grant = Grant(0, subject, read=True, write=write, ceiling=had.ceiling, since_us=since_us)
    admin.grant(collection.id, grant)
