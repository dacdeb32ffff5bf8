"""Whoever sees very many labels, from very many instants on, is answered or told why not."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from hub.errors import Fault, HubError
from hub.model.search import EVERYTHING, Term, Words
from tests.conformance.builders import ONE, SEES_ALL, publish
from tests.conformance.find_worlds import made
from tests.elastic.copies import Copy, copy_of
from tests.fakes import open_store

LABELS = 5000


def asked(copy: Copy, windows: list[tuple[int, int]]) -> list[object]:
    """Everything that a finder is asked, as somebody with these windows."""
    finder = copy.finder
    with mock.patch.object(finder._source, "windows", return_value=windows):
        return [
            finder.find(SEES_ALL, EVERYTHING, 0, 10).keys,
            finder.count(SEES_ALL, Words(("many",))),
            finder.facets(SEES_ALL, EVERYTHING, ["type"], 10)[0].counts,
            finder.suggest(SEES_ALL, "type", "m", 10),
            finder.summaries(SEES_ALL, [Term("type", "malware")])[0].records,
        ]


def test_a_scope_of_five_thousand_labels(
    elastic_url: str, elastic_prefix: str, tmp_path: Path
) -> None:
    store = open_store(tmp_path / "hub.sqlite")
    publish(
        store, *(made("malware", n, 0, name="many", is_family=True) for n in range(1, 4)), to=ONE
    )
    with copy_of(store, elastic_url, elastic_prefix) as copy:
        copy.settle()
        (label,) = {label for label, _ in store.windows(SEES_ALL)}
        narrow = asked(copy, [(label, 0)])
        others = [other for other in range(1, LABELS) if other != label]
        assert asked(copy, [(label, 0), *((other, 0) for other in others)]) == narrow
        # A hundred circles that were joined at different times, each in fifty labels.
        mixed = [(other, 1 + other % 100) for other in others]
        assert asked(copy, [(label, 0), *mixed]) == narrow
        with pytest.raises(HubError) as caught:
            asked(copy, [(label, 0), *((other, 10 + other) for other in others)])
        assert caught.value.fault is Fault.BAD_QUERY
    store.close()
