"""Queries that are made from a query: one condition more, or one less.

What is made means what it should: it was read once more, and compared. Where no text says it (a
condition too many, a value with a sign that ends every phrase), there is no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from hub.language.fold import INVISIBLE
from hub.language.lexer import QUOTE
from hub.language.parser import MAX_LENGTH, Parsed, Part, Setting, parse
from hub.language.problem import QueryError
from hub.language.resolve import all_of
from hub.language.values import show
from hub.model.search import AllOf, AnyOf, Between, Has, Node, Starts, Term, Within

_PLAIN = re.compile(r"[A-Za-z0-9][\w.+@-]*", re.ASCII)
"""Values that are one word and nothing else, wherever they stand"""

_MANY = 8
"""From so many conditions on they are joined without another look"""

_PROBE = "type:x"
_NOT = "-"
_LINES = re.compile(r"\s*[\r\n]+\s*")


def clause(field: str, value: str) -> str:
    """The condition that a field has a value, in the spelling that people know.

    Args:
        field: Of `hub.language.fields`.
        value: As `hub.language.values.show` gives it, an alias of a collection, or a marking.
    """
    if _PLAIN.fullmatch(value):
        return f"{field}:{value}"
    doubled = value.replace('"', '""')
    return f'{field}:"{doubled}"'


class Condition(NamedTuple):
    """One condition of a query."""

    text: str
    node: Node


class Draft:
    """A query that is understood, and what can be made of it.

    Args:
        text: The query.
        setting: What its meaning depends on.

    Raises:
        QueryError: It cannot be understood.
    """

    def __init__(self, text: str, setting: Setting) -> None:
        self.setting = setting
        self._parsed = parse(text, setting)
        self._text = text.strip()
        parts = self._parsed.parts
        self.conditions = tuple(
            Condition(text[part.start : part.end], part.node) for part in parts
        )
        self._base = self._open(self._text, self._parsed)
        self._may_leave_out = self._base is not None and self._leaves_out(self._base)

    @property
    def node(self) -> Node:
        """What the query asks for."""
        return self._parsed.node

    @property
    def shown(self) -> str:
        """The query in one line."""
        comma = ", " if _is_list(self._parsed.parts) else " "
        return _LINES.sub(comma, self._text)

    def _open(self, text: str, parsed: Parsed) -> str | None:
        """The query so that a condition can be put behind it; None: there is no room for one."""
        if not parsed.parts:
            return ""
        probe = parse(_PROBE, self.setting).node
        wanted = all_of([parsed.node, probe])
        listed = _spelled(parsed.node) if _is_list(parsed.parts) else None
        for base in (text, f"({text})", listed):
            if base and self._means(f"{base} {_PROBE}", wanted):
                return base
        return None

    def _leaves_out(self, base: str) -> bool:
        """Whether what a condition finds can be left out behind the query."""
        probe = parse(f"{_NOT}{_PROBE}", self.setting).node
        wanted = all_of([self._parsed.node, probe]) if base else probe
        return self._means(f"{base} {_NOT}{_PROBE}".lstrip(), wanted)

    def _means(self, text: str, node: Node) -> bool:
        try:
            return parse(text, self.setting).node == node
        except QueryError:
            return False

    def meaning(self, condition: str) -> Node | None:
        """What a condition asks for; None: it cannot be understood, or is not one condition."""
        try:
            parts = parse(condition, self.setting).parts
        except QueryError:
            return None
        whole = len(parts) == 1 and (parts[0].start, parts[0].end) == (0, len(condition))
        return parts[0].node if whole else None

    def add(self, condition: str) -> str:
        """The query that asks for the condition as well; empty: there is none.

        Args:
            condition: One that `clause` made.
        """
        if self._base is None:
            return ""
        made = f"{self._base} {condition}".lstrip()
        _, _, value = condition.partition(":")
        if _PLAIN.fullmatch(value) or _is_quoted(value):
            # One condition wherever it stands, as the probe, which was understood.
            return made if len(made) <= MAX_LENGTH else ""
        node = self.meaning(condition)
        wanted = None if node is None else all_of([self._parsed.node, node])
        return made if wanted is not None and self._means(made, wanted) else ""

    def leave_out(self, condition: str) -> str:
        """The query without what the condition finds; empty: there is none.

        Args:
            condition: One that `clause` made.
        """
        return self.add(f"{_NOT}{condition}") if self._may_leave_out else ""

    def find(self, condition: str) -> int | None:
        """Which condition says just this; None: none does."""
        node = self.meaning(condition)
        found = (place for place, each in enumerate(self.conditions) if each.node == node)
        return None if node is None else next(found, None)

    def without(self, *places: int) -> str | None:
        """The query without some of its conditions; None: no text says the rest.

        Args:
            places: Of `conditions`.
        """
        left = [each for place, each in enumerate(self.conditions) if place not in places]
        if len(left) > _MANY:
            # Read again, each of very many would cost what the whole does. With AND between them
            # they are neither a list nor a hash in groups, and mean what each of them means.
            made = " AND ".join(each.text for each in left)
            return made if len(made) <= MAX_LENGTH else None
        wanted = all_of([each.node for each in left])
        for text in (" ".join(c.text for c in left), " ".join(f"({c.text})" for c in left)):
            if self._means(text, wanted):
                return text
        return None

    def within(self, field: str, period: str) -> str:
        """The query with one period of an instant in place of all limits of it; empty: none says so.

        Args:
            field: An instant.
            period: As the query language has it: a date, whole or in part, or a range of dates.
        """
        places = self.ranges(field)
        if not places:
            return self.add(f"{field}:{period}")
        left = self.without(*places)
        return "" if left is None else Draft(left, self.setting).add(f"{field}:{period}")

    def ranges(self, field: str) -> tuple[int, ...]:
        """Which conditions limit a number or instant."""
        return tuple(
            place for place, each in enumerate(self.conditions) if _is_range(each.node, field)
        )


def _is_quoted(value: str) -> bool:
    """Whether it stands in quotes, and nothing in it could end them or be passed over."""
    inner = value[1:-1]
    return (
        value == f'"{inner}"'
        and inner.isprintable()
        and not QUOTE.search(inner)
        and not INVISIBLE.search(inner)
    )


def _is_range(node: Node, field: str) -> bool:
    inner = node.nodes if isinstance(node, AllOf) and node.nodes else (node,)
    return all(isinstance(each, Between) and each.field == field for each in inner)


def _is_list(parts: tuple[Part, ...]) -> bool:
    """Whether it may be a pasted list: nothing but values, one of which has to be there."""
    if len(parts) != 1:
        return False
    node = parts[0].node
    inner = node.nodes if isinstance(node, AnyOf) else (node,)
    return all(isinstance(each, Has | Within | Starts) for each in inner)


def _spelled(node: Node) -> str | None:
    """A pasted list as conditions on fields."""
    inner = node.nodes if isinstance(node, AnyOf) else (node,)
    found = [text for each in inner for text in _said(each)]
    return f"({' OR '.join(found)})" if found else None


def _said(node: Node) -> Iterable[str]:
    match node:
        case Has(field, keys):
            yield from (clause(field, show(Term(field, key))) for key in keys)
        case Starts(field, beginning):
            yield clause(field, show(Term(field, beginning)))
        case Within():
            yield clause("ip", _network(node))


def _network(node: Within) -> str:
    """A range of addresses that is one network, as a list has them."""
    address = IPv4Address if node.version == IPv4Address(0).version else IPv6Address
    free = (node.high - node.low).bit_length()
    bits = address(0).max_prefixlen - free
    return f"{address(node.low)}/{bits}" if free else f"{address(node.low)}"
