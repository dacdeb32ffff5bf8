"""What an index outside of the store is told is enough to give every caller what it may have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.model.query import Scope
from hub.model.search import EVERYTHING
from hub.store import source
from hub.store.search import Shown
from tests.conformance.builders import COORDINATES, candidate, changes, publish, removal
from tests.conformance.engines import SearchEngine, search_engines
from tests.conformance.find_worlds import HISTORIES, World, scopes, world

Index = dict[int, Shown]


@pytest.fixture
def search_engine() -> SearchEngine:
    """Where the records are; what finds them plays no part here."""
    (engine,) = search_engines()
    return engine


def follow(world: World, index: Index, after: int, limit: int) -> int:
    """Bring an index up to date; returns the last ordinal."""
    while True:
        touched = world.store.touched(after, limit)
        index.update({item.sheet.added_us: item for item in touched.shown})
        for added_us in touched.gone:
            index.pop(added_us, None)
        if touched.ordinal == after:
            return after
        assert after < touched.ordinal <= min(after + limit, touched.state)
        after = touched.ordinal


def given_to(index: Index, windows: Sequence[tuple[int, int]]) -> list[Shown]:
    """What a viewer with these windows gets, newest first."""
    since = dict(windows)

    def sees(label: int, added_us: int) -> bool:
        return label in since and since[label] <= added_us

    found = [
        item
        for item in index.values()
        if sees(item.label, item.sheet.added_us) and not any(sees(*by) for by in item.beaten)
    ]
    return sorted(found, key=lambda item: -item.sheet.added_us)


def tells_enough(engine: SearchEngine, folder: Path, **how: Any) -> None:
    """The property; also for the tests of planted bugs."""

    @settings(suppress_health_check=list(HealthCheck), deadline=None, **how)
    @given(history=HISTORIES, viewer=scopes(), limit=st.integers(1, 20), cut=st.integers(0, 6))
    def check(history: Any, viewer: Scope, limit: int, cut: int) -> None:
        with world(engine, folder, history) as found:
            index: Index = {}
            newest = len(changes(found.store))
            assert follow(found, index, 0, limit) == newest
            got = given_to(index, found.store.windows(viewer))
            assert [item.sheet for item in got] == found.oracle.found(viewer, EVERYTHING)
            # Whatever was told before, and in however many states, the last word counts.
            follow(found, index, min(cut, newest), limit)
            assert given_to(index, found.store.windows(viewer)) == got

    check()


def test_a_source_tells_enough(search_engine: SearchEngine, tmp_path: Path) -> None:
    tells_enough(search_engine, tmp_path, max_examples=200)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["tombstones", "beaten"])
def test_what_is_not_told_is_noticed(
    part: str, search_engine: SearchEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if part == "tombstones":
        true = source.RecordSource.touched

        def touched(*args: Any) -> Any:
            return true(*args)._replace(gone=[])

        # Nothing is ever taken out of an index that follows step by step.
        monkeypatch.setattr(source.RecordSource, "touched", touched)
        with pytest.raises((AssertionError, ExceptionGroup)):
            takes_back(search_engine, tmp_path)
    else:
        shown = source.RecordSource._shown
        monkeypatch.setattr(
            source.RecordSource,
            "_shown",
            lambda *args: [item._replace(beaten=()) for item in shown(*args)],
        )
        with pytest.raises((AssertionError, ExceptionGroup)):
            tells_enough(search_engine, tmp_path, max_examples=400)


def takes_back(engine: SearchEngine, folder: Path) -> None:
    """An index that follows while records are replaced and deleted."""
    with world(engine, folder, []) as found:
        index: Index = {}
        publish(found.store, candidate(1, content="a"), candidate(2))
        after = follow(found, index, 0, 10)
        publish(found.store, candidate(1, content="b"))
        after = follow(found, index, after, 10)
        assert len(index) == 2
        publish(found.store, candidate(1, 1))
        after = follow(found, index, after, 10)
        assert len(index) == 2, "an older version that nobody gets is no more in it"
        found.store.remove(COORDINATES, removal())
        follow(found, index, after, 10)
        assert index == {}


def test_an_index_is_told_what_is_gone(search_engine: SearchEngine, tmp_path: Path) -> None:
    takes_back(search_engine, tmp_path)
