"""Counts by the values of a field, each with the query that finds what was counted."""

from __future__ import annotations

from typing import NamedTuple

from hub.language.edit import clause
from hub.model.search import Facet
from hub.service.overview import New
from hub.service.search import keys_of
from hub.web import chart
from hub.web.visit import Visit


class Count(NamedTuple):
    """One value of a field."""

    key: str
    records: int
    query: str
    part: int
    """Of the most frequent, in hundredths"""


def counts(visit: Visit, found: New) -> dict[str, list[Count] | None]:
    """The values of each field that was counted; None: it could not be in time."""
    return {name: _counts(visit, found, facet) for name, facet in found.facets.items()}


def _counts(visit: Visit, found: New, facet: Facet) -> list[Count] | None:
    if facet.counts is None:
        return None
    most = max((item.records for item in facet.counts), default=0)
    known = keys_of(visit.scope, visit.directory)
    # Aliases stand first, and ids are the way out where two collections share one.
    names = {str(key): name for name, key in reversed(known.items())}
    made = []
    for item in facet.counts:
        value = names[item.key] if facet.field == "collection" else item.key
        query = f"{found.query} {clause(facet.field, value)}"
        made.append(Count(item.key, item.records, query, chart.share(item.records, most)))
    return made
