"""What a searcher may not see is not looked at: SQLite's own steps are counted, not time.

Of words, phrases and values. Beginnings, names below a domain, networks and suggestions read every
token that begins so, hidden ones among them, inside of FTS5, which counts no steps:
docs/explanation/threat-model.md says what that costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.model.query import Scope, Window
from hub.model.record import Candidate
from hub.model.search import EVERYTHING, AllOf, Has, Node, Not, Term, Words
from hub.model.tlp import Tlp
from hub.store import finding
from hub.store.finder import SqliteFinder
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import ONE, publish
from tests.conformance.find_worlds import made
from tests.fakes import Clock, open_store
from tests.unit.store.costs import steps

HIDDEN, SEEN = 3000, 200
A_LITTLE = 1.05
STEPS_OF_ONE = 10
QUERIES: dict[str, Node] = {
    "everything": EVERYTHING,
    "a word": Words(("emotet",)),
    "a phrase": Words(("lure", "phishing")),
    "a value": Has("ip", ("198.51.100.7",)),
    "a label": Has("label", ("c2",)),
    "a word and not a label": AllOf((Words(("emotet",)), Not(Has("label", ("t1",))))),
}
Ask = Callable[[SqliteFinder, Scope, Node], object]
ASKS: dict[str, Ask] = {
    "find": lambda finder, viewer, node: finder.find(viewer, node, 0, 50),
    "count": lambda finder, viewer, node: finder.count(viewer, node),
    "facets": lambda finder, viewer, node: finder.facets(viewer, node, ["label", "type"], 10),
    "histogram": lambda finder, viewer, node: finder.histogram(viewer, node, "added", 1_000_000),
    "summaries": lambda finder, viewer, _: finder.summaries(
        viewer, [Term("ip", "198.51.100.7"), Term("label", "c2")]
    ),
}


def _item(number: int, tlp: Tlp) -> Candidate:
    found = made(
        "indicator",
        number,
        0,
        name=f"Emotet lure phishing {number}",
        labels=["c2", f"t{number % 7}"],
        pattern="[ipv4-addr:value = '198.51.100.7']",
        pattern_type="stix",
        valid_from="2023-01-01T00:00:00Z",
    )
    return found._replace(tlp=tlp)


class World:
    """A store, and somebody who sees a part of it."""

    def __init__(self, folder: Path, hidden: int, *, by_date: bool) -> None:
        folder.mkdir()
        clock = Clock()
        self.store: SqliteStore = open_store(folder / "hub.sqlite", clock=clock)
        strict = Tlp.GREEN if by_date else Tlp.AMBER
        publish(self.store, *(_item(SEEN + number, strict) for number in range(1, hidden + 1)))
        clock.now += 60_000_000
        publish(self.store, *(_item(number, Tlp.GREEN) for number in range(1, SEEN + 1)))
        window = Window(Tlp.GREEN, clock.now if by_date else 0)
        self.viewer = Scope(readable={ONE.key: (window,)}, clearance=Tlp.GREEN)
        self.finder = SqliteFinder(self.store.database, count_s=60, find_s=60)

    def steps(self, ask: Ask, node: Node) -> int:
        """For an answer."""
        return steps(self.store, lambda: ask(self.finder, self.viewer, node))


@pytest.fixture(scope="module", params=[False, True], ids=["by marking", "by date"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, World]]:
    folder = tmp_path_factory.mktemp("hidden")
    full = World(folder / "full", HIDDEN, by_date=request.param)
    bare = World(folder / "bare", 0, by_date=request.param)
    yield full, bare
    full.store.close()
    bare.store.close()


def _compare(pair: tuple[World, World], ask: Ask, node: Node) -> None:
    full, bare = (world.steps(ask, node) for world in pair)
    # Whether more than a few match is found out by looking at so many, seen or not.
    assert full <= bare * A_LITTLE + STEPS_OF_ONE * finding.FEW, (full, bare)


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("node", QUERIES.values(), ids=QUERIES)
def test_what_is_hidden_costs_no_steps(pair: tuple[World, World], ask: Ask, node: Node) -> None:
    _compare(pair, ask, node)


@pytest.mark.parametrize("pair", [False], ids=["by marking"], indirect=True)
def test_without_the_tokens_of_labels_it_would(
    pair: tuple[World, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_expression", lambda _, query: query.match)
    with pytest.raises(AssertionError):
        _compare(pair, ASKS["count"], QUERIES["a word"])
