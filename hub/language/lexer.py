r"""A query cut into tokens, in one pass over its text.

* What people paste comes first: `http://evil.com/a?b=1`, `2001:db8::1`, `evil(.)com` and
  `C:\Users\x` are one word each, although colons and parentheses mean something elsewhere.
  `name:` starts a clause only when the language knows the field, and never before `//`.
* A parenthesis inside a word belongs to it when its partner stands in the same word.
* Invisible characters are nothing, and the controls that are left are blanks. Positions are
  always those of the text as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from hub.language.fields import ALIASES, FIELDS
from hub.language.fold import INVISIBLE
from hub.language.problem import QueryError


class Mark(StrEnum):
    """The kinds of tokens."""

    OPEN = "("
    CLOSE = ")"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    FIELD = "field"
    WORD = "word"
    PHRASE = "phrase"
    RANGE = "range"
    END = "end"


class Token(NamedTuple):
    """A piece of a query; `start` and `end` are characters of the text as it was given."""

    mark: Mark
    text: str
    """Of a field its name as typed, of a phrase what stands in the quotes"""
    start: int
    end: int
    sign: str = ""
    """Of a field: one of `>`, `>=`, `<`, `<=`, or nothing"""
    begins: bool = False
    """Of a phrase: whether `*` follows it"""


RANGE = re.compile(r"([\[{])\s*([^\s\[\]{}]+)\s+TO\s+([^\s\[\]{}]+)\s*([\]}])")
"""`[a TO b]`; braces leave the bound out"""

_BLANKS = re.compile(r"\s*")
_QUOTES = '"\u201c\u201d\u201e\uff02'
QUOTE = re.compile(f"[{_QUOTES}]")
"""Whatever opens or closes a phrase"""

_PHRASE = re.compile(f'[{_QUOTES}]((?:""|[^{_QUOTES}])*+)[{_QUOTES}](\\*?)')
_PLAIN = re.compile(f"[^\\s{_QUOTES}()]*")
_BORDER = re.compile(f"[\\s{_QUOTES}()]")
_SIGN = ">=|<=|>|<"
_FIELD = re.compile(rf"([A-Za-z_]\w*)(?::(?!//)({_SIGN}|)|({_SIGN}))", re.ASCII)
_OPERATORS = {mark.value: mark for mark in (Mark.AND, Mark.OR, Mark.NOT)}
_FOREIGN = re.compile(r"(?:&&|\|\||!)(?=\W*$)|!(?=\w)")
_NEGATES = re.compile(rf"-(?=[\w({_QUOTES}])")


def tokens(text: str) -> list[Token]:
    """The tokens of a query; the last one is END.

    Raises:
        QueryError: A quote is not closed, or an operator is one of another language.
    """
    return list(_Lexer(text).read())


class _Lexer:
    """Goes through the text once; `_shown` leads from its own positions to those of the text."""

    def __init__(self, text: str) -> None:
        if INVISIBLE.search(text):
            kept = [i for i, char in enumerate(text) if not INVISIBLE.match(char)]
            self._shown = [*kept, len(text)]
            text = "".join(text[i] for i in kept)
        else:
            self._shown = list(range(len(text) + 1))
        self._text = text
        self._partners = self._pairs()

    def _pairs(self) -> dict[int, int]:
        """Parentheses and their partners, where both stand in one word."""
        partners: dict[int, int] = {}
        opened: list[int] = []
        for found in _BORDER.finditer(self._text):
            if found[0] == "(":
                opened.append(found.start())
            elif found[0] != ")":
                opened.clear()
            elif opened:
                partners[opened.pop()] = found.start()
        return partners

    def read(self) -> Iterator[Token]:
        """Every token in order."""
        at = self._skip(0)
        wants = False
        """Whether the value of a field stands here, without a blank before"""
        while at < len(self._text):
            token, end = self._next(at, wants=wants)
            if token is not None:
                yield token
            wants = token is not None and token.mark is Mark.FIELD
            at = self._skip(end)
            wants = wants and at == end
        yield self._token(Mark.END, "", at, at)

    def _skip(self, at: int) -> int:
        found = _BLANKS.match(self._text, at)
        return found.end() if found else at

    def _token(self, mark: Mark, text: str, start: int, end: int) -> Token:
        last = self._shown[end - 1] + 1 if end > start else self._shown[start]
        return Token(mark, text, self._shown[start], last)

    def _next(self, at: int, *, wants: bool) -> tuple[Token | None, int]:
        char = self._text[at]
        if char in "()":
            return self._token(Mark(char), char, at, at + 1), at + 1
        if char in _QUOTES:
            return self._phrase(at)
        if char in "[{" and (found := RANGE.match(self._text, at)):
            return self._token(Mark.RANGE, found[0], at, found.end()), found.end()
        return self._value(at) if wants else self._bare(at)

    def _phrase(self, at: int) -> tuple[Token, int]:
        found = _PHRASE.match(self._text, at)
        if found is None:
            raise QueryError("unclosed-quote", self._shown[at], self._shown[at] + 1)
        token = self._token(Mark.PHRASE, found[1].replace('""', '"'), at, found.end())
        return token._replace(begins=bool(found[2])), found.end()

    def _value(self, at: int) -> tuple[Token, int]:
        """What stands right behind a field, whatever it looks like."""
        end = self._end_of_word(at)
        text = self._text[at:end].rstrip(",;")
        return self._token(Mark.WORD, text, at, at + len(text)), end

    def _bare(self, at: int) -> tuple[Token | None, int]:
        if _NEGATES.match(self._text, at):
            return self._token(Mark.NOT, "-", at, at + 1), at + 1
        if (found := _FIELD.match(self._text, at)) and known(found[1]):
            token = self._token(Mark.FIELD, found[1], at, found.end())
            return token._replace(sign=found[2] or found[3] or ""), found.end()
        end = self._end_of_word(at)
        text = self._text[at:end].rstrip(",;")
        token = self._token(_OPERATORS.get(text, Mark.WORD), text, at, at + len(text))
        if foreign := _FOREIGN.match(text):
            raise QueryError("foreign-operator", token.start, token.end, sign=foreign[0])
        if "*" in text or text.startswith(("<", ">")) or any(map(str.isalnum, text)):
            return token, end
        # Punctuation between what was pasted: dashes, bullets, ampersands.
        return None, end

    def _end_of_word(self, at: int) -> int:
        """Where the word ends that begins here; at least one character on."""
        start = at
        while found := _PLAIN.match(self._text, at):
            at = found.end()
            partner = self._partners.get(at)
            if partner is None or self._text[start:at] in _OPERATORS:
                break
            at = partner + 1
        return max(at, start + 1)


def known(name: str) -> str:
    """The field that a name or alias stands for, in any case; empty: none."""
    name = name.lower()
    return name if name in FIELDS else ALIASES.get(name, "")


def field_like(text: str) -> str:
    """The name of a field, known or not, that a text begins with; empty: it does not."""
    found = _FIELD.match(text)
    return found[1] if found else ""
