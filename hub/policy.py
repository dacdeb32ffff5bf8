"""Who may see and do what: the only place where rights and markings are decided.

- Nothing is allowed that is not granted; an unknown, disabled or anonymous caller has no rights
  beyond what is TLP:CLEAR in collections marked public.
- Rights come from grants to the caller's organisation and to the circles it belongs to; they add
  up. Roles, the account's clearance and the credential only take away.
- A record is seen by whom its collection, its marking and its audience all let through, from the
  instant on from which the caller belongs: `Scope.since` is that rule.
- TLP:RED has named recipients. A circle without members is nobody.
- Administrators and officers see no more data for being that.
- A collection that a caller can neither read nor write does not exist for that caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from hub.errors import Fault, HubError
from hub.model.party import (
    Account,
    Caller,
    Collection,
    Directory,
    Group,
    Role,
    Subject,
    subject_of,
)
from hub.model.query import Label, Scope, Window
from hub.model.tlp import Tlp

WRITERS = frozenset({Role.PUBLISHER, Role.COORDINATOR})
"""Roles that may publish"""

_NOBODY: dict[Subject, int] = {}
_OVERSEERS = frozenset({Role.ADMINISTRATOR, Role.COORDINATOR})


class Rights(NamedTuple):
    """What a caller may do in one collection, as TAXII 2.1 section 5.2.1 shows it."""

    read: bool
    write: bool


class Way(NamedTuple):
    """One way in which a caller comes to rights in a collection."""

    collection: int
    subject: Subject | None
    """To whom they were given: the organisation or a circle it belongs to; None: to everybody."""
    read: bool
    write: bool
    ceiling: Tlp
    """The strictest marking that is read this way"""
    since_us: int
    """What was added from this instant on is read this way."""


def scope(caller: Caller, directory: Directory) -> Scope:
    """All that the caller may see and do, at this moment."""
    account = _account(caller, directory)
    windows: dict[int, list[Window]] = {}
    writable: set[int] = set()
    for way in ways(caller, directory):
        if way.read:
            windows.setdefault(way.collection, []).append(Window(way.ceiling, way.since_us))
        if way.write:
            writable.add(way.collection)
    return Scope(
        account=caller.account,
        org=caller.org,
        readable={key: tuple(found) for key, found in windows.items()},
        writable=frozenset(writable),
        moderates=Role.COORDINATOR in caller.roles and _writes(caller, account),
        clearance=_clearance(caller, account),
        subjects=belongs(caller.org, directory) if account else _NOBODY,
    )


def ways(caller: Caller, directory: Directory) -> list[Way]:
    """How the caller comes to its rights: all of them, and why."""
    account = _account(caller, directory)
    clearance, writes = _clearance(caller, account), _writes(caller, account)
    subjects = belongs(caller.org, directory) if account else _NOBODY
    found = [
        Way(key, None, read=True, write=False, ceiling=Tlp.CLEAR, since_us=0)
        for key, item in directory.collections.items()
        if item.public
    ]
    for grant in directory.grants:
        if grant.subject in subjects and grant.collection in directory.collections:
            ceiling = min(grant.ceiling, clearance)
            since_us = max(grant.since_us, subjects[grant.subject])
            rights = (grant.read, grant.write and writes)
            found.append(Way(grant.collection, grant.subject, *rights, ceiling, since_us))
    return found


def _clearance(caller: Caller, account: Account | None) -> Tlp:
    return min(account.clearance, caller.ceiling) if account else Tlp.CLEAR


def _writes(caller: Caller, account: Account | None) -> bool:
    return account is not None and bool(WRITERS & caller.roles) and not caller.read_only


def _account(caller: Caller, directory: Directory) -> Account | None:
    """The caller's account, if it may act at all."""
    account = directory.accounts.get(caller.account)
    if account is None or account.disabled or account.org != caller.org:
        return None
    return account if account.org in directory.orgs else None


def belongs(org: str, directory: Directory) -> dict[Subject, int]:
    """The organisation and every circle it belongs to, at any depth, each with since when.

    Who belongs through several ways belongs since the earliest. Circles that hold each other, if
    a store has any, give nobody more than their members' own dates.
    """
    circles = directory.circles()
    found: dict[Subject, int] = {("org", org): 0}
    changed = True
    while changed:
        changed = False
        for subject, circle in circles.items():
            for member in circle.members:
                if member.subject not in found:
                    continue
                since = max(found[member.subject], member.since_us)
                if since < found.get(subject, since + 1):
                    found[subject] = since
                    changed = True
    return found


