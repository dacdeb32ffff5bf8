"""Links that change the query: a condition more, a condition less."""

from __future__ import annotations

from typing import NamedTuple

from hub.language.edit import Draft, clause
from hub.language.values import show
from hub.model.search import Count, Facet, Term
from hub.service.search import keys_of
from hub.web.address import quoted
from hub.web.visit import Visit

_PLACE = "query"
_FRESH = {"before": None, "after": None, "open": None}
"""Another query begins on its first page, and counts anew."""


class Choice(NamedTuple):
    """A value of a facet."""

    value: str
    """As a query takes it"""
    key: str
    records: int
    href: str
    """Adds it to the query, or takes it away; empty: no query says that"""
    is_chosen: bool
    out: str
    """Leaves it out of the result; empty: no query says that, or it is what was asked for"""


class Shelf(NamedTuple):
    """A facet beside a result."""

    field: str
    choices: list[Choice] | None
    """None: not counted"""
    is_open: bool
    """It was asked for by itself, so that all of it is here"""


class Chip(NamedTuple):
    """A condition of the query."""

    text: str
    remove: str
    """The address without it; empty: no query says that"""


class Narrower:
    """Makes the links of one page.

    Args:
        visit: Who asks, and where.
        draft: The query.
    """

    def __init__(self, visit: Visit, draft: Draft) -> None:
        self._visit = visit
        self._draft = draft
        self._aliases = keys_of(visit.scope, visit.directory)
        self._known: dict[tuple[str, str], str] = {}
        self._periods: dict[tuple[str, str], str] = {}
        # All links differ in the query alone, and there are hundreds of them on a page.
        self._head, _, self._tail = visit.here(q=_PLACE, **_FRESH).partition(_PLACE)

    def search(self, query: str) -> str:
        """The page of another query."""
        if not query:
            return self._visit.here(q=None, **_FRESH)
        return f"{self._head}{quoted(query)}{self._tail}"

    def to(self, field: str, value: str) -> str:
        """The address where a field has a value as well; empty: no query says that."""
        found = self._known.get((field, value))
        if found is None:
            query = self._draft.add(clause(field, value))
            found = self._known[field, value] = self.search(query) if query else ""
        return found

    def out(self, field: str, value: str) -> str:
        """The address where a field does not have a value; empty: no query says that."""
        query = self._draft.leave_out(clause(field, value))
        return self.search(query) if query else ""

    def term(self, term: Term) -> str:
        """The address of what has a value of an object as well."""
        return self.to(term.field, show(term))

    def alias(self, key: int) -> str:
        """What a query calls a collection: its alias, or the id where several have that name."""
        item = self._visit.directory.collections[key]
        return item.alias if self._aliases.get(item.alias.casefold()) == key else item.id

    def chips(self) -> list[Chip]:
        """The conditions of the query."""
        draft = self._draft
        found: list[Chip] = []
        for place, condition in enumerate(draft.conditions):
            left = draft.without(place)
            found.append(Chip(condition.text, "" if left is None else self.search(left)))
        return found

    def shelf(self, facet: Facet, *, is_open: bool) -> Shelf:
        """A facet with its links."""
        counts = facet.counts
        choices = None if counts is None else [self._choice(facet.field, each) for each in counts]
        return Shelf(facet.field, choices, is_open)

    def _choice(self, field: str, count: Count) -> Choice:
        value = self.alias(int(count.key)) if field == "collection" else _shown(field, count.key)
        place = self._draft.find(clause(field, value)) if self._draft.conditions else None
        if place is None:
            return Choice(
                value,
                count.key,
                count.records,
                self.to(field, value),
                False,
                self.out(field, value),
            )
        left = self._draft.without(place)
        href = "" if left is None else self.search(left)
        return Choice(value, count.key, count.records, href, True, "")

    def within(self, field: str, period: str) -> str:
        """The address of a period of an instant, in place of other periods of it."""
        # The rows of a page are mostly of a few days; each takes the query to be read twice.
        found = self._periods.get((field, period))
        if found is None:
            query = self._draft.within(field, period)
            found = self._periods[field, period] = self.search(query) if query else ""
        return found

    def whole(self, field: str) -> str:
        """The address without limits of an instant; empty: there are none, or no query says that."""
        places = self._draft.ranges(field)
        left = self._draft.without(*places) if places else None
        return "" if left is None else self.search(left)


def _shown(field: str, key: str) -> str:
    return key if field == "tlp" else show(Term(field, key))
