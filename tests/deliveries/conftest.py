"""What tests of deliveries share."""

from __future__ import annotations

import pytest

from tests.connectors.sending.receivers import hook
from tests.deliveries.sites import Site


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def receiver():
    with hook() as made:
        yield made
