"""Every answer of every engine of search is that of the oracle, for random hubs and callers."""

from __future__ import annotations

from itertools import starmap
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.model.search import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Between,
    Has,
    Node,
    Not,
    Term,
    Within,
)
from tests.conformance.engines import SearchEngine
from tests.conformance.find_worlds import (
    FACETS,
    HISTORIES,
    HOSTILE,
    RANGES,
    Scope,
    World,
    nodes,
    phrases,
    scopes,
    terms,
    world,
)

STEPS = (1, 1_000_000, 86_400_000_000, 7 * 86_400_000_000)
FIELDS = ("added", "created", "modified", "valid_from", "valid_until")
OUTSIDE = (
    Not(Between("confidence", None, 50)),
    Not(Between("valid_from", None, None)),
    AnyOf((Not(Between("valid_until", 0, None)), Has("type", ("malware",)))),
)
"""What has no such number is outside of the range."""

SINGLE = ("type", "publisher", "collection", "tlp")
COUNTED = (
    Has("type", ("indicator", "malware")),
    Has("type", HOSTILE),
    AllOf((Has("publisher", ("grid", "cert")), Has("collection", ("1",)))),
    AllOf((Has("tlp", ("red", "amber")), Has("type", ("indicator",)))),
)


def compare(world: World, viewer: Scope, node: Node, limit: int) -> None:
    """Everything that is asked with a query."""
    finder, oracle = world.searched.finder, world.oracle
    compare_pages(world, viewer, node, limit, rising=False)
    compare_pages(world, viewer, node, limit, rising=True)
    assert finder.count(viewer, node) == oracle.count(viewer, node)
    assert finder.facets(viewer, node, FACETS, limit) == oracle.facets(viewer, node, FACETS, limit)
    for field in FIELDS:
        for step_us in STEPS:
            bars = finder.histogram(viewer, node, field, step_us)
            assert bars == oracle.histogram(viewer, node, field, step_us)
        survey = finder.survey(viewer, node, FACETS, limit, instant=field)
        assert survey == oracle.survey(viewer, node, FACETS, limit, instant=field)


def compare_pages(world: World, viewer: Scope, node: Node, limit: int, *, rising: bool) -> None:
    """All pages, from the newest or the oldest on."""
    finder, oracle = world.searched.finder, world.oracle
    edge_us, more = 0, True
    while more:
        hits = finder.find(viewer, node, edge_us, limit, rising=rising)
        assert hits == oracle.find(viewer, node, edge_us, limit, rising=rising)
        assert len(hits.keys) == limit or not hits.more
        picked = world.store.pick(viewer, hits.keys)
        assert picked == oracle.pick(viewer, hits.keys)
        assert [piece.added_us for piece in picked] == hits.keys
        more, edge_us = hits.more, hits.keys[-1] if hits.keys else 0


def compare_values(world: World, viewer: Scope, beginning: str, most: int) -> None:
    """What is asked without a query."""
    finder, oracle = world.searched.finder, world.oracle
    for field in FACETS:
        found = finder.suggest(viewer, field, beginning, most)
        assert found == oracle.suggest(viewer, field, beginning, most), field
    asked = [*terms(oracle), *(Term("value", key) for key in HOSTILE)]
    assert finder.summaries(viewer, asked) == oracle.summaries(viewer, asked)
    for node in (*starmap(Within, RANGES), *OUTSIDE, *phrases(oracle)):
        assert finder.find(viewer, node, 0, 100) == oracle.find(viewer, node, 0, 100)
    every = [sheet.added_us for sheet in oracle.sheets()]
    asked_keys = [*every, 1, *every[:1]]
    assert world.store.pick(viewer, asked_keys) == oracle.pick(viewer, asked_keys)
    for object_id in {
        kept.item.object_id for one in oracle.collections.values() for kept in one.kept
    }:
        held = oracle.held(viewer, object_id)
        assert world.store.held(viewer, object_id) == held
        for version in {piece.version for piece in held[1:]}:
            found = world.store.held(viewer, object_id, version)
            assert found == oracle.held(viewer, object_id, version)
    assert world.store.held(viewer, "malware--\0") == []


def compare_counts(world: World, viewer: Scope, limit: int) -> None:
    """Counts by nothing but what every record has: an engine may have a shorter way to them."""
    finder, oracle = world.searched.finder, world.oracle
    spans = _spans(world)
    for node in (*COUNTED, *spans, *(AllOf((span, COUNTED[0])) for span in spans)):
        assert finder.count(viewer, node) == oracle.count(viewer, node)
        found = finder.facets(viewer, node, SINGLE, limit)
        assert found == oracle.facets(viewer, node, SINGLE, limit)
    for span in spans:
        for step_us in STEPS:
            bars = finder.histogram(viewer, span, "added", step_us)
            assert bars == oracle.histogram(viewer, span, "added", step_us)


def _spans(world: World) -> list[Node]:
    """From the second record on, and up to the one before the last."""
    every = sorted({sheet.added_us for sheet in world.oracle.sheets()})
    if not every:
        return []
    low, high = every[:2][-1], every[-2:][0]
    return [Between("added", low, None), Between("added", low, high)]


def follows_the_oracle(engine: SearchEngine, folder: Path, **how: Any) -> None:
    """The property; also for the tests of planted bugs."""

    @settings(suppress_health_check=list(HealthCheck), deadline=None, **how)
    @given(history=HISTORIES, viewer=scopes(), data=st.data())
    def check(history: Any, viewer: Scope, data: Any) -> None:
        with world(engine, folder, history) as found:
            limit = data.draw(st.sampled_from([1, 2, 3, 100]))
            compare(found, viewer, EVERYTHING, limit)
            for node in data.draw(st.lists(nodes(found.oracle), min_size=1, max_size=4)):
                compare(found, viewer, node, limit)
            compare_values(
                found, viewer, data.draw(st.sampled_from(["", "c", "cve-", "a "])), limit
            )
            compare_counts(found, viewer, limit)
            assert found.store.faults() == []

    check()


def test_an_engine_answers_as_the_oracle(search_engine: SearchEngine, tmp_path: Path) -> None:
    follows_the_oracle(search_engine, tmp_path, max_examples=200 if search_engine.quick else 20)
