"""The JSON door: what an account may see, circles, and the questions of officers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.model.party import Community, Group, Role
from tests import fakes
from tests.http.asking import Hub, data

JSON = {"Accept": "application/json", "Content-Type": "application/json"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Hub]:
    config = fakes.make_config(tmp_path)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    yield Hub(config, store)
    store.close()


def send(api: Hub, method: str, path: str, body: Any = None, **how: Any) -> Any:
    text = json.dumps(body).encode() if body is not None else None
    answer = api.ask(method, f"/api/v1/{path}", headers=JSON, body=text, **how)
    assert answer.content_type == "application/json"
    return answer.status_code, data(answer)


def test_an_account_asks_what_it_may_see(api: Hub) -> None:
    code, me = send(api, "GET", "me", account="partner")
    assert code == 200
    assert (me["account"], me["organisation"]) == ("partner", "grid")
    assert me["clearance"] == "amber+strict"
    assert {item["subject"] for item in me["belongs_to"]} == {"org:grid", "community:partners"}
    rows = {item["alias"]: item for item in me["collections"]}
    assert "hidden" not in rows
    assert rows["notices"]["markings"] == [{"up_to": "amber+strict", "since": None}]
    assert rows["dropbox"]["markings"] == []
    assert rows["dropbox"]["can_write"] is True
    assert rows["public"]["markings"] == [{"up_to": "clear", "since": None}]


def test_an_organisation_runs_its_own_group(api: Hub) -> None:
    assert send(api, "PUT", "groups/case", {"title": "Case"}) == (200, {"name": "case"})
    assert (
        send(api, "POST", "groups/case/members", {"members": ["grid"], "since": "all"})[0] == 200
    )
    assert api.store.directory().groups["case"] == Group(
        "case", "Case", "ministry", fakes.members("grid")
    )
    (own,) = send(api, "GET", "groups")[1]["circles"]
    assert own["members"] == [{"subject": "org:grid", "since": None}]
    # A member learns that it is in, and not who else is.
    (seen,) = send(api, "GET", "groups", account="partner")[1]["circles"]
    assert seen == {"name": "case", "title": "Case", "terms": "", "member_since": None}
    assert send(api, "DELETE", "groups/case/members/grid")[0] == 200
    assert send(api, "GET", "groups", account="partner")[1]["circles"] == []
    acts = [(act.action, act.detail) for _, act in fakes.acts(api.store, 3)]
    assert acts == [
        ("group.leave", "org:grid"),
        ("group.join", "org:grid since all"),
        ("group.put", "ministry: Case"),
    ]


def test_who_is_not_in_a_group_cannot_be_put_out(api: Hub) -> None:
    """A misspelt name must not look as if somebody were out who still is in."""
    send(api, "PUT", "groups/case", {"title": "Case"})
    send(api, "POST", "groups/case/members", {"members": ["grid"]})
    before = fakes.acts(api.store, 9)
    code, said = send(api, "DELETE", "groups/case/members/gird")
    assert (code, said["details"]) == (404, {"field": "member"})
    assert "org:gird is no member of group:case" in said["description"]
    assert fakes.acts(api.store, 9) == before


def test_the_audit_log_says_since_when_somebody_sees(api: Hub) -> None:
    send(api, "PUT", "groups/case", {"title": "Case"})
    body = {"members": ["grid"], "since": "2026-01-31T08:00:00Z"}
    send(api, "POST", "groups/case/members", body)
    ((_, act),) = fakes.acts(api.store, 1)
    assert act.detail == "org:grid since 2026-01-31T08:00:00.000000Z"


def test_a_group_of_others_is_not_there(api: Hub) -> None:
    send(api, "PUT", "groups/case", {"title": "Case"})
    body = {"members": ["grid"]}
    missing = send(api, "POST", "groups/none/members", body, account="partner")
    others = send(api, "POST", "groups/case/members", body, account="partner")
    assert missing[0] == others[0] == 404
    assert missing[1]["description"].replace("none", "case") == others[1]["description"]
    assert send(api, "PUT", "groups/case", {"title": "Mine"}, account="partner")[0] == 403


@pytest.mark.parametrize("account", ["reader", "publisher", "partner"])
def test_only_administrators_change_communities(api: Hub, account: str) -> None:
    body = {"members": ["grid"]}
    assert send(api, "PUT", "communities/x", {"title": "X"}, account=account)[0] == 403
    assert send(api, "POST", "communities/partners/members", body, account=account)[0] == 403


def test_circles_that_hold_each_other_are_refused(api: Hub) -> None:
    for name in ("a", "b", "c"):
        send(api, "PUT", f"communities/{name}", {"title": name}, account="administrator")
    for outer, inner in (("a", "b"), ("b", "c")):
        body = {"members": [f"community:{inner}"]}
        assert (
            send(api, "POST", f"communities/{outer}/members", body, account="administrator")[0]
            == 200
        )
    for inner in ("a", "b", "c"):
        body = {"members": [f"community:{inner}"]}
        code, said = send(api, "POST", "communities/c/members", body, account="administrator")
        assert code == 400, said
        assert "holds community:c itself" in said["description"]


BAD = {
    "no JSON": (b"{", "as this address takes them"),
    "a list": (b"[]", "as this address takes them"),
    "unknown member": (b'{"title":"x","x":1}', "unknown field `x`"),
    "wrong type": (b'{"title":5}', "$.title"),
    "no title": (b"{}", "title"),
}


@pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD)
def test_a_body_that_is_not_understood(api: Hub, body: bytes, reason: str) -> None:
    answer = api.ask("PUT", "/api/v1/groups/case", headers=JSON, body=body)
    assert answer.status_code == 400
    assert reason in data(answer)["description"]


@pytest.mark.parametrize("since", ["yesterday", "", "2026-13-01T00:00:00Z"])
def test_since_is_an_instant(api: Hub, since: str) -> None:
    send(api, "PUT", "groups/case", {"title": "Case"})
    body = {"members": ["grid"], "since": since}
    code, said = send(api, "POST", "groups/case/members", body)
    assert code == 400
    assert said["details"] == {"field": "since"}


def test_nobody_asks_without_credentials(api: Hub) -> None:
    for path in ("groups", "communities"):
        assert send(api, "GET", path, account="")[1] == {"circles": []}
    assert send(api, "PUT", "groups/x", {"title": "x"}, account="")[0] == 401


def officer(api: Hub) -> None:
    account = api.store.directory().accounts["coordinator"]
    api.put(msgspec.structs.replace(account, roles=frozenset({Role.OFFICER})))


def test_an_officer_asks_why(api: Hub) -> None:
    room = api.room()
    room.add(fakes.indicator(1))
    query = f"why?account=partner&collection={room.collection.alias}&object="
    path = query + fakes.indicator(1)["id"]
    for account in ("reader", "publisher", "coordinator", "administrator", "partner"):
        assert send(api, "GET", path, account=account)[0] == 403
    officer(api)
    code, said = send(api, "GET", path, account="coordinator")
    assert code == 200
    (record,) = said["records"]
    assert record["sees"] is True
    assert record["tlp"] == "green"
    assert "a grant lets it read TLP:GREEN" in record["rule"]
    assert "pattern" not in json.dumps(said)
    assert fakes.acts(api.store, 1)[0][1].action == "officer.why"
    api.put(Community("partners", "Partners", fakes.members("ministry")))
    (record,) = send(api, "GET", path, account="coordinator")[1]["records"]
    assert record["sees"] is False
    assert record["rule"].startswith("no grant")
    absent = query + fakes.indicator(2)["id"]
    assert send(api, "GET", absent, account="coordinator")[0] == 404
    assert send(api, "GET", "why?account=partner", account="coordinator")[0] == 400


@pytest.mark.parametrize("account", ["reader", "publisher", "administrator", ""])
def test_only_officers_learn_by_asking_why_what_there_is(api: Hub, account: str) -> None:
    """A hidden collection, account or object and one that is not there are answered the same."""
    answers = [
        send(api, "GET", f"why?account={who}&collection={where}&object=x", account=account)
        for who in ("partner", "nobody")
        for where in ("hidden", "nowhere")
    ]
    assert answers[0][0] == (403 if account else 401)
    for code, said in answers:
        said.pop("error_id")
        assert (code, said) == answers[0]


def test_who_may_not_make_a_group_learns_of_no_organisation(api: Hub) -> None:
    answers = [
        send(api, "PUT", "groups/case", {"title": "Case", "owner": owner}, account="reader")
        for owner in ("grid", "nobody")
    ]
    assert [code for code, _ in answers] == [403, 403]


@pytest.mark.parametrize("field", ["title", "terms"])
def test_a_circle_stays_small(api: Hub, field: str) -> None:
    """All parties are read as a whole, by every worker, after each change."""
    body = {"title": "Case"} | {field: "x" * 20_000}
    code, answer = send(api, "PUT", "groups/case", body)
    assert (code, field in answer["description"]) == (400, True)
    assert "case" not in api.store.directory().groups
