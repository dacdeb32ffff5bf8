"""All relations of an object, a page at a time: the list beside its picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from hub.model.query import Scope
from hub.model.search import Piece
from hub.service.around import Near, Surroundings, near_of
from hub.service.graph import relation_of
from hub.service.related import links_of, refs_of

STEP = 50
"""Rows of a page"""

_ENDS = {
    "relationship": frozenset({"source_ref", "target_ref"}),
    "sighting": frozenset({"where_sighted_refs", "observed_data_refs", "sighting_of_ref"}),
}
"""What `links_of` has already"""


class Row(NamedTuple):
    """One relation."""

    relation: str
    """A `relationship_type`, or the property that refers"""
    inverse: bool
    """It is said of the other object: the words are those of the other direction."""
    other_id: str
    other: Near | None
    """None: it is not here, or hidden from this account"""
    by: Near | None
    """The relationship or sighting that says so"""


class Rows(NamedTuple):
    """A page of them."""

    rows: list[Row]
    next: int
    """Where the next page begins; 0: there is none"""


def outward(
    around: Surroundings, scope: Scope, obj: Mapping[str, Any], of: str, first: int
) -> Rows:
    """What the object refers to, in its own order; `of`: only objects of this type."""
    refs = [(name, ref) for name, ref in refs_of(dict(obj)) if _fits(ref, of)]
    shown = refs[first : first + STEP]
    near = _by_id(around.named(scope, list(dict.fromkeys(ref for _, ref in shown))))
    rows = [
        Row(name, inverse=False, other_id=ref, other=near.get(ref), by=None) for name, ref in shown
    ]
    return Rows(rows, first + STEP if first + STEP < len(refs) else 0)


def referring(around: Surroundings, scope: Scope, object_id: str, of: str, before_us: int) -> Rows:
    """What refers to the object, newest first, with the other ends of relationships."""
    pieces, more = around.referring(scope, object_id, before_us, STEP)
    found = [row for piece in pieces for row in _rows(piece, object_id)]
    # What is in several collections is said once, at least on one page.
    by_what = {
        (row.relation, row.other_id, row.by and row.by.object_id): row for row in found[::-1]
    }
    rows = [row for row in list(by_what.values())[::-1] if _fits(row.other_id, of)]
    missing = dict.fromkeys(row.other_id for row in rows if row.other is None)
    near = _by_id(around.named(scope, list(missing)[: 2 * STEP]))
    rows = [row._replace(other=row.other or near.get(row.other_id)) for row in rows]
    # Who sees a relationship reads the ids of its ends; a hidden end is nothing more than that.
    return Rows(rows, pieces[-1].added_us if more and pieces else 0)


def _rows(piece: Piece, object_id: str) -> Iterator[Row]:
    own = near_of(piece)
    for link in dict.fromkeys(links_of(piece)):
        if object_id in link[:2]:
            other = link.source if link.target == object_id else link.target
            # "Was seen by" is said of what was seen, at the end of the arrow.
            inverse = (link.target == object_id) is not (
                link.relation == "sighting" and link.by != ""
            )
            is_own = other == own.object_id
            near, by = (own, None) if is_own else (None, own)
            yield Row(relation_of(link), inverse, other, near, by)
    if piece.type in _ENDS:
        for name, ref in refs_of(msgspec.json.decode(piece.raw)):
            if ref == object_id and name not in _ENDS[piece.type]:
                yield Row(name, inverse=True, other_id=own.object_id, other=own, by=None)


def _fits(object_id: str, of: str) -> bool:
    return not of or object_id.startswith(f"{of}--")


def _by_id(found: Iterable[Near]) -> dict[str, Near]:
    return {near.object_id: near for near in found}
