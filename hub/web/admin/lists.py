"""Long lists of the directory: filtered by a word, in pages by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from hub.language.fold import fold
from hub.web.visit import Visit

PAGE = 50
"""Rows of a page"""

T = TypeVar("T")


class Listed(NamedTuple, Generic[T]):
    """A page of a list."""

    rows: list[T]
    total: int
    """Rows on all pages"""
    q: str
    """The word that was looked for"""
    older: str
    """Address of the next page; empty: this is the last"""
    newer: str
    """Address of the first page, when this is another"""


def listed(
    visit: Visit, items: Iterable[T], key: Callable[[T], str], words: Callable[[T], str]
) -> Listed[T]:
    """The page that the query parameters `q` and `after` ask for.

    Args:
        visit: Who asks.
        items: All there are.
        key: Unique; the order of the list.
        words: What `q` is looked for in, beside the key.
    """
    q, after = visit.args.get("q", "").strip()[:200], visit.args.get("after", "")
    wanted = _plain(q)
    found = sorted(
        (item for item in items if wanted in _plain(f"{key(item)} {words(item)}")), key=key
    )
    rest = [item for item in found if key(item) > after]
    older = visit.here(after=key(rest[PAGE - 1])) if len(rest) > PAGE else ""
    newer = visit.here(after=None) if after else ""
    return Listed(rest[:PAGE], len(found), q, older, newer)


def _plain(text: str) -> str:
    """Without case and accents."""
    return " ".join(fold(text))
