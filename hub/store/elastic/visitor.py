"""Queries and scopes as filters of Elasticsearch.

Every filter is exact: none of them scores, expands up to a limit, or takes a sample. Engines that
answer the same query have to answer the same.

Elasticsearch bounds how deep queries are nested (30) and how many parts they have together (1024
or more). So what stands in one `bool` is kept in one: conditions, exclusions and one choice. A
query beyond is refused by name, which `hub.store.elastic.client` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any, assert_never

from hub.language.fold import GAP
from hub.model.search import AllOf, AnyOf, Between, Has, Node, Not, Starts, Within, Words
from hub.model.tlp import Tlp
from hub.store.elastic.client import TooMuch
from hub.store.elastic.mapping import KEYWORDS, LONGEST

Filter = dict[str, Any]

EVERY: Filter = {"match_all": {}}
NONE: Filter = {"match_none": {}}

MOST_TERMS = 60_000
"""Values of one filter; Elasticsearch takes 65,536."""

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


def filter_of(node: Node) -> Filter:
    """The filter that means the same as the node."""
    match node:
        case AllOf() | Not():
            return _all((node,))
        case AnyOf(nodes):
            return any_of([filter_of(part) for part in nodes])
        case _:
            return _leaf(node)


def _leaf(node: Has | Starts | Within | Words | Between) -> Filter:
    match node:
        case Has(field, keys):
            return _has(field, keys)
        case Starts(field, beginning):
            return _starts(field, beginning)
        case Within(version, low, high):
            return _within(version, low, high)
        case Words(words, begins, name):
            return _words(words, begins=begins, name=name)
        case Between(field, low, high):
            return _between(field, low, high)
        case _:
            assert_never(node)


def _has(field: str, keys: Sequence[str]) -> Filter:
    if field == "tlp":
        return has(field, [int(tlp) for tlp in Tlp if tlp.text in keys])
    return has(field, keys) if field in KEYWORDS else NONE


def _starts(field: str, beginning: str) -> Filter:
    if field == "tlp":
        return has(field, [int(tlp) for tlp in Tlp if tlp.text.startswith(beginning)])
    return {"prefix": {field: {"value": beginning}}} if field in KEYWORDS else NONE


def has(field: str, keys: Sequence[str | int]) -> Filter:
    """The field has one of the keys."""
    if not keys:
        return NONE
    parts = [keys[at : at + MOST_TERMS] for at in range(0, len(keys), MOST_TERMS)]
    return any_of([{"terms": {field: list(part)}} for part in parts])


def any_of(filters: Sequence[Filter]) -> Filter:
    """One of them holds."""
    if len(filters) == 1:
        return filters[0]
    return {"bool": {"should": list(filters), "minimum_should_match": 1}} if filters else NONE


def _all(nodes: Iterable[Node]) -> Filter:
    """All of the nodes hold, in one `bool`, with the first choice among them."""
    must: list[Filter] = []
    never: list[Filter] = []
    choice: Sequence[Node] | None = None
    for node in _flat(nodes):
        match node:
            case Not(inner):
                never.append(filter_of(inner))
            case AnyOf(nodes) if choice is None and len(nodes) > 1:
                choice = nodes
            case _:
                must.append(filter_of(node))
    made: dict[str, Any] = {}
    if must:
        made["filter"] = must
    if never:
        made["must_not"] = never
    if choice is not None:
        made |= {"should": [filter_of(node) for node in choice], "minimum_should_match": 1}
    if len(must) == 1 and len(made) == 1:
        return must[0]
    return {"bool": made} if made else EVERY


def _flat(nodes: Iterable[Node]) -> Iterable[Node]:
    """The nodes without AllOf in AllOf, nor Not of Not."""
    for node in nodes:
        match node:
            case AllOf(inner):
                yield from _flat(inner)
            case Not(Not(inner)):
                yield from _flat((inner,))
            case _:
                yield node


def _within(version: int, low: int, high: int) -> Filter:
    kind = IPv4Address if version == 4 else IPv6Address  # noqa: PLR2004 - of the protocol
    bounds = {"gte": str(kind(low)), "lte": str(kind(high)), "relation": "intersects"}
    return {"range": {f"net{version}": bounds}}


def _words(words: Sequence[str], *, begins: bool, name: bool) -> Filter:
    if any(word == GAP or word.split() != [word] for word in words):
        return NONE  # no text has it as a word
    fields = ("name",) if name else ("name", "words")
    return any_of([_phrase(field, words, begins=begins) for field in fields])


def _phrase(field: str, words: Sequence[str], *, begins: bool) -> Filter:
    if len(words) == 1:
        return {"prefix": {field: {"value": words[0]}}} if begins else {"term": {field: words[0]}}
    if not begins:
        return {"match_phrase": {field: {"query": " ".join(words)}}}
    # `match_phrase_prefix` would drop what is beyond a number of words. `intervals` fails there,
    # but for beginnings that have postings of their own: by their length in UTF-8, as it counts.
    if len(words[-1].encode()) > LONGEST:
        raise TooMuch(f"a beginning behind other words has at most {LONGEST} letters here")
    whole = [{"match": {"query": word}} for word in words[:-1]]
    parts = [*whole, {"prefix": {"prefix": words[-1]}}]
    return {"intervals": {field: {"all_of": {"ordered": True, "max_gaps": 0, "intervals": parts}}}}


def _between(field: str, low: int | None, high: int | None) -> Filter:
    low = _LEAST if low is None else low
    high = _MOST if high is None else high
    if field == "tlp":
        return has(field, [int(tlp) for tlp in Tlp if low <= tlp <= high])
    if low > min(high, _MOST) or high < _LEAST:
        return NONE
    if low <= _LEAST and high >= _MOST:
        return {"exists": {"field": field}}
    return {"range": {field: {"gte": max(low, _LEAST), "lte": min(high, _MOST)}}}


def scope_filter(windows: Sequence[tuple[int, int]]) -> list[Filter]:
    """What a scope gets of the records: those it sees, without those hidden by what it sees.

    Args:
        windows: Keys of labels, each with the instant from which on its records are seen; not
            empty.
    """
    by_since: dict[int, list[int]] = defaultdict(list)
    for label, since in windows:
        by_since[since].append(label)
    groups = sorted(by_since.items())
    seen = any_of([_seen("shelf", "added", group) for group in groups])
    better = any_of([_seen("beaten.shelf", "beaten.newest", group) for group in groups])
    hidden = {"nested": {"path": "beaten", "query": better, "score_mode": "none"}}
    return [seen, {"bool": {"must_not": [hidden]}}]


def _seen(shelf: str, instant: str, group: tuple[int, list[int]]) -> Filter:
    since, labels = group
    of_label = has(shelf, labels)
    if since <= 0:
        return of_label
    return {"bool": {"filter": [of_label, {"range": {instant: {"gte": since}}}]}}
