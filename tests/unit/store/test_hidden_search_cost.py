"""What a searcher may not see costs it nothing: SQLite's own steps are counted, not time.

The same is asked of a store with two hundred records that the viewer sees, and of one with five
thousand more that it does not see and that hold the same words and values. What FTS5 does inside
of one step is not counted: it skips from key to key, and `tests/bench` measures its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from hub.model.clock import DAY_US
from hub.model.query import Scope, Window
from hub.model.search import EVERYTHING, Between, Document, Has, Term, Words
from hub.model.tlp import Tlp
from hub.store import finding
from hub.store.filters import Where
from hub.store.finder import SqliteFinder
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import ONE, TWO, candidate, publish
from tests.fakes import START_US, Clock, open_store
from tests.unit.store.costs import steps

HIDDEN = 5000
OBJECTS = 200
A_LITTLE = 1.05
A_FEW = 500
"""Steps in which FTS5 reads its own tables: these are larger, and a hidden record is not one step."""
PER_RECORD = 80
"""Steps of one look for a better version that the viewer sees."""

DOCUMENT = Document(
    frozenset([Term("cve", "cve-2026-0001"), Term("ip", "198.51.100.7"), Term("has", "cve")]),
    {"created": START_US},
    "evil",
    "evil dropper",
)

DAYS = Between("added", START_US - 30 * DAY_US, START_US + DAY_US)

Hide = Callable[[SqliteStore], None]


def _published(store: SqliteStore, first: int, version: int = 0, **how: Any) -> None:
    tlp = how.pop("tlp", Tlp.GREEN)
    count = how.pop("count", HIDDEN)
    items = (candidate(first + n, version, tlp=tlp, document=DOCUMENT) for n in range(count))
    publish(store, *items, **how)


def by_marking(store: SqliteStore) -> None:
    _published(store, 10_000, tlp=Tlp.AMBER)


def by_audience(store: SqliteStore) -> None:
    _published(store, 10_000, audience=[("group", "case")])


def by_collection(store: SqliteStore) -> None:
    _published(store, 10_000, to=TWO)


def by_date(store: SqliteStore) -> None:
    _published(store, 10_000)


def in_very_many_audiences(store: SqliteStore) -> None:
    for number in range(HIDDEN // 10):
        _published(store, 10_000 + 10 * number, count=10, audience=[("group", f"g{number}")])


def newer_versions(store: SqliteStore) -> None:
    for version in range(10, 10 + HIDDEN // OBJECTS):
        _published(store, 1, version, count=OBJECTS, tlp=Tlp.AMBER)


WAYS = (by_marking, by_audience, by_collection, by_date, in_very_many_audiences, newer_versions)
BARE = "nothing hidden"

ASKED: dict[str, Callable[[SqliteFinder, Scope], Any]] = {
    "newest": lambda finder, viewer: finder.find(viewer, EVERYTHING, 0, 50),
    "all": lambda finder, viewer: finder.find(viewer, EVERYTHING, 0, 1000),
    "a word": lambda finder, viewer: finder.find(viewer, Words(("evil",)), 0, 1000),
    "a value": lambda finder, viewer: finder.find(viewer, Has("ip", ("198.51.100.7",)), 0, 1000),
    "dates": lambda finder, viewer: finder.find(
        viewer, Between("created", START_US, None), 0, 1000
    ),
    "count": lambda finder, viewer: finder.count(viewer, Words(("dropper",))),
    "facets": lambda finder, viewer: finder.facets(viewer, EVERYTHING, ["type", "cve"], 10),
    "count by type": lambda finder, viewer: finder.count(viewer, Has("type", ("indicator",))),
    "publishers": lambda finder, viewer: finder.facets(viewer, EVERYTHING, ["publisher"], 10),
    "since": lambda finder, viewer: finder.count(viewer, Between("added", 1, None)),
    "publishers since": lambda finder, viewer: finder.facets(
        viewer, Between("added", 1, None), ["publisher"], 10
    ),
    "days": lambda finder, viewer: finder.histogram(viewer, DAYS, "added", DAY_US),
    "bars": lambda finder, viewer: finder.histogram(viewer, EVERYTHING, "created", 1000),
    "oldest": lambda finder, viewer: finder.find(viewer, Words(("evil",)), 0, 1000, rising=True),
    "survey": lambda finder, viewer: finder.survey(
        viewer, EVERYTHING, ["type", "cve"], 10, instant="created"
    ),
    "suggest": lambda finder, viewer: finder.suggest(viewer, "cve", "cve-2026", 10),
    "summaries": lambda finder, viewer: finder.summaries(viewer, [Term("ip", "198.51.100.7")]),
}


class World(NamedTuple):
    """A store, and somebody who sees a part of it."""

    store: SqliteStore
    viewer: Scope

    def steps(self, name: str) -> int:
        """For an answer."""
        finder = SqliteFinder(self.store.database, count_s=60, survey_s=60)
        return steps(self.store, lambda: ASKED[name](finder, self.viewer))


def made(path: Path, hide: Hide | None) -> World:
    clock = Clock()
    store = open_store(path, clock=clock)
    store.database.connection().execute("PRAGMA synchronous = OFF")
    if hide is by_date:
        hide(store)
    clock.advance(100)
    window = Window(Tlp.GREEN, clock.now)
    if hide and hide is not by_date:
        hide(store)
        clock.advance(1)
    _published(store, 1, count=OBJECTS)
    viewer = Scope("reader", "cert", {ONE.key: (window,)}, subjects={("org", "cert"): 0})
    return World(store, viewer)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, World]]:
    folder = tmp_path_factory.mktemp("costs")
    found = {BARE: made(folder / "bare", None)}
    found |= {hide.__name__: made(folder / hide.__name__, hide) for hide in WAYS}
    yield found
    for world in found.values():
        world.store.close()


@pytest.fixture(scope="module")
def from_the_beginning(worlds: dict[str, World]) -> dict[str, World]:
    """To viewers who see from no date on: these have shorter ways to counts."""
    scope = {ONE.key: (Window(Tlp.GREEN, 0),)}
    return {
        name: World(world.store, msgspec.structs.replace(world.viewer, readable=scope))
        for name, world in worlds.items()
        if name != by_date.__name__
    }


@pytest.mark.parametrize(
    "name", ["count", "count by type", "facets", "publishers", "publishers since"]
)
def test_a_count_costs_the_same(from_the_beginning: dict[str, World], name: str) -> None:
    test_an_answer_costs_the_same(from_the_beginning, name)


def test_counts_of_other_labels_would_be_noticed(
    from_the_beginning: dict[str, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    true = finding._alike

    def alike(*args: Any) -> Where:
        found = true(*args)
        return Where(found.sql.replace("n.label = f.label", "+n.label = f.label"), found.args)

    monkeypatch.setattr(finding, "_alike", alike)
    with pytest.raises(AssertionError):
        test_an_answer_costs_the_same(from_the_beginning, "publishers")


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_costs_the_same(worlds: dict[str, World], name: str) -> None:
    costs = {way: world.steps(name) for way, world in worlds.items()}
    print(f"{name}: {costs}")
    for hide in (each for each in WAYS if each.__name__ in worlds):
        allowed = costs[BARE] * A_LITTLE + A_FEW
        if hide is newer_versions:
            allowed += PER_RECORD * OBJECTS * {"facets": 2, "survey": 3}.get(name, 1)
        assert costs[hide.__name__] <= allowed, costs


def test_a_look_at_hidden_records_would_be_noticed(
    worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers, without the tokens of labels."""
    monkeypatch.setattr(finding, "_expression", lambda _, query: query.match)
    with pytest.raises(AssertionError):
        test_an_answer_costs_the_same(worlds, "a word")


def test_dates_before_a_window_would_be_noticed(
    worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    true = finding.matching

    def matching(*args: Any) -> Where:
        found = true(*args)
        return Where(found.sql, [found.args[0], 0, *found.args[2:]])

    monkeypatch.setattr(finding, "matching", matching)
    with pytest.raises(AssertionError):
        test_an_answer_costs_the_same(worlds, "count")
