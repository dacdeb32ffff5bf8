"""Many pasted values at once: which of them are known, and what the caller may know of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from hub.errors import Fault, HubError
from hub.language.pasted import pasted
from hub.language.values import derived
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


class Sorted(NamedTuple):
    """Answers by their state, each value once however it was spelled."""

    known: list[Answer]
    unknown: list[Answer]
    not_understood: list[Answer]
    repeated: int
    """Further spellings of values that are in one of the lists"""


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


def sort_out(answers: Iterable[Answer]) -> Sorted:
    """The answers by state, in their order."""
    lists: dict[State, dict[object, Answer]] = {"known": {}, "unknown": {}, "not-understood": {}}
    count = 0
    for answer in answers:
        value = answer.summary.term if answer.summary else answer.given
        lists[answer.state].setdefault(value, answer)
        count += 1
    known, unknown, other = (list(found.values()) for found in lists.values())
    return Sorted(known, unknown, other, count - len(known) - len(unknown) - len(other))


def nearest(finder: Finder, scope: Scope, terms: Sequence[Term]) -> dict[Term, Summary]:
    """Of unknown values, the nearest that is known: the host of a URL, the domain above.

    Returns:
        By the unknown value; those without any are not there.
    """
    chains = {term: _above(term) for term in terms}
    wanted = list(dict.fromkeys(term for chain in chains.values() for term in chain))
    found = finder.summaries(scope, wanted) if wanted else []
    known = {item.term: item for item in found if item.records}
    nearest_of = {
        term: next((known[above] for above in chain if above in known), None)
        for term, chain in chains.items()
    }
    return {term: summary for term, summary in nearest_of.items() if summary}


def _above(term: Term) -> list[Term]:
    """The host in a URL or an e-mail address, and the domains above it, the nearest first."""
    found = [] if term.field == "domain" else list(derived(term))
    for field, key in (term, *found):
        if field == "domain":
            labels = key.rstrip(".").split(".")
            # What everybody is below says nothing.
            found += [
                Term("domain", ".".join([*labels[:n], ""])) for n in range(len(labels) - 1, 1, -1)
            ]
    return found


def _answer(given: str, terms: Sequence[Term], known: dict[Term, Summary]) -> Answer:
    if not terms:
        return Answer(given, "not-understood", None)
    found = next((known[term] for term in terms if known[term].records), known[terms[0]])
    return Answer(given, "known" if found.records else "unknown", found)
