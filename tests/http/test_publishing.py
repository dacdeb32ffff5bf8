"""What a publish answers about each object, and who may delete what."""

from __future__ import annotations

import json

import pytest

from tests import fakes
from tests.http import sample
from tests.http.asking import Hub, Room, data, ids


def messages(status: dict) -> list[str]:
    """Messages of successes, then of failures."""
    details = status.get("successes", []) + status.get("failures", [])
    return [item.get("message", "") for item in details]


def test_new_objects_and_versions_need_no_words(room: Room) -> None:
    assert messages(room.add(fakes.indicator(1), fakes.indicator(1, 1))) == ["", ""]
    assert messages(room.add(fakes.indicator(1, 2))) == [""]


def test_other_content_of_the_same_publisher_replaces(room: Room) -> None:
    room.add(fakes.indicator(1), fakes.indicator(2))
    before = room.manifest()
    after = before[-1]["date_added"]
    status = room.add(fakes.indicator(1, name="Mới"))
    assert messages(status) == ["replaced"]
    assert status["success_count"] == 1
    assert room.objects() == [fakes.indicator(2), fakes.indicator(1, name="Mới")]
    assert room.versions(fakes.indicator(1)["id"]) == [fakes.indicator(1)["modified"]]
    # Who read it before receives it again.
    assert room.objects(added_after=after) == [fakes.indicator(1, name="Mới")]


def test_another_account_of_the_same_organisation_replaces_too(room: Room) -> None:
    room.add(fakes.indicator(1))
    assert messages(room.add(fakes.indicator(1, name="Mới"), account="coordinator")) == [
        "replaced"
    ]


def test_other_content_of_another_publisher_is_a_conflict(room: Room) -> None:
    room.add(fakes.indicator(1))
    before = room.get().data, room.manifest()
    status = room.add(fakes.indicator(1, name="Giả"), fakes.indicator(2), account="partner")
    assert (status["success_count"], status["failure_count"]) == (1, 1)
    assert status["failures"][0]["id"] == fakes.indicator(1)["id"]
    assert status["failures"][0]["message"].startswith("conflict")
    assert room.objects()[0] == fakes.indicator(1)
    assert room.manifest()[0] == before[1][0]


def test_equal_content_of_another_publisher_is_no_conflict(room: Room) -> None:
    room.add(fakes.indicator(1))
    status = room.add(fakes.indicator(1), account="partner")
    assert messages(status)[0].startswith("unchanged")


def test_another_publisher_may_add_a_newer_version(room: Room) -> None:
    room.add(fakes.indicator(1, 1))
    assert messages(room.add(fakes.indicator(1, 2), account="partner")) == [""]
    assert room.objects() == [fakes.indicator(1, 2)]


@pytest.mark.parametrize("fraction", ["", ".0", ".000", ".000000", ".0000000"])
def test_the_same_instant_written_otherwise_is_the_same_version(room: Room, fraction: str) -> None:
    room.add(fakes.indicator(1))
    text = fakes.indicator(1)["modified"].replace(".000000", fraction)
    status = room.add(fakes.indicator(1, modified=text))
    assert status["failure_count"] == 0
    assert messages(status)[0].startswith("unchanged" if fraction == ".000000" else "replaced")
    assert len(room.objects(version="all")) == 1


def test_white_space_and_order_do_not_make_another_content(room: Room) -> None:
    room.add(fakes.indicator(1))
    turned = json.dumps({"objects": [dict(reversed(fakes.indicator(1).items()))]}, indent=4)
    assert messages(data(room.post(turned.encode())))[0].startswith("unchanged")
    assert room.objects() == [fakes.indicator(1)]


def test_one_envelope_may_hold_an_object_several_times(room: Room) -> None:
    status = room.add(
        fakes.indicator(1),
        fakes.indicator(1),
        fakes.indicator(1, name="Hai"),
        fakes.indicator(1, name="Ba"),
    )
    said = [text.split(":")[0] for text in messages(status)]
    assert said == ["", "unchanged", "replaced", "replaced"]
    assert room.objects() == [fakes.indicator(1, name="Ba")]
    assert len(room.manifest(version="all")) == 1


def test_reasons_name_place_field_and_way_out(room: Room) -> None:
    bad = [
        fakes.indicator(1) | {"pattern": "[x"},
        {k: v for k, v in fakes.indicator(2).items() if k != "modified"},
        fakes.indicator(3) | {"created_by_ref": "somebody"},
        {"type": "indicator", "id": "indicator--1"},
    ]
    said = messages(room.add(*bad))
    fields = ("pattern", "modified", "created_by_ref", "id")
    assert [text.split(":")[0] for text in said] == [
        f"objects[{place}].{field}" for place, field in enumerate(fields)
    ]
    assert all(";" in text for text in said)


