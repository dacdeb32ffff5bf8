"""Managing parties and rights: every change is checked, written with its audit line, or refused."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from hub import policy
from hub.errors import Fault, HubError
from hub.model.clock import DAY_US, now_us
from hub.model.party import (
    Account,
    Caller,
    Collection,
    Directory,
    Grant,
    Organisation,
    Role,
    Token,
)
from hub.model.tlp import Tlp
from hub.service.changes import (
    Changer,
    Guard,
    Plan,
    bad,
    by_alias,
    check_form,
    check_slug,
    find,
    unguarded,
)
from hub.service.credentials import digest, hashed, new_secret
from hub.store.base import Registry

_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_IDENTITY = re.compile(r"identity--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile(r"[0-9a-f]{12}")
_COUNTRY = re.compile(r"[A-Z]{2}")


class Issued(NamedTuple):
    """A new token and its secret, which exists nowhere else."""

    token: Token
    secret: str


class Admin(Changer):
    """Changes on behalf of an administrator."""

    def __init__(self, registry: Registry, caller: Caller, guard: Guard = unguarded) -> None:
        policy.require_administrator(caller)
        super().__init__(registry, caller, guard)

    def put_org(self, org: Organisation) -> str:
        """Add or change an organisation.

        Args:
            org: Without an id, a known one keeps its own and a new one gets a random one.

        Returns:
            Its STIX identity.
        """
        check_slug("slug", org.slug)
        check_form(_COUNTRY, "country", org.country, "Write two capital letters, such as VN.")
        if org.id:
            check_form(_IDENTITY, "identity", org.id, "Write identity-- and a UUID, or nothing.")

        def plan(directory: Directory) -> Plan:
            known = directory.orgs.get(org.slug)
            identity = org.id or (known.id if known else f"identity--{uuid.uuid4()}")
            made = msgspec.structs.replace(org, id=identity)
            return Plan([made], [], "org.put", org.slug, org.name_en)

        return self.change(plan).orgs[org.slug].id

    def add_account(self, account: Account, password: str = "") -> None:
        """Add an account; without a password it works through tokens only."""
        name = account.name
        check_slug("account", name)
        account = msgspec.structs.replace(account, password=hashed(password))

        def plan(directory: Directory) -> Plan:
            find(directory.orgs, account.org, "organisation")
            if name in directory.accounts:
                raise bad("account", f"there is an account {name} already")
            return Plan([account], [], "account.add", name, " ".join(sorted(account.roles)))

        self.change(plan)

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password."""
        stored = hashed(password)

        def plan(directory: Directory) -> Plan:
            account = find(directory.accounts, name, "account")
            changed = msgspec.structs.replace(account, password=stored)
            return Plan([changed], [], "account.password", name)

        self.change(plan)

    def clear_account(self, name: str, clearance: Tlp) -> None:
        """Set the strictest marking that an account may see and publish."""

        def plan(directory: Directory) -> Plan:
            account = find(directory.accounts, name, "account")
            changed = msgspec.structs.replace(account, clearance=clearance)
            return Plan([changed], [], "account.clearance", name, str(clearance))

        self.change(plan)

    def set_roles(self, name: str, roles: Iterable[Role]) -> None:
        """Give an account other roles; DENIED when nobody could manage the hub any more."""
        wanted = frozenset(roles)

        def plan(directory: Directory) -> Plan:
            account = find(directory.accounts, name, "account")
            changed = msgspec.structs.replace(account, roles=wanted)
            policy.require_administrator_left(self.caller, directory, changed)
            return Plan([changed], [], "account.roles", name, " ".join(sorted(wanted)))

        self.change(plan)

    def disable_account(self, name: str, *, disabled: bool) -> None:
        """Switch an account and all its tokens off or on; raises as `set_roles`."""

        def plan(directory: Directory) -> Plan:
            account = find(directory.accounts, name, "account")
            changed = msgspec.structs.replace(account, disabled=disabled)
            policy.require_administrator_left(self.caller, directory, changed)
            action = "account.disable" if disabled else "account.enable"
            return Plan([changed], [], action, name)

        self.change(plan)

    def issue_token(
        self, account: str, *, days: int, addresses: Iterable[str] = (), **options: Any
    ) -> Issued:
        """Make a token; its secret is in the answer and nowhere else.

        Args:
            account: Whose it is.
            days: How long it works.
            addresses: Networks it works from; none: any.
            options: `read_only`, `label`, `ceiling` and `purpose` of `Token`; `name`, its id, of a form
                that must not be taken twice.

        Raises:
            HubError: ABSENT without the account; BAD_REQUEST for a network, or a name that is taken.
        """
        secret = new_secret()
        name = options.pop("name", "") or uuid.uuid4().hex[:12]
        check_form(_TOKEN, "token", name, "Write 12 of the digits and letters 0-9a-f.")
        token = Token(
            name,
            account,
            digest(secret),
            now_us() + days * DAY_US,
            addresses=tuple(_network(address) for address in addresses),
            **options,
        )

        def plan(directory: Directory) -> Plan:
            find(directory.accounts, account, "account")
            if any(token.id == known.id for known in directory.tokens.values()):
                remedy = "Issue another one; revoke this one if nobody has its secret."
                raise bad("token", f"there is a token {token.id} already", remedy)
            return Plan([token], [], "token.issue", token.id, f"{account} for {days} days")

        self.change(plan)
        return Issued(token, secret)

    def revoke_token(self, token_id: str) -> None:
        """Make a token useless at once."""

        def plan(directory: Directory) -> Plan:
            by_id = {token.id: token for token in directory.tokens.values()}
            token = find(by_id, token_id, "token")
            return Plan([], [token], "token.revoke", token_id, token.account)

        self.change(plan)

    def put_collection(self, collection: Collection, *, roots: Iterable[str]) -> Collection:
        """Add a collection (key 0), or change one (its key)."""
        for field, name in (("alias", collection.alias), ("id", collection.id)):
            remedy = "Write at most 100 letters, digits and . _ -, a letter or digit first."
            check_form(_ALIAS, field, name, remedy)
        if collection.root not in set(roots):
            raise bad("root", f"there is no API root {collection.root}", "See [[taxii.roots]].")
        if "." in collection.title or not collection.title.strip():
            # OpenCTI splits "root.title" at the dot (it matches collections by title).
            raise bad("title", "a title must not be empty or hold dots", "Write it without dots.")
        if collection.default > min(collection.ceiling, Tlp.AMBER_STRICT):
            reason = f"unmarked objects cannot be {collection.default} under {collection.ceiling}"
            raise bad("default", reason, "Choose a default up to the ceiling, below RED.")

        def plan(directory: Directory) -> Plan:
            for other in directory.collections.values():
                _check_apart(collection, other)
            key = collection.key or max(directory.collections, default=0) + 1
            made = msgspec.structs.replace(collection, key=key)
            return Plan([made], [], "collection.put", made.id, made.alias)

        directory = self.change(plan)
        return next(c for c in directory.collections.values() if c.id == collection.id)

    def grant(self, alias: str, grant: Grant) -> None:
        """Set the rights of a subject in a collection; neither reading nor writing: take them away.

        Args:
            alias: The collection's alias or id.
            grant: Its collection is found by the alias.
        """
        kind, name = grant.subject

        def plan(directory: Directory) -> Plan:
            known = (
                name in directory.orgs if kind == "org" else grant.subject in directory.circles()
            )
            if not known:
                raise HubError(Fault.ABSENT, f"there is no {kind} {name}", field=kind)
            made = msgspec.structs.replace(grant, collection=by_alias(directory, alias).key)
            rights = f"{'read ' * grant.read}{'write' * grant.write}".strip()
            detail = f"{kind} {name}: {rights} up to {grant.ceiling} since {grant.since_us}"
            if grant.read or grant.write:
                return Plan([made], [], "grant", alias, detail)
            return Plan([], [made], "grant.revoke", alias, f"{kind} {name}")

        self.change(plan)


def _check_apart(one: Collection, other: Collection) -> None:
    if other.key == one.key:
        return
    # Either name addresses a collection; ids are unique in the whole hub.
    taken = {other.id, other.alias} if other.root == one.root else {other.id}
    clashes = {
        "id": one.id in taken,
        "alias": one.alias in taken,
        "title": other.root == one.root and other.title == one.title,
    }
    for field, clash in clashes.items():
        if clash:
            raise bad(field, f"collection {other.alias} ({other.title}) has the same {field}")


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise bad("address", str(error), "Write a network such as 192.0.2.0/24.") from error
