"""What the runs of all feeds of a process work with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hub import policy
from hub.errors import ConfigError
from hub.intake.benign import Benign
from hub.model.party import Account, Caller, Collection, Directory, Subject
from hub.model.query import Scope
from hub.service.changes import by_alias
from hub.service.directory import Parties
from hub.service.feeds.definition import Feed
from hub.service.limits import Quota
from hub.service.publish import Book, Publisher
from hub.service.screening import benign_for
from hub.stix.check import Limits
from hub.store.base import Store


class Desk(NamedTuple):
    """The parts of the hub that feeds need."""

    store: Store
    parties: Parties
    quota: Quota
    limits: Limits
    """Of single objects"""
    seconds: float
    """CPU for checking the objects of one publish"""
    own_domains: tuple[str, ...]
    """Of the organisations here, in lower case"""
    clock: Callable[[], int]

    def publisher(self, log: Book) -> Publisher:
        """The one door, over a log."""
        benign = self.benign
        return Publisher(log, self.limits, seconds=self.seconds, benign=lambda: benign(""))

    def benign(self, org: str) -> Benign:
        """The warning lists that count for an organisation; empty: those of the hub alone."""
        return benign_for(self.parties.now().directory, org)


class Standing(NamedTuple):
    """As whom, where and for whom a feed publishes: as the directory has it at this moment."""

    account: Account
    scope: Scope
    collection: Collection
    audience: frozenset[Subject]
    creator: str
    """identity--UUID of the organisation"""


def standing(desk: Desk, feed: Feed) -> Standing:
    """As whom a feed publishes now.

    Raises:
        ConfigError: Its account cannot act, or is not named.
        HubError: There is no such collection, or an audience cannot be addressed.
    """
    snapshot = desk.parties.now()
    directory = snapshot.directory
    account = _account(feed, directory)
    caller = Caller(account.name, account.org, account.roles, credential=feed.job)
    scope = snapshot.scope(caller)
    if not feed.said.collection:
        raise ConfigError(f"{feed.name}: `collection` is not set: name one in its file")
    collection = by_alias(directory, feed.said.collection)
    policy.require_write(scope, collection)
    audience = policy.audience(scope, directory, collection, feed.said.audience)
    return Standing(account, scope, collection, audience, directory.orgs[account.org].id)


def _account(feed: Feed, directory: Directory) -> Account:
    name = feed.said.account
    if not name:
        raise ConfigError(f"{feed.name}: `account` is not set: name one in its file")
    account = directory.accounts.get(name)
    if account is None:
        raise ConfigError(
            f"{feed.name}: there is no account {name}: make it with `hub account add`"
        )
    if account.disabled or account.org not in directory.orgs:
        raise ConfigError(
            f"{feed.name}: the account {name} is switched off or has no organisation"
        )
    return account
