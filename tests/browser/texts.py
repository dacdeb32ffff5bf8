"""Sentences of the other language on a page: what went past the catalogues."""

from __future__ import annotations

import re
from functools import cache

from playwright.sync_api import Page

from tests.tools import messages

_HOLE = re.compile(r"%\(\w+\)[a-zA-Z]|%%")
_FEWEST_WORDS = 4


def foreign(page: Page, lang: str) -> list[str]:
    """Sentences of the catalogue that stand there in the other language."""
    return [f"not in its language: {text!r}" for text in foreign_in(said(page), lang)]


def said(page: Page) -> str:
    """All text of a page, seen or heard, in one line."""
    return page.evaluate(
        """() => [document.title, document.body.innerText,
          ...[...document.querySelectorAll('[title],[aria-label],[placeholder]')].map(
            e => [e.title, e.ariaLabel, e.placeholder].join('\\n'))].join('\\n')"""
    )


def foreign_in(text: str, lang: str) -> list[str]:
    """As `foreign`, of any text."""
    line = " ".join(text.split()).casefold()
    return [sentence for sentence in _sentences(lang) if sentence.casefold() in line]


@cache
def _sentences(lang: str) -> tuple[str, ...]:
    """What no page in this language says: pieces between placeholders that are long enough.

    Names of objects are data and may be English; a piece of four words is hardly among them.
    """
    found = set()
    for entry in messages.entries():
        own, other = {"vi": (entry.vietnamese, entry.text), "en": (entry.text, entry.vietnamese)}[
            lang
        ]
        for text in other:
            pieces = {" ".join(piece.split()) for piece in _HOLE.split(text)}
            found |= {
                piece
                for piece in pieces
                if len(piece.split()) >= _FEWEST_WORDS and not any(piece in each for each in own)
            }
    return tuple(sorted(found))
