"""How strictly an object is marked, and what is left of it for those who may see less.

- A marking that the hub does not know counts as TLP:RED. Known are the TLP markings of STIX and
  OASIS, and definitions of statements that are at hand.
- The effective marking is the strictest of the object and of its parts (STIX 2.1 section 7.2).
- An object with parts that are marked more strictly than itself has views: one for each colour
  below the strictest, without the parts above it. Where a part cannot be taken out, because its
  id is made of it or its selector selects nothing, the whole object is as strict as that part.
- There is no view where the type requires what would be missing: what is left of an object that
  follows the specification follows it, too.
- Markings that contradict each other are refused: nobody can tell what the producer meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from hub.model.record import Candidate, Refusal
from hub.model.tlp import Tlp
from hub.stix.check import check
from hub.stix.decode import Limits
from hub.stix.flaw import Flaw, printable, shown
from hub.stix.ids import uuid_version
from hub.stix.marking import COLOUR_OF, is_statement
from hub.stix.redact import Spot, spot, without
from hub.stix.strict import is_valid
from hub.stix.tables import TypeTable, type_table

_NO_LIMITS = Limits(object_bytes=1 << 62, depth=1 << 30)
_MOST_PARTS = 1000
_NOTHING: frozenset[str] = frozenset()


class Terms(NamedTuple):
    """What grading depends on, beside the object."""

    default: Tlp
    """The marking of an object that carries none"""
    statements: Collection[str]
    """Ids of marking-definitions at hand that say nothing about who may see"""


class _Part(NamedTuple):
    """A selector and its colour; without a spot it stands for the whole object."""

    tlp: Tlp
    spot: Spot | None


def unknown_refs(item: Candidate) -> set[str]:
    """Markings of the object that only their definitions can tell about."""
    refs = set(item.marking_refs)
    if item.granular:
        with suppress(Flaw):
            refs |= {ref for ref, _ in _entries(msgspec.json.decode(item.raw))}
    return refs.difference(COLOUR_OF)


def defines_statement(item: Candidate) -> bool:
    """Whether the object is a marking-definition that says nothing about who may see."""
    return item.type == "marking-definition" and is_statement(msgspec.json.decode(item.raw))


def grade(item: Candidate, place: str, terms: Terms) -> Candidate | Refusal:
    """The candidate with its effective marking and its views, or why its markings are refused."""
    try:
        whole = _whole(item, terms)
        return _with_parts(item, whole, terms) if item.granular else item._replace(tlp=whole)
    except Flaw as flaw:
        return Refusal(item.object_id, item.version, flaw.reason(place))


def _whole(item: Candidate, terms: Terms) -> Tlp:
    if not item.marking_refs:
        # A definition of a marking is needed by whoever meets the marking.
        return Tlp.CLEAR if item.type == "marking-definition" else terms.default
    colours = {COLOUR_OF[ref] for ref in item.marking_refs if ref in COLOUR_OF}
    if len(colours) > 1:
        raise _contradiction("object_marking_refs", colours)
    if any(ref not in COLOUR_OF and ref not in terms.statements for ref in item.marking_refs):
        return Tlp.RED
    return colours.pop() if colours else terms.default


def _with_parts(item: Candidate, whole: Tlp, terms: Terms) -> Candidate:
    obj = msgspec.json.decode(item.raw)
    table = type_table(item.stix, item.type)
    parts = list(_parts(obj, terms, _made_of(item, table, obj)))
    base = max([whole, *(part.tlp for part in parts if part.spot is None)])
    above = {part.tlp for part in parts if part.tlp > base}
    if not above:
        return item._replace(tlp=base)
    *levels, strictest = sorted({base, *above})
    required = table.required if table else _NOTHING
    views = [_view(obj, level, parts, required) for level in levels]
    if any(views) and is_valid(obj, item.stix):
        views = [
            view for view in views if view and is_valid(msgspec.json.decode(view.raw), view.stix)
        ]
    return item._replace(tlp=strictest, views=tuple(view for view in views if view))


def _made_of(item: Candidate, table: TypeTable | None, obj: Mapping[str, Any]) -> Collection[str]:
    """Properties that the id may be made of: whoever has it could try values until they fit."""
    if table and table.derived_from:
        return table.derived_from
    # A UUID made of a name (RFC 9562 sections 5.3, 5.5 and 5.8): of which, its producer knows.
    return obj.keys() if uuid_version(item.object_id) in "358" else _NOTHING


def _view(
    obj: Mapping[str, Any],
    level: Tlp,
    parts: list[_Part],
    required: frozenset[str],
) -> Candidate | None:
    """What is left of the object for those who see up to a colour; None: nothing may be."""
    hidden = {part.spot for part in parts if part.spot and part.tlp > level}
    left = without(obj, hidden, required)
    if left is None:
        return None
    view = check(msgspec.json.encode(left), "view", _NO_LIMITS)
    # What the gate would not let in, it does not give out either.
    return view._replace(tlp=level) if isinstance(view, Candidate) else None


def _parts(obj: Mapping[str, Any], terms: Terms, made_of: Collection[str]) -> Iterator[_Part]:
    colours: dict[str, Tlp] = {}
    for ref, selectors in _entries(obj):
        if ref in terms.statements:
            continue
        tlp = COLOUR_OF.get(ref, Tlp.RED)
        for selector in selectors:
            known = colours.setdefault(selector, tlp) if ref in COLOUR_OF else tlp
            if known is not tlp:
                raise _contradiction(f"granular_markings: {printable(selector)}", {known, tlp})
            found = spot(obj, selector)
            yield _Part(tlp, None if found and found.name in made_of else found)


def _entries(obj: Mapping[str, Any]) -> Iterator[tuple[Any, list[str]]]:
    """Each marking of a part with its selectors; a `lang` is no marking of this kind."""
    markings = obj.get("granular_markings")
    if type(markings) is not list:
        raise Flaw("granular_markings", f"{shown(markings)} is no list", "send a list of markings")
    count = 0
    for marking in markings:
        selectors = marking.get("selectors") if type(marking) is dict else None
        if type(selectors) is not list or not all(type(item) is str for item in selectors):
            raise Flaw("granular_markings", "an entry has no selectors", "add a list of texts")
        count += len(selectors)
        if count > _MOST_PARTS:
            raise Flaw(
                "granular_markings",
                f"it has more than {_MOST_PARTS} selectors",
                "mark the whole object instead",
            )
        if "marking_ref" in marking:
            yield marking["marking_ref"], selectors


def _contradiction(field: str, colours: Collection[Tlp]) -> Flaw:
    names = " and ".join(str(colour) for colour in sorted(colours))
    return Flaw(field, f"it is marked {names} at once", "leave one of them")