def rights(scope: Scope, collection: Collection) -> Rights:
    """What the scope may do in the collection."""
    return Rights(collection.key in scope.readable, collection.key in scope.writable)


def require_read(scope: Scope, collection: Collection) -> None:
    """Raises HubError: DENIED for a collection that may only be written."""
    if not rights(scope, collection).read:
        reason = "this account may write to the collection but not read it"
        raise HubError(Fault.DENIED, reason, remedy="Ask the hub's administrator for read access.")


def require_write(scope: Scope, collection: Collection) -> None:
    """Raises HubError: DENIED for a collection that may only be read."""
    if not rights(scope, collection).write:
        raise HubError(
            Fault.DENIED,
            "this credential may read the collection but not write to it",
            remedy="Use an account with the role publisher and a token that is not read-only, "
            "or ask the hub's administrator for write access.",
        )


def require_administrator(caller: Caller) -> None:
    """Raises HubError: DENIED for anybody but an administrator."""
    if not is_administrator(caller):
        raise HubError(Fault.DENIED, "only an administrator may do this")


def is_administrator(caller: Caller) -> bool:
    """Whether the caller manages the hub."""
    return Role.ADMINISTRATOR in caller.roles and not caller.read_only


def oversees(caller: Caller, org: str) -> bool:
    """Whether the caller may see how the accounts of an organisation pull: when, and what fails.

    Everybody of the organisation may; administrators and coordinators look after all of them.
    What it says of records is a matter of the scope, as everywhere.
    """
    return bool(caller.org) and (caller.org == org or bool(_OVERSEERS & caller.roles))


def neighbours(caller: Caller, directory: Directory) -> frozenset[str]:
    """Slugs of the organisations that the caller knows of without having heard from them.

    Those it shares a circle with, and its own; administrators and coordinators know all.
    """
    if _account(caller, directory) is None:
        return frozenset()
    if _OVERSEERS & caller.roles:
        return frozenset(directory.orgs)
    own = belongs(caller.org, directory).keys() - {("org", caller.org)}
    return frozenset(
        slug
        for slug in directory.orgs
        if slug == caller.org or not own.isdisjoint(belongs(slug, directory))
    )


def administrators(directory: Directory) -> set[str]:
    """Accounts that can log in and manage the hub."""
    return {
        item.name
        for item in directory.accounts.values()
        if Role.ADMINISTRATOR in item.roles
        and not item.disabled
        and item.org in directory.orgs
        and (item.password or item.oidc)
    }


def require_administrator_left(caller: Caller, directory: Directory, changed: Account) -> None:
    """Refuse a change of an account after which no account could manage the hub.

    Whoever runs commands on the hub's machine needs no account for that, and may do it: a stolen
    one must be switched off at once.

    Raises:
        HubError: DENIED.
    """
    before = administrators(directory)
    accounts = directory.accounts | {changed.name: changed}
    after = administrators(msgspec.structs.replace(directory, accounts=accounts))
    if before and not after and caller.credential != "console":
        raise HubError(
            Fault.DENIED,
            f"{changed.name} is the only account that can manage the hub",
            field="account",
            remedy="Make another account an administrator first.",
        )


def require_overseer(caller: Caller, *, acts: bool = False) -> None:
    """Raises HubError: DENIED for whoever may not see feeds and deliveries, or have them do a thing."""
    if not _OVERSEERS & caller.roles or (acts and caller.read_only):
        raise HubError(Fault.DENIED, "only administrators and coordinators see and run feeds")


def require_auditor(caller: Caller) -> None:
    """Raises HubError: DENIED for anybody but administrators and officers, who watch them."""
    if not {Role.ADMINISTRATOR, Role.OFFICER} & caller.roles:
        raise HubError(Fault.DENIED, "only administrators and officers may read the audit log")


def require_officer(caller: Caller) -> None:
    """Raises HubError: DENIED for anybody but an officer."""
    if Role.OFFICER not in caller.roles:
        raise HubError(Fault.DENIED, "only an officer may ask why an account sees an object")


def decides(caller: Caller, owner: str) -> bool:
    """Whether the caller may change what an organisation owns, such as a sharing group."""
    own = caller.org == owner and bool(WRITERS & caller.roles) and not caller.read_only
    return (own and bool(caller.org)) or is_administrator(caller)


