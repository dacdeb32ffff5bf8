"""Who takes part in the worlds of `tests.http.worlds`, and who may see what, said a second time.

The tables below become the directory of the hub, and `sees` answers from the same tables without
any code of the hub: a rule that the hub loses is still here. Collections, by alias:

    shared    everybody has some right; which of its markings, from when on, differs
    public    everybody reads what is TLP:CLEAR; authors and `near` also write
    dropbox   everybody writes; ministry and `near` read
    closed    authors only
    notices   authors write; `near`, `late` and `far` read

Authors publish: `ministry`, `grid`, `cert` and `blind`, each with one account cleared for all.
Viewers are accounts of `near`, `late`, `far`, `blind` and `grid` with every clearance and role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hub.model.party import (
    Account,
    Community,
    Grant,
    Group,
    Member,
    Organisation,
    Party,
    Role,
    Subject,
    Token,
)
from hub.model.tlp import Tlp
from hub.service.credentials import digest
from tests import fakes
from tests.fakes import START_US

SECOND_US = 1_000_000
AUTHORS = ("ministry", "grid", "cert", "blind")
VIEWING = ("near", "late", "far", "blind", "grid")
ORGS = tuple(dict.fromkeys(AUTHORS + VIEWING))
CASE: Subject = ("group", "case")
ENERGY: Subject = ("community", "energy")
SECTOR: Subject = ("community", "sector")


def second(number: int) -> int:
    """The instant of a step; members and rights begin between two of them."""
    return START_US + number * SECOND_US


def _from(number: int) -> int:
    return second(number) - SECOND_US // 2 if number else 0


MEMBERS: Mapping[Subject, tuple[tuple[Subject, int], ...]] = {
    CASE: (
        *((("org", org), 0) for org in ("ministry", "grid", "near")),
        (("org", "late"), _from(4)),
    ),
    ENERGY: (
        *((("org", org), 0) for org in ("ministry", "cert", "near")),
        (("org", "late"), _from(3)),
    ),
    SECTOR: ((ENERGY, _from(2)), (("org", "far"), _from(5))),
}
"""Circle to its members, each with the instant from which it belongs."""


class Right(NamedTuple):
    """One line of a collection's rights."""

    subject: Subject
    rights: str
    ceiling: Tlp = Tlp.RED
    since_us: int = 0


def _of(*orgs: str, rights: str) -> tuple[Right, ...]:
    return tuple(Right(("org", org), rights) for org in orgs)


RIGHTS: Mapping[str, tuple[Right, ...]] = {
    "shared": (
        *_of("ministry", "grid", "cert", "near", rights="rw"),
        Right(("org", "far"), "rw", Tlp.GREEN, _from(2)),
        Right(("org", "late"), "rw", Tlp.GREEN, _from(1)),
        Right(ENERGY, "r", Tlp.AMBER_STRICT),
        Right(CASE, "r", Tlp.RED, _from(6)),
        *_of("blind", rights="w"),
    ),
    "public": _of("ministry", "grid", "cert", "blind", "near", rights="w"),
    "dropbox": (
        *_of("grid", "cert", "blind", "late", "far", rights="w"),
        *_of("ministry", rights="rw"),
        Right(("org", "near"), "rw", Tlp.AMBER),
    ),
    "closed": _of("ministry", "grid", "cert", "blind", rights="rw"),
    "notices": (
        *_of("ministry", "grid", "cert", rights="rw"),
        *_of("near", "far", rights="r"),
        Right(("org", "late"), "r", Tlp.RED, _from(4)),
    ),
}
COLLECTIONS = tuple(RIGHTS)
KEYS = {alias: number for number, alias in enumerate(COLLECTIONS, start=1)}
DEFAULTS = {alias: Tlp.CLEAR if alias == "public" else Tlp.GREEN for alias in COLLECTIONS}


class Viewer(NamedTuple):
    """An account with one of its tokens; without an organisation nobody in particular."""

    org: str
    clearance: Tlp = Tlp.RED
    role: Role = Role.PUBLISHER
    ceiling: Tlp = Tlp.RED
    read_only: bool = False
    chief: bool = False

    @property
    def account(self) -> str:
        if self.chief:
            return f"{self.org}-chief"
        return f"{self.org}-{self.clearance.name}-{self.role}".lower() if self.org else ""

    @property
    def secret(self) -> str:
        tail = "reads" if self.read_only else "works"
        return f"hub_{self.account}-{self.ceiling.name}-{tail}"

    @property
    def limit(self) -> Tlp:
        """The strictest marking it sees and publishes."""
        return min(self.clearance, self.ceiling) if self.org else Tlp.CLEAR

    def writes(self, alias: str) -> bool:
        """Whether it may publish there."""
        role = self.role in {Role.PUBLISHER, Role.COORDINATOR} and not self.read_only
        own = belongs(self.org)
        return role and any("w" in r.rights and r.subject in own for r in RIGHTS[alias])


