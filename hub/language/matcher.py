"""Whether one record is what a query asks for: the plain meaning of every node.

It is the oracle of the engines, so it looks at every term and word there is and is in no hurry.
"""

from __future__ import annotations

from typing import assert_never

from hub.language import values
from hub.language.fold import GAP
from hub.model.search import (
    AllOf,
    AnyOf,
    Between,
    Has,
    Node,
    Not,
    Sheet,
    Starts,
    Within,
    Words,
)


def matches(node: Node, sheet: Sheet) -> bool:
    """Whether the node holds of the record."""
    match node:
        case AllOf(nodes):
            return all(matches(inner, sheet) for inner in nodes)
        case AnyOf(nodes):
            return any(matches(inner, sheet) for inner in nodes)
        case Not(inner):
            return not matches(inner, sheet)
        case _:
            return _holds(node, sheet)


def _holds(node: Has | Starts | Within | Words | Between, sheet: Sheet) -> bool:
    match node:
        case Has(field, keys):
            return not keys_of(field, sheet).isdisjoint(keys)
        case Starts(field, beginning):
            return any(key.startswith(beginning) for key in keys_of(field, sheet))
        case Within():
            return any(_shares(node, key) for key in keys_of("ip", sheet))
        case Words():
            return _reads(node, sheet)
        case Between(field, low, high):
            number = _number(field, sheet)
            return number is not None and _inside(number, low, high)
        case _:
            assert_never(node)


def keys_of(field: str, sheet: Sheet) -> set[str]:
    """The keys that a record has in a field."""
    if field == "publisher":
        return {sheet.publisher}
    if field == "collection":
        return {str(sheet.collection)}
    if field == "tlp":
        return {sheet.tlp.text}
    return {term.key for term in sheet.document.terms if term.field == field}


def _shares(node: Within, key: str) -> bool:
    version, low, high = values.span(key)
    return version == node.version and low <= node.high and node.low <= high


def _reads(node: Words, sheet: Sheet) -> bool:
    document = sheet.document
    parts = [document.name] if node.name else [document.name, document.words]
    texts = [text.split() for part in parts for text in part.split(GAP)]
    return any(_stands(node, text, at) for text in texts for at in range(len(text)))


def _stands(node: Words, text: list[str], at: int) -> bool:
    """Whether the words of the node stand in the text from a place on."""
    *firsts, last = node.words
    found = text[at : at + len(node.words)]
    if len(found) < len(node.words) or found[:-1] != firsts:
        return False
    return found[-1].startswith(last) if node.begins else found[-1] == last


def _number(field: str, sheet: Sheet) -> int | None:
    if field == "added":
        return sheet.added_us
    return int(sheet.tlp) if field == "tlp" else sheet.document.numbers.get(field)


def _inside(number: int, low: int | None, high: int | None) -> bool:
    return (low is None or low <= number) and (high is None or number <= high)
