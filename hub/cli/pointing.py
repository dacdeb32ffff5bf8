"""What is wrong with a query, with a mark below the place, in the language of the terminal."""

from __future__ import annotations

import os
import unicodedata

from hub.errors import HubError

_AROUND = 60


def explained(query: str, error: HubError) -> str:
    """The message; below it the line of the query, and `^` under what is wrong."""
    details = error.details
    said = str(details.get(language()) or error.text())
    start, length = details.get("position"), details.get("length", 1)
    if not isinstance(start, int) or not isinstance(length, int):
        return said
    begin = query.rfind("\n", 0, start) + 1
    end = query.find("\n", start) % (len(query) + 1)
    left, right = max(begin, start - _AROUND), min(end, start + _AROUND)
    shown = "".join(map(_printable, query[left:right]))
    before = shown[: start - left]
    marked = shown[start - left : start - left + max(1, length)]
    mark = "^" * max(1, _width(marked))
    return f"{said}\n  {shown}\n  {' ' * _width(before)}{mark}"


def language() -> str:
    """`vi` or `en`, by the locale of the terminal (POSIX.1-2017 section 8.2)."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return "vi" if locale.lower().partition("_")[0].partition(".")[0] == "vi" else "en"


def _printable(char: str) -> str:
    return char if char.isprintable() or unicodedata.combining(char) else " "


def _width(text: str) -> int:
    """Columns of a terminal: marks stand on the letter before, some characters are wide."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "FW")
        for char in text
    )
