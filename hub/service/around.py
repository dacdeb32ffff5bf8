"""What stands around an object for whoever looks at its page, with a bound on the work.

* Of the records that refer to an object the newest `MOST` are looked at; if there are more,
  relationships, sightings, opinions and notes are asked for on their own, so that thousands of
  other references do not hide them. `more` then says that nobody counted all.
* What an object refers to itself is looked up, `MOST` ids at most.
* Everything is read in the scope. What is hidden is in no list and in no number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from hub.model.query import Scope
from hub.model.search import AllOf, Has, Node, Piece, Term
from hub.service.related import MOST_VALUES, Link, links_of, others_with, refs_of
from hub.stix.check import values_of
from hub.stix.instant import instant_us
from hub.stix.naming import title_of
from hub.store.base import Log
from hub.store.search import Finder

MOST = 200
"""Records of each kind that are looked at"""

_MOST_BYTES = 4_000_000
"""Of what is looked at: large objects end it early."""

_CHUNK = 50
_TELLING = ("sighting", "opinion", "note")
_DRAWING = ("relationship",)


class Near(NamedTuple):
    """An object near by, as far as a line of a list says it."""

    object_id: str
    type: str
    title: str
    """What people call it; empty when it has no name"""
    piece: Piece
    """Without its bytes"""


class Around(NamedTuple):
    """What is around an object."""

    links: list[Link]
    """Between the object and others, the newest first"""
    near: Mapping[str, Near]
    """The others, by id"""
    told: list[tuple[Near, dict[str, Any]]]
    """Sightings, opinions and notes about it, the newest first"""
    more: bool
    """There is more than was looked at."""
    loose: bool
    """Something of it leads to what the scope does not see, or what is not here."""


class Sightings(NamedTuple):
    """How often an object was seen."""

    records: int
    times: int
    """The sum of their counts; one without a count is one"""
    first_us: int
    """0: no sighting says so"""
    last_us: int
    where: tuple[str, ...]
    """Ids of identities and locations that saw it, as far as the scope sees them"""


class Opinions(NamedTuple):
    """What others think of an object."""

    words: tuple[tuple[str, int], ...]
    """Each of the five words with how many said it, from disagreement to agreement"""
    total: int
    agree: int
    """How many agree or strongly agree"""


OPINIONS = ("strongly-disagree", "disagree", "neutral", "agree", "strongly-agree")


class Twin(NamedTuple):
    """Another object with the same values."""

    near: Near
    terms: list[Term]


class Surroundings:
    """Questions about what is around objects."""

    def __init__(self, finder: Finder, log: Log) -> None:
        self._finder = finder
        self._log = log

    def of(self, scope: Scope, own: Piece) -> Around:
        """What is around an object of which the scope sees this record, with its bytes."""
        pieces, more = self._inward(scope, own.object_id)
        links = _between(own)
        more, links = more or len(links) > MOST, links[:MOST]
        told: list[tuple[Near, dict[str, Any]]] = []
        near: dict[str, Near] = {}
        for piece in pieces:
            # What is in several collections is one thing; the newest record comes first.
            if piece.object_id in near:
                continue
            obj = msgspec.json.decode(piece.raw)
            links += _pointing(piece, obj, own.object_id)
            if piece.type in _TELLING:
                told.append((near_of(piece, obj), obj))
            near[piece.object_id] = near_of(piece, obj)
        ends = dict.fromkeys(end for link in links for end in link[:2] if end != own.object_id)
        missing = [end for end in ends if end not in near]
        near |= {found.object_id: found for found in self.named(scope, missing[: 2 * MOST])}
        shown = {end: near[end] for end in ends if end in near}
        kept = {*shown, own.object_id}
        drawn = [link for link in dict.fromkeys(links) if kept.issuperset(link[:2])]
        return Around(
            drawn, shown, told, more or len(missing) > 2 * MOST, loose=len(shown) < len(ends)
        )

    def named(self, scope: Scope, ids: Sequence[str]) -> list[Near]:
        """Those of the objects that the scope sees, each once, in the order of the ids."""
        if not ids:
            return []
        wanted = Has("id", tuple(name.lower() for name in ids))
        found = {piece.object_id: piece for piece in self._find(scope, wanted, 3 * MOST)[0][::-1]}
        return [near_of(found[name]) for name in ids if name in found]

    def same(
        self, scope: Scope, object_id: str, values: Sequence[Term], most: int
    ) -> tuple[list[Twin], bool]:
        """Other objects that have one of its values, newest first; and whether there are more."""
        terms = values[:MOST_VALUES]
        if not terms:
            return [], False
        pieces, more = self._find(scope, others_with(object_id, terms), most)
        wanted = set(terms)
        return [
            Twin(near_of(piece), sorted(values_of(piece.raw) & wanted)) for piece in pieces
        ], more

    def referring(
        self, scope: Scope, object_id: str, before_us: int, most: int
    ) -> tuple[list[Piece], bool]:
        """Records that refer to an object, before an instant, newest first; for long lists."""
        return self._find(scope, Has("ref", (object_id.lower(),)), most, before_us)

    def _inward(self, scope: Scope, object_id: str) -> tuple[list[Piece], bool]:
        ref = Has("ref", (object_id.lower(),))
        found, more = self._find(scope, ref, MOST)
        if more:
            for types in (_DRAWING, _TELLING):
                found += self._find(scope, AllOf((ref, Has("type", types))), MOST)[0]
        newest = {piece.added_us: piece for piece in found}
        return [newest[key] for key in sorted(newest, reverse=True)], more

    def _find(
        self, scope: Scope, node: Node, most: int, before_us: int = 0
    ) -> tuple[list[Piece], bool]:
        hits = self._finder.find(scope, node, before_us, most)
        pieces: list[Piece] = []
        size = 0
        for start in range(0, len(hits.keys), _CHUNK):
            picked = self._log.pick(scope, hits.keys[start : start + _CHUNK])
            pieces += picked
            size += sum(len(piece.raw) for piece in picked)
            if size > _MOST_BYTES:
                return pieces, hits.more or start + _CHUNK < len(hits.keys)
        return pieces, hits.more


def near_of(piece: Piece, obj: Mapping[str, Any] | None = None) -> Near:
    """What a line says of an object, from its bytes or what they say."""
    found = msgspec.json.decode(piece.raw) if obj is None else obj
    return Near(piece.object_id, piece.type, title_of(found), piece._replace(raw=b""))


def sightings(object_id: str, around: Around) -> Sightings:
    """The sightings of an object, summed up."""
    found = [
        obj
        for near, obj in around.told
        if near.type == "sighting" and obj.get("sighting_of_ref") == object_id
    ]
    seen = [*_instants(found, "first_seen"), *_instants(found, "last_seen")]
    last = [*_instants(found, "last_seen"), *_instants(found, "first_seen")]
    where = dict.fromkeys(
        ref for obj in found for ref in _texts(obj.get("where_sighted_refs")) if ref in around.near
    )
    return Sightings(
        records=len(found),
        times=sum(_count(obj.get("count")) for obj in found),
        first_us=min(seen, default=0),
        last_us=max(last, default=0),
        where=tuple(where),
    )


def opinions(object_id: str, around: Around) -> Opinions:
    """The opinions about an object, counted."""
    counts = Counter(
        obj["opinion"]
        for near, obj in around.told
        if near.type == "opinion"
        and object_id in _texts(obj.get("object_refs"))
        and obj.get("opinion") in _WORDS
    )
    agree = counts["agree"] + counts["strongly-agree"]
    return Opinions(tuple((word, counts[word]) for word in OPINIONS), counts.total(), agree)


def notes(object_id: str, around: Around) -> list[Near]:
    """The notes about an object."""
    return [
        near
        for near, obj in around.told
        if near.type == "note" and object_id in _texts(obj.get("object_refs"))
    ]


_WORDS: Mapping[Any, int] = MappingProxyType({word: n for n, word in enumerate(OPINIONS)})
_MOST_TIMES = 999_999_999
"""STIX 2.1 section 5.2: what a sighting may count"""


def _between(own: Piece) -> list[Link]:
    """The arrows of the object itself, lists last; a relationship stands between its ends.

    One more than are looked at tells that there are more.
    """
    refs = refs_of(msgspec.json.decode(own.raw))
    refs.sort(key=lambda ref: ref[0].endswith("_refs"))
    return [_ending(own.object_id, name, ref) for name, ref in refs[: MOST + 1]]


def _ending(own: str, name: str, ref: str) -> Link:
    if name == "source_ref":
        return Link(ref, own, name, "")
    return Link(own, ref, name, "")


def _pointing(piece: Piece, obj: dict[str, Any], object_id: str) -> list[Link]:
    """The arrows of a record that begin or end at an object."""
    if piece.type in {"relationship", "sighting"}:
        return [link for link in links_of(piece) if object_id in link[:2]]
    return [Link(piece.object_id, object_id, n, "") for n, ref in refs_of(obj) if ref == object_id]


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value <= _MOST_TIMES else 1


def _instants(found: Iterable[Mapping[str, Any]], name: str) -> Iterator[int]:
    for obj in found:
        instant = instant_us(obj.get(name))
        if instant is not None:
            yield instant


def _texts(value: Any) -> list[str]:
    return [item for item in value if type(item) is str] if type(value) is list else []
