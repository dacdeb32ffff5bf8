"""Managing parties and rights: every change is checked, written with its audit line, or refused."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from hub import policy
from hub.errors import Fault, HubError
from hub.model.clock import now_us
from hub.model.party import (
    Account,
    Caller,
    Certificate,
    Collection,
    Community,
    Directory,
    Grant,
    Organisation,
    Party,
    Role,
    Subject,
    Token,
)
from hub.service.credentials import digest, hash_password, new_secret
from hub.store.base import Act, Registry, Stale

_SLUG = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_IDENTITY = re.compile(r"identity--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LEAST_PASSWORD = 12
_DAY_US = 86_400_000_000
_TRIES = 20

P = TypeVar("P", Organisation, Community, Account, Token, Certificate, Collection)


class Plan(NamedTuple):
    """A change to the directory, before it is written."""

    puts: Sequence[Party]
    drops: Sequence[Party]
    action: str
    target: str
    detail: str = ""


class Issued(NamedTuple):
    """A new token and its secret, which exists nowhere else."""

    token: Token
    secret: str


class Admin:
    """Changes on behalf of an administrator.

    Args:
        registry: Where parties are kept.
        caller: Who acts.
    """

    def __init__(self, registry: Registry, caller: Caller) -> None:
        policy.require_administrator(caller)
        self._registry = registry
        self._caller = caller

    def put_org(self, org: Organisation) -> str:
        """Add or change an organisation.

        Args:
            org: Without an id, a known one keeps its own and a new one gets a random one.

        Returns:
            Its STIX identity.
        """
        _check(_SLUG, "slug", org.slug)
        _check(_COUNTRY, "country", org.country)
        if org.id:
            _check(_IDENTITY, "identity", org.id)

        def plan(directory: Directory) -> Plan:
            known = directory.orgs.get(org.slug)
            identity = org.id or (known.id if known else f"identity--{uuid.uuid4()}")
            made = msgspec.structs.replace(org, id=identity)
            return Plan([made], [], "org.put", org.slug, org.name_en)

        return self.change(plan).orgs[org.slug].id

    def put_community(self, name: str, title: str, members: Iterable[str]) -> None:
        """Add or change a community; its members are replaced."""
        _check(_SLUG, "community", name)
        community = Community(name, title, frozenset(members))

        def plan(directory: Directory) -> Plan:
            for slug in sorted(community.members):
                find(directory.orgs, slug, "organisation")
            detail = " ".join(sorted(community.members))
            return Plan([community], [], "community.put", name, detail)

        self.change(plan)

    def add_account(self, name: str, org: str, roles: Iterable[Role], password: str = "") -> None:
        """Add an account; without a password it works through tokens only."""
        _check(_SLUG, "account", name)
        account = Account(name, org, frozenset(roles), _hashed(password))

        def plan(directory: Directory) -> Plan:
            find(directory.orgs, org, "organisation")
            _absent(directory.accounts, name, "account")
            return Plan([account], [], "account.add", name, " ".join(sorted(account.roles)))

        self.change(plan)

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password."""
        hashed = _hashed(password)

        def plan(directory: Directory) -> Plan:
            account = find(directory.accounts, name, "account")
            changed = msgspec.structs.replace(account, password=hashed)
            return Plan([changed], [], "account.password", name)

        self.change(plan)

    def disable_account(self, name: str, *, disabled: bool) -> None:
        """Switch an account and all its tokens off or on."""

        def plan(directory: Directory) -> Plan:
            account = find(directory.accounts, name, "account")
            changed = msgspec.structs.replace(account, disabled=disabled)
            action = "account.disable" if disabled else "account.enable"
            return Plan([changed], [], action, name)

        self.change(plan)

    def issue_token(
        self,
        account: str,
        *,
        days: int,
        read_only: bool = False,
        addresses: Iterable[str] = (),
        label: str = "",
    ) -> Issued:
        """Make a token; its secret is in the answer and nowhere else."""
        secret = new_secret()
        token = Token(
            uuid.uuid4().hex[:12],
            account,
            digest(secret),
            now_us() + days * _DAY_US,
            read_only,
            tuple(_network(address) for address in addresses),
            label,
        )

        def plan(directory: Directory) -> Plan:
            find(directory.accounts, account, "account")
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
        _check(_ALIAS, "alias", collection.alias)
        _check(_ALIAS, "id", collection.id)
        if collection.root not in set(roots):
            raise _bad("root", f"there is no API root {collection.root}", "See [[taxii.roots]].")
        if "." in collection.title or not collection.title.strip():
            # OpenCTI splits "root.title" at the dot (it matches collections by title).
            raise _bad("title", "a title must not be empty or hold dots", "Write it without dots.")

        def plan(directory: Directory) -> Plan:
            for other in directory.collections.values():
                _check_apart(collection, other)
            key = collection.key or max(directory.collections, default=0) + 1
            made = msgspec.structs.replace(collection, key=key)
            return Plan([made], [], "collection.put", made.id, made.alias)

        directory = self.change(plan)
        return next(c for c in directory.collections.values() if c.id == collection.id)

    def grant(self, alias: str, subject: Subject, *, read: bool, write: bool) -> None:
        """Set the rights of an organisation or community in a collection; none: take them away."""

        def plan(directory: Directory) -> Plan:
            kind, name = subject
            known = set(directory.orgs if kind == "org" else directory.communities)
            if name not in known:
                raise HubError(Fault.ABSENT, f"there is no {kind} {name}", field=kind)
            collection = by_alias(directory, alias)
            grant = Grant(collection.key, subject, read, write)
            detail = f"{kind} {name}: {'read ' * read}{'write' * write}".strip()
            if read or write:
                return Plan([grant], [], "grant", alias, detail)
            return Plan([], [grant], "grant.revoke", alias, detail)

        self.change(plan)

    def change(self, plan: Callable[[Directory], Plan]) -> Directory:
        """Plan on the newest directory and write; start over when somebody else was faster.

        `plan` may raise to refuse the change. Gives the directory after it.
        """
        for _ in range(_TRIES):
            directory = self._registry.directory()
            made = plan(directory)
            act = Act(
                self._caller.account, self._caller.org, made.action, made.target, made.detail
            )
            try:
                return self._registry.write(made.puts, made.drops, act, epoch=directory.epoch)
            except Stale:
                continue
        raise HubError(Fault.BUSY, "others keep changing the directory", remedy="Try again.")


