"""Tests of the tests: a door of search that looks beyond the scope is noticed in the worlds.

Each bug is one question to the engine, or one reading of the record, that is asked as somebody who
sees everything; the rest of the door is as it should be. One history and one question of a viewer
suffice for each: what `tests.http.scripts` draws holds the like many times over, but which of its
draws do so changes with every word of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.api import search
from hub.model.party import Role
from hub.model.query import Scope, Window
from hub.model.tlp import Tlp
from hub.service.outlet.outlet import Outlet
from hub.store.elastic import finder as elastic
from hub.store.elastic.finder import ElasticFinder
from hub.store.finder import SqliteFinder
from hub.store.pieces import RecordPieces
from tests.http import cast
from tests.http.cast import Viewer
from tests.http.copied import in_elastic
from tests.http.looking import ALL_FACETS, API, EXPORT, PASTED
from tests.http.pieces import Piece, id_of
from tests.http.twins import Line, Publish, split
from tests.http.worlds import Ask, Pair, Walk

pytestmark = pytest.mark.slow
Plant = pytest.MonkeyPatch
OMNISCIENT = Scope(
    readable={key: (Window(Tlp.RED, 0),) for key in cast.KEYS.values()},
    subjects=dict.fromkeys((*(("org", org) for org in cast.ORGS), *cast.MEMBERS), 0),
)


def said(number: int, tlp: Tlp, version: int = 0) -> Publish:
    """A publish for all who may read up to that marking."""
    return Publish("grid", "shared", frozenset(), (Piece(number, version, "b", tlp=tlp),))


NEAR = Viewer("near", Tlp.AMBER, Role.COORDINATOR)
LATE = Viewer("late", Tlp.AMBER, Role.COORDINATOR)
"""Its rights begin after the first of the history."""

HISTORY = (
    said(1, Tlp.GREEN),
    said(2, Tlp.GREEN),
    said(3, Tlp.AMBER_STRICT),
    said(1, Tlp.AMBER_STRICT, version=1),
    said(7, Tlp.AMBER_STRICT),
    *(said(4, Tlp.GREEN) for _ in range(2)),
)
"""Neither viewer sees the stricter ones: among them a later version, and a value for devices."""

SEARCH = Walk(f"{API}/search", "q=&limit=1")
FILE = Ask("GET", f"{EXPORT}/shared/values.csv")
QUESTIONS: dict[str, Line] = {
    "find": SEARCH,
    "count": ALL_FACETS,
    "facets": ALL_FACETS,
    "histogram": Ask("GET", f"{API}/histogram", "q=&field=added&step=day"),
    "survey": Ask("GET", "/search", "q=", is_page=True),
    "suggest": Ask("GET", f"{API}/suggest", "field=type&begin="),
    "summaries": Ask("POST", f"{API}/lookup", pasted=PASTED),
    "pick": SEARCH,
    "held": Ask("GET", f"{API}/objects/{id_of(3)}/related"),
    "positions_count_what_is_hidden": SEARCH,
    "files_hold_what_others_see": FILE,
    "files_count_what_others_see": FILE,
    "facets_are_of_all_records": ALL_FACETS,
    "better_versions_hide_from_everybody": SEARCH,
    "rights_have_no_beginning": SEARCH,
}
"""What a viewer asks to notice each plant."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair.made(tmp_path, "hub")
    yield made
    made.close()


def leaks(pair: Pair, name: str, ask: Line, *more: Line) -> bool:
    """Whether the viewer of a plant can tell the two worlds apart by what it asks."""
    viewer = LATE if name == "rights_have_no_beginning" else NEAR
    try:
        pair.compare(viewer, split(viewer, [*HISTORY, ask, *more]))
    except AssertionError:
        # What an all-seeing reading brings up may have no name for the viewer: also an error.
        return True
    return False


def beyond(kind: type, name: str) -> Callable[[Plant], None]:
    """The method asked as somebody who sees everything."""

    def plant(patch: Plant) -> None:
        true = getattr(kind, name)
        patch.setattr(
            kind, name, lambda self, _, *rest, **how: true(self, OMNISCIENT, *rest, **how)
        )

    plant.__name__ = name
    return plant


