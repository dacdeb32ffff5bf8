"""Which organisations will receive a publish: what `hub.policy` lets their accounts see.

It decides nothing: each account is asked for its scope, and the scope whether it admits the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from hub import policy
from hub.model.party import Caller, Directory
from hub.model.query import Label, Scope
from hub.model.tlp import Tlp


class Unreached(NamedTuple):
    """An organisation that reads the collection and will not receive what is published."""

    org: str
    reason: Literal["ceiling", "clearance", "audience", "later", "account"]
    """What stands in the way first: the marking is above what it may read there; above what its
    accounts are cleared for; it is not in the audience; it belongs from a later instant on; no
    account of it is switched on."""


class Delivery(NamedTuple):
    """Who receives what is published, by slugs of organisations in alphabetical order."""

    orgs: tuple[str, ...]
    unreached: tuple[Unreached, ...]
    """Of those that read the collection; about others nothing is said."""
    public: bool
    """Anybody reads it, without logging in."""


def delivery(scope: Scope, directory: Directory, label: Label, at_us: int) -> Delivery:
    """Which organisations will receive what the scope is about to publish.

    An organisation receives it if one of its accounts sees it. That tells a publisher who reads a
    collection that it may write, and no more.

    Args:
        scope: Who publishes.
        directory: All that there is.
        label: Collection, effective marking and audience (`hub.policy.audience`).
        at_us: When it is published.

    Raises:
        HubError: DENIED without the right to write there.
    """
    collection = directory.collections[label.collection]
    policy.require_write(scope, collection)
    everybody = collection.public and label.tlp is Tlp.CLEAR and not label.audience
    readers = policy.readers(directory, collection)
    seen, unreached = [], []
    for slug in sorted(directory.orgs):
        scopes = list(_scopes_of(slug, directory))
        if any(found.admits(label, at_us) for found in scopes):
            seen.append(slug)
        elif ("org", slug) in readers:
            unreached.append(Unreached(slug, _lack(scopes, slug, directory, (label, at_us))))
    return Delivery(tuple(seen), tuple(unreached), everybody)


def _scopes_of(slug: str, directory: Directory) -> Iterator[Scope]:
    """What the accounts of an organisation see: those with the same clearance see the same."""
    by_clearance = {
        account.clearance: account
        for account in directory.accounts.values()
        if account.org == slug and not account.disabled
    }
    for account in by_clearance.values():
        yield policy.scope(Caller(account.name, slug, account.roles), directory)


def _lack(
    scopes: Sequence[Scope], slug: str, directory: Directory, what: tuple[Label, int]
) -> Literal["ceiling", "clearance", "audience", "later", "account"]:
    """What stands first in the way of an organisation that reads the collection."""
    label, _ = what
    if not scopes:
        return "account"
    subjects = policy.belongs(slug, directory)
    ceiling = max(
        grant.ceiling
        for grant in directory.grants
        if grant.read and grant.collection == label.collection and grant.subject in subjects
    )
    if label.tlp > ceiling:
        return "ceiling"
    if label.audience and label.audience.isdisjoint(subjects):
        return "audience"
    if all(found.since(label) is None for found in scopes):
        return "clearance"
    return "later"