def find(known: dict[str, P], name: str, kind: str) -> P:
    """The party of that name.

    Raises:
        HubError: ABSENT names what is missing.
    """
    if name not in known:
        raise HubError(Fault.ABSENT, f"there is no {kind} {name}", field=kind)
    return known[name]


def by_alias(directory: Directory, name: str) -> Collection:
    """The collection with this alias or id, whatever its API root.

    Raises:
        HubError: ABSENT when there is none, BAD_REQUEST when several roots have one.
    """
    found = [c for c in directory.collections.values() if name in {c.alias, c.id}]
    if not found:
        raise HubError(Fault.ABSENT, f"there is no collection {name}", field="collection")
    if len(found) > 1:
        raise _bad("collection", f"several API roots have a collection {name}", "Use its id.")
    return found[0]


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
            raise _bad(field, f"collection {other.alias} ({other.title}) has the same {field}")


def _absent(known: dict[str, P], name: str, kind: str) -> None:
    if name in known:
        raise _bad(kind, f"there is a {kind} {name} already")


def _hashed(password: str) -> str:
    if password and len(password) < _LEAST_PASSWORD:
        raise _bad("password", f"a password needs at least {_LEAST_PASSWORD} characters")
    return hash_password(password) if password else ""


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise _bad("address", str(error), "Write a network such as 192.0.2.0/24.") from error


def _check(shape: re.Pattern[str], field: str, value: str) -> None:
    if not shape.fullmatch(value):
        raise _bad(field, f"{value[:80]!r} is not of the form {shape.pattern}")


def _bad(field: str, reason: str, remedy: str = "") -> HubError:
    return HubError(Fault.BAD_REQUEST, reason, field=field, remedy=remedy)
