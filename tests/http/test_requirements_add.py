"""TAXII 2.1: adding and deleting objects. Names carry the ids of the requirements."""

from __future__ import annotations

import json
import re

import pytest

from tests import fakes
from tests.http import sample
from tests.http.asking import MEDIA_TYPE, Hub, Room, data, ids

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SPECIFIED = {
    *("id", "status", "request_timestamp", "total_count", "success_count", "successes"),
    *("failure_count", "failures", "pending_count", "pendings"),
}
MOST = 300_000
"""max_content_length of the tests' configuration."""


def raw_objects(response) -> bytes:
    """The bytes between the brackets of `objects`."""
    body = response.data
    return body[body.index(b'"objects":[') + 11 : -2]


def test_ad_01_ad_02_ad_03_an_envelope_is_answered_with_a_status(room: Room) -> None:
    answer = room.post(fakes.body(fakes.indicator(1)))
    assert answer.status_code == 202
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    status = data(answer)
    assert set(status) <= SPECIFIED
    assert (status["id"], status["status"]) == (status["id"], "complete")
    for name in ("total_count", "success_count", "failure_count", "pending_count"):
        assert type(status[name]) is int


def test_ad_04_ad_05_ad_06_the_counts_add_up(room: Room) -> None:
    status = room.add(fakes.indicator(1), {"type": "x"}, fakes.indicator(2), 5, fakes.indicator(1))
    assert status["total_count"] == 5
    assert (status["success_count"], status["failure_count"]) == (3, 2)
    assert status["pending_count"] == 0
    assert len(status["successes"]) == 3
    assert len(status["failures"]) == 2
    assert STAMP.fullmatch(status["request_timestamp"])


def test_ad_07_details_have_id_and_version(room: Room) -> None:
    bad = fakes.indicator(2) | {"pattern": "[nothing"}
    status = room.add(fakes.indicator(1, 3), sample.MARKING, bad, "text")
    assert [(item["id"], item["version"]) for item in status["successes"]] == [
        (sample.VERSIONED, sample.V3),
        (sample.MARKING["id"], sample.CREATED),
    ]
    assert [(item["id"], item["version"]) for item in status["failures"]] == [
        (bad["id"], bad["modified"]),
        ("unknown", "unknown"),
    ]
    assert "objects[2].pattern" in status["failures"][0]["message"]
    assert "objects[3]" in status["failures"][1]["message"]


def test_ad_08_an_accepted_object_is_readable_at_once(room: Room) -> None:
    assert room.add(fakes.indicator(1))["status"] == "complete"
    assert room.objects() == [fakes.indicator(1)]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(json.dumps(fakes.indicator(1), indent=3).encode(), id="white space"),
        pytest.param(
            json.dumps(fakes.indicator(1, name="Mã độc \u202e\u2060"), ensure_ascii=True).encode(),
            id="escapes",
        ),
        pytest.param(
            json.dumps(
                fakes.indicator(1, name="Cảnh báo an ninh mạng"), ensure_ascii=False
            ).encode(),
            id="Vietnamese",
        ),
        pytest.param(
            json.dumps(fakes.indicator(1, x_rate=1.0, x_list=[], x_none=None)).encode()[:-1]
            + b',"x_float":1.10e+02, "x_big":12345678901234567890123}',
            id="numbers",
        ),
        pytest.param(
            json.dumps(dict(reversed(fakes.indicator(1, revoked=False).items()))).encode(),
            id="order of members",
        ),
    ],
)
def test_ad_09_the_bytes_come_back_as_they_came(room: Room, raw: bytes) -> None:
    answer = room.post(b'{ "objects" : [ %b ] }' % raw)
    assert data(answer)["success_count"] == 1, answer.data
    assert raw_objects(room.get()) == raw


def test_ad_10_microseconds_are_kept_and_matchable(room: Room) -> None:
    room.add(sample.PRECISE)
    assert room.objects(version="2024-03-01T08:00:00.123456Z") == [sample.PRECISE]
    assert room.objects(version="2024-03-01T08:00:00.123457Z") == []
    assert room.manifest()[0]["version"] == "2024-03-01T08:00:00.123456Z"


def test_ad_11_a_new_version_leaves_the_old_one_reachable(room: Room) -> None:
    room.add(fakes.indicator(1, 1))
    room.add(fakes.indicator(1, 2))
    assert room.objects() == [fakes.indicator(1, 2)]
    assert room.objects(version="all") == [fakes.indicator(1, 1), fakes.indicator(1, 2)]