def test_warnings_stand_in_the_status(room: Room) -> None:
    status = room.add(fakes.indicator(1, x_vn_code="1"))
    assert status["success_count"] == 1
    assert "warning: custom-property: x_vn_code" in messages(status)[0]


@pytest.fixture
def mixed(room: Room) -> Room:
    """One object with a version of each organisation, and one object of each."""
    room.add(fakes.indicator(1, 1), fakes.indicator(2))
    room.add(fakes.indicator(1, 2), fakes.indicator(3), account="partner")
    return room


def test_publishers_delete_what_is_theirs(mixed: Room) -> None:
    assert mixed.delete(fakes.indicator(3)["id"]).status_code == 403
    assert mixed.delete(fakes.indicator(2)["id"], account="partner").status_code == 403
    assert mixed.delete(fakes.indicator(2)["id"]).status_code == 200
    assert mixed.delete(fakes.indicator(3)["id"], account="partner").status_code == 200
    assert ids(mixed.objects()) == [sample.VERSIONED]


def test_nothing_is_deleted_when_one_version_is_of_another(mixed: Room) -> None:
    answer = mixed.delete(sample.VERSIONED)
    assert (answer.status_code, data(answer)["error_code"]) == (403, "denied")
    assert len(mixed.versions(sample.VERSIONED)) == 2
    assert mixed.delete(sample.VERSIONED, version=sample.V1).status_code == 200
    assert mixed.versions(sample.VERSIONED) == [sample.V2]
    assert mixed.delete(sample.VERSIONED, version=sample.V2).status_code == 403


def test_coordinators_delete_what_others_published(mixed: Room) -> None:
    assert mixed.delete(sample.VERSIONED, account="coordinator").status_code == 200
    assert ids(mixed.objects()) == [fakes.indicator(2)["id"], fakes.indicator(3)["id"]]


def test_coordinators_need_the_right_to_write(hub: Hub) -> None:
    room = hub.room(write=False)
    hub.put(fakes.Grant(room.collection.key, ("org", "grid"), write=True))
    room.add(fakes.indicator(1), account="partner")
    assert room.delete(fakes.indicator(1)["id"], account="coordinator").status_code == 403


def test_a_version_that_does_not_exist_deletes_nothing(mixed: Room) -> None:
    answer = mixed.delete(fakes.indicator(2)["id"], version="2001-01-01T00:00:00Z")
    assert answer.status_code == 404
    assert len(mixed.objects()) == 3


def test_a_delete_of_the_last_version_deletes_what_a_read_shows_as_last(room: Room) -> None:
    """The newest STIX version decides before the newest date (TAXII 2.1 section 3.4.1)."""
    newer = fakes.indicator(7, modified="2026-03-01T00:00:00.000Z")
    del newer["spec_version"]
    older = fakes.indicator(7, modified="2026-02-01T00:00:00.000Z")
    room.add(older, newer)
    assert room.objects() == [older]
    assert room.delete(older["id"], version="last").status_code == 200
    assert room.objects() == [newer]


@pytest.mark.parametrize(
    "filters", [{"version": "x"}, {"type": "indicator"}, {"version": "all,last"}]
)
def test_a_malformed_delete_deletes_nothing(mixed: Room, filters: dict) -> None:
    assert mixed.delete(fakes.indicator(2)["id"], **filters).status_code == 400
    assert len(mixed.objects()) == 3


def test_a_deleted_object_of_another_may_be_published_anew(mixed: Room) -> None:
    mixed.delete(fakes.indicator(3)["id"], account="partner")
    assert messages(mixed.add(fakes.indicator(3, name="Mới"))) == [""]


GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"


def test_a_strict_collection(hub: Hub) -> None:
    strict = hub.room(strict=True)
    good = fakes.indicator(1, object_marking_refs=[GREEN], indicator_types=["benign"])
    cases = {
        "marked and valid": good,
        "without a marking": fakes.indicator(2, indicator_types=["benign"]),
        "a property of nobody's": good | {"id": fakes.indicator(3)["id"], "x_code": 1},
        "a value of the wrong kind": good | {"id": fakes.indicator(4)["id"], "labels": "a"},
    }
    status = strict.add(*cases.values())
    assert [item["id"] for item in status["successes"]] == [good["id"]]
    assert len(status["failures"]) == 3
    assert all("this collection is strict" in text for text in messages(status)[1:])
    assert strict.objects() == [good]
    # What a strict collection refuses is welcome elsewhere.
    assert hub.room().add(*cases.values())["success_count"] == 4
