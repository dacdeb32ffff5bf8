"""The page of files for devices: addresses that answer, of what the account may read."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from hub.model.party import Role
from hub.service.outlet.table import FORMATS
from hub.web import file_words
from tests.http.asking import Hub
from tests.web.conftest import Person
from tests.web.surfing import Sheet, Surfer


class Plain:
    """As much of a visit as words need."""

    @staticmethod
    def text(text: str) -> str:
        return text


def surf(hub: Hub, name: str) -> Surfer:
    surfer = Surfer(hub)
    surfer.log_in(name)
    return surfer


def addresses(page: Sheet) -> list[str]:
    return [urlsplit(href).path for href, _ in page.links if "/export/" in href]


def test_every_format_has_words() -> None:
    assert file_words.meanings(Plain()).keys() == FORMATS.keys()


def test_every_address_of_the_page_answers(hub: Hub, person: Person) -> None:
    surfer = surf(hub, person())
    page = surfer.get("/files?of=collection:shared")
    found = addresses(page)
    assert len(found) == len(FORMATS)
    for address in found:
        assert surfer.client.get(address).status_code == 200, address


def test_the_address_of_the_advisories_answers(hub: Hub, person: Person) -> None:
    surfer = surf(hub, person())
    page = surfer.get("/files?of=collection:shared")
    (address,) = re.findall(r"<code>([^<]*/csaf/)</code>", page.html)
    assert surfer.client.get(f"{urlsplit(address).path}index.txt").status_code == 200


def test_a_saved_search_has_files_too(hub: Hub, person: Person) -> None:
    surfer = surf(hub, person(Role.PUBLISHER))
    form = surfer.get("/searches").form("query", "name")
    surfer.send(form, query="type:indicator", name="What we block")
    page = surfer.get(surfer.get("/searches").link("Files for devices"))
    assert "What we block" in page.html
    assert all("/export/searches/" in address for address in addresses(page))
    assert surfer.client.get(addresses(page)[0]).status_code == 200


def test_what_is_hidden_looks_like_what_is_not_there(hub: Hub, person: Person) -> None:
    surfer = surf(hub, person(org="grid"))
    hidden = surfer.get("/files?of=collection:dropbox")
    absent = surfer.get("/files?of=collection:nowhere")
    assert "There is no such collection or search" in absent.text
    assert hidden.text == absent.text
    assert addresses(hidden) == []
