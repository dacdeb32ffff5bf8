"""What the address of a search says: the whole state of the page."""

from __future__ import annotations

from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict

from hub.language.fields import INSTANTS
from hub.model.clock import parse_us
from hub.service.changes import bad
from hub.service.search import SUGGESTED

NAME = "name"
"""The column that is always there: it has the link to the object"""

COLUMNS = (
    *("added", "type", NAME, "tlp", "publisher", "collection", "matched", "label", "confidence"),
    *("created", "modified", "id"),
)
"""In the order in which they stand"""

USUAL = frozenset({"added", "type", NAME, "tlp", "publisher", "collection", "matched"})
SORTS = ("newest", "oldest")
FORMS = ("csv", "stix", "ndjson", "text")
OPENED = ("time", "total", *SUGGESTED)
_MOST_IDS = 200

_NAMES = frozenset({"q", "sort", "before", "after", "cols", "by", "open", "id", "take"})


class Asked(NamedTuple):
    """The parameters, understood."""

    query: str
    rising: bool
    """The oldest first"""
    before_us: int
    """Only what was added before; 0: no matter"""
    after_us: int
    columns: tuple[str, ...]
    by: str
    """The instant of the histogram"""
    opened: frozenset[str]
    """What is counted however long it takes: facets, `time`, `total`"""
    chosen: tuple[str, ...]
    """Ids of selected objects"""
    take: str
    """What is done with them: a form of file, or `page`"""

    @property
    def is_back(self) -> bool:
        """Whether the page is read against its order, as one goes back to it."""
        return bool(self.before_us if self.rising else self.after_us)

    @property
    def edge_us(self) -> int:
        """Where the page begins, in the direction in which it is read."""
        return self.before_us or self.after_us


def read(args: MultiDict[str, str]) -> Asked:
    """The parameters of a search.

    Raises:
        HubError: BAD_REQUEST names one that is unknown or has no such value.
    """
    for name in args:
        if name not in _NAMES:
            known = ", ".join(sorted(_NAMES))
            raise bad(
                "parameter", f"{name[:80]!r} is no parameter of this page", f"Known: {known}."
            )
    before_us, after_us = _instant(args, "before"), _instant(args, "after")
    if before_us and after_us:
        raise bad("after", "a page begins at one side", "Leave before or after out.")
    columns = _some(args, "cols", COLUMNS)
    return Asked(
        args.get("q", ""),
        _one(args, "sort", SORTS) == "oldest",
        before_us,
        after_us,
        tuple(name for name in COLUMNS if name == NAME or name in (columns or USUAL)),
        _one(args, "by", INSTANTS, "added"),
        _some(args, "open", OPENED),
        tuple(dict.fromkeys(args.getlist("id")))[:_MOST_IDS],
        _one(args, "take", ("page", *FORMS), ""),
    )


def _one(args: MultiDict[str, str], name: str, choices: tuple[str, ...], usual: str = "") -> Any:
    text = args.get(name) or usual
    if text and text not in choices:
        raise _unlike(name, text, choices)
    return text


def _some(args: MultiDict[str, str], name: str, choices: tuple[str, ...]) -> frozenset[str]:
    """Several values, repeated or with commas between."""
    texts = frozenset(part for text in args.getlist(name) for part in text.split(",") if part)
    for text in sorted(texts.difference(choices)):
        raise _unlike(name, text, choices)
    return texts


def _unlike(name: str, text: str, choices: tuple[str, ...]) -> Exception:
    remedy = f"Give one of {', '.join(choices)}."
    return bad(name, f"{text[:80]!r} is no value of {name}", remedy)


def _instant(args: MultiDict[str, str], name: str) -> int:
    text = args.get(name, "")
    try:
        return parse_us(text) if text else 0
    except ValueError as error:
        remedy = "Give one such as 2026-01-15T10:30:00Z, or leave it out."
        raise bad(name, f"{text[:80]!r} is no instant", remedy) from error
