"""Every engine, started empty for each test, at a place that a test may open again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.base import Store
from tests.conformance.engines import (
    ELASTIC,
    Engine,
    SearchEngine,
    elastic_engine,
    engines,
    search_engines,
)
from tests.fakes import Clock


@pytest.fixture(params=engines(), ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


@pytest.fixture(
    params=[
        *(pytest.param(engine, id=engine.name) for engine in search_engines()),
        pytest.param(None, id=ELASTIC, marks=pytest.mark.elastic),
    ]
)
def search_engine(request: pytest.FixtureRequest) -> SearchEngine:
    if request.param is not None:
        return request.param
    asked = request.getfixturevalue
    return elastic_engine(asked("elastic_url"), asked("elastic_prefix"))


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
