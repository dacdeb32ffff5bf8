"""Changes to the directory of parties: planned on the newest one, written with an audit line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from hub.errors import Fault, HubError
from hub.model.party import (
    Account,
    Caller,
    Certificate,
    Collection,
    Community,
    Directory,
    Group,
    Organisation,
    Party,
    Token,
)
from hub.store.base import Act, Registry, Stale

_SLUG = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
_TRIES = 20

P = TypeVar("P", Organisation, Community, Group, Account, Token, Certificate, Collection)


Guard = Callable[[Directory], None]
"""Raises HubError when a change must not be made to the directory as it is"""


class Outdated(HubError):
    """Somebody else changed meanwhile what was to be changed. Nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            Fault.BAD_REQUEST,
            "somebody else changed this meanwhile, and nothing was written",
            field="seen",
            remedy="Look at what it is now, and send the form again if it is still right.",
        )


class Plan(NamedTuple):
    """A change to the directory, before it is written."""

    puts: Sequence[Party]
    drops: Sequence[Party]
    action: str
    target: str
    detail: str = ""


def unguarded(_: Directory) -> None:
    """The guard of changes that are made whatever the directory is."""


class Changer:
    """Changes on behalf of somebody.

    Args:
        registry: Where parties are kept.
        caller: Who acts.
        guard: Looks at the very directory that is changed: for what somebody decided after they
            were shown an earlier one.
    """

    def __init__(self, registry: Registry, caller: Caller, guard: Guard = unguarded) -> None:
        self.caller = caller
        self._registry = registry
        self._guard = guard

    def change(self, plan: Callable[[Directory], Plan]) -> Directory:
        """Plan on the newest directory and write; start over when somebody else was faster.

        Raises:
            HubError: What the guard or `plan` raises, or BUSY when others keep writing.
        """
        for _ in range(_TRIES):
            directory = self._registry.directory()
            self._guard(directory)
            made = plan(directory)
            act = Act(self.caller.account, self.caller.org, made.action, made.target, made.detail)
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
        raise bad("collection", f"several API roots have a collection {name}", "Use its id.")
    return found[0]


def check_form(shape: re.Pattern[str], field: str, value: str, remedy: str) -> None:
    """Raises HubError: BAD_REQUEST for a value of another form; the remedy says which it is."""
    if not shape.fullmatch(value):
        raise bad(field, f"{value[:80]!r} does not have the form of this field", remedy)


def check_slug(field: str, value: str) -> None:
    """Raises HubError: BAD_REQUEST for a name that cannot stand in rights and addresses."""
    check_form(
        _SLUG,
        field,
        value,
        "Write at most 63 small letters, digits and . _ @ -, a letter or digit first.",
    )


def bad(field: str, reason: str, remedy: str = "") -> HubError:
    """A value that cannot be taken."""
    return HubError(Fault.BAD_REQUEST, reason, field=field, remedy=remedy)
