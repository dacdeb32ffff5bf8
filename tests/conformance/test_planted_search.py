"""Each bug that is planted here in search is noticed by the property of `test_finder`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase

from hub.errors import HubError
from hub.language.fold import GAP
from hub.model.search import Within
from hub.store import expression, finding, index, pieces
from hub.store.filters import Where
from hub.store.labels import Labels, Range
from tests.conformance.engines import search_engines
from tests.conformance.test_finder import follows_the_oracle

pytestmark = pytest.mark.slow
Plant = pytest.MonkeyPatch
EVERYTHING = [Range(key, 0) for key in range(1, 400)]
"""Ranges that hold whatever there is."""


def the_scope_is_dropped(plant: Plant) -> None:
    plant.setattr(finding, "in_set", lambda *_: Where("1", []))
    plant.setattr(finding, "_expression", lambda _, query: query.match)


def tokens_of_labels_are_trusted_alone(plant: Plant) -> None:
    plant.setattr(finding, "in_set", lambda *_: Where("1", []))


def counts_do_not_look_at_the_scope(plant: Plant) -> None:
    true = finding.matching
    plant.setattr(finding, "total", lambda _, node: _counted(true(EVERYTHING, node)))


def _counted(found: Where) -> Where:
    return Where(f"SELECT count(*) {found.sql}", found.args)


def every_version_is_found(plant: Plant) -> None:
    plant.setattr(finding, "none_better", lambda _: Where("1", []))


def only_the_best_version_is_found(plant: Plant) -> None:
    plant.setattr(finding, "none_better", lambda _: Where("0", []))


def versions_are_compared_with_hidden_ones(plant: Plant) -> None:
    true = finding.none_better
    plant.setattr(finding, "none_better", lambda _: true(EVERYTHING))


def a_phrase_goes_on_in_the_next_text(plant: Plant) -> None:
    true = index._texts

    def texts(row: Any) -> Any:
        key, names, words, terms = true(row)
        return key, names.replace(f"{GAP} ", ""), words.replace(f"{GAP} ", ""), terms

    plant.setattr(index, "_texts", texts)


def networks_around_are_missed(plant: Plant) -> None:
    def within(node: Within) -> str:
        parts = [
            f'"{index.digits(node.version, low)[: 2 + (index.bits_of(node.version) - free) // 4]}" *'
            for low, free in expression._blocks(node.low, node.high)
        ]
        return f"({' OR '.join(parts)})"

    plant.setattr(expression, "_within", within)


def what_has_no_date_is_in_no_range_and_not_outside(plant: Plant) -> None:
    def between(node: Any) -> Where:
        column = expression._NUMBERS[node.field]
        low = expression._bound(node.low, expression._LOW)
        high = expression._bound(node.high, expression._HIGH)
        return Where(f"{column} BETWEEN ? AND ?", [low, high])

    plant.setattr(expression, "_between", between)


def a_blank_ends_a_value(plant: Plant) -> None:
    plant.setattr(index, "spelled", lambda key: key.replace('"', "").partition(" ")[0])


def deleted_words_stay(plant: Plant) -> None:
    plant.setattr(index, "drop", lambda *_: None)


def a_piece_is_given_to_anybody(plant: Plant) -> None:
    plant.setattr(pieces, "in_set", lambda *_: Where("1", []))


def a_piece_may_be_an_older_version(plant: Plant) -> None:
    plant.setattr(pieces, "latest", lambda *_: Where("1", []))


def every_form_of_a_version_is_held(plant: Plant) -> None:
    plant.setattr(pieces, "best_form", lambda *_: Where("1", []))


def one_collection_is_forgotten(plant: Plant) -> None:
    true = Labels.windows
    plant.setattr(Labels, "windows", lambda *args: true(*args)[:2])


def the_first_page_comes_again(plant: Plant) -> None:
    true = finding.matching
    plant.setattr(
        finding, "matching", lambda ranges, node, _=None, **few: true(ranges, node, **few)
    )


def counts_by_an_index_forget_a_label(plant: Plant) -> None:
    true = finding._alike
    plant.setattr(finding, "_alike", lambda ranges, plain: true(ranges[:1], plain))


def counts_by_an_index_hold_what_is_hidden(plant: Plant) -> None:
    true = finding._alike
    plant.setattr(finding, "_alike", lambda _, plain: true(EVERYTHING[:8], plain))


def counts_by_an_index_forget_the_dates(plant: Plant) -> None:
    true = finding._alike
    plant.setattr(finding, "_alike", lambda ranges, plain: true(ranges, plain._replace(low_us=0)))


def days_hold_what_is_hidden(plant: Plant) -> None:
    true = finding._added
    plant.setattr(finding, "_added", lambda _, spans: true(EVERYTHING[:8], spans))


def days_hold_every_version(plant: Plant) -> None:
    plant.setattr(finding, "latest", lambda _: Where("1", []))


def days_forget_the_dates(plant: Plant) -> None:
    true = finding._added

    def added(ranges: Any, spans: Any) -> Where:
        return true(ranges, [(start, start, high) for start, _, high in spans])

    plant.setattr(finding, "_added", added)


def a_value_on_a_few_records_is_known_to_anybody(plant: Plant) -> None:
    true = finding.seen
    plant.setattr(finding, "seen", lambda _, keys: true(EVERYTHING, keys))


def the_oldest_come_last(plant: Plant) -> None:
    true = finding.first

    def first(ranges: Any, node: Any, place: Any, *rest: Any, **few: Any) -> Where:
        return true(ranges, node, place._replace(rising=False), *rest, **few)

    plant.setattr(finding, "first", first)


def a_survey_counts_what_is_hidden(plant: Plant) -> None:
    true = finding.kinds
    plant.setattr(finding, "kinds", lambda _, node: true(EVERYTHING, node))


BUGS: tuple[Callable[[Plant], None], ...] = (
    the_scope_is_dropped,
    tokens_of_labels_are_trusted_alone,
    counts_do_not_look_at_the_scope,
    every_version_is_found,
    only_the_best_version_is_found,
    versions_are_compared_with_hidden_ones,
    a_phrase_goes_on_in_the_next_text,
    networks_around_are_missed,
    what_has_no_date_is_in_no_range_and_not_outside,
    a_blank_ends_a_value,
    deleted_words_stay,
    a_piece_is_given_to_anybody,
    a_piece_may_be_an_older_version,
    every_form_of_a_version_is_held,
    one_collection_is_forgotten,
    the_first_page_comes_again,
    counts_by_an_index_forget_a_label,
    counts_by_an_index_hold_what_is_hidden,
    counts_by_an_index_forget_the_dates,
    days_hold_what_is_hidden,
    days_hold_every_version,
    days_forget_the_dates,
    a_value_on_a_few_records_is_known_to_anybody,
    the_oldest_come_last,
    a_survey_counts_what_is_hidden,
)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_noticed(
    bug: Callable[[Plant], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (engine,) = (each for each in search_engines() if each.name == "sqlite")
    bug(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup, HubError)):
        follows_the_oracle(engine, tmp_path, phases=(Phase.generate,), max_examples=500)
