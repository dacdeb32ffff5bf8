"""Who may see and do what: the only place where rights are decided.

- Nothing is allowed that is not granted; an unknown, disabled or anonymous caller has no rights
  beyond collections marked public.
- Rights come from grants to the caller's organisation and to the communities it belongs to; they
  add up. Roles and the credential only take away: a reader or a read-only token never writes.
- Administrators manage the hub; they see no more data for it.
- A collection that a caller can neither read nor write does not exist for that caller.
"""

from __future__ import annotations

from typing import NamedTuple

from hub.errors import Fault, HubError
from hub.model.party import Caller, Collection, Directory, Role, Subject
from hub.model.query import Scope

_WRITERS = frozenset({Role.PUBLISHER, Role.COORDINATOR})


class Rights(NamedTuple):
    """What a caller may do in one collection, as TAXII 2.1 section 5.2.1 shows it."""

    read: bool
    write: bool


def scope(caller: Caller, directory: Directory) -> Scope:
    """All that the caller may see and do, at this moment."""
    readable = {key for key, item in directory.collections.items() if item.public}
    writable: set[int] = set()
    subjects = _subjects(caller, directory)
    writes = bool(_WRITERS & caller.roles) and not caller.read_only
    for grant in directory.grants:
        if grant.subject in subjects and grant.collection in directory.collections:
            if grant.read:
                readable.add(grant.collection)
            if grant.write and writes:
                writable.add(grant.collection)
    return Scope(
        account=caller.account,
        org=caller.org,
        readable=frozenset(readable),
        writable=frozenset(writable),
        moderates=Role.COORDINATOR in caller.roles and writes,
    )


def _subjects(caller: Caller, directory: Directory) -> frozenset[Subject]:
    account = directory.accounts.get(caller.account)
    known = account is not None and not account.disabled and account.org == caller.org
    if not known or caller.org not in directory.orgs:
        return frozenset()
    communities: set[Subject] = {
        ("community", name)
        for name, community in directory.communities.items()
        if caller.org in community.members
    }
    return frozenset({("org", caller.org), *communities})


def rights(scope: Scope, collection: Collection) -> Rights:
    """What the scope may do in the collection."""
    return Rights(collection.key in scope.readable, collection.key in scope.writable)


def require_read(scope: Scope, collection: Collection) -> None:
    """Raises HubError: DENIED for a collection that may only be written."""
    if not rights(scope, collection).read:
        raise HubError(
            Fault.DENIED,
            "this account may write to the collection but not read it",
            remedy="Ask the hub's administrator for read access.",
        )


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
    if Role.ADMINISTRATOR not in caller.roles or caller.read_only:
        raise HubError(Fault.DENIED, "only an administrator may do this")
