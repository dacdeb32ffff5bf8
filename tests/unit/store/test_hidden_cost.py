"""What a reader may not see costs it nothing: SQLite's own steps are counted, not time.

A page is read from a store with two hundred records that the reader sees, and from the same store
with five thousand more that it does not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from hub.model.query import Query, Scope, Window
from hub.model.tlp import Tlp
from hub.store import filters
from hub.store.labels import Range
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import (
    BOTH_STIX,
    EVERY,
    LAST,
    ONE,
    TWO,
    candidate,
    object_id,
    publish,
    select,
    version_us,
)
from tests.fakes import Clock, open_store
from tests.unit.store.costs import steps

HIDDEN = 5000
OBJECTS = 100
PAGE = 50
A_LITTLE = 1.05
PER_RECORD = 100
"""Steps of one look into an index for a better version that the reader sees, with its share of
the label list. It is made where there is a hidden newer version, and once, however many there are."""

Hide = Callable[[SqliteStore, int], None]


def _others(store: SqliteStore, count: int, **how: object) -> None:
    changes = {"tlp": how.pop("tlp", Tlp.GREEN)}
    publish(store, *(candidate(10_000 + n, **changes) for n in range(count)), **how)


def by_marking(store: SqliteStore, count: int) -> None:
    _others(store, count, tlp=Tlp.AMBER)


def by_audience(store: SqliteStore, count: int) -> None:
    _others(store, count, audience=[("group", "case"), ("org", "ministry")])


def by_collection(store: SqliteStore, count: int) -> None:
    _others(store, count, to=TWO)


def by_date(store: SqliteStore, count: int) -> None:
    _others(store, count)


def in_very_many_audiences(store: SqliteStore, count: int) -> None:
    for number in range(count // 10):
        objects = [candidate(10_000 + 10 * number + n) for n in range(10)]
        publish(store, *objects, audience=[("group", f"g{number}"), ("org", "ministry")])


def older_versions(store: SqliteStore, count: int) -> None:
    _versions(store, count, -1)


def newer_versions(store: SqliteStore, count: int) -> None:
    _versions(store, count, 1)


def _versions(store: SqliteStore, count: int, sign: int) -> None:
    each = range(10, 10 + count // OBJECTS)
    for number in range(1, OBJECTS + 1):
        publish(store, *(candidate(number, sign * v, tlp=Tlp.AMBER) for v in each))


def versions_of_one(store: SqliteStore, count: int) -> None:
    publish(store, *(candidate(1, 10 + n, tlp=Tlp.AMBER) for n in range(count)))


def all_but_nothing(store: SqliteStore, count: int) -> None:
    """One hidden newer version of each object, whatever the count."""
    publish(store, *(candidate(number, 10, tlp=Tlp.AMBER) for number in range(1, OBJECTS + 1)))


WAYS: tuple[Hide, ...] = (
    *(by_marking, by_audience, by_collection, by_date, in_very_many_audiences),
    *(older_versions, newer_versions, versions_of_one, all_but_nothing),
)
BARE = "nothing hidden"


class World(NamedTuple):
    """A store, and somebody who sees a part of it."""

    store: SqliteStore
    viewer: Scope

    def steps(self, query: Query) -> int:
        """For a page."""
        return steps(self.store, lambda: self.store.objects(self.viewer, query, -1, PAGE))


def made(path: Path, hide: Hide | None) -> World:
    clock = Clock()
    store = open_store(path, clock=clock)
    store.database.connection().execute("PRAGMA synchronous = OFF")
    if hide:
        hide(store, HIDDEN)
    clock.advance(100)
    window = Window(Tlp.GREEN, clock.now)
    for version in range(2):
        clock.advance(1)
        publish(store, *(candidate(n, version) for n in range(1, OBJECTS + 1)))
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


QUERIES = {
    "last": LAST,
    "all versions": EVERY,
    "first": select(LAST, edges=("first",)),
    "one type": select(LAST, types=("indicator",)),
    "two types, all versions": select(EVERY, types=("indicator", "malware")),
    "both STIX versions": select(LAST, stix=BOTH_STIX),
    "a filter": select(LAST, publisher="ministry"),
    "one object": select(LAST, ids=(object_id(1),)),
    "one object, all versions": select(EVERY, ids=(object_id(1),)),
    "exact version": select(LAST, edges=(), versions_us=(version_us(1),)),
}
QUICK = ("last", "one type", "one object")
"""They take the latest version at its word, unless there is a hidden one that is better."""


@pytest.mark.parametrize("query", QUERIES)
def test_a_page_costs_the_same(worlds: dict[str, World], query: str) -> None:
    costs = {name: world.steps(QUERIES[query]) for name, world in worlds.items()}
    print(f"{query}: {costs}")
    for hide in WAYS:
        allowed = costs[BARE] * A_LITTLE
        if query in QUICK and hide in {newer_versions, versions_of_one, all_but_nothing}:
            allowed += PER_RECORD * PAGE
        assert costs[hide.__name__] <= allowed, costs
    # However many of them there are.
    assert costs[newer_versions.__name__] <= costs[all_but_nothing.__name__] * 1.05
    assert costs[versions_of_one.__name__] <= costs[all_but_nothing.__name__] * 1.05


def test_what_is_seen_does_cost(worlds: dict[str, World]) -> None:
    """The figures above measure something: seen by everybody, the same records do cost."""
    store, viewer = worlds["newer_versions"]
    sees_all = msgspec.structs.replace(viewer, readable={ONE.key: (Window(Tlp.RED, 0),)})
    exact = select(LAST, edges=(), versions_us=(version_us(1),))
    assert World(store, sees_all).steps(exact) > 2 * World(store, viewer).steps(exact)


def test_a_look_at_hidden_records_would_be_noticed(
    worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows, found by looking at the labels of all versions of an object."""

    def among(ranges: list[Range], alias: str, index: str) -> filters.Source:
        labels = ",".join(str(item.label) for item in ranges)
        condition = f"{alias}.added_us >= {ranges[0].since_us} AND {alias}.standing > 0"
        return filters.Source(
            f"record {alias} INDEXED BY {index} WHERE +{alias}.label IN ({labels}) AND {condition}",
            [],
        )

    true = worlds[BARE].steps(QUERIES["one object"])
    monkeypatch.setattr(filters, "among", among)
    assert worlds[BARE].steps(QUERIES["one object"]) < 2 * true
    assert worlds["versions_of_one"].steps(QUERIES["one object"]) > 100 * true