ANYBODY = Viewer("", Tlp.CLEAR, Role.READER, read_only=True)
CHIEFS = {org: Viewer(org, chief=True) for org in AUTHORS}
"""The accounts that authors publish with. A status is for its account, whichever token asks: so
none of them is a viewer as well."""

WATCHERS = [
    Viewer(org, clearance, role)
    for org in ("near", "far")
    for clearance in (Tlp.RED, Tlp.GREEN)
    for role in (Role.ADMINISTRATOR, Role.OFFICER)
]
"""Who manages the hub, or watches that, and sees no more data for it"""

_TOKENS = [(ceiling, False) for ceiling in (Tlp.RED, Tlp.AMBER, Tlp.GREEN, Tlp.CLEAR)]
_TOKENS.append((Tlp.RED, True))
VIEWERS = [
    ANYBODY,
    *(
        Viewer(org, clearance, role, ceiling, read_only)
        for org in VIEWING
        for clearance in Tlp
        for role in (Role.READER, Role.PUBLISHER, Role.COORDINATOR)
        for ceiling, read_only in _TOKENS
    ),
]


def belongs(org: str) -> dict[Subject, int]:
    """The organisation and the circles that hold it, each with the instant from which on."""
    found: dict[Subject, int] = {("org", org): 0} if org else {}
    # From the inner circles to the outer ones.
    for circle in (CASE, ENERGY, SECTOR):
        ways = [max(found[who], since) for who, since in MEMBERS[circle] if who in found]
        if ways:
            found[circle] = min(ways)
    return found


class Form(NamedTuple):
    """What of a publish stands under one label."""

    alias: str
    tlp: Tlp
    audience: frozenset[Subject]
    """With the publisher; empty: everybody who may read the collection."""
    org: str
    at_us: int


def sees(viewer: Viewer, form: Form) -> bool:
    """Whether the viewer may read it."""
    own = belongs(viewer.org)
    ways = [
        max(right.since_us, own[right.subject])
        for right in RIGHTS[form.alias]
        if "r" in right.rights
        and right.subject in own
        and form.tlp <= min(right.ceiling, viewer.limit)
    ]
    if form.alias == "public" and form.tlp is Tlp.CLEAR:
        ways.append(0)
    let_in = any(since <= form.at_us for since in ways)
    named = any(since <= form.at_us for who, since in own.items() if who in form.audience)
    return let_in and (named or not form.audience)


def knows(viewer: Viewer, form: Form) -> bool:
    """Whether answers to what the viewer publishes may speak of it."""
    own = viewer.org == form.org and form.tlp <= viewer.limit and viewer.writes(form.alias)
    return own or sees(viewer, form)


def reads(subject: Subject, alias: str) -> bool:
    """Whether a publish may name the subject: an organisation must be able to read there."""
    kind, name = subject
    own = belongs(name)
    return (
        kind != "org"
        or alias == "public"
        or any("r" in right.rights and right.subject in own for right in RIGHTS[alias])
    )


def parties() -> Iterable[Party]:
    """The directory that the tables describe."""
    for number, org in enumerate(ORGS):
        yield Organisation(org, f"identity--{fakes.uuid_of(500 + number)}", org, org)
    for circle, members in MEMBERS.items():
        made = tuple(Member(who, since) for who, since in members)
        kind, name = circle
        yield (
            Group(name, name, "ministry", made) if kind == "group" else Community(name, name, made)
        )
    viewers = [viewer for viewer in VIEWERS if viewer.org] + WATCHERS + list(CHIEFS.values())
    for viewer in viewers:
        roles = frozenset({Role.READER, viewer.role})
        yield Account(viewer.account, viewer.org, roles, clearance=viewer.clearance)
        yield Token(
            viewer.secret,
            viewer.account,
            digest(viewer.secret),
            START_US * 2,
            viewer.read_only,
            ceiling=viewer.ceiling,
        )
    for alias, rights in RIGHTS.items():
        key = KEYS[alias]
        changes = {"key": key, "id": str(fakes.uuid_of(key)), "ceiling": Tlp.RED}
        yield fakes.collection(alias, strict=False, **changes)
        yield from (
            Grant(key, r.subject, "r" in r.rights, "w" in r.rights, r.ceiling, r.since_us)
            for r in rights
        )
