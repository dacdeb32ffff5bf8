"""The page of techniques: matrix, table, links that find what was counted, and what may go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.model.party import Role
from hub.model.search import Facet
from hub.store.finder import SqliteFinder
from tests import fakes
from tests.http.asking import Hub
from tests.unit.service.test_techniques import names, pattern
from tests.web.conftest import SETTINGS
from tests.web.surfing import Sheet, Surfer


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with some techniques, and records that name them."""
    config = fakes.make_config(tmp_path_factory.mktemp("techniques"), SETTINGS)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    hub = Hub(config, store)
    account = fakes.Account(
        "reader-1", "ministry", frozenset({Role.READER}), fakes.password_hash()
    )
    hub.put(account)
    objects = [
        pattern(1, "T1566", "initial-access", name="Phishing"),
        pattern(2, "T1566.002", "initial-access", name="Spearphishing Link"),
        pattern(3, "T1486", "impact", name="<b>Data & Co</b>"),
        pattern(4, "T0883", "mitre-ics-attack/initial-access", name="Device"),
        pattern(5, "T1595", "reconnaissance", name="Scanning"),
        *(names(10 + n, "T1566.002", name=f"Quetzal {n}") for n in range(7)),
        names(20, "T1566", "T1486", name="Other"),
        names(21, "T1190"),
    ]
    collection = next(
        item for item in store.directory().collections.values() if item.alias == "shared"
    )
    path = f"/{collection.root}/collections/{collection.id}/objects/"
    assert hub.ask("POST", path, body=fakes.body(*objects)).status_code == 202
    yield hub
    store.close()


@pytest.fixture
def reader(known: Hub) -> Surfer:
    """Logged in, in English."""
    surfer = Surfer(known)
    surfer.log_in("reader-1")
    return surfer


def cells(page: Sheet) -> dict[str, str]:
    """What stands in the cells, by number."""
    found = re.findall(r'<span class="id">(T[\d.]+)</span><span class="n">(.*?)</span>', page.html)
    return dict(found)


def queries(page: Sheet) -> dict[str, str]:
    """The query behind each technique, by the text of its link."""
    return {
        text.partition(":")[0]: parse_qs(urlsplit(href).query)["q"][0]
        for href, text in page.links
        if href.startswith("/search?")
    }


class TestMatrix:
    def test_what_records_name(self, reader: Surfer) -> None:
        page = reader.get("/techniques")
        assert page.status == 200
        assert cells(page) == {"T1566": "1", "T1566.002": "7", "T1486": "1"}
        assert "3 of 4 techniques named" in page.text
        assert "T1190" in page.text

    def test_tactics_follow_the_kill_chain(self, reader: Surfer) -> None:
        page = reader.get("/techniques?show=all")
        heads = re.findall(r'<h2 id="tactic-\d+">(.*?)</h2>', page.html)
        assert heads == ["Reconnaissance", "Initial access", "Impact"]
        assert cells(page)["T1595"] == "0"

    def test_another_matrix(self, reader: Surfer) -> None:
        assert cells(reader.get("/techniques?matrix=mitre-ics-attack&show=all")) == {"T0883": "0"}
        # One that is not there any more is no reason for an error.
        assert cells(reader.get("/techniques?matrix=gone")) == cells(reader.get("/techniques"))

    def test_a_query_narrows_it(self, reader: Surfer) -> None:
        page = reader.get("/techniques?q=quetzal")
        assert cells(page) == {"T1566": "0", "T1566.002": "7"}
        assert page.form("q").fields[0] == ("q", "quetzal")

    def test_the_shade_follows_the_number(self, reader: Surfer) -> None:
        found = dict(
            re.findall(
                r'class="cell (shade-\d)">\s*<span class="id">(T[\d.]+)',
                reader.get("/techniques").html,
            )
        )
        assert found["shade-5"] == "T1566.002"
        assert "shade-2" in found

    @pytest.mark.parametrize("query", ["", "quetzal", "quetzal OR other", "added:>=30d"])
    def test_a_cell_leads_to_what_it_counts(self, known: Hub, reader: Surfer, query: str) -> None:
        page = reader.get(f"/techniques?q={query.replace(' ', '%20').replace('>', '%3E')}")
        counted = cells(page)
        asked = queries(page)["Spearphishing Link"]
        answer = known.ask(
            "GET",
            "/api/v1/search",
            query_string={"q": asked, "limit": 50},
            headers={"Accept": None},
        )
        assert len(answer.json["hits"]) == int(counted["T1566.002"]) == 7

    def test_a_query_to_which_nothing_can_be_added_has_no_links(self, reader: Surfer) -> None:
        page = reader.get("/techniques?q=192.0.2.10%0A192.0.2.11")
        assert cells(page)["T1566.002"] == "2"
        assert "Spearphishing Link" not in queries(page)

    def test_names_are_inert(self, reader: Surfer) -> None:
        page = reader.get("/techniques")
        assert "<b>Data" not in page.html
        assert "&lt;b&gt;Data &amp; Co&lt;/b&gt;" in page.html

    def test_the_search_has_the_same_query(self, reader: Surfer) -> None:
        page = reader.get("/techniques?q=type:indicator%20quetzal")
        assert page.link("These objects in search") == "/search?q=type:indicator+quetzal"


