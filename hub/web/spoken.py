"""Values, markings and audiences as pages say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.language.defang import defang
from hub.language.edit import clause
from hub.language.values import detect, read, show
from hub.model.party import Subject
from hub.model.search import Piece, Term
from hub.stix.marking import COLOUR_OF
from hub.web.address import link
from hub.web.visit import Visit

_CURLY = re.compile("[\u201c\u201d\u201e\uff02]")


class Said(NamedTuple):
    """A value as a page shows it."""

    shown: str
    """Defanged"""
    raw: str
    href: str
    """The search for it; empty: a query cannot name it"""


def query_of(field: str, text: str) -> str:
    """The query that finds a value of a field; empty: it has signs that no query can quote."""
    return "" if _CURLY.search(text) else clause(field, text)


def value_of(field: str, text: str, *, pivot: bool = True) -> Said:
    """A value as an object has it; without a field it is taken for what it looks like.

    Args:
        field: Of the query language.
        text: The value.
        pivot: Whether it links to the search for it.
    """
    if not field:
        field = next((term.field for term in detect(text)), "value")
    key = read(field, text) if pivot else None
    query = query_of(field, show(Term(field, key))) if key else ""
    return Said(defang(field, text), text, link("search", q=query) if query else "")


def term_of(term: Term) -> tuple[str, Said]:
    """Field and value of a term."""
    return term.field, value_of(term.field, show(term))


class Audience(NamedTuple):
    """For whom a record is, as far as this account may know."""

    everybody: bool
    """Whoever may read the collection"""
    own: bool
    """The organisation of the account published it, and knows whom it named."""
    names: list[str]
    """Of circles through which the account sees it; of all that its organisation named"""
    direct: bool
    """The organisation of the account was named itself."""


def audience_of(visit: Visit, piece: Piece) -> Audience:
    """For whom a record is. Other recipients are told to nobody but who named them."""
    mine: Subject = ("org", visit.scope.org)
    own = piece.publisher == visit.scope.org != ""
    others = sorted(piece.named - {mine})
    names = [_name(visit, subject) for subject in others]
    return Audience(not piece.named, own, names, mine in piece.named)


def _name(visit: Visit, subject: Subject) -> str:
    kind, name = subject
    if kind == "org":
        return visit.org_name(name)
    circle = visit.directory.circles().get(subject)
    return circle.title if circle else name


class Part(NamedTuple):
    """A part of an object that is marked on its own."""

    selectors: list[str]
    level: str
    """A colour; empty: another marking"""
    ref: str


def parts_of(obj: Mapping[str, Any]) -> list[Part]:
    """The parts with a marking of their own, as far as this view of the object has them."""
    found = []
    for marking in obj.get("granular_markings") or ():
        ref = str(marking.get("marking_ref", marking.get("lang", "")))
        tlp = COLOUR_OF.get(ref)
        selectors = [str(each) for each in marking.get("selectors", ())]
        found.append(Part(selectors, tlp.text if tlp else "", ref))
    return found


def other_markings(obj: Mapping[str, Any]) -> list[str]:
    """Ids of the markings of the whole object that are not TLP."""
    refs = obj.get("object_marking_refs")
    return [ref for ref in _texts(refs) if ref not in COLOUR_OF]


def _texts(value: Any) -> Iterable[str]:
    return (item for item in value if type(item) is str) if type(value) is list else ()
