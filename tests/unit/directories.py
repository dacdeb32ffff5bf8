"""Small directories of three organisations, for rules about who belongs and who sees what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hub.model.party import (
    Account,
    Caller,
    Community,
    Directory,
    Grant,
    Group,
    Member,
    Organisation,
    Party,
    Role,
    Subject,
    subject_of,
)
from hub.model.tlp import Tlp
from tests.fakes import collection

CLEAR, GREEN, AMBER, STRICT, RED = Tlp
SHARED, PUBLIC, OTHER = collection("shared"), collection("public"), collection("bulletins")
ORGS = ("ministry", "grid", "bank")
MINISTRY: Subject = ("org", "ministry")
GRID: Subject = ("org", "grid")
BANK: Subject = ("org", "bank")
CASE: Subject = ("group", "case")
EVERYBODY: frozenset[Subject] = frozenset()


def org(slug: str) -> Organisation:
    return Organisation(slug, f"identity--{slug}", slug, slug)


def account(slug: str = "ministry", **changes: Any) -> Account:
    """The account `one of SLUG`, cleared for everything."""
    return Account(f"one of {slug}", slug, **({"clearance": RED} | changes))


def caller(slug: str = "ministry", *roles: Role, **changes: Any) -> Caller:
    """Whoever acts by that account."""
    values = {"account": f"one of {slug}", "org": slug, "roles": frozenset(roles)}
    return Caller(**(values | changes))


def community(name: str, *members: Any) -> Community:
    """Its members: `grid`, `community:energy`, or a pair of one of these and an instant."""
    return Community(name, name, tuple(_members(members)))


def group(name: str, owner: str, *members: Any) -> Group:
    """A group with members as of `community`."""
    return Group(name, name, owner, tuple(_members(members)))


def _members(members: Iterable[Any]) -> Iterator[Member]:
    for item in members:
        text, since_us = item if isinstance(item, tuple) else (item, 0)
        yield Member(subject_of(text if ":" in text else f"org:{text}"), since_us)


def directory(*found: Party) -> Directory:
    """Three organisations with an account each, three collections, and what is given."""
    named = {item.name for item in found if isinstance(item, Account)}
    known = [account(slug) for slug in ORGS if f"one of {slug}" not in named]
    return Directory.of(1, [*map(org, ORGS), *known, SHARED, PUBLIC, OTHER, *found])


def reads(subject: Subject, **changes: Any) -> Grant:
    """A grant to read `SHARED`."""
    return Grant(SHARED.key, subject, read=True, **changes)
