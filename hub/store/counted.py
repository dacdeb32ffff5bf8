"""Facets out of one look at everything that matches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hub.model.search import Count
from hub.model.tlp import Tlp

_PLACES = {"type": 0, "publisher": 1, "tlp": 2, "collection": 3}


def by(kinds: Sequence[tuple[Any, ...]] | None, field: str, most: int) -> list[Count] | None:
    """The most frequent keys of one of the four fields that every record has.

    Args:
        kinds: Rows of `hub.store.finding.kinds`; None: they were not counted.
        field: One of `hub.store.index.COLUMNS`.
        most: At most so many.
    """
    if kinds is None:
        return None
    counts: Counter[str] = Counter()
    for row in kinds:
        key = row[_PLACES[field]]
        counts[Tlp(key).text if field == "tlp" else str(key)] += row[-1]
    found = [Count(*pair) for pair in counts.items()]
    return sorted(found, key=lambda item: (-item.records, item.key))[:most]
