"""TAXII 2.1: manifest, one object, versions. Names carry the ids of the requirements."""

from __future__ import annotations

import re

import pytest

from tests import fakes
from tests.http import sample
from tests.http.asking import Hub, Room, data, ids

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
FIRST, LAST = "X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"
ONE = f"objects/{sample.VERSIONED}/"
ADDED = [sample.V1, sample.V3, sample.V2, sample.V4]


def test_ma_01_ma_02_a_manifest(seed: Room) -> None:
    page = data(seed.get("manifest/"))
    assert set(page) <= {"more", "next", "objects"}
    assert page["more"] is False
    assert ids(page["objects"]) == ids(sample.LATEST)
    for record in page["objects"]:
        assert set(record) == {"id", "date_added", "version", "media_type"}
        assert STAMP.fullmatch(record["date_added"])


def test_ma_03_one_record_for_each_version(seed: Room) -> None:
    records = seed.manifest(version="all", id=sample.VERSIONED)
    assert [record["version"] for record in records] == ADDED


def test_ma_04_without_modified_the_version_is_created(seed: Room) -> None:
    assert seed.manifest(id=sample.MARKING["id"])[0]["version"] == sample.MARKING["created"]


def test_ma_05_the_media_type_fits_the_object(hub: Hub, seed: Room) -> None:
    allowed = data(hub.get(seed.url))["media_types"]
    for record in seed.manifest():
        assert record["media_type"] in allowed
        old = record["id"] == sample.OLD_SPEC["id"]
        assert record["media_type"].endswith("2.0" if old else "2.1")


def test_ma_06_ma_07_the_order_and_the_headers(seed: Room) -> None:
    answer = seed.get("manifest/", version="all")
    dates = [record["date_added"] for record in data(answer)["objects"]]
    assert dates == sorted(set(dates))
    assert (answer.headers[FIRST], answer.headers[LAST]) == (dates[0], dates[-1])


def test_ma_08_nothing_is_an_empty_manifest(room: Room) -> None:
    answer = room.get("manifest/")
    assert (answer.status_code, answer.data) == (200, b"{}")
    assert FIRST not in answer.headers


@pytest.mark.parametrize(
    "filters",
    [
        {"type": "malware,indicator"},
        {"id": f"{sample.VERSIONED},{sample.MARKING['id']}"},
        {"version": "first"},
        {"version": "first,last"},
        {"version": sample.V2},
        {"version": "all"},
        {"spec_version": "2.0"},
        {"spec_version": "2.0,2.1", "version": "all"},
        {"tlp": "red"},
        {"confidence-gte": "50"},
        {"added_after": "2025-01-01T00:00:00Z"},
        {"added_after": "2999-01-01T00:00:00Z"},
    ],
)
def test_ma_09_filters_do_what_they_do_on_objects(seed: Room, filters: dict) -> None:
    versions = [
        (item["id"], item.get("modified", item.get("created", "1970-01-01T00:00:00.000000Z")))
        for item in seed.objects(**filters)
    ]
    records = seed.manifest(**filters)
    assert [(record["id"], record["version"]) for record in records] == versions


def test_ma_09_added_after_on_the_manifest(seed: Room) -> None:
    records = seed.manifest()
    assert seed.manifest(added_after=records[3]["date_added"]) == records[4:]


@pytest.mark.parametrize("limit", [1, 4, 100])
def test_ma_11_the_manifest_has_pages(seed: Room, limit: int) -> None:
    pages = list(seed.pages("manifest/", limit=limit))
    assert [len(page["objects"]) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert all(page["more"] for page in pages[:-1])
    assert pages[-1]["more"] is False
    assert [item for page in pages for item in page["objects"]] == seed.manifest()


@pytest.mark.parametrize(
    ("requirement", "tail"),
    [
        pytest.param("MA-13", "manifest/", id="MA-13"),
        pytest.param("OI-03", ONE, id="OI-03-collection"),
        pytest.param("VE-03", f"{ONE}versions/", id="VE-03-collection"),
    ],
)
def test_an_unknown_collection_is_404(hub: Hub, requirement: str, tail: str) -> None:
    assert hub.get(f"/hub/collections/{fakes.uuid_of(77)}/{tail}").status_code == 404


def test_oi_01_oi_05_one_object_is_its_latest_version(seed: Room) -> None:
    answer = seed.get(ONE)
    assert data(answer) == {"more": False, "objects": [fakes.indicator(1, 4)]}
    record = seed.manifest(id=sample.VERSIONED)[0]
    assert answer.headers[FIRST] == answer.headers[LAST] == record["date_added"]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("all", [1, 3, 2, 4]),
        ("first", [1]),
        ("last", [4]),
        (sample.V2, [2]),
        ("first,last", [1, 4]),
    ],
)
def test_oi_02_versions_of_one_object(seed: Room, version: str, expected: list[int]) -> None:
    wanted = [fakes.indicator(1, number) for number in expected]
    assert data(seed.get(ONE, version=version))["objects"] == wanted


