"""`next`: opaque, stateless, repeatable, bound to its collection and its filters."""

from __future__ import annotations

import base64
import string

import pytest

from hub.config import write_secret
from hub.model.clock import format_us, parse_us
from tests import fakes
from tests.http import sample
from tests.http.asking import Hub, Room, data, ids

ONE = f"objects/{sample.VERSIONED}/"
WALKS = [
    pytest.param("objects/", {}, id="objects"),
    pytest.param("manifest/", {}, id="manifest"),
    pytest.param(ONE, {"version": "all"}, id="one object"),
    pytest.param(f"{ONE}versions/", {}, id="versions"),
]


def items(page: dict) -> list:
    return page.get("objects") or page.get("versions") or []


def first_page(room: Room, tail: str = "objects/", **filters: object) -> tuple[list, str]:
    page = data(room.get(tail, limit=2, **filters))
    return items(page), page["next"]


@pytest.fixture
def full(hub: Hub) -> Room:
    """Ten indicators, the first of them with four versions."""
    room = hub.room()
    room.add(*(fakes.indicator(1, version) for version in (1, 2, 3, 4)))
    room.add(*(fakes.indicator(number) for number in range(2, 11)))
    return room


@pytest.mark.parametrize(("tail", "filters"), WALKS)
def test_next_needs_nothing_beside_it(seed: Room, tail: str, filters: dict) -> None:
    whole = items(data(seed.get(tail, **filters)))
    begin, cursor = first_page(seed, tail, **filters)
    assert begin + items(data(seed.get(tail, next=cursor))) == whole
    assert begin + items(data(seed.get(tail, next=cursor, **filters))) == whole


@pytest.mark.parametrize(("tail", "filters"), WALKS)
def test_next_can_be_repeated(seed: Room, tail: str, filters: dict) -> None:
    _, cursor = first_page(seed, tail, **filters)
    answers = [seed.get(tail, next=cursor, limit=1) for _ in range(3)]
    assert len({answer.data for answer in answers}) == 1
    assert first_page(seed, tail, **filters)[1] == cursor


@pytest.mark.parametrize(("tail", "filters"), WALKS)
def test_the_limit_may_change_from_page_to_page(seed: Room, tail: str, filters: dict) -> None:
    found, cursor = first_page(seed, tail, **filters)
    limit = 1
    while cursor:
        page = data(seed.get(tail, next=cursor, limit=limit))
        assert len(items(page)) == limit or "next" not in page
        found, cursor, limit = found + items(page), page.get("next", ""), limit + 1
    assert found == items(data(seed.get(tail, **filters)))


def test_another_worker_continues(hub: Hub, seed: Room) -> None:
    begin, cursor = first_page(seed)
    store = fakes.open_store(hub.config.store_path)
    other = Room(Hub(hub.config, store), seed.collection)
    assert begin + other.objects(next=cursor) == sample.LATEST
    assert data(other.get(limit=2))["next"] == cursor
    store.close()


def test_a_hub_with_another_secret_refuses(hub: Hub, seed: Room, tmp_path) -> None:
    write_secret(tmp_path / "secret.key")
    config = fakes.make_config(tmp_path, f'[taxii]\nviews = "{hub.config.taxii.views}"')
    other = Room(Hub(config, hub.store), seed.collection)
    answer = other.get(next=first_page(seed)[1])
    assert (answer.status_code, data(answer)["error_code"]) == (400, "bad-cursor")


def test_an_altered_token_is_refused(seed: Room) -> None:
    _, cursor = first_page(seed)
    letters = string.ascii_letters + string.digits + "-_"
    for place, letter in enumerate(cursor):
        other = letters[(letters.index(letter) + 1) % 64]
        answer = seed.get(next=cursor[:place] + other + cursor[place + 1 :])
        assert answer.status_code == 400, place
        assert data(answer)["error_code"] == "bad-cursor"


@pytest.mark.parametrize(
    "text", ["x", "1", "A" * 100, "=", "%", "ễ", " ", "\x00", "next", "A" * 5000]
)
def test_an_invented_token_is_refused(seed: Room, text: str) -> None:
    answer = seed.get(next=text)
    assert (answer.status_code, data(answer)["error_code"]) == (400, "bad-cursor")


@pytest.mark.parametrize("change", ["{}=", "{}==", "{} ", " {}", "{}A", "{}\n"])
def test_a_token_has_one_spelling(seed: Room, change: str) -> None:
    _, cursor = first_page(seed)
    assert seed.get(next=change.format(cursor)).status_code == 400


def test_an_empty_next_is_none(seed: Room) -> None:
    assert data(seed.get(next=""))["objects"] == sample.LATEST


def test_a_token_of_another_collection_is_ignored(seed: Room, full: Room) -> None:
    _, foreign = first_page(seed, type="indicator", version="all")
    assert data(full.get(next=foreign)) == data(full.get())
    assert data(full.get(next=foreign, limit=3)) == data(full.get(limit=3))
    after = full.manifest()[4]["date_added"]
    assert data(full.get(next=foreign, added_after=after)) == data(full.get(added_after=after))
    assert data(full.get(next=foreign, type="malware")) == {}


