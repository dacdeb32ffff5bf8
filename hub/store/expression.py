"""A query as one expression of FTS5, and conditions on `found` for what FTS5 cannot say: ranges.

`w` is the row of `words`, `f` that of `found`. A part that holds a range becomes a condition; in
it, parts without one look into `words` by themselves. Nothing of a query stands in the SQL: the
expression and all values are bound, and in the expression every token is in quotes and has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from hub.model.search import AllOf, AnyOf, Between, Has, Node, Not, Starts, Within, Words
from hub.store.filters import Where
from hub.store.index import ALL, NUMBERS, bits_of, digits, spelled, token

NOTHING = '"!none"'
"""No record has this token."""

BEGINNING = '" *'
"""Behind the beginning of a token; nowhere else in an expression, as no token holds a quote"""

EVERY = f'"{ALL}"'

_DEEPEST = 8
"""FTS5 reads no more than some thirty brackets inside of each other."""

_LOW, _HIGH = -(1 << 63), (1 << 63) - 1
"""All numbers that SQLite knows"""

_NUMBERS = {"added": "f.added_us", "tlp": "f.tlp"} | {name: f"f.{name}" for name in NUMBERS}


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
    for part in conjuncts(node):
        match = _match(part)
        if match is not None:
            matches.append(match)
        elif isinstance(part, Between) and part.field == "added":
            low, high = max(low, _bound(part.low, low)), min(high, _bound(part.high, high))
        else:
            rest.append(condition(part))
    return Wanted(_joined(matches, " AND ") or EVERY, _all(rest), low, high)


def conjuncts(node: Node) -> Iterator[Node]:
    """What has to hold, all of it."""
    if isinstance(node, AllOf):
        for part in node.nodes:
            yield from conjuncts(part)
    else:
        yield node


def _match(node: Node, depth: int = 0) -> str | None:
    """The node in the language of FTS5; None: it has a range, or brackets too deep."""
    if depth > _DEEPEST or isinstance(node, Between):
        return None
    if isinstance(node, Not):
        inner = _match(node.node, depth + 1)
        return None if inner is None else f"({EVERY} NOT {inner})"
    if isinstance(node, AllOf):
        return _several(node.nodes, " AND ", EVERY, depth)
    if isinstance(node, AnyOf):
        return _several(node.nodes, " OR ", NOTHING, depth)
    return _leaf(node)


def _leaf(node: Has | Starts | Within | Words) -> str:
    match node:
        case Has():
            return _any(_quoted(token(node.field, key)) for key in node.keys)
        case Starts():
            return _begins(token(node.field, node.beginning))
        case Within():
            return _within(node)
        case Words():
            return _phrase(node)


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


def _begins(text: str) -> str:
    return f'"{text}{BEGINNING}'


def _joined(parts: list[str], sign: str) -> str:
    return f"({sign.join(parts)})" if len(parts) > 1 else "".join(parts)


def _any(parts: Iterator[str]) -> str:
    return _joined(list(parts), " OR ") or NOTHING


def _phrase(node: Words) -> str:
    columns = "names" if node.name else "{names texts}"
    # A word that no text can hold is found nowhere: spelled so, it stays one word.
    words = " ".join(spelled(word) for word in node.words)
    return f"({columns} : {_begins(words) if node.begins else _quoted(words)})"


def _within(node: Within) -> str:
    """What begins in the range, by digits that it has in common; and every network around it."""
    version, bits = node.version, bits_of(node.version)
    parts = [
        _begins(digits(version, low)[: 2 + (bits - free) // 4])
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


def condition(node: Node) -> Where:
    """The node as a condition on `found`."""
    match = _match(node)
    if match is not None:
        return Where("f.added_us IN (SELECT rowid FROM words WHERE words MATCH ?)", [match])
    if isinstance(node, Between):
        return _between(node)
    if _height(node) > _DEEPEST:
        return _deep(node)
    if isinstance(node, Not):
        inner = condition(node.node)
        return Where(f"NOT ({inner.sql})", inner.args)
    parts = [condition(part) for part in _inside(node)]
    if isinstance(node, AllOf):
        return _all(parts)
    text = " OR ".join(f"({part.sql})" for part in parts)
    return Where(text, [arg for part in parts for arg in part.args])


def _inside(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Not):
        return (node.node,)
    return node.nodes if isinstance(node, AllOf | AnyOf) else ()


def _height(node: Node) -> int:
    return 1 + max((_height(part) for part in _inside(node)), default=0)


def _deep(node: Node) -> Where:
    """A node with more brackets inside of each other than SQLite reads: `holds` puts it together."""
    leaves: list[Where] = []
    steps = " ".join(_steps(node, leaves))
    text = " || ".join(["''", *(f"({leaf.sql})" for leaf in leaves)])
    return Where(f"holds(?, {text})", [steps, *(arg for leaf in leaves for arg in leaf.args)])


def _steps(node: Node, leaves: list[Where]) -> Iterator[str]:
    """The node for `holds`; what it is made of is added to the leaves."""
    if isinstance(node, Not | AllOf | AnyOf) and _match(node) is None:
        for part in _inside(node):
            yield from _steps(part, leaves)
        yield "!" if isinstance(node, Not) else f"{'&|'[isinstance(node, AnyOf)]}{len(node.nodes)}"
    else:
        leaves.append(condition(node))
        yield str(len(leaves) - 1)


@lru_cache(maxsize=4096)
def holds(steps: str, leaves: str) -> int:
    """Whether a query holds, when it is known of each of its leaves; for SQL.

    Args:
        steps: A leaf by its number; `!`: not the last; `&2`, `|2`: all or one of the last two.
        leaves: `0` or `1` for each.
    """
    stack: list[bool] = []
    for step in steps.split():
        if step == "!":
            stack.append(not stack.pop())
        elif step[0] in "&|":
            start = len(stack) - int(step[1:])
            last, stack[start:] = stack[start:], []
            stack.append(all(last) if step[0] == "&" else any(last))
        else:
            stack.append(leaves[int(step)] == "1")
    return int(stack.pop())


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
