"""A hub of its own for each test: these tests change parties and sessions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.asking import Hub
from tests.http.person import Person, own_hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """The sample directory; nobody has to wait."""
    made = own_hub(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def boss(hub: Hub) -> Person:
    """The administrator, at the console in English."""
    return Person(hub)


@pytest.fixture
def reader(hub: Hub) -> Person:
    """Somebody who only reads."""
    return Person(hub, "reader")
