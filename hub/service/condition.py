"""The condition of a hub: what of its parties needs care, and how much room its disk has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Literal, NamedTuple

from hub import policy
from hub.model.clock import DAY_US
from hub.model.party import Caller, Directory
from hub.service.certificates import has_valid

_SOON_DAYS = 14
_SCARCE_BYTES = 1 << 30
_NONE_LEFT_BYTES = 64 << 20


class Flaw(StrEnum):
    """What may be wrong with a party."""

    HOMELESS = "account without organisation"
    EMPTY = "circle without members"
    UNREAD = "collection that nobody reads"
    TOKEN = "token that ends"  # noqa: S105 - no secret
    CERTIFICATE = "certificate that ends"
    SHUT_OUT = "account that needs a certificate and has none"


class Care(NamedTuple):
    """One party that needs care."""

    flaw: Flaw
    name: str
    """Of the party; of a circle with its kind, as in `group:case-12`"""
    of: str = ""
    """The account of a token or certificate, the organisation of an account"""
    until_us: int = 0
    """When a token or certificate ends, or ended"""


def cares(directory: Directory, now_us: int) -> Iterator[Care]:
    """Accounts belong somewhere, collections have readers, tokens and certificates last.

    Args:
        directory: All parties.
        now_us: What ends within two weeks from here on is told.
    """
    yield from _rights(directory)
    yield from _ending(directory, now_us + _SOON_DAYS * DAY_US)
    for account in directory.accounts.values():
        if account.certificate_only and not has_valid(directory, account.name):
            yield Care(Flaw.SHUT_OUT, account.name, account.org)


def _rights(directory: Directory) -> Iterator[Care]:
    for account in directory.accounts.values():
        if account.org not in directory.orgs:
            yield Care(Flaw.HOMELESS, account.name, account.org)
    for subject, circle in directory.circles().items():
        if not circle.members:
            yield Care(Flaw.EMPTY, ":".join(subject))
    readable = _readable(directory)
    for collection in directory.collections.values():
        if collection.key not in readable and not collection.public:
            yield Care(Flaw.UNREAD, collection.alias)


def _ending(directory: Directory, soon_us: int) -> Iterator[Care]:
    for token in directory.tokens.values():
        if token.expires_us < soon_us:
            yield Care(Flaw.TOKEN, token.id, token.account, token.expires_us)
    for item in directory.certificates.values():
        if item.expires_us < soon_us:
            yield Care(Flaw.CERTIFICATE, item.id, item.account, item.expires_us)


def _readable(directory: Directory) -> set[int]:
    """Keys of the collections that some account may read."""
    found: set[int] = set()
    for account in directory.accounts.values():
        if not account.disabled:
            caller = Caller(account.name, account.org, account.roles)
            found.update(policy.scope(caller, directory).readable)
    return found


class Room(NamedTuple):
    """Bytes on the disk of the store."""

    free: int
    store: int
    """What the store takes"""

    @property
    def state(self) -> Literal["ok", "warn", "fail"]:
        """Whether the store can grow, and be copied before an upgrade."""
        if self.free < _NONE_LEFT_BYTES:
            return "fail"
        return "warn" if self.free < max(_SCARCE_BYTES, self.store) else "ok"


def room(store: Path) -> Room:
    """The room that a store has.

    Raises:
        OSError: There is no such folder.
    """
    free = shutil.disk_usage(store.parent).free
    return Room(free, store.stat().st_size if store.exists() else 0)
