"""A hub of its own for each test, and somebody who publishes there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import fakes
from tests.http.asking import Hub
from tests.http.submit.test_submit import Person


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """The application over a sample directory of its own."""
    config = fakes.make_config(tmp_path)
    with closing(fakes.open_store(config.store_path)) as store:
        fakes.populate(store)
        yield Hub(config, store)


@pytest.fixture
def person(hub: Hub) -> Person:
    return Person(hub).enter()
