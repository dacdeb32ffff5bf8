"""What is noted of those who poll, through either protocol layer."""

from __future__ import annotations

import time

import pytest

from hub.model.clock import parse_us
from hub.model.pulse import Fall, Record
from hub.store.pulse import SqlitePulse, beside
from tests import fakes
from tests.http.asking import Hub, Room

DAY_US = 86_400_000_000


def noted(hub: Hub, account: str, collection: int, *, pulls: int = 1) -> Record | None:
    """What the file has, once the application has written so many pulls."""
    kept = SqlitePulse(beside(hub.config.store_path))
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.1)
        found = [each for each in kept.records(account) if each.beat.collection == collection]
        if found and found[0].beat.pulls >= pulls:
            return found[0]
    return None


def falls(hub: Hub, account: str, fault: str) -> list[Fall]:
    kept = SqlitePulse(beside(hub.config.store_path))
    end = time.monotonic() + 60
    found: list[Fall] = []
    while not found and time.monotonic() < end:
        time.sleep(0.1)
        found = [each for each in kept.falls(account) if each.fault == fault]
    return found


def test_a_poll_is_noted_with_what_was_given_and_how_far_it_came(hub: Hub, room: Room) -> None:
    room.add(*(fakes.indicator(number) for number in range(5)))
    before = time.time_ns() // 1000
    page = room.get(account="partner", limit=2)
    first = noted(hub, "partner", room.collection.key, pulls=0)
    assert first is not None
    # It has not come to its end.
    assert first.beat[4:] == (0, 2, parse_us(page.headers["X-TAXII-Date-Added-Last"]))
    # The rest: it has everything up to about now.
    room.get(account="partner", added_after=page.headers["X-TAXII-Date-Added-Last"])
    room.get("manifest/", account="partner")
    last = noted(hub, "partner", room.collection.key, pulls=2)
    assert last is not None
    assert (last.beat.pulls, last.beat.objects) == (2, 5)
    assert before - 11_000_000 < last.beat.position_us <= time.time_ns() // 1000
    assert before <= last.beat.last_us <= time.time_ns() // 1000


def test_pages_of_one_poll_are_one_pull(hub: Hub, room: Room) -> None:
    """Else those who look after a partner could count pages of what they may not see."""
    room.add(*(fakes.indicator(number) for number in range(4)))
    page = room.get(account="partner", limit=1)
    for _ in range(3):
        page = room.get(account="partner", limit=1, next=page.json["next"])
    assert not page.json["more"]
    found = noted(hub, "partner", room.collection.key)
    assert found is not None
    assert (found.beat.pulls, found.beat.objects) == (1, 4)
    assert [(day.pulls, day.objects) for day in found.days] == [(1, 4)]


def test_single_objects_do_not_move_the_position(hub: Hub, room: Room) -> None:
    room.add(fakes.indicator(1))
    room.get(f"objects/{fakes.indicator(1)['id']}/", account="partner")
    found = noted(hub, "partner", room.collection.key)
    assert found is not None
    assert (found.beat.objects, found.beat.position_us) == (1, 0)


def test_the_console_and_the_other_doors_are_no_pulls(hub: Hub, room: Room) -> None:
    room.add(fakes.indicator(1))
    hub.get("/api/v1/search", account="partner", headers={"Accept": "application/json"})
    hub.get("/api/v1/me", account="partner", headers={"Accept": "application/json"})
    time.sleep(2.5)
    kept = SqlitePulse(beside(hub.config.store_path))
    keys = [each.beat.collection for each in kept.records("partner")]
    assert room.collection.key not in keys


@pytest.mark.parametrize(
    ("path", "fault", "words"),
    [
        ("/hub/collections/nowhere/objects/", "absent", "no such collection"),
        ("/hub/collections/shared/objects/?next=xyz", "bad-cursor", "not given out"),
    ],
)
def test_errors_of_an_account_are_noted_in_words(
    hub: Hub, path: str, fault: str, words: str
) -> None:
    assert hub.get(path, account="reader").status_code >= 400
    found = falls(hub, "reader", fault)
    assert found
    assert words in found[0].reason


def test_who_is_no_account_is_not_noted(hub: Hub) -> None:
    wrong = {"Authorization": "Bearer hub_wrong"}
    assert hub.get("/hub/collections/shared/objects/", headers=wrong).status_code == 401
    assert hub.get("/hub/collections/public/objects/", account="").status_code == 200
    time.sleep(2.5)
    kept = SqlitePulse(beside(hub.config.store_path))
    assert kept.records("") == []
    assert kept.falls("") == []
