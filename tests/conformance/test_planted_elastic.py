"""Each bug that is planted here in the search copy is noticed by the property of `test_finder`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase

from hub.store.elastic import finder, lines, tallies, visitor
from tests.conformance.engines import elastic_engine
from tests.conformance.test_finder import follows_the_oracle

pytestmark = pytest.mark.slow
Plant = pytest.MonkeyPatch


def what_is_hidden_by_a_better_version_is_found(plant: Plant) -> None:
    true = visitor.scope_filter
    plant.setattr(finder, "scope_filter", lambda windows: true(windows)[:1])


def whoever_sees_a_label_sees_it_from_its_beginning(plant: Plant) -> None:
    true = visitor.scope_filter
    plant.setattr(finder, "scope_filter", lambda windows: true([(key, 0) for key, _ in windows]))


def beaten_is_beaten_for_everybody(plant: Plant) -> None:
    hidden = {"nested": {"path": "beaten", "query": {"exists": {"field": "beaten.shelf"}}}}
    true = visitor.scope_filter
    plant.setattr(
        finder,
        "scope_filter",
        lambda windows: [true(windows)[0], {"bool": {"must_not": [hidden]}}],
    )


def networks_lose_their_end(plant: Plant) -> None:
    true = lines._range

    def short(key: str) -> tuple[str, str, str]:
        field, low, _ = true(key)
        return field, low, low

    plant.setattr(lines, "_range", short)


def ties_are_in_any_order(plant: Plant) -> None:
    true = tallies.read_counts
    plant.setattr(
        tallies,
        "read_counts",
        lambda *args: sorted(
            true(*args) or [], key=lambda count: (-count.records, count.key[::-1])
        ),
    )


PLANTED = [
    what_is_hidden_by_a_better_version_is_found,
    whoever_sees_a_label_sees_it_from_its_beginning,
    beaten_is_beaten_for_everybody,
    networks_lose_their_end,
    ties_are_in_any_order,
]


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.__name__)
def test_it_is_noticed(
    bug: Callable[[Plant], None],
    elastic_url: str,
    elastic_prefix: str,
    tmp_path: Path,
    monkeypatch: Plant,
) -> None:
    bug(monkeypatch)
    engine = elastic_engine(elastic_url, elastic_prefix)
    phases = [Phase.generate]
    with pytest.raises((AssertionError, ExceptionGroup)):
        follows_the_oracle(engine, tmp_path, max_examples=150, phases=phases, derandomize=True)
