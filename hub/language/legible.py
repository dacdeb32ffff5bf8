"""Texts in which nothing hides: what cannot be seen, or turns the order of what can, is named.

A character of that kind becomes a token such as `U+202E`, so that two texts that look the same are
the same. A letter may carry a few marks above and below it; what is piled up beyond is named too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from hub.language.fold import INVISIBLE

_SETS = INVISIBLE.pattern.removesuffix("+")[1:-1]
# Controls and separators that search takes for blanks, and what a font draws as nothing.
_HIDDEN = re.compile(f"[{_SETS}\x0b\x0c\x1c-\x1f\x85\u2028\u2029\u2800\ud800-\udfff\ue000-\uf8ff]")
_LINES = re.compile("[\t\n\r]")
_MOST_MARKS = 3


class Part(NamedTuple):
    """A piece of a text."""

    text: str
    """As it is, or the token, such as `U+202E`"""
    hidden: bool
    """It stands for what could not be seen."""


def parts(text: str) -> Iterator[Part]:
    """The text in pieces, with tokens for what could not be seen. Lines and tabs stay."""
    if text.isascii() and (text.isprintable() or _LINES.sub("", text).isprintable()):
        yield Part(text, hidden=False)
        return
    start = 0
    for place in _places(text):
        if start < place:
            yield Part(text[start:place], hidden=False)
        yield Part(f"U+{ord(text[place]):04X}", hidden=True)
        start = place + 1
    if start < len(text):
        yield Part(text[start:], hidden=False)


def line(text: str, most: int) -> str:
    """The text on one line of at most `most` characters, with tokens in angle brackets."""
    flat = " ".join(text[: 4 * most].split())
    told = "".join(f"⟨{part.text}⟩" if part.hidden else part.text for part in parts(flat))
    return shortened(told, most) if len(text) <= 4 * most else shortened(told + "…", most)


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and a sign that there is more."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _places(text: str) -> Iterator[int]:
    """Where something cannot be seen, or is piled up."""
    hidden = {match.start() for match in _HIDDEN.finditer(text)}
    marks = 0
    for place, char in enumerate(text):
        marks = marks + 1 if unicodedata.combining(char) else 0
        if place in hidden or marks > _MOST_MARKS:
            yield place
