"""What accounts did last, kept in a file of its own."""

import sqlite3

import pytest

from hub.errors import StoreDown
from hub.model.clock import DAY_US
from hub.model.pulse import Beat, Day, Fall, Visit
from hub.store.pulse import VISIT_US, SqlitePulse, beside
from tests.fakes import START_US

MINUTE_US = 60_000_000


def at(minutes):
    return START_US + minutes * MINUTE_US


def beat(minutes, *, pulls=1, objects=0, position_us=0, account="partner", collection=1, lasts=0):
    first = at(minutes)
    return Beat(account, collection, first, first + lasts, pulls, objects, position_us)


@pytest.fixture
def pulse(tmp_path):
    made = SqlitePulse(beside(tmp_path / "hub.sqlite"))
    yield made
    made.close()


def test_is_empty_at_first(pulse):
    assert pulse.records("partner") == []
    assert pulse.falls("partner") == []
    assert pulse.visit("partner") == Visit(0, 0)


def test_pulls_add_up_by_account_and_collection(pulse):
    pulse.add([beat(0, pulls=3, objects=250, position_us=9), beat(0, collection=2)], [], {})
    pulse.add([beat(5, objects=10, position_us=4), beat(5, account="other")], [], {})
    one, two = pulse.records("partner")
    assert one.beat == Beat("partner", 1, at(0), at(5), 4, 260, 9)
    assert two.beat.collection == 2
    assert [record.beat.pulls for record in pulse.records("other")] == [1]


def test_another_handle_goes_on_with_the_file(pulse, tmp_path):
    pulse.add([beat(0)], [], {})
    other = SqlitePulse(tmp_path / "hub.sqlite.pulse")
    other.add([beat(1)], [], {})
    assert pulse.records("partner")[0].beat.pulls == 2
    other.close()


def test_the_usual_gap_is_that_between_bursts(pulse):
    for minutes in (0, 15, 30, 45):
        pulse.add([beat(minutes, lasts=2_000_000)], [], {})
        # The next page of the same poll.
        pulse.add([beat(minutes)._replace(first_us=at(minutes) + 4_000_000)], [], {})
    (record,) = pulse.records("partner")
    assert abs(record.gap_us - 15 * MINUTE_US) < 5_000_000


def test_one_long_pause_does_not_become_the_usual_gap(pulse):
    for minutes in (0, 15, 30, 30 + 7 * 24 * 60):
        pulse.add([beat(minutes)], [], {})
    (record,) = pulse.records("partner")
    assert record.gap_us < 30 * MINUTE_US


def test_days_are_counted_apart_and_dropped_after_two_weeks(pulse):
    today = START_US // DAY_US
    for days in (0, 1, 1, 20):
        pulse.add([beat(days * 24 * 60, objects=2)], [], {})
    (record,) = pulse.records("partner")
    assert record.days == [Day(today, 1, 2), Day(today + 1, 2, 4), Day(today + 20, 1, 2)]
    pulse.purge(START_US + 20 * DAY_US)
    (record,) = pulse.records("partner")
    assert record.days == [Day(today + 20, 1, 2)]
    assert record.beat.pulls == 4


def test_what_was_not_heard_of_for_a_year_is_forgotten(pulse):
    pulse.add([beat(0)], [Fall("partner", "denied", START_US, 1, "no")], {"partner": START_US})
    pulse.purge(START_US + 401 * DAY_US)
    assert pulse.records("partner") == []
    assert pulse.falls("partner") == []
    assert pulse.visit("partner") == Visit()


def test_errors_are_counted_by_fault_with_the_words_of_the_last(pulse):
    pulse.add([], [Fall("partner", "denied", at(0), 2, "first"), _absent(at(1))], {})
    pulse.add([], [Fall("partner", "denied", at(24 * 60), 3, "last")], {})
    assert pulse.falls("partner") == [
        Fall("partner", "denied", at(24 * 60), 5, "last"),
        _absent(at(1)),
    ]
    assert pulse.falls("other") == []


def _absent(at_us):
    return Fall("partner", "absent", at_us, 1, "there is no such collection")


def test_a_visit_ends_when_no_page_was_asked_for_an_hour(pulse):
    for seen in (0, 10, 40, 200, 230):
        pulse.add([], [], {"reader": at(seen)})
    assert pulse.visit("reader") == Visit(at(230), at(40))
    assert VISIT_US == 60 * MINUTE_US


def test_a_late_note_does_not_set_a_visit_back(pulse):
    pulse.add([], [], {"reader": at(10)})
    pulse.add([], [], {"reader": at(9)})
    assert pulse.visit("reader").seen_us == at(10)


def test_a_file_that_is_none_is_told_as_such(tmp_path):
    (tmp_path / "broken").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreDown):
        SqlitePulse(tmp_path / "broken").records("partner")


def test_all_or_nothing(pulse, tmp_path):
    pulse.add([beat(0)], [], {})
    broken = Fall("partner", "denied", "no instant", 1, "x")._replace(last_us=None)
    with pytest.raises(TypeError):
        pulse.add([beat(1)], [broken], {})
    assert pulse.records("partner")[0].beat.pulls == 1
    with sqlite3.connect(tmp_path / "hub.sqlite.pulse") as other:
        assert other.execute("PRAGMA quick_check").fetchone() == ("ok",)
    other.close()
