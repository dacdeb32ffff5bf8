"""Values that no list may hold, whoever published them: a device would stop what people need.

What is set aside for documentation may leave: nobody loses anything by it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hub.intake.benign import Benign
from hub.intake.concerns import weighed
from hub.intake.lists import entries
from hub.language.hosts import domain_of
from hub.model.intake import Concern, Item
from hub.service.outlet.wish import Left
from hub.stix.equalities import Equal

_REASONS: dict[Concern, Left] = {
    "broad": Left.BROAD,
    "private": Left.INTERNAL,
    "reserved": Left.INTERNAL,
    "own": Left.OWN,
    "resolver": Left.LISTED,
    "popular": Left.LISTED,
    "vendor": Left.LISTED,
    "empty-file": Left.LISTED,
}
_HASHES = ("common-ioc-false-positive",)
_CONTACT = re.compile(r"(?:security|noc|soc|abuse)@.*")


class Never(NamedTuple):
    """What is in no file of a caller, beside what is in none at all."""

    own_domains: frozenset[str] = frozenset()
    """Domains of the organisations of this hub, in lower case"""
    benign: Benign = Benign()
    """The warning lists of the hub and of the caller's organisation"""


def refusal(equal: Equal, never: Never) -> Left | None:
    """Why a value may not leave; None: it may."""
    field, key = equal.field, equal.key
    if field == "url":
        # What stands behind `#` is not sent: it makes no page of a site.
        key = key.partition("#")[0].rstrip("/?")
    item = weighed(Item(field, key, equal.text), never.own_domains)
    if "broad" in item.concerns:
        return Left.BROAD
    if _is_known(field, key) or never.benign.has(field, key) or never.benign.is_behind(field, key):
        return Left.LISTED
    if field == "domain" and any(own.endswith(f".{domain_of(key)}") for own in never.own_domains):
        return Left.OWN
    return next((_REASONS[name] for name in item.concerns if name in _REASONS), None)


def _is_known(field: str, key: str) -> bool:
    """Whether it is the hash of a file, or an address of mail, that everybody has."""
    if field == "hash":
        return any(key in entries(name) for name in _HASHES)
    return field == "email" and _CONTACT.fullmatch(key) is not None