def positions_count_what_is_hidden(patch: Plant) -> None:
    """A `next` that says how many records there are."""

    def write(self: Any, query: str, position: Any) -> str:
        return f"{position.edge_us}"

    true = search.Searcher.page

    def page(self: Any, question: Any, edge_us: int, limit: int, **how: Any) -> Any:
        found = true(self, question, edge_us, limit, **how)
        every = self._finder.count(OMNISCIENT, question.node)
        return found._replace(last_us=found.last_us + (every or 0), more=found.more)

    patch.setattr(search.Searcher, "page", page)
    patch.setattr(search.Positions, "write", write)


def files_hold_what_others_see(patch: Plant) -> None:
    """The search behind a file for devices, and nothing else, looks beyond the scope."""
    true = Outlet._selection

    def selection(self: Any, order: Any, sieve: Any) -> Any:
        return true(self, order._replace(scope=OMNISCIENT), sieve)

    patch.setattr(Outlet, "_selection", selection)


def files_count_what_others_see(patch: Plant) -> None:
    """The header of a file counts everything that is in the hub."""
    true = Outlet._made

    def made(self: Any, order: Any, *rest: Any) -> Any:
        found = true(self, order, *rest)
        count = sum(tally.objects for tally in self._store.tallies(OMNISCIENT))
        return found._replace(left_out=f"{found.left_out}, all={count}")

    patch.setattr(Outlet, "_made", made)


METHODS = ("find", "count", "facets", "histogram", "survey", "suggest", "summaries")
PLANTS = (
    *(beyond(SqliteFinder, name) for name in METHODS),
    *(beyond(RecordPieces, name) for name in ("pick", "held")),
    positions_count_what_is_hidden,
    files_hold_what_others_see,
    files_count_what_others_see,
)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_door_that_looks_beyond_the_scope_is_noticed(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, plant: Callable[[Plant], None]
) -> None:
    plant(monkeypatch)
    assert leaks(pair, plant.__name__, QUESTIONS[plant.__name__])


@pytest.mark.parametrize("name", ["find", "rights_have_no_beginning"])
def test_without_a_plant_no_question_tells(pair: Pair, name: str) -> None:
    assert not leaks(pair, name, *QUESTIONS.values())


def facets_are_of_all_records(patch: Plant) -> None:
    """Of the scope and the query, facets keep the query alone."""
    true = elastic._sized

    def sized(filters: Any, aggregations: Any = None) -> Any:
        counted = aggregations and "terms" in aggregations.get("found", ())
        return true(filters[-1:] if counted else filters, aggregations)

    patch.setattr(elastic, "_sized", sized)


def better_versions_hide_from_everybody(patch: Plant) -> None:
    """A version that is beaten by anything is gone, also for who does not see that."""
    true = elastic.scope_filter
    beaten = {"nested": {"path": "beaten", "query": {"match_all": {}}, "score_mode": "none"}}
    unbeaten = {"bool": {"must_not": [beaten]}}
    patch.setattr(elastic, "scope_filter", lambda windows: [*true(windows)[:1], unbeaten])


def rights_have_no_beginning(patch: Plant) -> None:
    """Who joined later sees what came before."""
    true = elastic.scope_filter
    patch.setattr(elastic, "scope_filter", lambda seen: true([(label, 0) for label, _ in seen]))


COPIED = (
    *(beyond(ElasticFinder, name) for name in METHODS),
    facets_are_of_all_records,
    better_versions_hide_from_everybody,
    rights_have_no_beginning,
)


@pytest.mark.parametrize("plant", COPIED, ids=lambda plant: plant.__name__)
def test_a_search_copy_that_looks_beyond_the_scope_is_noticed(
    elastic_url: str,
    elastic_prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[Plant], None],
) -> None:
    plant(monkeypatch)
    with in_elastic(elastic_url, elastic_prefix) as engine:
        pair = Pair.made(tmp_path, "hub", engine)
        assert leaks(pair, plant.__name__, QUESTIONS[plant.__name__])
        pair.close()
