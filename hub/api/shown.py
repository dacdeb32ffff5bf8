"""From what the services say to what the doors of search answer."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from hub.api import shapes
from hub.language.fields import VALUES
from hub.language.values import show
from hub.model.clock import format_us
from hub.model.party import Collection, Directory
from hub.model.query import Scope
from hub.model.search import Document, Facet, Piece, Term
from hub.model.tlp import Tlp
from hub.service.lookup import Answer
from hub.service.matched import How, Match
from hub.service.search import Hit, keys_of, readable


class _Named(msgspec.Struct):
    name: Any = ""
    value: Any = ""


_decode = msgspec.json.Decoder(_Named).decode


class Shower:
    """Names collections as the caller knows them."""

    def __init__(self, scope: Scope, directory: Directory) -> None:
        self._collections = {item.key: item for item in readable(scope, directory)}
        self._names = keys_of(scope, directory)

    def place(self, key: int) -> shapes.Place:
        """A collection that the caller reads."""
        item = self._collections[key]
        return shapes.Place(item.id, item.alias, item.title, item.root)

    def alias(self, key: int) -> str:
        """What a query calls it: the alias, or the id where several roots have one of that name."""
        item = self._collections[key]
        return item.alias if item.alias.casefold() in self._names else item.id

    def hit(self, hit: Hit) -> shapes.Hit:
        """An object that was found."""
        piece = hit.piece
        return shapes.Hit(
            piece.object_id,
            piece.type,
            piece.version,
            name_of(piece),
            self.place(piece.collection),
            piece.publisher,
            _marking(piece.tlp),
            format_us(piece.added_us),
            [_reason(match) for match in hit.matched],
            msgspec.Raw(piece.raw),
        )

    def version(self, piece: Piece) -> shapes.Version:
        """Where a version is."""
        return shapes.Version(
            piece.version,
            self.place(piece.collection),
            piece.publisher,
            _marking(piece.tlp),
            format_us(piece.added_us),
        )

    def facet(self, facet: Facet) -> shapes.Facet:
        """The counts of a field."""
        if facet.counts is None:
            return shapes.Facet(facet.field, None)
        return shapes.Facet(
            facet.field,
            [
                shapes.FacetValue(*self.named(facet.field, item.key), item.records)
                for item in facet.counts
            ],
        )

    def named(self, field: str, key: str) -> tuple[str, str]:
        """A key of a field as a query takes it, and as people read it."""
        if field == "collection":
            return self.alias(int(key)), self._collections[int(key)].title
        if field == "tlp":
            return key, f"TLP:{key.upper()}"
        shown = show(Term(field, key))
        return shown, shown

    def collections(self, beginning: str) -> list[Collection]:
        """Those whose alias, id or title begins so."""
        wanted = beginning.casefold()
        return [
            item
            for item in self._collections.values()
            if any(
                text.casefold().startswith(wanted) for text in (item.alias, item.id, item.title)
            )
        ]


def name_of(piece: Piece) -> str:
    """What people call an object; empty when it has no name."""
    found = _decode(piece.raw)
    return next((text for text in (found.name, found.value) if text and isinstance(text, str)), "")


def values_of(document: Document) -> list[shapes.Value]:
    """The observables of an object."""
    return [_value(term) for term in sorted(document.terms) if term.field in VALUES]


def values(terms: list[Term]) -> list[shapes.Value]:
    """Some terms."""
    return [_value(term) for term in terms]


def looked(answer: Answer) -> shapes.Looked:
    """What is known of a pasted value."""
    summary = answer.summary
    if summary is None:
        return shapes.Looked(answer.given, answer.state)
    field, value = summary.term.field, show(summary.term)
    if not summary.records:
        return shapes.Looked(answer.given, answer.state, field, value)
    return shapes.Looked(
        answer.given,
        answer.state,
        field,
        value,
        summary.records,
        format_us(summary.first_us),
        format_us(summary.last_us),
        _marking(summary.tlp),
        list(summary.publishers),
    )


def _reason(match: Match) -> shapes.Reason:
    words = match.how in {How.NAME, How.WORDS}
    text = match.key if words else show(Term(match.field, match.key))
    return shapes.Reason(cast("shapes.How", match.how.name.lower()), match.field, text)


def _marking(tlp: Tlp) -> shapes.Marking:
    return cast("shapes.Marking", tlp.text)


def _value(term: Term) -> shapes.Value:
    return shapes.Value(term.field, show(term))