@pytest.mark.parametrize("after", ["2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
@pytest.mark.parametrize(("tail", "filters"), WALKS)
def test_added_after_does_not_move_a_token(
    seed: Room, tail: str, filters: dict, after: str
) -> None:
    _, cursor = first_page(seed, tail, **filters)
    beside = seed.get(tail, next=cursor, added_after=after)
    assert beside.data == seed.get(tail, next=cursor).data


@pytest.mark.parametrize(
    "filters",
    [
        {"type": "indicator"},
        {"id": f"{sample.VERSIONED},{fakes.indicator(2)['id']},{fakes.indicator(3)['id']}"},
        {"version": "all"},
        {"version": f"first,{sample.V3}"},
        {"spec_version": "2.1"},
        {"pattern_type": "stix"},
        {"modified-gte": "2001-01-01T00:00:00Z"},
        {"type": "indicator", "version": "all", "pattern_type": "stix"},
    ],
)
def test_repeated_filters_are_fine_and_contradicting_ones_are_refused(
    full: Room, filters: dict
) -> None:
    begin, cursor = first_page(full, **filters)
    assert begin + full.objects(next=cursor) == full.objects(**filters)
    assert full.objects(next=cursor, **filters) == full.objects(next=cursor)
    for name, value in filters.items():
        assert full.objects(next=cursor, **{name: value}) == full.objects(next=cursor)
    for other in ({"type": "malware"}, {"version": "first"}, {"id": "x"}, {"name": "Sample 1"}):
        answer = full.get(next=cursor, **other)
        assert answer.status_code == 400, other
        assert data(answer)["error_code"] == "bad-filter"


def test_a_filter_that_the_token_does_not_carry_contradicts_it(full: Room) -> None:
    _, cursor = first_page(full)
    assert full.get(next=cursor, type="indicator").status_code == 400
    assert full.get(next=cursor, name="Sample 1").status_code == 400


def test_a_malformed_filter_beside_next_is_refused(full: Room) -> None:
    _, cursor = first_page(full)
    for filters in ({"version": "x"}, {"nothing": "x"}, {"added_after": "x"}, {"limit": "0"}):
        assert full.get(next=cursor, **filters).status_code == 400


def test_a_token_of_one_object_does_not_open_another(full: Room) -> None:
    _, cursor = first_page(full, ONE, version="all")
    other = f"objects/{fakes.indicator(2)['id']}/"
    assert full.get(other, next=cursor).status_code == 400
    assert full.get(f"{other}versions/", next=cursor).status_code == 400


def test_a_token_of_some_versions_does_not_serve_for_all(full: Room) -> None:
    cursor = data(full.get(ONE, version="first,last", limit=1))["next"]
    assert full.get(f"{ONE}versions/", next=cursor).status_code == 400


def test_a_token_reveals_nothing(full: Room) -> None:
    _, cursor = first_page(full, type="indicator", id=f"{sample.VERSIONED},x", version="all")
    sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    shown = (b"indicator", sample.VERSIONED.encode(), b"all", full.collection.alias.encode())
    assert not any(text in sealed for text in shown)


def test_a_token_brings_no_rights(hub: Hub, full: Room) -> None:
    _, cursor = first_page(full)
    assert full.get(next=cursor, account="partner").status_code == 200
    hub.put(fakes.Grant(full.collection.key, ("community", "partners"), write=True))
    assert full.get(next=cursor).status_code == 403


def test_a_walk_survives_publishing_and_deleting(full: Room) -> None:
    found, cursor = first_page(full)
    assert found == [fakes.indicator(1, 4), fakes.indicator(2)]
    full.delete(found[-1]["id"])
    full.delete(fakes.indicator(5)["id"])
    full.add(fakes.indicator(3, 1), fakes.indicator(20))
    rest = full.objects(next=cursor, limit=2)
    expected = [fakes.indicator(n) for n in (4, 6, 7, 8, 9, 10)]
    assert rest == [*expected, fakes.indicator(3, 1), fakes.indicator(20)]


def test_a_walk_that_ended_continues_by_date(full: Room) -> None:
    answer = full.get()
    assert "next" not in data(answer)
    after = answer.headers["X-TAXII-Date-Added-Last"]
    assert full.objects(added_after=after) == []
    full.add(fakes.indicator(2, 1), fakes.indicator(30))
    assert full.objects(added_after=after) == [fakes.indicator(2, 1), fakes.indicator(30)]


def test_the_date_of_a_page_is_as_good_as_its_token(full: Room) -> None:
    answer = full.get(limit=3)
    after = answer.headers["X-TAXII-Date-Added-Last"]
    assert full.objects(added_after=after) == full.objects(next=data(answer)["next"])
    earlier = format_us(parse_us(after) - 1)
    assert ids(full.objects(added_after=earlier))[0] == data(answer)["objects"][-1]["id"]
