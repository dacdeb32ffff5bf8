"""TAXII 2.1: reading objects, filters, pages. Names carry the ids of the requirements."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from hub.model.clock import format_us, parse_us
from tests import fakes
from tests.http import sample
from tests.http.asking import Hub, Room, data, ids

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
FIRST, LAST = "X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"


@pytest.fixture(scope="session")
def dates(seed: Room) -> list[str]:
    """Dates added of all versions, in order."""
    return [item["date_added"] for item in seed.manifest(version="all", spec_version="2.0,2.1")]


def test_ob_01_an_envelope(seed: Room) -> None:
    page = data(seed.get())
    assert set(page) <= {"more", "next", "objects"}
    assert page["objects"] == sample.LATEST
    assert page["more"] is False


def test_ob_02_nothing_is_an_empty_envelope(room: Room) -> None:
    answer = room.get()
    assert (answer.status_code, answer.data) == (200, b"{}")
    assert FIRST not in answer.headers
    assert LAST not in answer.headers


@pytest.mark.parametrize("filters", [{}, {"limit": 3}, {"type": "malware"}, {"version": "all"}])
def test_ob_03_ob_04_ob_05_date_headers(seed: Room, filters: dict) -> None:
    answer = seed.get(**filters)
    records = data(seed.get("manifest/", **filters))["objects"]
    assert answer.headers[FIRST] == records[0]["date_added"]
    assert answer.headers[LAST] == records[-1]["date_added"]
    assert STAMP.fullmatch(answer.headers[FIRST])


def test_ob_06_ob_07_objects_are_in_the_order_they_were_added(seed: Room) -> None:
    objects = seed.objects(version="all", spec_version="2.0,2.1")
    assert objects == sample.EVERY
    records = seed.manifest(version="all", spec_version="2.0,2.1")
    assert ids(records) == ids(objects)
    dates = [item["date_added"] for item in records]
    assert dates == sorted(set(dates))


def test_ob_08_only_the_latest_versions_are_returned(seed: Room) -> None:
    assert seed.objects() == sample.LATEST


def test_ob_09_an_unknown_collection_is_404(hub: Hub) -> None:
    assert hub.get(f"/hub/collections/{fakes.uuid_of(77)}/objects/").status_code == 404


def test_ob_10_the_date_added_is_the_clock_of_the_hub(room: Room) -> None:
    room.add(fakes.indicator(1))
    added = datetime.fromisoformat(room.manifest()[0]["date_added"])
    assert abs(datetime.now(UTC) - added) < timedelta(minutes=5)


def test_ob_11_later_requests_have_later_dates(room: Room) -> None:
    for number in range(20):
        room.add(fakes.indicator(number), fakes.indicator(number, 1))
    records = room.manifest(version="all")
    assert ids(records) == [fakes.indicator(n)["id"] for n in range(20) for _ in range(2)]
    dates = [item["date_added"] for item in records]
    assert dates == sorted(set(dates))


def test_fi_01_fi_02_type(seed: Room) -> None:
    assert seed.objects(type="malware") == [sample.MALWARE]
    assert ids(seed.objects(type="malware,indicator")) == [
        sample.MALWARE["id"],
        sample.VERSIONED,
        sample.OLD_SPEC["id"],
    ]
    assert seed.objects(type="tool") == []


def test_fi_03_different_fields_must_all_hold(seed: Room) -> None:
    assert seed.objects(type="indicator", spec_version="2.0") == [sample.OLD_SPEC]
    assert seed.objects(type="malware", id=sample.VERSIONED) == []


def test_fi_04_id(seed: Room) -> None:
    assert seed.objects(id=sample.MALWARE["id"]) == [sample.MALWARE]
    both = f"{sample.MALWARE['id']},{sample.PRECISE['id']},malware--none"
    assert seed.objects(id=both) == [sample.MALWARE, sample.PRECISE]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("all", [1, 3, 2, 4], id="FI-05"),
        pytest.param("first", [1], id="FI-06"),
        pytest.param("last", [4], id="FI-07"),
        pytest.param(sample.V3, [3], id="FI-08"),
        pytest.param("first,last", [1, 4], id="FI-09"),
        pytest.param(f"{sample.V2},last", [2, 4], id="FI-09-instant"),
        pytest.param(f"{sample.V4},last", [4], id="FI-09-same"),
        pytest.param(f"{sample.V1},{sample.V3}", [1, 3], id="FI-09-instants"),
        pytest.param("2001-01-01T00:00:00Z", [], id="FI-10"),
    ],
)
def test_versions(seed: Room, version: str, expected: list[int]) -> None:
    wanted = [fakes.indicator(1, number) for number in expected]
    assert seed.objects(id=sample.VERSIONED, version=version) == wanted


@pytest.mark.parametrize("fraction", ["", ".0", ".00", ".000000", ".0000000000"])
def test_fi_11_equal_instants_match(seed: Room, fraction: str) -> None:
    version = sample.CREATED.replace(".000", fraction)
    assert seed.objects(id=sample.MALWARE["id"], version=version) == [sample.MALWARE]


def test_fi_12_the_version_of_a_marking_is_its_creation(seed: Room) -> None:
    marking = sample.MARKING["id"]
    assert seed.objects(id=marking, version=sample.CREATED) == [sample.MARKING]
    assert seed.manifest(id=marking)[0]["version"] == sample.CREATED


@pytest.mark.parametrize("item", [sample.ADDRESS, sample.DOMAIN, sample.SOFTWARE])
def test_fi_13_an_object_without_versions_has_one(seed: Room, item: dict) -> None:
    version = seed.manifest(id=item["id"])[0]["version"]
    for wanted in (version, "first", "last", "all"):
        assert seed.objects(id=item["id"], version=wanted) == [item]


def test_fi_14_spec_version(seed: Room) -> None:
    assert seed.objects(spec_version="2.0") == [sample.OLD_SPEC, sample.BOTH_2_0]
    assert seed.objects(spec_version="2.1") == [
        item for item in sample.LATEST if item is not sample.OLD_SPEC
    ]
    # One version of each id, the newest: also when its STIX version is the older one.
    assert seed.objects(spec_version="2.0,2.1") == [*sample.LATEST[:-1], sample.BOTH_2_0]
    assert seed.objects(spec_version="3.0") == []


def test_fi_14_the_newest_stix_version_is_the_default(seed: Room) -> None:
    assert seed.objects(id=sample.BOTH_SPECS) == [sample.BOTH_2_1]
    assert seed.objects(id=sample.BOTH_SPECS, version="all") == [sample.BOTH_2_1]


@pytest.mark.parametrize("item", [sample.MARKING, sample.ADDRESS, sample.DOMAIN])
def test_fi_15_observables_and_markings_are_stix_2_1(seed: Room, item: dict) -> None:
    assert seed.objects(spec_version="2.1", id=item["id"]) == [item]
    assert seed.objects(spec_version="2.0", id=item["id"]) == []


def test_fi_16_fi_17_added_after_is_exclusive_to_the_microsecond(
    seed: Room, dates: list[str]
) -> None:
    every = {"version": "all", "spec_version": "2.0,2.1"}
    for place in (0, 7, len(dates) - 1):
        assert seed.objects(added_after=dates[place], **every) == sample.EVERY[place + 1 :]
        before = format_us(parse_us(dates[place]) - 1)
        assert seed.objects(added_after=before, **every) == sample.EVERY[place:]


def test_fi_18_added_after_in_the_future(seed: Room) -> None:
    answer = seed.get(added_after="2999-01-01T00:00:00.000000Z")
    assert (answer.status_code, answer.data) == (200, b"{}")


def test_fi_19_added_after_is_not_about_created_or_modified(room: Room) -> None:
    room.add(fakes.indicator(1))
    cursor = room.get().headers[LAST]
    old = fakes.indicator(2, created="2009-01-01T00:00:00Z", modified="2009-01-01T00:00:00Z")
    room.add(old)
    assert room.objects(added_after=cursor) == [old]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2025-01-01T00:00:00.000Z", id="FI-20"),
        pytest.param("2025-01-01T00:00:00Z", id="FI-21"),
        *(f"2025-01-01T00:00:00.{'1' * digits}Z" for digits in range(1, 10)),
    ],
)
def test_any_precision_of_added_after(seed: Room, text: str) -> None:
    assert seed.objects(added_after=text) == sample.LATEST


MALFORMED = (
    "yesterday",
    "2024-01-01",
    "2024-02-30T00:00:00Z",
    "2024-01-01T25:00:00Z",
    "2024-01-01T00:00:00",
    "2024-01-01T00:00:00+01:00",
    "2024-01-01 00:00:00Z",
    "2024-01-01T00:00:00.Z",
    "1704067200",
    "٢٠٢٤-01-01T00:00:00Z",
    "2024-01-01T00:00:00Z\x00",
)


@pytest.mark.parametrize("text", [*MALFORMED, "", "2024-01-01T00:00:00Z,2024-01-02T00:00:00Z"])
@pytest.mark.parametrize("tail", ["objects/", "manifest/"])
def test_fi_22_a_malformed_added_after_is_400(seed: Room, tail: str, text: str) -> None:
    answer = seed.get(tail, added_after=text)
    assert answer.status_code == 400
    assert data(answer)["details"] == {"field": "added_after"}


@pytest.mark.parametrize("text", [*MALFORMED, "", "latest", "last,", "LAST", "first,yesterday"])
@pytest.mark.parametrize("tail", ["objects/", "manifest/", f"objects/{sample.VERSIONED}/"])
def test_fi_23_a_malformed_version_is_400(seed: Room, tail: str, text: str) -> None:
    answer = seed.get(tail, version=text)
    assert answer.status_code == 400
    assert data(answer)["details"] == {"field": "match[version]"}


@pytest.mark.parametrize("version", ["all,last", "first,all", f"all,{sample.V1}"])
def test_fi_24_all_stands_alone(seed: Room, version: str) -> None:
    assert seed.get(version=version).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "match[type]=malware&match[type]=indicator",
        "match[type]=malware&match%5Btype%5D=malware",
        "match[version]=all&match[version]=all",
        "match[name]=a&match[name]=b",
        "added_after=2025-01-01T00:00:00Z&added_after=2025-01-01T00:00:00Z",
        "limit=1&limit=2",
        "next=a&next=b",
    ],
)
def test_fi_25_a_field_given_twice_is_400(hub: Hub, seed: Room, text: str) -> None:
    assert hub.get(f"{seed.url}objects/?{text}").status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "match[type]=malware,campaign",
        "match%5Btype%5D=malware%2Ccampaign",
        "match%5btype%5d=malware%2ccampaign",
        "%6datch[type]=%6dalware,campaign",
    ],
)
def test_fi_27_percent_encoding_makes_no_difference(hub: Hub, seed: Room, text: str) -> None:
    found = data(hub.get(f"{seed.url}objects/?{text}"))["objects"]
    assert found == [sample.MALWARE, sample.PRECISE, sample.SECRET, sample.BOTH_2_1]


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "ten", "", " 1", "1e2", "٣", "0x1", "+1"])
@pytest.mark.parametrize(
    "tail", ["objects/", "manifest/", f"objects/{sample.VERSIONED}/versions/"]
)
def test_fi_30_a_limit_is_a_positive_number(seed: Room, tail: str, limit: str) -> None:
    assert seed.get(tail, limit=limit).status_code == 400


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param({"name": "Chiến dịch"}, sample.PRECISE, id="IX-01"),
        pytest.param({"labels": "vn-cert"}, sample.REPORT, id="IX-06"),
        pytest.param({"tlp": "amber"}, sample.SECRET, id="IX-09"),
        pytest.param({"confidence-gte": "50"}, sample.SECRET, id="IX-10"),
    ],
)
def test_extended_filters(seed: Room, filters: dict, expected: dict) -> None:
    assert seed.objects(**filters) == [expected]


@pytest.mark.parametrize("limit", [1, 2, 5, len(sample.LATEST) - 1])
def test_pg_01_pg_04_a_page_says_that_there_is_more(seed: Room, limit: int) -> None:
    page = data(seed.get(limit=limit))
    assert len(page["objects"]) == limit
    assert page["more"] is True
    assert page["next"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pg_02_following_next_gives_every_object_once(seed: Room, limit: int) -> None:
    assert seed.objects(limit=limit) == sample.LATEST
    every = {"version": "all", "spec_version": "2.0,2.1"}
    assert seed.objects(limit=limit, **every) == sample.EVERY


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pg_02_following_added_after_gives_every_object_once(seed: Room, limit: int) -> None:
    found: list[dict] = []
    after: dict[str, str] = {}
    while objects := data(answer := seed.get(limit=limit, **after)).get("objects"):
        found += objects
        after = {"added_after": answer.headers[LAST]}
    assert found == sample.LATEST


@pytest.mark.parametrize("limit", [len(sample.LATEST), len(sample.LATEST) + 1, 1, 4])
def test_pg_03_pg_05_the_last_page_says_that_there_is_no_more(seed: Room, limit: int) -> None:
    *before, last = list(seed.pages(limit=limit))
    assert last["more"] is False
    assert "next" not in last
    assert all(page["more"] and len(page["objects"]) == limit for page in before)


@pytest.mark.parametrize("tail", ["objects/", "manifest/"])
def test_pg_06_pg_07_headers_describe_their_own_page(seed: Room, tail: str) -> None:
    records = seed.manifest()
    cursor: dict[str, str] = {}
    for start in range(0, len(records), 4):
        answer = seed.get(tail, limit=4, **cursor)
        page = records[start : start + 4]
        assert answer.headers[FIRST] == page[0]["date_added"]
        assert answer.headers[LAST] == page[-1]["date_added"]
        cursor = {"next": data(answer).get("next", "")}


def test_pg_01_the_hub_limits_pages_by_itself(hub: Hub) -> None:
    room = hub.room()
    room.add(*(fakes.indicator(number) for number in range(130)))
    sizes = [len(page["objects"]) for page in room.pages()]
    assert sizes == [50, 50, 30]
    sizes = [len(page["objects"]) for page in room.pages(limit=10**18)]
    assert sizes == [100, 30]
