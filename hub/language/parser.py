"""A query becomes a tree of nodes: recursive descent over the tokens of `hub.language.lexer`.

    any    = all { OR all }
    all    = one { [AND] one }
    one    = { NOT | - } ( "(" any ")" | field value | value )
    value  = word | "phrase" | [a TO b] | "(" any ")"

A value in the group of a field is one of this field. The empty query and `*` ask for everything.
A text of several values and nothing else, with line ends, commas or semicolons between, is a
pasted list: one of them has to be there. So is a hash whose digits stand in groups.

The depth of the descent and the number of conditions have limits that are checked on the way
down, so that no text costs more than its length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hub.language.leaf import Leaf
from hub.language.lexer import Mark, Token, tokens
from hub.language.problem import QueryError
from hub.language.resolve import Setting, all_of, any_of, listed, resolve
from hub.model.search import EVERYTHING, Node, Not

__all__ = [
    "MAX_CLAUSES",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_VALUES",
    "Parsed",
    "Part",
    "Setting",
    "parse",
]

MAX_LENGTH = 4_000
"""Characters"""
MAX_DEPTH = 32
"""Parentheses within parentheses"""
MAX_CLAUSES = 64
"""Conditions: words, phrases and values"""
MAX_VALUES = 256
"""Values of a pasted list"""

_STARTS = frozenset({Mark.OPEN, Mark.NOT, Mark.FIELD, Mark.WORD, Mark.PHRASE, Mark.RANGE})
_VALUES = frozenset({Mark.OPEN, Mark.WORD, Mark.PHRASE, Mark.RANGE})
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINES = re.compile(r"[\r\n]+")
_ENTRIES = re.compile(r"[\r\n,;]+")


class Part(NamedTuple):
    """One of the conditions that must all hold, and where it stands."""

    start: int
    """In characters of the text as it was given"""
    end: int
    node: Node


class Parsed(NamedTuple):
    """What a query asks for."""

    node: Node
    parts: tuple[Part, ...]
    """The conditions that `node` joins by AND; of the empty query none"""


def parse(text: str, setting: Setting) -> Parsed:
    """What a text asks for.

    Raises:
        QueryError: It cannot be understood or is over a limit.
    """
    if len(text) > MAX_LENGTH:
        params = {"given": f"{len(text)}", "most": f"{MAX_LENGTH}"}
        raise QueryError("too-long", MAX_LENGTH, len(text), **params)
    if half := _SURROGATE.search(text):
        raise QueryError("bad-character", half.start(), half.end())
    pasted = _list(text)
    if pasted is not None:
        return Parsed(pasted.node, (pasted,))
    found = _Parser(tokens(text), setting).whole(text)
    return Parsed(all_of([part.node for part in found]), tuple(found))


def _list(text: str) -> Part | None:
    """A pasted list, or a hash in groups; None: the text is neither."""
    for border in (_LINES, _ENTRIES):
        entries = [entry for entry in border.split(text) if entry.strip()]
        node = listed(entries[:MAX_VALUES]) if entries else None
        if node is not None:
            start = len(text) - len(text.lstrip())
            end = len(text.rstrip())
            if len(entries) > MAX_VALUES:
                raise QueryError("too-many-values", start, end, most=f"{MAX_VALUES}")
            return Part(start, end, node)
    return None


class _Parser:
    """Goes through the tokens once."""

    def __init__(self, found: list[Token], setting: Setting) -> None:
        self._tokens = found
        self._setting = setting
        self._at = 0
        self._clauses = 0

    def whole(self, text: str) -> list[Part]:
        """The conditions of the whole query."""
        if self._peek().mark is Mark.END:
            if text.strip():
                raise QueryError("no-word", 0, len(text), given=text.strip())
            return []
        parts = self._any("", 0)
        left = self._peek()
        if left.mark is not Mark.END:
            raise QueryError("unopened-group", left.start, left.end)
        return [part for part in parts if part.node != EVERYTHING]

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.mark is not Mark.END
        return token

    def _any(self, field: str, depth: int) -> list[Part]:
        choices = [self._all(field, depth)]
        operator = self._peek()
        while self._peek().mark is Mark.OR:
            operator = self._take()
            if self._peek().mark not in _STARTS:
                raise QueryError(
                    "missing-operand", operator.start, operator.end, sign=operator.text
                )
            choices.append(self._all(field, depth))
        if len(choices) == 1:
            return choices[0]
        node = any_of([all_of([part.node for part in parts]) for parts in choices])
        return [Part(choices[0][0].start, choices[-1][-1].end, node)]

    def _all(self, field: str, depth: int) -> list[Part]:
        parts = [self._one(field, depth)]
        while True:
            operator = self._peek()
            if operator.mark is Mark.AND:
                self._take()
            elif operator.mark not in _STARTS:
                return parts
            parts.append(self._one(field, depth, operator))

    def _one(self, field: str, depth: int, operator: Token | None = None) -> Part:
        """A condition with the negations before it; `operator` is what it is written for."""
        first, negated = self._peek(), False
        while self._peek().mark is Mark.NOT:
            operator = self._take()
            negated = not negated
        part = self._operand(field, depth, operator)
        return Part(first.start, part.end, Not(part.node) if negated else part.node)

    def _operand(self, field: str, depth: int, operator: Token | None) -> Part:
        token = self._take()
        if token.mark is Mark.OPEN:
            return self._group(token, field, depth + 1)
        if token.mark is Mark.FIELD:
            return self._clause(token, field, depth)
        if token.mark in _VALUES:
            return self._leaf(token, Leaf(field, "", token))
        if operator is None or operator.mark not in {Mark.AND, Mark.NOT}:
            operator = token
        if operator.mark is Mark.CLOSE:
            raise QueryError("unopened-group", operator.start, operator.end)
        raise QueryError("missing-operand", operator.start, operator.end, sign=operator.text)

    def _group(self, opener: Token, field: str, depth: int) -> Part:
        if depth > MAX_DEPTH:
            raise QueryError("too-deep", opener.start, opener.end, most=f"{MAX_DEPTH}")
        after = self._peek()
        if after.mark is Mark.CLOSE:
            raise QueryError("empty-group", opener.start, after.end)
        if after.mark is Mark.END:
            raise QueryError("unclosed-group", opener.start, opener.end)
        parts = self._any(field, depth)
        closer = self._take()
        if closer.mark is not Mark.CLOSE:
            raise QueryError("unclosed-group", opener.start, opener.end)
        return Part(opener.start, closer.end, all_of([part.node for part in parts]))

    def _clause(self, name: Token, field: str, depth: int) -> Part:
        """A field with its value or group."""
        if field:
            raise QueryError("nested-field", name.start, name.end, field=name.text)
        value = self._peek()
        if value.mark not in _VALUES or (value.mark is Mark.WORD and not value.text):
            raise QueryError("missing-value", name.start, name.end, field=name.text)
        self._take()
        if value.mark is not Mark.OPEN:
            return self._leaf(name, Leaf(name.text, name.sign, value))
        if name.sign:
            raise QueryError("missing-value", name.start, name.end, field=name.text)
        group = self._group(value, name.text, depth + 1)
        return group._replace(start=name.start)

    def _leaf(self, first: Token, leaf: Leaf) -> Part:
        self._clauses += 1
        if self._clauses > MAX_CLAUSES:
            raise QueryError(
                "too-many-clauses", first.start, leaf.value.end, most=f"{MAX_CLAUSES}"
            )
        return Part(first.start, leaf.value.end, resolve(leaf, self._setting))