def test_ad_12_posting_twice_is_posting_once(room: Room) -> None:
    room.add(fakes.indicator(1))
    before = room.manifest()
    status = room.add(fakes.indicator(1))
    assert (status["success_count"], status["failure_count"]) == (1, 0)
    assert status["successes"][0]["message"].startswith("unchanged")
    assert room.manifest() == before


def test_ad_17_an_older_version_that_comes_late_is_not_the_latest(room: Room) -> None:
    room.add(fakes.indicator(1, 3))
    room.add(fakes.indicator(1, 1))
    assert room.objects() == [fakes.indicator(1, 3)]
    assert data(room.get(f"objects/{sample.VERSIONED}/"))["objects"] == [fakes.indicator(1, 3)]
    assert room.versions(sample.VERSIONED) == [sample.V3, sample.V1]


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(sample.MARKING, id="AD-18"),
        pytest.param(sample.ADDRESS, id="AD-19"),
        pytest.param(sample.SOFTWARE, id="AD-19-property-version"),
        pytest.param(sample.DOMAIN, id="AD-20"),
        pytest.param(sample.RELATIONSHIP, id="AD-22-relationship"),
        pytest.param(sample.SIGHTING, id="AD-22-sighting"),
        pytest.param(sample.MALWARE, id="AD-22-malware"),
        pytest.param(sample.REPORT, id="AD-22-report"),
        pytest.param(sample.IDENTITY, id="AD-22-identity"),
        pytest.param(sample.LANGUAGE, id="AD-22-language-content"),
        pytest.param(sample.EXTENSION, id="extension-definition"),
        pytest.param(sample.OLD_SPEC, id="STIX-2.0"),
        pytest.param(sample.stix("x-vn-advisory", 1, body="Thông báo"), id="AD-23"),
        pytest.param({"type": "x-sample", "id": f"x-sample--{fakes.uuid_of(1)}"}, id="AD-23-bare"),
        pytest.param(
            sample.MALWARE
            | {
                "x_vn_code": "MĐ-01",
                "severity": 7,
                "extensions": {
                    f"extension-definition--{fakes.uuid_of(13)}": {
                        "extension_type": "toplevel-property-extension"
                    }
                },
            },
            id="AD-24",
        ),
    ],
)
def test_each_kind_of_object_comes_back_unchanged(room: Room, item: dict) -> None:
    status = room.add(item)
    version = item.get("modified", item.get("created", "1970-01-01T00:00:00.000000Z"))
    assert [(s["id"], s["version"]) for s in status["successes"]] == [(item["id"], version)]
    assert room.objects() == [item]
    assert data(room.get(f"objects/{item['id']}/"))["objects"] == [item]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"nothing", id="AD-25"),
        pytest.param(b'{"objects":[}', id="AD-25-cut"),
        pytest.param(b'{"objects":[{}]} more', id="AD-25-more"),
        pytest.param(b'\xef\xbb\xbf{"objects":[{}]}', id="AD-25-bom"),
        pytest.param('{"objects":[{}]}'.encode("utf-16"), id="AD-25-utf-16"),
        pytest.param(b"[" * 100_000, id="AD-25-nested"),
        pytest.param(b'{"objects":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="AD-25-deep"),
        pytest.param(b"[]", id="AD-26-list"),
        pytest.param(b'"text"', id="AD-26-text"),
        pytest.param(b"null", id="AD-26-null"),
        pytest.param(b"7", id="AD-26-number"),
        pytest.param(b"NaN", id="AD-26-nan"),
        pytest.param(b"{}", id="AD-27-missing"),
        pytest.param(b'{"objects":[]}', id="AD-27-empty"),
        pytest.param(b'{"objects":{}}', id="AD-28-object"),
        pytest.param(b'{"objects":"text"}', id="AD-28-text"),
        pytest.param(b'{"objects":null}', id="AD-28-null"),
        pytest.param(b'{"objects":[{}],"objects":[]}', id="AD-28-twice"),
        pytest.param(b"", id="AD-29"),
        pytest.param(b" \n ", id="AD-29-blank"),
    ],
)
def test_a_body_that_is_no_envelope_is_400(room: Room, body: bytes) -> None:
    answer = room.post(body)
    assert answer.status_code == 400
    assert data(answer)["error_code"] == "bad-body"
    assert room.objects() == []


@pytest.mark.parametrize(
    "bad",
    [
        b'{"type":"malware"}',
        b'{"id":5,"type":"malware"}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b'{"a":1,"a":2}',
        b'{"a":"\\u0000"}',
        b'{"a":1e999}',
        b'{"a":"\xff"}',
        b"[" * 70 + b"]" * 70,
        b"null",
        b"NaN",
    ],
)
def test_ad_30_one_bad_object_does_not_cost_the_others(room: Room, bad: bytes) -> None:
    good = [json.dumps(fakes.indicator(number)).encode() for number in (1, 2)]
    answer = room.post(b'{"objects":[%b,%b,%b]}' % (good[0], bad, good[1]))
    assert answer.status_code == 202, answer.data
    status = data(answer)
    assert (status["success_count"], status["failure_count"]) == (2, 1)
    assert "objects[1]" in status["failures"][0]["message"]
    assert room.objects() == [fakes.indicator(1), fakes.indicator(2)]


