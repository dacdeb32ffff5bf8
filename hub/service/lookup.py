"""Many pasted values at once: which of them are known, and what the caller may know of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from hub.errors import Fault, HubError
from hub.language.pasted import pasted
from hub.model.query import Scope
from hub.model.search import Summary, Term
from hub.store.search import Finder

MOST_VALUES = 10_000
LONGEST_VALUE = 10_000

State = Literal["known", "unknown", "not-understood"]


class Answer(NamedTuple):
    """What became of one pasted value."""

    given: str
    state: State
    summary: Summary | None
    """Of what it was understood as; None: it was not understood."""


def lookup(finder: Finder, scope: Scope, values: Sequence[str]) -> list[Answer]:
    """One answer for each value that is not blank, in their order.

    A value that may be several things, such as `update.zip`, is the first of them that is known.

    Raises:
        HubError: TOO_LARGE for more than `MOST_VALUES`.
    """
    given = [value.strip() for value in values]
    given = [value for value in given if value]
    if len(given) > MOST_VALUES:
        raise HubError(
            Fault.TOO_LARGE,
            f"these are {len(given)} values; one look-up takes {MOST_VALUES}",
            field="values",
            remedy="Send them in several requests.",
        )
    readings = {value: pasted(value[: LONGEST_VALUE + 1]) for value in dict.fromkeys(given)}
    terms = list(dict.fromkeys(term for found in readings.values() for term in found))
    known = {item.term: item for item in finder.summaries(scope, terms)} if terms else {}
    return [_answer(value, readings[value], known) for value in given]


def _answer(given: str, terms: Sequence[Term], known: dict[Term, Summary]) -> Answer:
    if not terms:
        return Answer(given, "not-understood", None)
    found = next((known[term] for term in terms if known[term].records), known[terms[0]])
    return Answer(given, "known" if found.records else "unknown", found)
