"""The laws of connectors, for TAXII 2.1 and 2.0."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.taxii import pull
from tests import fakes
from tests.connectors.laws import SECRET, ConnectorLaws
from tests.connectors.taxii.driving import old
from tests.connectors.taxii.server import Answer, Asked, TaxiiServer, taxii, taxii_server
from tests.connectors.taxii.server20 import STIX, Taxii20Server, taxii20_server
from tests.connectors.taxii.server20 import Answer as Answer20

_STALL_S = 4.0


class Source21:
    """A server that wants a token."""

    def __init__(self, server: TaxiiServer) -> None:
        self._server = server
        self.url = server.collection("one")
        server.collection("two")
        server.add("one", *(fakes.indicator(number) for number in range(1, 8)))
        server.add("two", *(fakes.indicator(number) for number in range(11, 15)))
        self.heal()

    def settings(self) -> dict[str, Any]:
        return {"url": self._server.url, "token": "env:FEED_SECRET", "page": 3}

    def change(self) -> None:
        self._server.add("one", fakes.indicator(99))

    def stall(self) -> None:
        self._server.fault = _stalls

    def spoil(self) -> None:
        garbage = Answer(b'{"objects":[{"type":"indicator","id"')
        self._server.fault = lambda asked: (
            garbage if asked.path.endswith("/objects/") else self._asks(asked)
        )

    def heal(self) -> None:
        self._server.fault = self._asks

    def asked(self) -> int:
        return len(self._server.asked)

    def _asks(self, asked: Asked) -> Answer | None:
        known = asked.headers.get("Authorization") == f"Bearer {SECRET}"
        return None if known else taxii({"title": "No", "description": "a token is needed"}, 401)


def _stalls(_: object) -> None:
    time.sleep(_STALL_S)


class TestTaxiiLaws(ConnectorLaws):
    connector = "taxii"
    secret = True

    @pytest.fixture
    def source(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source21]:
        monkeypatch.setattr(pull, "PAUSES_S", (0.01,))
        with taxii_server() as server:
            yield Source21(server)


class Source20:
    """An old server, without log-in."""

    def __init__(self, server: Taxii20Server) -> None:
        self._server = server
        server.add(*old(1, 9))

    def settings(self) -> dict[str, Any]:
        return {"url": self._server.url, "page": 3}

    def change(self) -> None:
        self._server.add(*old(99, 1))

    def stall(self) -> None:
        self._server.fault = _stalls

    def spoil(self) -> None:
        garbage = Answer20(b"<html>", headers={"Content-Type": STIX})
        self._server.fault = lambda asked: garbage if asked.path.endswith("/objects/") else None

    def heal(self) -> None:
        self._server.fault = lambda _: None

    def asked(self) -> int:
        return len(self._server.asked)


class TestTaxii20Laws(ConnectorLaws):
    connector = "taxii20"

    @pytest.fixture
    def source(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source20]:
        monkeypatch.setattr(pull, "PAUSES_S", (0.01,))
        with taxii20_server() as server:
            yield Source20(server)