def _envelope_of(size: int) -> bytes:
    body = fakes.body(fakes.indicator(1))
    return body[:-1] + b" " * (size - len(body)) + b"}"


@pytest.mark.parametrize("size", [MOST + 1, 10 * MOST])
def test_ad_32_a_body_over_max_content_length_is_413(hub: Hub, room: Room, size: int) -> None:
    assert data(hub.get("/hub/"))["max_content_length"] == MOST
    answer = room.post(_envelope_of(size))
    assert answer.status_code == 413
    assert data(answer)["error_code"] == "too-large"
    assert room.objects() == []


@pytest.mark.parametrize("size", [MOST - 1, MOST])
def test_ad_33_a_body_just_under_max_content_length_is_taken(room: Room, size: int) -> None:
    assert room.post(_envelope_of(size)).status_code == 202


def test_ad_33_a_single_object_may_be_too_large(room: Room) -> None:
    status = room.add(fakes.indicator(1, description="x" * 100_001), fakes.indicator(2))
    assert status["failure_count"] == 1
    assert "larger" in status["failures"][0]["message"]
    assert ids(room.objects()) == [fakes.indicator(2)["id"]]


def test_ad_35_post_to_an_unknown_collection_is_404(hub: Hub) -> None:
    path = f"/hub/collections/{fakes.uuid_of(77)}/objects/"
    assert hub.ask("POST", path, body=fakes.body(fakes.indicator(1))).status_code == 404


def test_a_bundle_is_taken_as_an_envelope(room: Room) -> None:
    bundle = {
        "type": "bundle",
        "id": f"bundle--{fakes.uuid_of(1)}",
        "objects": [fakes.indicator(1), sample.MALWARE],
    }
    assert data(room.post(json.dumps(bundle).encode()))["success_count"] == 2
    assert room.objects() == [fakes.indicator(1), sample.MALWARE]


@pytest.fixture
def versions(room: Room) -> Room:
    """Four versions of one object, and one other object."""
    room.add(*(fakes.indicator(1, version) for version in (1, 2, 3, 4)), sample.MALWARE)
    return room


def test_de_01_de_02_one_version_is_deleted(versions: Room) -> None:
    answer = versions.delete(sample.VERSIONED, version=sample.V2)
    assert answer.status_code == 200
    assert versions.versions(sample.VERSIONED) == [sample.V1, sample.V3, sample.V4]
    assert sample.V2 not in [item["version"] for item in versions.manifest(version="all")]


def test_de_02_the_latest_version_passes_on_when_it_is_deleted(versions: Room) -> None:
    assert versions.delete(sample.VERSIONED, version="last").status_code == 200
    assert versions.objects(id=sample.VERSIONED) == [fakes.indicator(1, 3)]


def test_de_03_de_04_without_a_version_the_object_is_deleted(versions: Room) -> None:
    assert versions.delete(sample.VERSIONED).status_code == 200
    assert versions.get(f"objects/{sample.VERSIONED}/").status_code == 404
    assert versions.get(f"objects/{sample.VERSIONED}/versions/").status_code == 404
    assert versions.objects(version="all") == [sample.MALWARE]
    assert ids(versions.manifest(version="all")) == [sample.MALWARE["id"]]
    assert versions.delete(sample.VERSIONED).status_code == 404


def test_de_03_both_stix_versions_of_an_object_are_deleted(room: Room) -> None:
    room.add(sample.BOTH_2_0, sample.BOTH_2_1)
    assert room.delete(sample.BOTH_SPECS).status_code == 200
    assert room.objects(version="all", spec_version="2.0,2.1") == []


def test_de_03_one_stix_version_can_be_deleted(room: Room) -> None:
    room.add(sample.BOTH_2_0, sample.BOTH_2_1)
    assert room.delete(sample.BOTH_SPECS, spec_version="2.1").status_code == 200
    assert room.objects() == [sample.BOTH_2_0]


def test_de_04_what_was_deleted_can_be_published_again(versions: Room) -> None:
    versions.delete(sample.VERSIONED)
    status = versions.add(fakes.indicator(1, 2))
    assert "message" not in status["successes"][0]
    assert versions.objects() == [sample.MALWARE, fakes.indicator(1, 2)]
