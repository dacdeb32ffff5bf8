"""The connectors of lists, STIX and JSON, held to the laws: behind an address, and in a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.connectors.laws import SECRET, ConnectorLaws
from tests.connectors.web import Web, web

Write = Callable[[int], bytes]
"""A document with so many entries"""


def table(count: int) -> bytes:
    rows = [f"2026-01-02 03:04:05,evil{at}.vn,Emotet,80" for at in range(count)]
    return "\r\n".join(["first_seen,Indicator,Malware,confidence", *rows, ""]).encode("utf-16")


def plain(count: int) -> bytes:
    return "\n".join(["# a list", *(f"evil{at}[.]vn # seen" for at in range(count))]).encode()


def stix(count: int) -> bytes:
    return json.dumps({"objects": [indicator(at) for at in range(count)]}).encode()


def catalogue(count: int) -> bytes:
    entries = [
        {"cveID": f"CVE-2026-{1000 + at}", "vulnerabilityName": "A flaw", "dueDate": "2026-02-03"}
        for at in range(count)
    ]
    return json.dumps({"title": "Catalogue", "vulnerabilities": entries}).encode()


def indicator(number: int) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{UUID(int=number, version=4)}",
        "created": "2026-01-02T03:04:05.000Z",
        "modified": "2026-01-02T03:04:05.000Z",
        "name": f"đ {number}",
        "pattern": f"[domain-name:value = 'evil{number}.vn']",
        "pattern_type": "stix",
        "valid_from": "2026-01-02T03:04:05Z",
    }


class Behind:
    """A document behind an address and a token."""

    def __init__(self, server: Web, write: Write, said: dict[str, Any]) -> None:
        self._server, self._write, self._said = server, write, said
        self._count = 7
        server.authorization = f"Bearer {SECRET}"
        self.stall, self.spoil, self.heal = server.stall, server.spoil, server.heal
        self.asked = server.asked
        self._publish()

    def settings(self) -> dict[str, Any]:
        return {"url": f"{self._server.url}/list", "token": "env:FEED_SECRET"} | self._said

    def change(self) -> None:
        self._count += 1
        self._publish()

    def _publish(self) -> None:
        self._server.pages["/list"] = self._write(self._count)


class InFolder:
    """A folder into which others put files."""

    def __init__(self, folder: Path, write: Write, name: str, said: dict[str, Any]) -> None:
        self._folder, self._write, self._name, self._said = folder, write, name, said
        self._count = 0
        folder.mkdir()
        self.change()
        self.change()

    def settings(self) -> dict[str, Any]:
        return {"path": str(self._folder)} | self._said

    def change(self) -> None:
        self._count += 1
        path = self._folder / f"{self._count:03}{self._name}"
        path.write_bytes(self._write(4 + self._count))

    def stall(self) -> None:
        raise NotImplementedError

    def asked(self) -> int:
        raise NotImplementedError

    def spoil(self) -> None:
        """A file is there to a half, and another is none at all."""
        half = self._write(50)[:-30]
        (self._folder / f"900{self._name}").write_bytes(b"<html>" + half)
        os.mkfifo(self._folder / f"901{self._name}")

    def heal(self) -> None:
        for path in self._folder.glob("90*"):
            path.unlink()


class Fetched(ConnectorLaws):
    """Not collected: its name does not begin with Test."""

    secret = True
    write: Write
    source_said: dict[str, Any] = {}  # noqa: RUF012 - never changed

    @pytest.fixture
    def source(self) -> Iterator[Behind]:
        with web() as server:
            yield Behind(server, type(self).write, self.source_said)


class Found(ConnectorLaws):
    """Not collected: its name does not begin with Test."""

    stalls = counts = False
    write: Write
    name = ".json"
    source_said: dict[str, Any] = {}  # noqa: RUF012 - never changed

    @pytest.fixture
    def source(self, tmp_path: Path) -> InFolder:
        return InFolder(tmp_path / "files", type(self).write, self.name, self.source_said)


CATALOGUE = {
    "items": "vulnerabilities",
    "fields": {"cveID": "value", "vulnerabilityName": "note", "dueDate": "detail"},
}


class TestTableBehindAnAddress(Fetched):
    connector, write = "csv", staticmethod(table)


class TestTablesInAFolder(Found):
    connector, write, name = "csv", staticmethod(table), ".csv"
    source_said = {"columns": {"Indicator": "value", "Malware": "note"}}  # noqa: RUF012


class TestListBehindAnAddress(Fetched):
    connector, write = "text", staticmethod(plain)


class TestListsInAFolder(Found):
    connector, write, name = "text", staticmethod(plain), ".txt"


class TestStixBehindAnAddress(Fetched):
    connector, write = "stix", staticmethod(stix)


class TestStixInAFolder(Found):
    connector, write = "stix", staticmethod(stix)


class TestCatalogueBehindAnAddress(Fetched):
    connector, write, source_said = "json", staticmethod(catalogue), CATALOGUE


class TestCataloguesInAFolder(Found):
    connector, write, source_said = "json", staticmethod(catalogue), CATALOGUE