class TestTable:
    def test_it_says_what_the_matrix_says(self, reader: Surfer) -> None:
        page = reader.get("/techniques?as=table&show=all")
        rows = re.findall(
            r'<span class="mono">(T[\d.]+)</span>.*?class="num"[^>]*>(\d+)<', page.html, re.DOTALL
        )
        assert dict(rows) == cells(reader.get("/techniques?show=all"))


class TestTrouble:
    def test_a_query_with_a_fault(self, reader: Surfer) -> None:
        page = reader.get("/techniques?q=type:(")
        assert page.status == 400
        assert 'aria-invalid="true" aria-describedby="q-fault"' in page.html
        assert page.form("q").fields[0] == ("q", "type:(")
        assert page.link("Without the query") == "/techniques"

    @pytest.mark.parametrize("wrong", ["show=some", "as=csv", "tactic=impact", "q=a%00b&as=1"])
    def test_other_parameters_are_named(self, reader: Surfer, wrong: str) -> None:
        assert reader.get(f"/techniques?{wrong}").status == 400

    def test_nothing_named(self, reader: Surfer) -> None:
        page = reader.get("/techniques?q=type:identity")
        assert "None of these objects names a technique" in page.text
        assert page.link("All techniques")

    def test_what_cannot_be_counted_in_time(self, reader: Surfer) -> None:
        with mock.patch.object(SqliteFinder, "facets", return_value=[Facet("attack", None)]):
            page = reader.get("/techniques")
        assert "Not counted" in page.text
        assert set(cells(page).values()) == {"\N{EN DASH}"}
        assert queries(page)["Phishing"] == "attack:T1566 -type:attack-pattern"

    def test_a_hub_without_techniques_says_how_to_get_them(self, inside: Surfer) -> None:
        page = inside.get("/techniques")
        assert page.status == 200
        assert "No techniques yet" in page.text
        assert page.link("How to load ATT&CK") == "/help/techniques"
        assert "hub import" in inside.get("/help/techniques").text

    def test_nobody_is_sent_to_the_log_in(self, known: Hub) -> None:
        assert "/login" in Surfer(known).get("/techniques").path


def test_it_is_light(reader: Surfer) -> None:
    assert len(reader.get("/techniques?show=all").html.encode()) < 20_000


def test_the_words_are_vietnamese(known: Hub) -> None:
    surfer = Surfer(known, lang="vi")
    surfer.log_in("reader-1")
    assert "Xâm nhập ban đầu" in surfer.get("/techniques").text
