"""The laws of connectors, held by those of news, documents, mailboxes and CSAF providers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.laws import SECRET, ConnectorLaws
from tests.connectors.post_box import USER, PostBox, post_box
from tests.connectors.test_csaf import document
from tests.connectors.test_mail import from_
from tests.connectors.test_news import rss
from tests.connectors.web import Web, web
from tests.unit.test_documents import pdf


class _OnTheWeb:
    """Something on a web server behind a token."""

    def __init__(self, server: Web) -> None:
        self._server = server
        self._count = 5
        server.authorization = f"Bearer {SECRET}"
        self.stall, self.spoil, self.heal = server.stall, server.spoil, server.heal
        self.asked = server.asked
        self._publish()

    def change(self) -> None:
        self._count += 1
        self._publish()

    def _publish(self) -> None:
        raise NotImplementedError


class _News(_OnTheWeb):
    def settings(self) -> dict[str, Any]:
        return {"url": f"{self._server.url}/feed", "token": "env:FEED_SECRET"}

    def _publish(self) -> None:
        entries = [
            (str(n), f"evil{n}[.]com, 198[.]51[.]100[.]{n}", "") for n in range(self._count)
        ]
        self._server.pages["/feed"] = rss(*entries)


class TestNewsLaws(ConnectorLaws):
    connector = "news"
    secret = True

    @pytest.fixture
    def source(self) -> Iterator[_News]:
        with web() as server:
            yield _News(server)


class _Csaf(_OnTheWeb):
    def settings(self) -> dict[str, Any]:
        return {"url": f"{self._server.url}/csaf/", "token": "env:FEED_SECRET"}

    def _publish(self) -> None:
        pages = self._server.pages
        for n in range(self._count):
            pages[f"/csaf/{n}.json"] = document(f"EX-{n}", f"CVE-2026-100{n}")
        lines = [f'"{n}.json","2026-10-0{n + 1}T00:00:00Z"' for n in range(self._count)]
        pages["/csaf/changes.csv"] = "\n".join(lines).encode()


class TestCsafLaws(ConnectorLaws):
    connector = "csaf"
    secret = True

    @pytest.fixture
    def source(self) -> Iterator[_Csaf]:
        with web() as server:
            yield _Csaf(server)


class _Pages(_OnTheWeb):
    def settings(self) -> dict[str, Any]:
        addresses = [f"{self._server.url}/{n}" for n in range(7)]
        return {"urls": addresses, "token": "env:FEED_SECRET"}

    def _publish(self) -> None:
        for n in range(self._count):
            page = f"<html><h1>Advisory {n}</h1><p>evil{n}[.]com</p></html>"
            self._server.pages[f"/{n}"] = page.encode()


class TestPagesLaws(ConnectorLaws):
    connector = "documents"
    secret = True

    @pytest.fixture
    def source(self) -> Iterator[_Pages]:
        with web() as server:
            yield _Pages(server)


class _Folder:
    """Files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 4
        folder.mkdir()
        self.heal()

    def settings(self) -> dict[str, Any]:
        return {"path": str(self._folder)}

    def heal(self) -> None:
        for n in range(self._count):
            (self._folder / f"{n}.md").write_text(f"# Advisory {n}\n\nevil{n}[.]com\n")
        (self._folder / "a.pdf").write_bytes(pdf("Advisory P", "xau[.]vn"))

    def change(self) -> None:
        self._count += 1
        self.heal()

    def spoil(self) -> None:
        (self._folder / "a.pdf").write_bytes(b"%PDF-1.7 and no more")

    def stall(self) -> None:
        raise NotImplementedError

    def asked(self) -> int:
        raise NotImplementedError


class TestFolderLaws(ConnectorLaws):
    connector = "documents"
    stalls = False
    counts = False

    @pytest.fixture
    def source(self, tmp_path: Path) -> _Folder:
        return _Folder(tmp_path / "advisories")


class _Mailbox:
    """A mailbox with a few mails."""

    def __init__(self, box: PostBox) -> None:
        self._box = box
        self._count = 0
        box.door.mode = "open"
        box.empty()
        for _ in range(3):
            self.change()

    def settings(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self._box.tls_port,
            "user": USER,
            "password": "env:FEED_SECRET",
            "senders": ["@cert.example"],
        }

    def change(self) -> None:
        self._count += 1
        n = self._count
        self._box.put(from_("soc@cert.example", f"C2 evil{n}[.]com", n))

    def stall(self) -> None:
        self._box.door.mode = "stalls"

    def spoil(self) -> None:
        self._box.door.mode = "spoils"

    def heal(self) -> None:
        self._box.door.mode = "open"

    def asked(self) -> int:
        return self._box.door.asked


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostBox]:
    with post_box(tmp_path_factory.mktemp("box"), password=SECRET) as server:
        yield server


class TestMailLaws(ConnectorLaws):
    connector = "mail"
    secret = True

    @pytest.fixture
    def said_more(self, box: PostBox) -> None:
        type(self).said = {
            "ca_file": box.ca_file,
            "timeouts": {"connect": 2, "read": 4, "whole": 8},
        }

    @pytest.fixture
    def source(self, box: PostBox, said_more: None) -> _Mailbox:
        return _Mailbox(box)
