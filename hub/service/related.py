"""What an object has to do with others: by references, relationships and sightings, by values.

Everything is found in the caller's scope, so that a neighbour that is hidden is not counted
either. The text of a visible object may name the id of a hidden one; that is all there is of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from hub.errors import Fault, HubError
from hub.language.fields import VALUES
from hub.model.query import Scope
from hub.model.search import EVERYTHING, AllOf, AnyOf, Has, Node, Not, Piece, Term
from hub.service.search import Hit, Question, Searcher, absent
from hub.stix.check import document_of
from hub.store.base import Log
from hub.store.search import Finder

MOST = 200
"""Neighbours in one answer"""

MOST_VALUES = 500
"""Values of an object that are looked for"""

_EDGES = frozenset({"relationship", "sighting"})
_ENDS = {
    "relationship": (("source_ref",), ("target_ref",)),
    "sighting": (("where_sighted_refs", "observed_data_refs"), ("sighting_of_ref",)),
}


class Link(NamedTuple):
    """An arrow between two objects."""

    source: str
    target: str
    relation: str
    """`relationship_type`, `sighting`, or the property that refers, such as `object_refs`"""
    by: str
    """Id of the relationship or sighting; empty: the source itself refers"""


class Neighbours(NamedTuple):
    """What is around an object."""

    hits: list[Hit]
    links: list[Link]
    more: bool
    """There are others"""


class Shared(NamedTuple):
    """Another object with the same values."""

    hit: Hit
    terms: list[Term]


def versions_of(
    log: Log, scope: Scope, object_id: str, version: str = ""
) -> tuple[list[Piece], Piece]:
    """Every version of an object that the scope sees, and the one that is asked for: see `Log.held`.

    Raises:
        HubError: ABSENT.
    """
    found = log.held(scope, object_id, version)
    if not found:
        raise absent(object_id)
    chosen = next((piece for piece in found if version in {"", piece.version}), None)
    if chosen is None:
        raise HubError(
            Fault.ABSENT,
            "this account sees no such version of the object",
            field="version",
            remedy="Leave it out to see which there are.",
        )
    return found, chosen


class Neighbourhood:
    """Questions about one object."""

    def __init__(self, finder: Finder, log: Log, searcher: Searcher) -> None:
        self._finder = finder
        self._log = log
        self._searcher = searcher

    def related(self, scope: Scope, object_id: str, most: int = MOST) -> Neighbours:
        """Objects at the other ends of its references, of those to it, and of relationships.

        Raises:
            HubError: ABSENT.
        """
        _, own = versions_of(self._log, scope, object_id)
        links = links_of(own)
        inward, more = self._find(scope, Has("ref", (object_id.lower(),)), most)
        for hit in inward:
            links += [link for link in links_of(hit.piece) if object_id in link[:2]]
        others = {end for link in links for end in link[:2]} - {object_id}
        # Of an object that is in several collections the newest record is shown: it comes first.
        nodes = {hit.piece.object_id: hit for hit in inward[::-1] if hit.piece.object_id in others}
        wanted = sorted(others - nodes.keys())
        found: list[Hit] = []
        if wanted:
            ids = Has("id", tuple(name.lower() for name in wanted))
            found, further = self._find(scope, ids, most)
            more = more or further
        for hit in found:
            nodes.setdefault(hit.piece.object_id, hit)
        hits = sorted(nodes.values(), key=lambda hit: -hit.piece.added_us)
        kept = {hit.piece.object_id for hit in hits[:most]} | {object_id}
        drawn = [link for link in dict.fromkeys(links) if kept.issuperset(link[:2])]
        return Neighbours(hits[:most], drawn, more or len(hits) > most)

    def same(self, scope: Scope, object_id: str, most: int = MOST) -> tuple[list[Shared], bool]:
        """Other objects that have a value of it, newest first; and whether there are more.

        Raises:
            HubError: ABSENT.
        """
        _, own = versions_of(self._log, scope, object_id)
        terms = sorted(term for term in document_of(own.raw).terms if term.field in VALUES)
        looked, left = terms[:MOST_VALUES], terms[MOST_VALUES:]
        if not looked:
            return [], False
        hits, more = self._find(scope, others_with(object_id, looked), most)
        shared = [Shared(hit, sorted(hit.document.terms.intersection(terms))) for hit in hits]
        return shared, more or bool(left)

    def _find(self, scope: Scope, node: Node, most: int) -> tuple[list[Hit], bool]:
        found = self._finder.find(scope, node, 0, most)
        return self._searcher.hits(Question(scope, EVERYTHING, 0), found.keys), found.more


def others_with(object_id: str, terms: Iterable[Term]) -> Node:
    """What finds the other objects that have one of the values."""
    keys: dict[str, list[str]] = {}
    for term in terms:
        keys.setdefault(term.field, []).append(term.key)
    having = AnyOf(tuple(Has(field, tuple(found)) for field, found in keys.items()))
    return AllOf((having, Not(Has("id", (object_id.lower(),)))))


def links_of(piece: Piece) -> list[Link]:
    """The arrows that an object draws: between its ends if it is one, else from itself."""
    obj: dict[str, Any] = msgspec.json.decode(piece.raw)
    if piece.type in _EDGES:
        sources, targets = (
            [ref for name in names for ref in _refs(obj.get(name))] for names in _ENDS[piece.type]
        )
        relation = str(obj.get("relationship_type") or piece.type)
        found = [Link(a, b, relation, piece.object_id) for a in sources for b in targets]
        # Of a sighting nobody needs to have been where.
        return found or [Link(piece.object_id, b, relation, "") for b in targets]
    return [Link(piece.object_id, ref, name, "") for name, ref in refs_of(obj)]


def refs_of(obj: dict[str, Any]) -> list[tuple[str, str]]:
    """What an object refers to, markings apart: pairs of property and id."""
    return [
        (name, ref)
        for name, value in obj.items()
        if name.endswith(("_ref", "_refs")) and name != "object_marking_refs"
        for ref in _refs(value)
    ]


def _refs(value: Any) -> Sequence[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and "--" in item]
