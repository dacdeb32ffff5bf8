"""Markings, audiences and views over HTTP: who receives what, and what is refused with a reason."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hub.model.party import Grant, Group
from hub.model.tlp import Tlp
from hub.stix.marking import COLOUR_OF
from tests import fakes
from tests.http import sample
from tests.http.asking import Hub, Room, data, ids

TLP2 = {colour: ref for ref, colour in COLOUR_OF.items()}
UNKNOWN = f"marking-definition--{fakes.uuid_of(777)}"


@pytest.fixture
def cleared(hub: Hub) -> Room:
    """A collection that takes TLP:RED; `publisher` and `partner` are cleared for it."""
    for name in ("publisher", "partner", "reader"):
        account = hub.store.directory().accounts[name]
        hub.put(msgspec.structs.replace(account, clearance=Tlp.RED))
    return hub.room(ceiling=Tlp.RED)


def marked(number: int, *refs: str, **changes: Any) -> dict[str, Any]:
    return fakes.indicator(number, object_marking_refs=list(refs), **changes)


def refusal(room: Room, item: dict[str, Any], **how: Any) -> str:
    status = data(room.post(fakes.body(item), **how))
    assert status["failure_count"] == 1, status
    return str(status["failures"][0]["message"])


def test_each_account_sees_up_to_its_clearance(hub: Hub, room: Room) -> None:
    room.add(*(marked(tlp, TLP2[tlp]) for tlp in Tlp if tlp < Tlp.RED))
    for clearance in Tlp:
        partner = hub.store.directory().accounts["partner"]
        hub.put(msgspec.structs.replace(partner, clearance=clearance))
        seen = {item["id"] for item in room.objects(account="partner")}
        expected = [tlp for tlp in Tlp if tlp <= clearance and tlp < Tlp.RED]
        assert seen == {fakes.indicator(tlp)["id"] for tlp in expected}
        assert len(room.manifest(account="partner")) == len(expected)
    hub.put(msgspec.structs.replace(partner, clearance=Tlp.AMBER_STRICT))


def test_a_token_and_a_grant_take_away(hub: Hub, room: Room) -> None:
    room.add(marked(1, TLP2[Tlp.GREEN]), marked(2, TLP2[Tlp.AMBER]))
    key = room.collection.key
    hub.put(Grant(key, ("community", "partners"), read=True, write=True, ceiling=Tlp.GREEN))
    assert ids(room.objects(account="partner")) == [fakes.indicator(1)["id"]]
    hub.put(Grant(key, ("org", "grid"), read=True, ceiling=Tlp.AMBER))
    assert len(room.objects(account="partner")) == 2


def test_nobody_sees_more_of_a_public_collection_than_what_is_clear(hub: Hub) -> None:
    room = hub.room(public=True)
    room.add(marked(1, TLP2[Tlp.CLEAR]), marked(2, TLP2[Tlp.GREEN]), fakes.indicator(3))
    seen = {item["id"] for item in room.objects(account="")}
    assert seen == {fakes.indicator(1)["id"], fakes.indicator(3)["id"]}


def test_an_audience_is_all_who_see_it(hub: Hub, cleared: Room) -> None:
    hub.put(Group("case", "Case", "ministry", fakes.members("grid")))
    item = marked(1, TLP2[Tlp.RED])
    answer = cleared.post(fakes.body(item), headers={"Hub-Audience": "group:case"})
    assert data(answer)["success_count"] == 1
    assert cleared.objects(account="partner") == [item]
    assert cleared.objects(account="publisher") == [item]
    hub.put(Group("case", "Case", "ministry"))
    assert cleared.objects(account="partner") == []
    assert cleared.get(f"objects/{item['id']}/", account="partner").status_code == 404


def test_who_joins_later_sees_what_comes_later(hub: Hub, room: Room) -> None:
    room.add(fakes.indicator(1))
    added = room.manifest()[0]["date_added"]
    from hub.model.clock import parse_us

    late = fakes.members("grid", since_us=parse_us(added) + 1)
    hub.put(fakes.Community("partners", "Partners", fakes.members("ministry") + late))
    room.add(fakes.indicator(2))
    assert ids(room.objects(account="partner")) == [fakes.indicator(2)["id"]]
    hub.put(fakes.Community("partners", "Partners", fakes.members("ministry", "grid")))
    assert len(room.objects(account="partner")) == 2


def test_whoever_drops_the_audience_is_told(room: Room) -> None:
    body = fakes.body(fakes.indicator(1))
    room.post(body, headers={"Hub-Audience": "org:grid"})
    again = data(room.post(body, headers={"Hub-Audience": "org:grid"}))
    assert again["successes"][0]["message"].startswith("unchanged")
    (said,) = data(room.post(body))["successes"]
    assert "it had named recipients" in said["message"]


REFUSED = {
    "above the ceiling": (marked(1, TLP2[Tlp.RED]), "up to TLP:AMBER+STRICT"),
    "two colours": (marked(1, TLP2[Tlp.GREEN], TLP2[Tlp.AMBER]), "TLP:GREEN and TLP:AMBER"),
    "unknown marking": (marked(1, UNKNOWN), f"{UNKNOWN} is not known here"),
    "a part above the ceiling": (
        fakes.indicator(
            1,
            description="x",
            granular_markings=[{"selectors": ["description"], "marking_ref": TLP2[Tlp.RED]}],
        ),
        "effective marking is TLP:RED",
    ),
    "a part in two colours": (
        fakes.indicator(
            1,
            granular_markings=[
                {"selectors": ["name"], "marking_ref": TLP2[Tlp.GREEN]},
                {"selectors": ["name"], "marking_ref": TLP2[Tlp.AMBER]},
            ],
        ),
        "granular_markings: name",
    ),
}


@pytest.mark.parametrize(("item", "reason"), REFUSED.values(), ids=REFUSED)
def test_is_refused_with_the_reason(room: Room, item: dict[str, Any], reason: str) -> None:
    said = refusal(room, item)
    assert said.startswith("objects[0]")
    assert reason in said
    assert room.objects() == []


def test_red_has_named_recipients(hub: Hub, cleared: Room) -> None:
    item = marked(1, TLP2[Tlp.RED])
    assert "named recipients" in refusal(cleared, item)
    everybody = {"Hub-Audience": "community:partners"}
    assert "named recipients" in refusal(cleared, item, headers=everybody)
    named = {"Hub-Audience": "org:grid"}
    assert data(cleared.post(fakes.body(item), headers=named))["success_count"] == 1


AUDIENCES = {
    "nobody": ("", "names nobody"),
    "commas": (" , ", "names nobody"),
    "no kind": ("grid", "'grid' is not of the form"),
    "unknown organisation": ("org:x", "there is no org x"),
    "unknown group": ("group:x", "there is no group x"),
    "unknown community": ("community:x", "there is no community x"),
    "a group of others": ("group:others", "there is no group others"),
}


@pytest.mark.parametrize(("audience", "reason"), AUDIENCES.values(), ids=AUDIENCES)
def test_an_audience_that_cannot_be_addressed(
    hub: Hub, room: Room, audience: str, reason: str
) -> None:
    hub.put(Group("others", "Others", "grid", fakes.members("grid")))
    answer = room.post(fakes.body(fakes.indicator(1)), headers={"Hub-Audience": audience})
    assert answer.status_code == 400
    assert reason in data(answer)["description"]
    assert room.objects() == []


def test_parts_are_taken_out_for_those_who_may_not_see_them(hub: Hub, room: Room) -> None:
    secret = {"selectors": ["description", "labels.[1]"], "marking_ref": TLP2[Tlp.AMBER]}
    item = marked(
        1,
        TLP2[Tlp.GREEN],
        description="victim: ministry",
        labels=["a", "b", "c"],
        granular_markings=[secret],
    )
    room.add(item)
    partner = hub.store.directory().accounts["partner"]
    hub.put(msgspec.structs.replace(partner, clearance=Tlp.GREEN))
    try:
        (seen,) = room.objects(account="partner")
        assert "description" not in seen
        assert "granular_markings" not in seen
        assert seen["labels"] == ["a", "c"]
        assert len(room.manifest(account="partner")) == 1
        assert room.objects(account="partner", labels="b") == []
        assert room.objects(account="partner", tlp="amber") == []
        assert len(room.objects(account="partner", labels="a")) == 1
    finally:
        hub.put(msgspec.structs.replace(partner, clearance=Tlp.AMBER_STRICT))
    assert room.objects() == [item]
    assert room.objects(version="all") == [item]
    assert room.delete(item["id"]).status_code == 200
    assert room.objects() == []


def test_a_part_is_taken_back_and_who_never_saw_it_notices_nothing(hub: Hub, room: Room) -> None:
    secret = {"selectors": ["description"], "marking_ref": TLP2[Tlp.AMBER]}
    item = marked(1, TLP2[Tlp.GREEN], description="victim: ministry", granular_markings=[secret])
    left = {key: item[key] for key in item if key not in {"description", "granular_markings"}}
    room.add(item)
    partner = hub.store.directory().accounts["partner"]
    hub.put(msgspec.structs.replace(partner, clearance=Tlp.GREEN))
    try:
        before = room.get(account="partner"), room.get("manifest/", account="partner")
        for again in (item | {"description": "victim: grid"}, left):
            (done,) = room.add(again)["successes"]
            assert done["message"] == "replaced"
            assert room.objects() == [again]
            after = room.get(account="partner"), room.get("manifest/", account="partner")
            assert [answer.data for answer in after] == [answer.data for answer in before]
    finally:
        hub.put(msgspec.structs.replace(partner, clearance=Tlp.AMBER_STRICT))


def test_a_statement_that_comes_along_hides_nothing(room: Room) -> None:
    statement = sample.MARKING
    item = marked(1, statement["id"])
    status = room.add(item, statement)
    assert status["success_count"] == 2
    assert data(room.post(fakes.body(marked(2, statement["id"]))))["success_count"] == 1
    others = data(room.post(fakes.body(marked(3, statement["id"])), account="partner"))
    assert others["failure_count"] == 1, "a definition of others makes nothing visible"


def test_every_answer_says_that_audiences_count(room: Room) -> None:
    assert room.get().headers["Hub-Audience"] == "supported"
