"""By what a record was found: the same value, something inside a network or below a domain, words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from hub.language.fields import VALUES
from hub.language.matcher import matches
from hub.language.values import span
from hub.model.search import AllOf, AnyOf, Has, Node, Sheet, Starts, Term, Within, Words

_DENSE = "\u0e00"
"""Scripts from Thai on are searched by pairs of signs (`hub.language.fold`)."""
_PAIR = 2
_MOST = 20
"""Of one hit: more say nothing more."""


class How(IntEnum):
    """How near it is, the most exact first."""

    VALUE = 0
    """The value that was asked for"""
    HOST = 1
    """A name below the domain"""
    NETWORK = 2
    """An address in the network, or the network around the address"""
    BEGINNING = 3
    """A value that begins so"""
    NAME = 4
    """Words of a name or alias"""
    WORDS = 5
    """Words of any text"""


class Match(NamedTuple):
    """One reason."""

    how: How
    field: str
    key: str
    """The record's value in its canonical spelling; of words those that were asked for"""


def matched(node: Node, sheet: Sheet) -> tuple[Match, ...]:
    """Why a record that matches does, without what is about its properties."""
    found = dict.fromkeys(match for leaf in _leaves(node) for match in _of(leaf, sheet))
    # Words stay in the order in which they were asked for.
    return tuple(sorted(found, key=lambda match: match.how)[:_MOST])


def _leaves(node: Node) -> Iterator[Node]:
    """What speaks for a record: not what stands below a NOT."""
    if isinstance(node, (AllOf, AnyOf)):
        for inner in node.nodes:
            yield from _leaves(inner)
    else:
        yield node


def _of(leaf: Node, sheet: Sheet) -> Iterator[Match]:
    match leaf:
        case Has(field, keys):
            wanted = {Term(field, key) for key in keys} & sheet.document.terms
            yield from (Match(How.VALUE, *term) for term in sorted(wanted) if field in VALUES)
        case Starts(field, beginning):
            yield from (_begun(term, leaf) for term in _terms(sheet, field, beginning))
        case Within():
            yield from _within(leaf, sheet)
        case Words(words):
            text = " ".join(words)
            document = sheet.document
            # Most records were found by something else: `matches` looks at each word by itself.
            if (text in document.name or text in document.words) and matches(leaf, sheet):
                how = How.NAME if leaf.name else How.WORDS
                yield Match(how, how.name.lower().replace("words", "text"), _said(words))


def _terms(sheet: Sheet, field: str, beginning: str) -> Iterator[Term]:
    if field in VALUES:
        of_field = (term for term in sheet.document.terms if term.field == field)
        yield from sorted(term for term in of_field if term.key.startswith(beginning))


def _begun(term: Term, leaf: Starts) -> Match:
    if term.key == leaf.beginning:
        return Match(How.VALUE, *term)
    # The labels of a domain are in reverse order, each with a dot: what follows is below it.
    below = term.field == "domain" and leaf.beginning.endswith(".")
    return Match(How.HOST if below else How.BEGINNING, *term)


def _within(leaf: Within, sheet: Sheet) -> Iterator[Match]:
    for term in sorted(term for term in sheet.document.terms if term.field == "ip"):
        version, low, high = span(term.key)
        if version == leaf.version and low <= leaf.high and leaf.low <= high:
            same = (low, high) == (leaf.low, leaf.high)
            yield Match(How.VALUE if same else How.NETWORK, *term)


def _said(words: Iterable[str]) -> str:
    """Folded words as people read them: of a script without spaces the pairs of signs are joined."""
    text = ""
    for word in words:
        if text and word[0] == text[-1] and word[0] >= _DENSE and len(word) == _PAIR:
            text += word[1]
        else:
            text += f" {word}" if text else word
    return text
