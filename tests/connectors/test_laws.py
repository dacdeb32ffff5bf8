"""The laws of connectors, held by a small one; and a connector that breaks each of them is found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors import registry
from tests.connectors.laws import SECRET, ConnectorLaws
from tests.connectors.web import Web, web

KIND = "tests.connectors.lines"


class Listed:
    """A list of lines on a web server, behind a token."""

    def __init__(self, server: Web) -> None:
        self._server = server
        self._lines = [f"198.51.100.{n}" for n in range(1, 13)] + ["left something else"]
        server.authorization = f"Bearer {SECRET}"
        self.stall, self.spoil, self.heal = server.stall, server.spoil, server.heal
        self.asked = server.asked
        self._publish()

    def settings(self) -> dict[str, Any]:
        return {"url": f"{self._server.url}/list", "token": "env:FEED_SECRET"}

    def change(self) -> None:
        self._lines.append(f"evil-{len(self._lines)}.com # seen today")
        self._publish()

    def _publish(self) -> None:
        self._server.pages["/list"] = "\n".join(self._lines).encode()


class TestLines(ConnectorLaws):
    connector = "lines"
    secret = True

    @pytest.fixture(autouse=True)
    def known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registry, "KINDS", {"lines": KIND})

    @pytest.fixture
    def source(self) -> Iterator[Listed]:
        with web() as server:
            yield Listed(server)