def test_oi_02_a_version_that_does_not_exist_is_an_empty_envelope(seed: Room) -> None:
    answer = seed.get(ONE, version="2001-01-01T00:00:00Z")
    assert (answer.status_code, answer.data) == (200, b"{}")


def test_oi_02_the_stix_version_of_one_object(seed: Room) -> None:
    tail = f"objects/{sample.BOTH_SPECS}/"
    assert data(seed.get(tail))["objects"] == [sample.BOTH_2_1]
    assert data(seed.get(tail, spec_version="2.0"))["objects"] == [sample.BOTH_2_0]


@pytest.mark.parametrize("name", [f"indicator--{fakes.uuid_of(77)}", "none", "%00", "%ff", "a,b"])
@pytest.mark.parametrize(
    "tail", [pytest.param("", id="OI-03"), pytest.param("versions/", id="VE-03")]
)
def test_an_unknown_object_is_404(seed: Room, name: str, tail: str) -> None:
    assert seed.get(f"objects/{name}/{tail}").status_code == 404


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_oi_06_one_object_has_pages(seed: Room, limit: int) -> None:
    pages = list(seed.pages(ONE, version="all", limit=limit))
    found = [item["modified"] for page in pages for item in page["objects"]]
    assert found == ADDED
    assert len(pages) == -(-len(ADDED) // limit)


@pytest.mark.parametrize("field", ["id", "type", "name", "tlp"])
def test_oi_02_one_object_has_no_other_match_fields(seed: Room, field: str) -> None:
    for tail in (ONE, f"{ONE}versions/"):
        assert seed.get(tail, **{field: "red"}).status_code == 400


def test_ve_01_ve_02_ve_04_versions(seed: Room) -> None:
    answer = seed.get(f"{ONE}versions/")
    assert data(answer) == {"more": False, "versions": ADDED}
    records = seed.manifest(id=sample.VERSIONED, version="all")
    assert answer.headers[FIRST] == records[0]["date_added"]
    assert answer.headers[LAST] == records[-1]["date_added"]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_ve_05_versions_have_pages(seed: Room, limit: int) -> None:
    pages = list(seed.pages(f"{ONE}versions/", limit=limit))
    assert [item for page in pages for item in page["versions"]] == ADDED
    assert [page["more"] for page in pages] == [True] * (len(pages) - 1) + [False]


def test_ve_06_without_modified_created_is_the_version(seed: Room) -> None:
    assert seed.versions(sample.MARKING["id"]) == [sample.MARKING["created"]]
    assert seed.versions(sample.ADDRESS["id"]) == [
        seed.manifest(id=sample.ADDRESS["id"])[0]["version"]
    ]


def test_ve_07_added_after_filters_versions(seed: Room) -> None:
    records = seed.manifest(id=sample.VERSIONED, version="all")
    for place, record in enumerate(records):
        found = seed.versions(sample.VERSIONED, added_after=record["date_added"])
        assert found == ADDED[place + 1 :]


def test_ve_07_the_stix_version_filters_versions(seed: Room) -> None:
    assert seed.versions(sample.BOTH_SPECS) == [sample.CREATED]
    assert seed.versions(sample.BOTH_SPECS, spec_version="2.0") == [sample.BOTH_2_0["modified"]]
    both = seed.versions(sample.BOTH_SPECS, spec_version="2.0,2.1")
    assert both == [sample.BOTH_2_0["modified"], sample.CREATED]
