"""A server of the tests, and a collection on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.taxii import pull
from tests.connectors.taxii.server import TaxiiServer, taxii_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TaxiiServer]:
    monkeypatch.setattr(pull, "PAUSES_S", (0.01,))
    with taxii_server() as running:
        yield running


@pytest.fixture
def one(server: TaxiiServer) -> str:
    return server.collection("one")
