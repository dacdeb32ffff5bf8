"""Fixtures for all tests.

Strategy: use the smallest thing that has what the test needs.

- A rule without I/O is called as a function; no fixture.
- Parties, objects, settings and a fault switch are plain functions of `tests.fakes`, so that a
  test can also change them before use.
- `store` is a real store on a fresh file below `tmp_path` (empty); `hub_store` is one that holds
  the sample directory. Nothing is mocked and nothing is shared between tests.
- `make_app` gives the real WSGI application over such a store.
- `tests/conformance` overrides `store` with every engine.
- The network is off except for loopback; warnings are errors (setup.cfg).
- `corpus` is the development data beside the checkout; a test that needs it is skipped, with the
  reason, where it is absent.
- A real Elasticsearch comes with the fixtures of `tests.elastic.fixtures`; one node serves a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from hub.config import Config
from hub.store.base import Store
from hub.store.sqlite import SqliteStore
from tests import fakes

if TYPE_CHECKING:
    from flask import Flask

pytest_plugins = ["tests.elastic.fixtures"]

_CORPUS = Path(__file__).resolve().parents[2] / "shared" / "data"

# Deadlines would measure the machine; the same cases on every machine make failures repeatable.
settings.register_profile(
    "hub",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("hub")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of the development corpus."""
    if not _CORPUS.is_dir():
        pytest.skip("development corpus ../shared/data not present")
    return _CORPUS


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration with defaults, its secret and its store in `tmp_path`."""
    return fakes.make_config(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = fakes.open_store(tmp_path / "hub.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def hub_store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store with the parties of `tests.fakes.parties`."""
    opened = fakes.open_store(tmp_path / "hub.sqlite")
    fakes.populate(opened)
    yield opened
    opened.close()


@pytest.fixture
def make_app(config: Config, hub_store: SqliteStore) -> Callable[..., Flask]:
    """Makes the application: `make_app()`, `make_app(config=...)`, `make_app(store=...)`."""

    def make(config: Config = config, store: Store = hub_store) -> Flask:
        from hub.app import create_app  # slow to import: most tests do without HTTP

        app = create_app(config, store)
        app.testing = True
        return app

    return make
