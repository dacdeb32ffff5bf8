"""One object and what is around it, look-ups of many values, and saved searches over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.model.party import Organisation
from hub.service.lookup import MOST_VALUES
from hub.service.saved import MOST
from tests import fakes
from tests.http.asking import Hub, data
from tests.http.browser import Browser
from tests.http.searching import PLAIN, indicator, opened, send

JSON = {**PLAIN, "Content-Type": "application/json"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Hub]:
    with opened(tmp_path, fakes.Clock()) as hub:
        yield hub


def versioned(kind: str, number: int, **more: Any) -> dict[str, Any]:
    head = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{fakes.uuid_of(number)}"}
    return head | {"created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z"} | more


def post(api: Hub, path: str, body: Any, *, account: str = "publisher", **how: Any) -> Any:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = JSON | how.pop("headers", {})
    answer = api.ask("POST", f"/api/v1/{path}", headers=headers, body=text, account=account, **how)
    return answer.status_code, data(answer)


class TestObject:
    def test_all_versions_in_sight_and_where_they_are(self, api: Hub) -> None:
        one, two = api.room(), api.room()
        one.add(fakes.indicator(1), fakes.indicator(1, 1))
        two.add(fakes.indicator(1, 1))
        object_id = fakes.indicator(1)["id"]
        said = send(api, f"objects/{object_id}")[1]
        assert said["object"] == fakes.indicator(1, 1)
        assert said["version"] == fakes.indicator(1, 1)["modified"]
        assert said["values"] == [{"field": "ip", "value": "192.0.2.1"}]
        rows = [(item["version"], item["collection"]["alias"]) for item in said["versions"]]
        new, old = fakes.indicator(1, 1)["modified"], fakes.indicator(1)["modified"]
        assert rows == [
            (new, two.collection.alias),
            (new, one.collection.alias),
            (old, one.collection.alias),
        ]
        assert said["versions"][0]["publisher"] == "ministry"
        older = send(api, f"objects/{object_id}", version=old)[1]
        assert older["object"] == fakes.indicator(1)
        assert send(api, f"objects/{object_id}", version="x")[1]["details"]["field"] == "version"

    def test_a_hidden_one_and_one_that_is_not_there_are_answered_the_same(self, api: Hub) -> None:
        hidden, headers = fakes.indicator(2), {"Hub-Audience": "org:ministry"}
        assert api.room().post(fakes.body(hidden), headers=headers).status_code == 202
        assert send(api, f"objects/{hidden['id']}")[0] == 200
        for tail in ("", "/related", "/same"):
            answers = [
                send(api, f"objects/{item['id']}{tail}", account="partner")
                for item in (hidden, fakes.indicator(3))
            ]
            for code, said in answers:
                assert code == 404
                said.pop("error_id")
                said["description"] = said["description"].replace("2'", "3'")
            assert answers[0] == answers[1]


class TestRelated:
    @pytest.fixture
    def graph(self, api: Hub) -> dict[str, str]:
        ids = {
            "malware": f"malware--{fakes.uuid_of(1)}",
            "actor": f"threat-actor--{fakes.uuid_of(2)}",
            "uses": f"relationship--{fakes.uuid_of(3)}",
            "report": f"report--{fakes.uuid_of(4)}",
            "seen": f"sighting--{fakes.uuid_of(5)}",
            "org": f"identity--{fakes.uuid_of(6)}",
        }
        api.room().add(
            versioned("malware", 1, name="Emotet", is_family=True, created_by_ref=ids["org"]),
            versioned("threat-actor", 2, name="Mummy Spider"),
            versioned(
                "relationship",
                3,
                relationship_type="uses",
                source_ref=ids["actor"],
                target_ref=ids["malware"],
            ),
            versioned(
                "report",
                4,
                name="R",
                published="2026-01-01T00:00:00Z",
                object_refs=[ids["malware"], f"tool--{fakes.uuid_of(99)}"],
            ),
            versioned(
                "sighting", 5, sighting_of_ref=ids["malware"], where_sighted_refs=[ids["org"]]
            ),
            versioned("identity", 6, name="Ministry"),
        )
        return ids

    def test_both_directions(self, api: Hub, graph: dict[str, str]) -> None:
        code, said = send(api, f"objects/{graph['malware']}/related")
        assert code == 200
        assert {hit["id"] for hit in said["objects"]} == {
            graph["actor"],
            graph["report"],
            graph["org"],
        }
        links = {(x["source"], x["target"], x["relation"], x["by"]) for x in said["links"]}
        assert links == {
            (graph["malware"], graph["org"], "created_by_ref", None),
            (graph["actor"], graph["malware"], "uses", graph["uses"]),
            (graph["report"], graph["malware"], "object_refs", None),
            (graph["org"], graph["malware"], "sighting", graph["seen"]),
        }
        assert said["more"] is False

    def test_a_relationship_has_its_ends(self, api: Hub, graph: dict[str, str]) -> None:
        said = send(api, f"objects/{graph['uses']}/related")[1]
        assert {hit["id"] for hit in said["objects"]} == {graph["actor"], graph["malware"]}

    def test_it_is_capped_and_says_so(self, api: Hub, graph: dict[str, str]) -> None:
        said = send(api, f"objects/{graph['malware']}/related", limit=2)[1]
        assert (len(said["objects"]), said["more"]) == (2, True)
        shown = {hit["id"] for hit in said["objects"]} | {graph["malware"]}
        assert all({link["source"], link["target"]} <= shown for link in said["links"])

    def test_both_directions_together_are_capped(self, api: Hub) -> None:
        def report(number: int, *refs: int) -> dict[str, Any]:
            ids = [f"report--{fakes.uuid_of(ref)}" for ref in refs]
            return versioned("report", number, name="R", published="2026-01-01T00:00:00Z") | (
                {"object_refs": ids or [f"tool--{fakes.uuid_of(99)}"]}
            )

        api.room().add(report(1, 2, 3), report(2), report(3), report(4, 1), report(5, 1))
        path = f"objects/report--{fakes.uuid_of(1)}/related"
        said = send(api, path, limit=3)[1]
        assert (len(said["objects"]), len(said["links"]), said["more"]) == (3, 3, True)
        said = send(api, path, limit=4)[1]
        assert (len(said["objects"]), len(said["links"]), said["more"]) == (4, 4, False)

    def test_of_one_in_two_collections_the_newest_is_shown(self, api: Hub) -> None:
        one, two = api.room(), api.room()
        target = versioned("malware", 1, name="M", is_family=True)
        other = versioned("report", 2, name="R", published="2026-01-01T00:00:00Z")
        other |= {"object_refs": [target["id"]]}
        for room in (one, two):
            room.add(target, other)
        for object_id in (target["id"], other["id"]):
            (hit,) = send(api, f"objects/{object_id}/related")[1]["objects"]
            assert hit["collection"]["alias"] == two.collection.alias

    def test_objects_that_share_a_value(self, api: Hub) -> None:
        both = "[ipv4-addr:value = '192.0.2.1' OR domain-name:value = 'evil.example']"
        api.room().add(
            indicator(1, both),
            indicator(2, "[ipv4-addr:value = '192.0.2.1']"),
            indicator(3, both),
            indicator(4, "[ipv4-addr:value = '192.0.2.4']"),
        )
        path = f"objects/{fakes.indicator(1)['id']}/same"
        said = send(api, path)[1]
        shown = [(item["hit"]["id"][-1], len(item["shared"])) for item in said["objects"]]
        assert shown == [("3", 2), ("2", 1)]
        assert said["objects"][1]["shared"] == [{"field": "ip", "value": "192.0.2.1"}]
        assert send(api, path, limit=1)[1]["more"] is True


class TestLookup:
    VALUES = ("hxxp://evil[.]example/a", "EVIL(dot)example", "192.0.2.99", "word", "")

    @pytest.fixture
    def filled(self, api: Hub) -> Hub:
        room = api.room()
        room.add(indicator(1, "[url:value = 'http://evil.example/a']"))
        room.add(indicator(2, "[domain-name:value = 'evil.example']"), account="partner")
        return api

    def test_each_value_is_known_unknown_or_not_understood(self, filled: Hub) -> None:
        code, said = post(filled, "lookup", {"values": self.VALUES})
        assert code == 200
        assert [item["state"] for item in said["values"]] == [
            *("known", "known", "unknown", "not-understood")
        ]
        assert (said["known"], said["unknown"], said["not_understood"]) == (2, 1, 1)
        known = said["values"][1]
        assert known.pop("first") < known.pop("last")
        assert known == {
            "given": "EVIL(dot)example",
            "state": "known",
            "field": "domain",
            "value": "evil.example",
            "count": 2,
            "tlp": "green",
            "publishers": ["grid", "ministry"],
        }

    def test_plain_lines_are_the_same(self, filled: Hub) -> None:
        text = "\r\n".join(self.VALUES).encode("utf-8-sig")
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        assert post(filled, "lookup", text, headers=plain) == post(
            filled, "lookup", {"values": self.VALUES}
        )

    def test_ten_thousand_values_and_no_more(self, filled: Hub) -> None:
        values = [f"10.{n >> 8}.{n & 255}.1" for n in range(MOST_VALUES - 1)] + ["evil.example"]
        code, said = post(filled, "lookup", {"values": values})
        assert (code, said["known"], said["unknown"]) == (200, 1, MOST_VALUES - 1)
        plain = {"Content-Type": "text/plain"}
        lines = "\n".join([*values, "192.0.2.1"]).encode()
        code, said = post(filled, "lookup", lines, headers=plain)
        assert (code, said["error_code"]) == (413, "too-large")

    @pytest.mark.parametrize(
        ("body", "headers", "status"),
        [
            (b"{}", {}, 400),
            (b'{"values": "x"}', {}, 400),
            (b'{"values": [1]}', {}, 400),
            (b'{"values": [], "x": 1}', {}, 400),
            (b"[]", {}, 400),
            (b"\xff", {"Content-Type": "text/plain"}, 400),
            (b"x", {"Content-Type": "text/html"}, 415),
            (b"x" * 8_000_001, {"Content-Type": "text/plain"}, 413),
            (b"x\n" * 10_001, {"Content-Type": "text/plain"}, 413),
            (b"", {"Content-Type": "text/plain"}, 200),
        ],
    )
    def test_other_bodies(self, api: Hub, body: bytes, headers: Any, status: int) -> None:
        assert post(api, "lookup", body, headers=headers)[0] == status

    def test_a_value_in_what_is_hidden_is_unknown(self, api: Hub) -> None:
        api.room().add(indicator(1, "[domain-name:value = 'evil.example']"))
        api.put(drop=[*api.store.directory().grants])
        said = post(api, "lookup", {"values": ["evil.example", "other.example"]})[1]
        shapes = [{**item, "given": "", "value": ""} for item in said["values"]]
        assert shapes[0] == shapes[1]


class TestSaved:
    def test_saving_changing_and_deleting(self, api: Hub) -> None:
        code, kept = post(api, "searches", {"name": " my  list ", "query": "type:malware"})
        assert code == 201
        assert (kept["name"], kept["shared"], kept["own"]) == ("my list", False, True)
        again = post(api, "searches", {"name": "my list", "query": "", "shared": True})[1]
        assert again["id"] == kept["id"]
        assert send(api, "searches")[1] == {"searches": [again]}
        (seen,) = send(api, "searches", account="reader")[1]["searches"]
        assert (seen["account"], seen["own"]) == ("publisher", False)
        assert send(api, "searches", account="partner")[1] == {"searches": []}
        path = f"/api/v1/searches/{kept['id']}"
        assert api.ask("DELETE", path, account="reader").status_code == 403
        assert api.ask("DELETE", path, account="partner").status_code == 404
        assert api.ask("DELETE", path).status_code == 204
        assert api.ask("DELETE", path).status_code == 404
        actions = [(act.action, act.detail) for _, act in fakes.acts(api.store, 3)]
        assert actions == [("search.drop", ""), ("search.save", "shared"), ("search.save", "")]

    @pytest.mark.parametrize(
        ("body", "status", "field"),
        [
            ({"name": "", "query": ""}, 400, ""),
            ({"name": "  ", "query": ""}, 400, "name"),
            ({"name": "x" * 101, "query": ""}, 400, ""),
            ({"name": "\u202eab", "query": ""}, 400, "name"),
            ({"name": "x", "query": "(("}, 400, "q"),
            ({"name": "x", "query": "a" * 4_001}, 400, ""),
            ({"name": "x"}, 400, ""),
            ({"name": "x", "query": "", "shared": 1}, 400, ""),
        ],
    )
    def test_what_cannot_be_saved(self, api: Hub, body: Any, status: int, field: str) -> None:
        code, said = post(api, "searches", body)
        assert code == status
        assert said.get("details", {}).get("field", "") == field
        assert send(api, "searches")[1] == {"searches": []}

    def test_there_is_an_end(self, api: Hub) -> None:
        for number in range(MOST):
            assert post(api, "searches", {"name": f"{number}", "query": ""})[0] == 201
        code, said = post(api, "searches", {"name": "more", "query": ""})
        assert (code, f"may have {MOST}" in said["description"]) == (400, True)
        assert post(api, "searches", {"name": "0", "query": "x"})[0] == 201

    def test_not_without_an_account_and_not_by_a_token_that_only_reads(self, api: Hub) -> None:
        body = {"name": "x", "query": ""}
        assert post(api, "searches", body, account="")[0] == 401
        assert api.ask("DELETE", "/api/v1/searches/x", account="").status_code == 401
        reads = fakes.bearer("publisher", read_only=True)
        assert post(api, "searches", body, account="", headers=reads)[0] == 403
        assert api.get("/api/v1/searches", account="", headers=reads).status_code == 200

    def test_they_know_only_collections_in_sight(self, api: Hub) -> None:
        """What is saved for a hidden collection and for one that is not there looks the same."""
        api.put(Organisation("other", f"identity--{fakes.uuid_of(900)}", "O", "O"))
        answers = [
            post(api, "searches", {"name": "x", "query": f"collection:{alias}"})[0]
            for alias in ("hidden", "nowhere")
        ]
        assert answers == [201, 201]


class TestInABrowser:
    def test_a_session_searches_and_changes_only_with_its_token(self, api: Hub) -> None:
        api.room().add(indicator(1, "[domain-name:value = 'evil.example']"))
        browser = Browser(api)
        assert browser.log_in().status_code == 200
        page = data(browser.get("/api/v1/search?q=evil.example"))
        assert len(page["hits"]) == 1
        asked = ("/api/v1/lookup", {"values": ["evil.example"]})
        assert data(browser.post(*asked))["known"] == 1
        assert browser.post("/api/v1/searches", {"name": "x", "query": ""}).status_code == 201
        for headers in ({"X-CSRF-Token": None}, {"Sec-Fetch-Site": "cross-site"}):
            for path, body in (asked, ("/api/v1/searches", {"name": "x", "query": ""})):
                assert browser.post(path, body, headers=headers).status_code == 403
