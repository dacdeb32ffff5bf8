"""What partners wrote, made inert and legible: no address to follow, no character that hides."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from markupsafe import Markup

from hub.language.defang import defang, harmless
from hub.language.legible import line, parts
from hub.language.values import detect, show
from hub.service.around import Near

_SIGN = Markup('<span class="unseen">{}</span>')
_WIDE = frozenset("WF")
_SPARE = 4
_LONGEST_NAME = 300
_LONGEST = 20_000
_LONG, _BEGINNING = 700, 500
"""Characters: a text above the first is shown by its beginning, and opened on demand."""


def legible(text: str, *, live: bool = False) -> Markup:
    """A text for a page, in its own direction; what cannot be seen is shown by its number.

    Args:
        text: As it came.
        live: It is shown as it is; else addresses in it are defanged.
    """
    shown = text if live else harmless(text)
    # What each piece holds is escaped by `format` and `escape`.
    inside = Markup().join(
        _SIGN.format(part.text) if part.hidden else part.text for part in parts(shown)
    )
    return Markup("<bdi>{}</bdi>").format(inside)


class Shown(NamedTuple):
    """As much of a text as a page has room for."""

    beginning: Markup
    """What is seen at first; empty: all of it is"""
    text: Markup
    cut: bool
    """There is more than that."""


class Room:
    """How much of the texts of an object one page shows: a bound on its bytes.

    Args:
        most: Bytes of all texts together; each has a beginning, however many there are.
    """

    def __init__(self, most: int = 48_000) -> None:
        self._left = most

    def show(self, text: str) -> Shown:
        """The text, made legible, or as much of it as fits."""
        many = min(len(text), _LONGEST)
        shown = legible(text[:many])
        while many > _BEGINNING and len(shown.encode()) > self._left:
            many = max(_BEGINNING, many // 2)
            shown = legible(text[:many])
        self._left -= len(shown.encode())
        is_long = many > _LONG
        return Shown(legible(text[:_BEGINNING]) if is_long else Markup(), shown, many < len(text))


_FIELDS = {
    "domain-name": "domain",
    "email-addr": "email",
    "ipv4-addr": "ip",
    "ipv6-addr": "ip",
    "url": "url",
}


def called(near: Near) -> str:
    """What an object is called; one that is a value, or named after one, is defanged."""
    field = _FIELDS.get(near.type) or _field_of(near.title)
    return (defang(field, near.title) if field else near.title) or near.object_id


def _field_of(title: str) -> str:
    """What a title is as a whole; empty: a name like others, or more than one thing."""
    found = detect(title) if "." in title and len(title) <= _LONGEST_NAME else []
    is_one = len(found) == 1 and show(found[0]).casefold() == title.casefold()
    return found[0].field if is_one else ""


def fitted(text: str, columns: int) -> str:
    """A text on one line that takes at most so many columns of a drawing."""
    flat = harmless(line(text, columns * _SPARE))
    wide = 0
    for place, char in enumerate(flat):
        wide += 1 + (unicodedata.east_asian_width(char) in _WIDE)
        if wide > columns:
            return flat[: place - 1].rstrip() + "…"
    return flat
