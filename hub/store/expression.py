"""A query as one expression of FTS5, and conditions on `found` for what FTS5 cannot say: ranges.

`w` is the row of `words`, `f` that of `found`. A part that holds a range becomes a condition; in
it, parts without one look into `words` by themselves. Nothing of a query stands in the SQL: the
expression and all values are bound, and in the expression every token is in quotes and has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hub.model.search import AllOf, AnyOf, Between, Has, Node, Not, Starts, Within, Words
from hub.store.filters import Where
from hub.store.index import ALL, NUMBERS, digits, spelled, token

NOTHING = '"!none"'
"""No record has this token."""

EVERY = f'"{ALL}"'

_DEEPEST = 8
"""FTS5 reads no more than some thirty brackets inside of each other."""

_BITS = {4: 32, 6: 128}
_LOW, _HIGH = -(1 << 63), (1 << 63) - 1
"""All numbers that SQLite knows"""

_NUMBERS = {"added": "w.rowid", "tlp": "f.tlp"} | {name: f"f.{name}" for name in NUMBERS}


class Wanted(NamedTuple):
    """What a query asks for."""

    match: str
    """Expression of FTS5"""
    where: Where
    """All that it does not say"""
    low_us: int = _LOW
    high_us: int = _HIGH
    """Between which dates added, ends included"""


def wanted(node: Node) -> Wanted:
    """The query as what SQLite is asked."""
    matches: list[str] = []
    rest: list[Where] = []
    low, high = _LOW, _HIGH
    for part in _conjuncts(node):
        match = _match(part)
        if match is not None:
            matches.append(match)
        elif isinstance(part, Between) and part.field == "added":
            low, high = max(low, _bound(part.low, low)), min(high, _bound(part.high, high))
        else:
            rest.append(_condition(part))
    return Wanted(_joined(matches, " AND ") or EVERY, _all(rest), low, high)


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, AllOf):
        for part in node.nodes:
            yield from _conjuncts(part)
    else:
        yield node


def _match(node: Node, depth: int = 0) -> str | None:
    """The node in the language of FTS5; None: it has a range, or brackets too deep."""
    if depth > _DEEPEST:
        return None
    match node:
        case Has():
            return _any(_quoted(token(node.field, key)) for key in node.keys)
        case Starts():
            return _quoted(token(node.field, node.beginning)) + " *"
        case Within():
            return _within(node)
        case Words():
            return _phrase(node)
        case Between():
            return None
        case Not():
            inner = _match(node.node, depth + 1)
            return None if inner is None else f"({EVERY} NOT {inner})"
        case AllOf():
            return _several(node.nodes, " AND ", EVERY, depth)
        case AnyOf():
            return _several(node.nodes, " OR ", NOTHING, depth)


def _several(nodes: tuple[Node, ...], sign: str, of_none: str, depth: int) -> str | None:
    parts: list[str] = []
    for node in nodes:
        part = _match(node, depth + 1)
        if part is None:
            return None
        parts.append(part)
    return _joined(parts, sign) or of_none


def _quoted(text: str) -> str:
    return f'"{text}"'


def _joined(parts: list[str], sign: str) -> str:
    return f"({sign.join(parts)})" if len(parts) > 1 else "".join(parts)


def _any(parts: Iterator[str]) -> str:
    return _joined(list(parts), " OR ") or NOTHING


def _phrase(node: Words) -> str:
    columns = "names" if node.name else "{names texts}"
    # A word that no text can hold is found nowhere: spelled so, it stays one word.
    words = " ".join(spelled(word) for word in node.words)
    return f"({columns} : {_quoted(words)}{' *' if node.begins else ''})"


def _within(node: Within) -> str:
    """What begins in the range, by digits that it has in common; and every network around it."""
    version, bits = node.version, _BITS[node.version]
    parts = [
        _quoted(digits(version, low)[: 2 + (bits - free) // 4]) + " *"
        for low, free in _blocks(node.low, node.high)
    ]
    for free in range(1, bits + 1):
        network = node.low >> free << free
        # One that begins inside has been found already.
        if network < node.low:
            parts.append(_quoted(f"{digits(version, network)}/{bits - free}"))
    return _any(iter(parts))


def _blocks(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The range in blocks of all addresses that share their first hexadecimal digits."""
    while low <= high:
        free = 0
        while low % (16 << free) == 0 and low + (16 << free) - 1 <= high:
            free += 4
        yield low, free
        low += 1 << free


def _condition(node: Node) -> Where:
    match = _match(node)
    if match is not None:
        return Where("f.added_us IN (SELECT rowid FROM words WHERE words MATCH ?)", [match])
    match node:
        case Between():
            return _between(node)
        case Not():
            inner = _condition(node.node)
            return Where(f"NOT ({inner.sql})", inner.args)
        case AllOf():
            return _all([_condition(part) for part in node.nodes])
        case AnyOf():
            parts = [_condition(part) for part in node.nodes]
            text = " OR ".join(f"({part.sql})" for part in parts)
            return Where(text, [arg for part in parts for arg in part.args])
        case _:
            raise AssertionError(node)


def _all(parts: list[Where]) -> Where:
    text = " AND ".join(f"({part.sql})" for part in parts) or "1"
    return Where(text, [arg for part in parts for arg in part.args])


def _between(node: Between) -> Where:
    """Never NULL: what has no such number is not in the range, and is in what the range is not."""
    column = _NUMBERS[node.field]
    return Where(
        f"{column} IS NOT NULL AND {column} BETWEEN ? AND ?",
        [_bound(node.low, _LOW), _bound(node.high, _HIGH)],
    )


def _bound(value: int | None, of_none: int) -> int:
    """What is beyond all numbers becomes the last of them."""
    return of_none if value is None else max(_LOW, min(_HIGH, value))
