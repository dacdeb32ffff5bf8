"""A hub that really serves: one for all tests that share it, each with collections of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.serving import Room, Server, serving


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Clients that look into the environment find no proxy and no certificates of this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        patch.delenv("CURL_CA_BUNDLE", raising=False)
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running hub with two workers."""
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture
def room(server: Server) -> Room:
    """An empty collection that both organisations read and write."""
    return server.room()
