"""Hits as rows: what a person recognises an object by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from hub.language.fields import VALUES
from hub.language.fold import fold
from hub.language.refang import refang
from hub.language.values import derived, show
from hub.model.search import Term
from hub.service.matched import How, Match
from hub.service.search import Hit

_SHOWN = 2
"""Values of a row; the others are a number."""

_REASONS = 3
_LABELS = 4
_LONGEST = 160
_WORD = re.compile(r"[^\s()\"“”:,;]+")
_ORDER = ("url", "domain", "ip", "email", "hash", "file", "mac", "asn", "value", "cve", "attack")


class _Said(msgspec.Struct):
    """The members of an object that a row may show; anything may be in them."""

    name: Any = ""
    value: Any = ""
    content: Any = ""
    relationship_type: Any = ""
    source_ref: Any = ""
    target_ref: Any = ""
    sighting_of_ref: Any = ""


_decode = msgspec.json.Decoder(_Said).decode


class Reason(NamedTuple):
    """Why an object was found."""

    how: How
    field: str
    key: str
    is_shown: bool
    """The row has the value anyway"""

    @property
    def is_words(self) -> bool:
        """Whether words were found, and no value."""
        return self.how in {How.NAME, How.WORDS}


class Row(NamedTuple):
    """One hit."""

    id: str
    type: str
    name: str
    """Empty when it has none"""
    link: tuple[str, str, str]
    """Of a relationship: type of its source, what it is, type of its target; else empty texts"""
    sighted: str
    """Of a sighting: the type of what was seen"""
    values: tuple[Term, ...]
    asked: frozenset[tuple[str, str]]
    """Those of its values that were asked for"""
    others: int
    """Values that are not shown"""
    added_us: int
    tlp: str
    publisher: str
    collection: int
    reasons: tuple[Reason, ...]
    labels: tuple[str, ...]
    numbers: dict[str, int]
    """`created`, `modified`, `confidence`, as far as it has them"""


def row_of(hit: Hit) -> Row:
    """A hit as a row."""
    piece, said = hit.piece, _decode(hit.piece.raw)
    name, values = _titled(_cut(said.name), _values(hit))
    shown = values[:_SHOWN]
    return Row(
        piece.object_id,
        piece.type,
        name or ("" if values else _cut(said.value) or _cut(said.content)),
        _link(said),
        _type(said.sighting_of_ref),
        shown,
        frozenset((match.field, match.key) for match in hit.matched if match.how is How.VALUE),
        len(values) - len(shown),
        piece.added_us,
        piece.tlp.text,
        piece.publisher,
        piece.collection,
        tuple(reasons(hit.matched, shown))[:_REASONS],
        tuple(sorted(t.key for t in hit.document.terms if t.field == "label"))[:_LABELS],
        dict(hit.document.numbers),
    )


def _values(hit: Hit) -> tuple[Term, ...]:
    """Its observables, those that were asked for first, without what follows from another one."""
    found = {term for term in hit.document.terms if term.field in VALUES}
    asked = {(match.field, match.key) for match in hit.matched}
    implied = {each for term in found for each in derived(term)}
    kept = [term for term in found if term in asked or term not in implied]
    return tuple(sorted(kept, key=lambda t: (t not in asked, _ORDER.index(t.field), t.key)))


def _titled(name: str, values: tuple[Term, ...]) -> tuple[str, tuple[Term, ...]]:
    """A name that is one of the values is no name: that value stands first, once and defanged."""
    meant = refang(name).casefold()
    for value in values if name else ():
        if show(value).casefold() == meant:
            return "", (value, *(each for each in values if each != value))
    return name, values


def reasons(found: Iterable[Match], shown: tuple[Term, ...]) -> Iterable[Reason]:
    """Without those that the row says by itself: a value that is what was asked for, its words too."""
    found = tuple(found)
    valued = {tuple(fold(match.key)) for match in found if match.how is How.VALUE}
    for match in found:
        is_shown = Term(match.field, match.key) in shown
        is_worded = match.how in {How.NAME, How.WORDS} and tuple(fold(match.key)) in valued
        if not is_worded and (match.how is not How.VALUE or not is_shown):
            yield Reason(*match, is_shown)


def as_typed(query: str) -> Callable[[str], str]:
    """Says words that were found as they stand in a query, with their accents and capitals."""
    typed = {folded[0]: word for word in _WORD.findall(query) if len(folded := fold(word)) == 1}
    return lambda words: " ".join(typed.get(word, word) for word in words.split(" "))


def _link(said: _Said) -> tuple[str, str, str]:
    ends = _type(said.source_ref), _type(said.target_ref)
    return (ends[0], _cut(said.relationship_type), ends[1]) if all(ends) else ("", "", "")


def _type(ref: Any) -> str:
    kind, mark, _ = ref.partition("--") if isinstance(ref, str) else ("", "", "")
    return kind[:_LONGEST] if mark else ""


def _cut(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