def audience(
    scope: Scope, directory: Directory, collection: Collection, names: Iterable[str]
) -> frozenset[Subject]:
    """Whom a publish is for: the subjects that were named, and the publisher.

    Args:
        scope: Who publishes.
        directory: All that there is.
        collection: Where.
        names: Subjects such as `org:grid` or `group:case-12`; none: everybody who may read the
            collection.

    Raises:
        HubError: BAD_REQUEST names a subject that does not exist for the publisher, or would not
            receive anything. A group of others and one that is not there look the same.
    """
    subjects = {_subject(name) for name in names}
    reading = readers(directory, collection)
    for subject in sorted(subjects):
        kind, name = subject
        known = name in directory.orgs if kind == "org" else may_address(scope, directory, subject)
        if not known:
            raise _unheard(f"there is no {kind} {name} that this account may address")
        if kind == "org" and not (collection.public or subject in reading):
            raise _unheard(f"{kind} {name} cannot read this collection")
    own: Subject = ("org", scope.org)
    return frozenset({*subjects, own}) if subjects else frozenset()


def may_address(scope: Scope, directory: Directory, subject: Subject) -> bool:
    """Whether a publish may be for a circle: the scope is in it, or decides about it."""
    circle = directory.circles().get(subject)
    own = isinstance(circle, Group) and circle.owner == scope.org
    return circle is not None and (own or subject in scope.subjects)


def readers(directory: Directory, collection: Collection) -> set[Subject]:
    """Whom grants let read a collection, with the members of circles at any depth."""
    circles = directory.circles()
    found = {g.subject for g in directory.grants if g.read and g.collection == collection.key}
    heap = list(found)
    while heap:
        circle = circles.get(heap.pop())
        new = {member.subject for member in circle.members} - found if circle else ()
        found.update(new)
        heap += new
    return found


def _subject(text: str) -> Subject:
    try:
        return subject_of(text)
    except ValueError as error:
        reason = f"{text[:80]!r} is not of the form org:NAME, community:NAME or group:NAME"
        raise _unheard(reason) from error


def _unheard(reason: str) -> HubError:
    return HubError(
        Fault.BAD_REQUEST,
        reason,
        field="audience",
        remedy="Nothing was stored. Leave it out, or ask the hub's administrator.",
    )


def objection(
    scope: Scope, collection: Collection, tlp: Tlp, named: frozenset[Subject]
) -> tuple[str, str] | None:
    """Why an object may not be published under its marking, and the way out; None: it may.

    Args:
        scope: Who publishes.
        collection: Where.
        tlp: The object's effective marking.
        named: The audience of the publish; empty: everybody who may read the collection.
    """
    if tlp > collection.ceiling:
        reason = f"this collection takes markings up to {collection.ceiling}"
        remedy = "publish it in a collection that takes it"
    elif tlp > scope.clearance:
        reason = f"this account is cleared up to {scope.clearance}"
        remedy = "ask the hub's administrator for the clearance"
    elif tlp is Tlp.RED and not _are_named(named):
        reason = "TLP:RED has named recipients"
        remedy = "name organisations or sharing groups as audience"
    else:
        return None
    return f"its effective marking is {tlp}, and {reason}", remedy


def _are_named(named: frozenset[Subject]) -> bool:
    return bool(named) and all(kind != "community" for kind, _ in named)


class Reason(NamedTuple):
    """Whether an account sees a record, and the rule that decides it."""

    sees: bool
    rule: str


def explain(caller: Caller, directory: Directory, label: Label, added_us: int) -> Reason:
    """Why the caller sees, or does not see, a record with this label."""
    found = scope(caller, directory)
    rule = _obstacle(caller, directory, found, label, added_us)
    permission = _permission(directory.collections[label.collection], label)
    return Reason(found.admits(label, added_us), rule or permission)


def _obstacle(
    caller: Caller, directory: Directory, found: Scope, label: Label, added_us: int
) -> str:
    """The first rule that stands in the way; empty: none does."""
    collection = directory.collections[label.collection]
    windows = found.readable.get(label.collection, ())
    if _account(caller, directory) is None and not collection.public:
        return "the account is unknown or switched off, and the collection is not public"
    if not windows:
        return "no grant lets its organisation, or a circle it belongs to, read the collection"
    if all(label.tlp > window.ceiling for window in windows):
        highest = max(window.ceiling for window in windows)
        return f"the object is {label.tlp}; its grants and its clearance end at {highest}"
    if label.audience and label.audience.isdisjoint(found.subjects):
        return "the object has an audience, and the account's organisation is not part of it"
    since = found.since(label)
    if since is not None and since > added_us:
        return "the object was added before the account's organisation was let in"
    return ""


def _permission(collection: Collection, label: Label) -> str:
    way = f"a grant lets it read {label.tlp} in this collection"
    if collection.public and label.tlp is Tlp.CLEAR:
        way = "the collection is public"
    audience = "its organisation is in the audience" if label.audience else "it has no audience"
    return f"{way}, and {audience}"
