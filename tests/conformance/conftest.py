"""Every engine, started empty for each test, at a place that a test may open again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.base import Store
from tests.conformance.engines import Engine, SearchEngine, engines, search_engines
from tests.fakes import Clock


@pytest.fixture(params=engines(), ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


@pytest.fixture(params=search_engines(), ids=lambda engine: engine.name)
def search_engine(request: pytest.FixtureRequest) -> SearchEngine:
    return request.param


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the store is; `engine.open(place, clock)` gives another handle on it."""
    return tmp_path / "place"


@pytest.fixture
def clock() -> Clock:
    """The clock of `store`; it stands still."""
    return Clock()


@pytest.fixture
def store(engine: Engine, place: Path, clock: Clock) -> Iterator[Store]:
    opened = engine.open(place, clock)
    yield opened
    opened.close()
