"""One condition of a query as it is written, and how it speaks of what is wrong with it."""

from __future__ import annotations

from typing import NamedTuple

from hub.language.fields import FIELDS, Kind
from hub.language.lexer import Token, known
from hub.language.messages import LOOKS
from hub.language.problem import QueryError


class Leaf(NamedTuple):
    """One condition as it is written."""

    name: str
    """Of the field, as typed; empty: none"""
    sign: str
    """One of `>`, `>=`, `<`, `<=`, or nothing"""
    value: Token

    @property
    def field(self) -> str:
        """The field that the name stands for."""
        return known(self.name)

    def problem(self, key: str, **params: str) -> QueryError:
        """What is wrong with the value."""
        own = {"given": self.value.text, "field": self.name}
        return QueryError(key, self.value.start, self.value.end, **(own | params))

    def unlike(self, key: str) -> QueryError:
        """What is wrong with the value, and what one looks like."""
        return self.problem(key, looks=looks_of(self.field))


def looks_of(field: str) -> str:
    """Under which key `messages.LOOKS` says what a value of the field looks like."""
    kind = FIELDS[field].kind
    return field if field in LOOKS and kind in {Kind.VALUE, Kind.KEYWORD} else kind.value
