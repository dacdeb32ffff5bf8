"""Values that somebody knows to be no indicators: a warning list of an organisation or of the hub.

A line is a value in any spelling, defanged or not, or a network. A domain stands for all below it,
and for the URLs and e-mail addresses there; an address for the URLs on it. What follows ` # ` is a
comment, and so is a line that begins with `#`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hub.language.hosts import domain_of, ip_key, span
from hub.language.values import derived, detect
from hub.model.search import Term

_FIELDS = frozenset({"ip", "domain", "url", "hash", "email", "file", "asn"})
_BLOCKED = frozenset({"domain", "url"})
"""What cannot be reached any more when a domain above it is blocked"""

_COMMENT = " #"


class Faulty(NamedTuple):
    """A line that is no value."""

    line: int
    """From 1 on"""
    text: str


class Benign:
    """What a few warning lists say of values.

    Args:
        lines: Of all of them; what is no value says nothing.
    """

    def __init__(self, lines: Iterable[str] = ()) -> None:
        terms = {term for line in lines if (term := entry(line))}
        self._values = frozenset(terms)
        self._spans = tuple(span(term.key) for term in terms if term.field == "ip")
        self._above = frozenset(
            above
            for term in terms
            if term.field in _BLOCKED
            for name in (term, *derived(term))
            if name.field == "domain"
            for above in _above(name.key)
        )

    def has(self, field: str, key: str) -> bool:
        """Whether a value, by its field and key, stands in the lists."""
        if not self._values:
            return False
        term = Term(field, key)
        return term in self._values or any(self._covers(t) for t in (term, *derived(term)))

    def is_behind(self, field: str, key: str) -> bool:
        """Whether who blocks a value blocks one of the lists, too: a network or domain around it."""
        if field == "domain":
            return key in self._above
        if field == "ip":
            version, low, high = span(key)
            return any(
                version == each.version and low <= each.high and each.low <= high
                for each in self._spans
            )
        return False

    def _covers(self, term: Term) -> bool:
        if term.field == "domain":
            return any(Term("domain", above) in self._values for above in _above(term.key))
        if term.field == "ip":
            return any(each.holds(span(term.key)) for each in self._spans)
        return False


def entry(line: str) -> Term | None:
    """The value of a line; None: it holds none, or is a comment."""
    text = bare(line)
    if not text:
        return None
    address = ip_key(text) if "://" not in text else None
    if address:
        return Term("ip", address)
    return next((term for term in detect(text) if term.field in _FIELDS), None)


def bare(line: str) -> str:
    """A line without its comment."""
    return "" if line.lstrip().startswith("#") else line.partition(_COMMENT)[0].strip()


def faulty(lines: Iterable[str]) -> list[Faulty]:
    """The lines that are neither value nor comment."""
    return [
        Faulty(number, bare(line))
        for number, line in enumerate(lines, 1)
        if bare(line) and entry(line) is None
    ]


def _above(key: str) -> Iterator[str]:
    """The keys of a domain and of all above it: of `vn.gov.a.` also `vn.gov.` and `vn.`."""
    labels = domain_of(key).split(".")
    for start in range(len(labels)):
        yield "".join(f"{label}." for label in reversed(labels[start:]))
