"""What counts beside a search cost: SQLite's steps and searches are counted, not time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.model.clock import DAY_US
from hub.model.query import Scope, Window
from hub.model.search import EVERYTHING, AllOf, Between, Document, Has, Node, Words
from hub.model.tlp import Tlp
from hub.store.finder import SqliteFinder
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import ONE, candidate, publish
from tests.fakes import START_US, Clock, open_store

OLD, NEW = 2000, 20
STEPS_OF_ONE = 8
"""Of SQLite's machine for a record that an index counts"""

STEPS_OF_ALL = 1500
"""For finding what there is to be counted"""

NOW_US = START_US + 40 * DAY_US
RECENT = Between("added", NOW_US - DAY_US, None)
GREEN = Between("tlp", int(Tlp.GREEN), int(Tlp.GREEN))
WEEKS = Between("added", NOW_US - 20 * DAY_US, NOW_US + 36 * DAY_US)
VIEWER = Scope(readable={ONE.key: (Window(Tlp.RED, 0),)}, clearance=Tlp.RED)

Ask = Callable[[SqliteFinder], Any]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """Two thousand records of two markings, and twenty that came forty days after them."""
    clock = Clock()
    found: SqliteStore = open_store(tmp_path_factory.mktemp("counts") / "hub.sqlite", clock=clock)
    document = Document(frozenset(), {"created": START_US}, "evil", "evil dropper")
    for first, many in ((0, OLD), (OLD, NEW)):
        for tlp in (Tlp.GREEN, Tlp.AMBER):
            numbers = range(2 * first + (tlp is Tlp.AMBER), 2 * (first + many), 2)
            publish(found, *(candidate(n, 0, tlp=tlp, document=document) for n in numbers))
        clock.now = NOW_US
    yield found
    found.close()


def _steps(store: SqliteStore, ask: Ask) -> tuple[int, Any]:
    """Of an answer, when everything is prepared; and the answer."""
    count = 0

    def one() -> int:
        nonlocal count
        count += 1
        return 0

    finder = SqliteFinder(store.database, count_s=60, find_s=60, survey_s=60)
    answer = ask(finder)
    connection = store.database.connection()
    connection.set_progress_handler(one, 1)
    assert ask(finder) == answer
    connection.set_progress_handler(None, 1)
    return count, answer


def _searches(store: SqliteStore, ask: Ask) -> int:
    """How many statements of an answer look for words."""
    said: list[str] = []
    connection = store.database.connection()
    connection.set_trace_callback(said.append)
    ask(SqliteFinder(store.database, count_s=60, survey_s=60))
    connection.set_trace_callback(None)
    return sum("MATCH" in text for text in said)


def _publishers(node: Node) -> Ask:
    return lambda finder: finder.facets(VIEWER, node, ["publisher"], 10)


WHAT_IS_RECENT: dict[str, Ask] = {
    "count": lambda finder: finder.count(VIEWER, RECENT),
    "count by type": lambda finder: finder.count(
        VIEWER, AllOf((RECENT, Has("type", ("indicator",))))
    ),
    "publishers": _publishers(RECENT),
    "days": lambda finder: finder.histogram(VIEWER, WEEKS, "added", DAY_US),
}


@pytest.mark.parametrize("ask", WHAT_IS_RECENT.values(), ids=WHAT_IS_RECENT)
def test_what_is_older_is_not_read(store: SqliteStore, ask: Ask) -> None:
    steps, answer = _steps(store, ask)
    assert str(2 * NEW) in str(answer)
    assert steps <= STEPS_OF_ONE * 2 * NEW + 6 * STEPS_OF_ALL


WHAT_AN_INDEX_COUNTS: dict[str, Ask] = {
    "count": lambda finder: finder.count(VIEWER, EVERYTHING),
    "publishers": _publishers(EVERYTHING),
    "of a marking": lambda finder: finder.count(VIEWER, GREEN),
    "four facets": lambda finder: finder.facets(
        VIEWER, EVERYTHING, ["type", "tlp", "publisher", "collection"], 10
    ),
}


@pytest.mark.parametrize("ask", WHAT_AN_INDEX_COUNTS.values(), ids=WHAT_AN_INDEX_COUNTS)
def test_a_record_is_counted_once_in_a_few_steps(store: SqliteStore, ask: Ask) -> None:
    steps, answer = _steps(store, ask)
    assert str(OLD + NEW) in str(answer) or str(2 * (OLD + NEW)) in str(answer)
    assert steps <= STEPS_OF_ONE * 2 * (OLD + NEW) + STEPS_OF_ALL
    assert _searches(store, ask) == 0


def test_what_is_searched_for_is_searched_for_once(store: SqliteStore) -> None:
    """For the total, four facets and the days."""
    fields = ["type", "tlp", "publisher", "collection"]

    def survey(finder: SqliteFinder) -> Any:
        return finder.survey(VIEWER, Words(("evil",)), fields, 10, instant="added")

    _, found = _steps(store, survey)
    assert found.total == 2 * (OLD + NEW)
    assert [bar.records for bar in found.bars] == [2 * OLD, 2 * NEW]
    assert _searches(store, survey) == 1
    assert (
        _searches(store, lambda finder: finder.facets(VIEWER, Words(("evil",)), fields, 10)) == 1
    )


def test_what_costs_another_search_is_not_begun_late(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the first search took most of the time, a second one would be thrown away."""
    times = iter([0.0, 0.0, 0.0, *(0.012 for _ in range(100))])
    monkeypatch.setattr("hub.store.surveying.time.thread_time", lambda: next(times))
    finder = SqliteFinder(store.database, count_s=60, survey_s=0.015)
    found = finder.survey(VIEWER, Words(("evil",)), ["type", "label"], 10, instant="added")
    assert found.total == 2 * (OLD + NEW)
    assert [facet.counts is None for facet in found.facets] == [False, True]


def test_a_result_that_is_whole_is_not_searched_for_again(store: SqliteStore) -> None:
    """Dates are looked for in every record; what was found is counted by its ids."""
    few = Between("created", START_US + 1, None)
    ids = tuple(candidate(n, 0).object_id.lower() for n in range(3))

    def survey(node: Node) -> Ask:
        return lambda finder: finder.survey(VIEWER, node, ["type", "label"], 10, instant="added")

    again, _ = _steps(store, survey(few))
    known, _ = _steps(store, survey(AllOf((few, Has("id", ids)))))
    assert 20 * known < again
