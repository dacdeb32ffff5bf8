"""Warning lists in force: whose count for whom, what they object to, and who changes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from hub import policy
from hub.errors import Fault, HubError
from hub.intake.benign import Benign, bare, faulty
from hub.intake.concerns import item_of_term, weighed
from hub.language.values import show
from hub.model.intake import Concern, Item, Taken
from hub.model.party import Directory, WarningList
from hub.model.search import Term
from hub.service.changes import Changer, Plan, bad, find
from hub.stix.sought import sought

MOST_LINES = 5_000
_LONGEST_LINE = 2_000
_SHOWN = 5
_HUB = ""

STOPPED: frozenset[Concern] = frozenset(
    {"broad", "private", "reserved", "resolver", "popular", "vendor", "empty-file", "listed"}
)
"""What keeps an indicator out of a screened collection, if all its values are so"""


def benign_for(directory: Directory, org: str) -> Benign:
    """The lists that count for an organisation: its own, and the hub's.

    Args:
        directory: All that there is.
        org: Slug; empty: the hub's list alone.
    """
    names = dict.fromkeys((_HUB, org))
    lists = [directory.warnings[name].lines for name in names if name in directory.warnings]
    return _benign(tuple(lists))


@lru_cache(maxsize=256)
def _benign(lists: tuple[tuple[str, ...], ...]) -> Benign:
    return Benign(line for lines in lists for line in lines)


def looked_up(item: Item, benign: Benign) -> Item:
    """The item, with a concern more if a list has it, or has something in it.

    It is not published then unless chosen.
    """
    term = item.field, item.key
    if "listed" in item.concerns or not (benign.has(*term) or benign.is_behind(*term)):
        return item
    return msgspec.structs.replace(item, concerns=(*item.concerns, "listed"), keep=False)


def looked_through(taken: Taken, benign: Benign) -> Taken:
    """A submission whose values were looked up."""
    items = tuple(looked_up(item, benign) for item in taken.items)
    return msgspec.structs.replace(taken, items=items)


def concerns_of(term: Term, benign: Benign) -> tuple[Concern, ...]:
    """Why a value may better not be published or blocked, by the built-in lists and these."""
    return looked_up(weighed(item_of_term(term), ()), benign).concerns


def objection(obj: dict[str, Any], benign: Benign) -> str:
    """The values for which an indicator has no place in a screened collection; empty: it has one.

    One value that is on no list is enough: the others tell more about it.
    """
    terms, whole = sought(obj)
    found = [(term, STOPPED.intersection(concerns_of(term, benign))) for term in terms]
    if not found or not whole or not all(concerns for _, concerns in found):
        return ""
    return ", ".join(f"{show(term)} ({', '.join(sorted(why))})" for term, why in found[:_SHOWN])


class WarningLists(Changer):
    """Changes of warning lists, by those who publish for an organisation or manage the hub."""

    def put(self, owner: str, lines: Sequence[str]) -> WarningList:
        """Store a list in place of the one before; without a line there is none.

        Args:
            owner: Slug of the organisation; empty: the hub's.
            lines: As `hub.intake.benign` reads them.

        Raises:
            HubError: DENIED for a list of others, ABSENT for an organisation that is not there,
                BAD_REQUEST names the lines that are no values; nothing is stored then.
        """
        if not policy.decides(self.caller, owner):
            raise HubError(
                Fault.DENIED,
                "this account may not change that warning list",
                remedy="A publisher of the organisation, or an administrator of the hub, may.",
            )
        kept = tuple(line.rstrip() for line in lines if line.strip())
        _check(kept)
        made = WarningList(owner, kept)

        def plan(directory: Directory) -> Plan:
            if owner:
                find(directory.orgs, owner, "organisation")
            known = [directory.warnings[owner]] if owner in directory.warnings else []
            many = sum(bool(bare(line)) for line in kept)
            detail = f"{many} values"
            puts, drops = ([made], []) if kept else ([], known)
            return Plan(puts, drops, "warnings.put", owner or "hub", detail)

        self.change(plan)
        return made


def _check(lines: Sequence[str]) -> None:
    if len(lines) > MOST_LINES:
        raise bad(
            "lines", f"{len(lines)} lines are more than the {MOST_LINES} that one list holds"
        )
    if any(len(line) > _LONGEST_LINE for line in lines):
        raise bad("lines", f"a line has more than {_LONGEST_LINE} characters")
    wrong = faulty(lines)
    if wrong:
        named = "; ".join(f"line {each.line}: {each.text[:80]!r}" for each in wrong[:_SHOWN])
        raise bad(
            "lines",
            f"{len(wrong)} of the lines hold no value: {named}",
            "Write a domain, an address, a network, a URL, a hash or an e-mail address in each "
            "line, and comments behind ` # `.",
        )
