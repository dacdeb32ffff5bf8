"""The doors of search: what is found and why, pages, counts, suggestions, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from hub.errors import Fault, HubError
from hub.model.clock import format_us
from hub.store.finder import SqliteFinder
from tests import fakes
from tests.http.asking import Hub, Room
from tests.http.searching import PLAIN, indicator, opened, send

DAY_US = 86_400_000_000


@pytest.fixture
def clock() -> fakes.Clock:
    return fakes.Clock()


@pytest.fixture
def api(tmp_path: Path, clock: fakes.Clock) -> Iterator[Hub]:
    with opened(tmp_path, clock) as hub:
        yield hub


@pytest.fixture
def shelf(api: Hub) -> Room:
    room = api.room()
    room.add(
        indicator(1, "[domain-name:value = 'login.evil.example']", name="Lừa đảo ngân hàng"),
        indicator(2, "[ipv4-addr:value = '198.51.100.7']", labels=["c2"]),
        indicator(3, "[ipv4-addr:value = '198.51.100.0/24']", name="=SUM(A1)"),
        {
            "type": "malware",
            "spec_version": "2.1",
            "id": f"malware--{fakes.uuid_of(4)}",
            "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z",
            "name": "Emotet",
            "is_family": True,
        },
    )
    return room


def found(api: Hub, q: str, **query: Any) -> list[str]:
    code, page = send(api, "search", q=q, **query)
    assert code == 200, page
    return [hit["id"][-1] for hit in page["hits"]]


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        ("", "4321"),
        ("lua dao", "1"),
        ("evil[.]example", "1"),
        ("198.51.100.7", "32"),
        ("198.51.100.0/24", "32"),
        ("type:malware OR label:c2", "42"),
        ("type:indicator -has:ip", "1"),
        ("nothing-of-this", ""),
    ],
)
def test_a_query_finds_newest_first(api: Hub, shelf: Room, q: str, ids: str) -> None:
    assert found(api, q) == list(ids)


@pytest.mark.parametrize(
    ("q", "reason"),
    [
        ("login.evil.example", ("value", "domain", "login.evil.example")),
        ("evil.example", ("host", "domain", "login.evil.example")),
        ("ip:198.51.100.9", ("network", "ip", "198.51.100.0/24")),
        ("name:emotet", ("name", "name", "emotet")),
        ("Lừa", ("words", "text", "lua")),
    ],
)
def test_a_hit_says_what_matched(api: Hub, shelf: Room, q: str, reason: tuple[str, ...]) -> None:
    page = send(api, "search", q=q)[1]
    said = [tuple(match.values()) for hit in page["hits"] for match in hit["matched"]]
    assert said[0] == reason


def test_a_beginning_says_what_it_is_of(api: Hub) -> None:
    api.room().add(indicator(5, "[file:name = 'Dropper.exe']"))
    (hit,) = send(api, "search", q="file:drop*")[1]["hits"]
    assert hit["matched"] == [{"how": "beginning", "field": "file", "value": "dropper.exe"}]


def test_what_is_about_properties_alone_matched_nothing(api: Hub, shelf: Room) -> None:
    (hit,) = send(api, "search", q="type:malware -emotett")[1]["hits"]
    assert hit["matched"] == []


def test_a_hit_has_all_that_a_list_needs(api: Hub, shelf: Room, clock: fakes.Clock) -> None:
    (hit,) = send(api, "search", q="emotet")[1]["hits"]
    stored = hit.pop("object")
    assert stored == shelf.objects(type="malware")[0]
    assert hit == {
        "id": stored["id"],
        "type": "malware",
        "version": "2026-01-01T00:00:00.000Z",
        "name": "Emotet",
        "collection": {
            "id": shelf.collection.id,
            "alias": shelf.collection.alias,
            "title": shelf.collection.title,
            "api_root": fakes.ROOT,
        },
        "publisher": "ministry",
        "tlp": "green",
        "date_added": hit["date_added"],
        "matched": [{"how": "words", "field": "text", "value": "emotet"}],
    }
    assert hit["date_added"].startswith(format_us(clock.now)[:19])


class TestPages:
    def walk(self, api: Hub, **query: Any) -> Iterator[dict[str, Any]]:
        while True:
            code, page = send(api, "search", **query)
            assert code == 200, page
            yield page
            if not page["more"]:
                assert "next" not in page
                return
            query["next"] = page["next"]

    @pytest.mark.parametrize(("sort", "ids"), [("newest", "4321"), ("oldest", "1234")])
    @pytest.mark.parametrize("limit", [1, 2, 3, 4])
    def test_they_join_without_gap_or_repetition(
        self, api: Hub, shelf: Room, limit: int, sort: str, ids: str
    ) -> None:
        pages = self.walk(api, q="", limit=limit, sort=sort)
        assert [hit["id"][-1] for page in pages for hit in page["hits"]] == list(ids)

    def test_what_is_added_meanwhile_does_not_move_them(self, api: Hub, shelf: Room) -> None:
        pages = self.walk(api, q="", limit=2)
        next(pages)
        shelf.add(indicator(9, "[ipv4-addr:value = '192.0.2.9']"))
        assert [hit["id"][-1] for hit in next(pages)["hits"]] == ["2", "1"]

    def test_from_the_oldest_on_it_comes_at_the_end(self, api: Hub, shelf: Room) -> None:
        pages = self.walk(api, q="", limit=2, sort="oldest")
        next(pages)
        shelf.add(indicator(9, "[ipv4-addr:value = '192.0.2.9']"))
        assert [hit["id"][-1] for hit in next(pages)["hits"]] == ["3", "4"]
        assert [hit["id"][-1] for hit in next(pages)["hits"]] == ["9"]

    def test_a_next_belongs_to_its_order(self, api: Hub, shelf: Room) -> None:
        onward = send(api, "search", q="", limit=1)[1]["next"]
        assert send(api, "search", q="", sort="newest", next=onward)[0] == 200
        assert send(api, "search", q="", sort="oldest", next=onward)[0] == 400

    def test_a_next_belongs_to_its_query_and_to_nobody(self, api: Hub, shelf: Room) -> None:
        onward = send(api, "search", q="has:ip", limit=1)[1]["next"]
        code, said = send(api, "search", q="has:domain", next=onward)
        assert (code, said["error_code"]) == (400, "bad-cursor")
        assert send(api, "search", q="has:ip", next=onward, account="partner")[0] == 200
        other = api.room()
        api.put(drop=[*api.store.directory().grants])
        assert other
        page = send(api, "search", q="has:ip", next=onward)
        assert page == (200, {"hits": [], "more": False})

    @pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "=", lambda t: "x" + t])
    def test_an_altered_one_is_refused(self, api: Hub, shelf: Room, change: Any) -> None:
        onward = send(api, "search", q="", limit=1)[1]["next"]
        assert send(api, "search", q="", next=change(onward))[0] == 400

    def test_an_hour_ago_stays_the_same_instant(
        self, api: Hub, shelf: Room, clock: fakes.Clock
    ) -> None:
        pages = self.walk(api, q="added:>=1h", limit=2)
        assert len(next(pages)["hits"]) == 2
        clock.advance(86_400)
        assert len(next(pages)["hits"]) == 2
        assert found(api, "added:>=1h") == []

    def test_large_objects_end_a_page_early(self, api: Hub, shelf: Room) -> None:
        with (
            mock.patch("hub.service.search._PAGE_BYTES", 1),
            mock.patch("hub.service.search._CHUNK", 1),
        ):
            pages = list(self.walk(api, q=""))
        assert [len(page["hits"]) for page in pages] == [1, 1, 1, 1]


class TestCounts:
    def test_facets(self, api: Hub, shelf: Room) -> None:
        said = send(api, "facets", q="", field=["type", "collection", "tlp", "has"])[1]
        assert said["total"] == 4
        shown = {
            facet["field"]: {item["value"]: item["count"] for item in facet["values"]}
            for facet in said["facets"]
        }
        assert shown == {
            "type": {"indicator": 3, "malware": 1},
            "collection": {shelf.collection.alias: 4},
            "tlp": {"green": 4},
            "has": {"ip": 2, "domain": 1},
        }
        (titles,) = [f["values"] for f in said["facets"] if f["field"] == "collection"]
        assert titles[0]["title"] == shelf.collection.title

    def test_each_value_of_a_facet_is_a_query(self, api: Hub, shelf: Room) -> None:
        fields = ["type", "collection", "tlp", "has", "label", "publisher", "language"]
        for facet in send(api, "facets", field=fields, limit=100)[1]["facets"]:
            for item in facet["values"]:
                ids = found(api, f"{facet['field']}:{item['value']}")
                assert len(ids) == item["count"], (facet["field"], item)

    def test_they_follow_the_query_and_the_limit(self, api: Hub, shelf: Room) -> None:
        said = send(api, "facets", q="has:ip OR emotet", field="type", limit=1)[1]
        assert said["total"] == 3
        assert said["facets"][0]["values"] == [
            {"value": "indicator", "title": "indicator", "count": 2}
        ]

    def test_what_takes_too_long_is_not_counted_and_not_zero(self, api: Hub, shelf: Room) -> None:
        with mock.patch.object(SqliteFinder, "_counted", return_value=None):
            said = send(api, "facets", q="", field="type")[1]
            assert said == {"total": None, "facets": [{"field": "type", "values": None}]}
            assert send(api, "histogram", q="")[1]["columns"] is None

    @pytest.mark.parametrize(
        ("step", "days", "starts"),
        [
            ("hour", (0, 1), ("2023-11-14T22", "2023-11-15T22")),
            ("day", (0, 1), ("2023-11-14T00", "2023-11-15T00")),
            ("week", (0, 1, 7), ("2023-11-13T00", "2023-11-20T00")),
            ("month", (0, 20), ("2023-11-01T00", "2023-12-01T00")),
            ("year", (0, 60), ("2023-01-01T00", "2024-01-01T00")),
        ],
    )
    def test_a_histogram(
        self, api: Hub, clock: fakes.Clock, step: str, days: tuple[int, ...], starts: Any
    ) -> None:
        room = api.room()
        for number, day in enumerate(days):
            clock.now = fakes.START_US + day * DAY_US
            room.add(fakes.indicator(number))
        said = send(api, "histogram", q="", step=step)[1]
        assert tuple(item["start"][:13] for item in said["columns"]) == starts
        assert sum(item["count"] for item in said["columns"]) == len(days)
        assert all(a["end"] <= b["start"] for a, b in pairwise(said["columns"]))

    @pytest.mark.parametrize(
        ("days", "step"), [(0, "hour"), (30, "day"), (300, "week"), (3000, "month")]
    )
    def test_its_step_fits_the_time(
        self, api: Hub, clock: fakes.Clock, days: int, step: str
    ) -> None:
        room = api.room()
        room.add(fakes.indicator(1))
        clock.advance(days * 86_400)
        room.add(fakes.indicator(2))
        assert send(api, "histogram", q="")[1]["step"] == step

    @pytest.mark.parametrize("year", ["0001-01", "1969-12", "9999-12"])
    def test_the_ends_of_time(self, api: Hub, year: str) -> None:
        room = api.room()
        room.add(fakes.indicator(1, created=f"{year}-31T00:00:00.000Z"))
        for step in ("hour", "day", "week", "month", "year"):
            code, said = send(api, "histogram", q="", field="created", step=step)
            assert (code, [item["count"] for item in said["columns"]]) == (200, [1])


class TestSuggestions:
    def test_fields(self, api: Hub) -> None:
        said = send(api, "suggest", begin="va")[1]["suggestions"]
        assert [item["value"] for item in said] == ["value:", "valid_from:", "valid_until:"]

    @pytest.mark.parametrize(
        ("field", "begin", "values"),
        [
            ("type", "", ["indicator", "malware"]),
            ("type", " MAL", ["malware"]),
            ("label", "c", ["c2"]),
            ("tlp", "", ["green"]),
            ("publisher", "m", ["ministry"]),
        ],
    )
    def test_values(self, api: Hub, shelf: Room, field: str, begin: str, values: Any) -> None:
        said = send(api, "suggest", field=field, begin=begin)[1]["suggestions"]
        assert [item["value"] for item in said] == values

    def test_collections_by_their_names(self, api: Hub, shelf: Room) -> None:
        said = send(api, "suggest", field="collection", begin="ROOM")[1]["suggestions"]
        assert [item["value"] for item in said] == [shelf.collection.alias]
        hidden = send(api, "suggest", field="collection", begin="hid")[1]
        assert hidden == {"suggestions": []}


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "query", "field"),
        [
            ("search", {"limit": "0"}, "limit"),
            ("search", {"limit": "201"}, "limit"),
            ("search", {"limit": "٣"}, "limit"),
            ("search", {"q": ["a", "b"]}, "q"),
            ("search", {"format": "xml"}, "format"),
            ("search", {"match[type]": "x"}, "parameter"),
            ("search", {"format": "csv", "limit": "5"}, "limit"),
            ("search", {"format": "csv", "next": "x"}, "next"),
            ("search", {"format": "csv", "sort": "oldest"}, "sort"),
            ("search", {"sort": "confidence"}, "sort"),
            ("search", {"field": "ip"}, "field"),
            ("facets", {"field": "ip"}, "field"),
            ("facets", {"field": "nothing"}, "field"),
            ("histogram", {"field": "type"}, "field"),
            ("histogram", {"step": "minute"}, "step"),
            ("suggest", {"field": "text"}, "field"),
            ("objects/indicator--1/related", {"limit": "1000"}, "limit"),
            ("objects/indicator--1", {}, "id"),
        ],
    )
    def test_what_is_wrong_is_named(self, api: Hub, path: str, query: Any, field: str) -> None:
        code, said = send(api, path, **query)
        assert code in {400, 404}
        assert said["details"]["field"] == field

    def test_a_query_has_its_position_in_two_languages(self, api: Hub) -> None:
        code, said = send(api, "search", q="type:malware AND (name:x")
        assert (code, said["error_code"]) == (400, "bad-query")
        details = said["details"]
        assert (details["field"], details["position"], details["length"]) == ("q", 17, 1)
        assert details["en"] == said["description"]
        assert "ngoặc" in details["vi"]

    def test_an_engine_that_is_away_takes_one_line_of_the_log(
        self, api: Hub, caplog: pytest.LogCaptureFixture
    ) -> None:
        down = HubError(Fault.SEARCH_DOWN, "the search engine does not answer")
        down.__cause__ = OSError("connection refused")
        with mock.patch.object(SqliteFinder, "find", side_effect=down):
            api.get("/api/v1/search", headers=PLAIN)
        (line,) = [found for found in caplog.records if found.name == "hub.error"]
        assert line.getMessage() == "the search engine does not answer (connection refused)"
        assert line.exc_info is None

    def test_an_engine_that_is_away_is_503(self, api: Hub, shelf: Room) -> None:
        down = HubError(Fault.SEARCH_DOWN, "the search engine does not answer")
        for path, name in (("search", "find"), ("facets", "count"), ("suggest", "suggest")):
            query = {"field": "type"} if path == "suggest" else {}
            with mock.patch.object(SqliteFinder, name, side_effect=down):
                answer = api.get(f"/api/v1/{path}", headers=PLAIN, query_string=query)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
        with mock.patch.object(SqliteFinder, "find", side_effect=down):
            answer = api.get("/api/v1/search", query_string={"format": "csv"})
        assert answer.status_code == 503
        assert json.loads(answer.data)["error_code"] == "search-down"


class TestWho:
    def test_nobody_in_particular_finds_what_is_public_and_clear(self, api: Hub) -> None:
        public = Room(api, api.store.directory().collections[fakes.KEYS["public"]])
        assert public.add(fakes.indicator(1), fakes.indicator(2, object_marking_refs=[GREEN]))
        assert [h["id"][-1] for h in send(api, "search", account="")[1]["hits"]] == ["1"]
        assert send(api, "facets", account="")[1]["total"] == 1
        api.put(fakes.collection("public", public=False))
        for path in ("search", "facets", "histogram", "suggest", "searches", "objects/x"):
            assert send(api, path, account="")[0] == 401

    def test_an_account_that_was_switched_off(self, api: Hub, shelf: Room) -> None:
        for path in ("search", "facets", "histogram", "suggest", "searches", "objects/x"):
            assert send(api, path, account="disabled")[0] == 401

    def test_nothing_is_found_without_a_right(self, api: Hub, shelf: Room) -> None:
        """Default deny: with the grants gone, everything is."""
        object_id = fakes.indicator(1)["id"]
        api.put(drop=[*api.store.directory().grants])
        assert found(api, "") == []
        assert send(api, "facets", field="type")[1] == {
            "total": 0,
            "facets": [{"field": "type", "values": []}],
        }
        assert send(api, "histogram")[1]["columns"] == []
        assert send(api, "suggest", field="type")[1] == {"suggestions": []}
        for tail in ("", "/related", "/same"):
            assert send(api, f"objects/{object_id}{tail}")[0] == 404


GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
