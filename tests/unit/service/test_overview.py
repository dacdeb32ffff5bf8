"""What is new, whether that is much, and how soon it was shared."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.clock import DAY_US, format_us, parse_us
from hub.model.search import Bar, Piece
from hub.model.tlp import Tlp
from hub.service import overview
from hub.service.overview import WEEK_US, Spread, of_days, of_pieces, week_of

HOUR_US = 3_600_000_000
# A Wednesday
NOW_US = parse_us("2026-11-18T15:00:00Z")
FIRST_US = overview.first_week(NOW_US)


def weeks(*numbers, on=0):
    """As many on one day of each of the eight weeks."""
    return [Bar(FIRST_US + n * WEEK_US + on * DAY_US, many) for n, many in enumerate(numbers)]


def test_weeks_begin_on_mondays():
    assert format_us(week_of(NOW_US)) == "2026-11-16T00:00:00.000000Z"
    assert format_us(FIRST_US) == "2026-09-28T00:00:00.000000Z"
    assert week_of(parse_us("2026-11-16T00:00:00Z")) == parse_us("2026-11-16T00:00:00Z")
    assert week_of(parse_us("2026-11-15T23:59:59Z")) == parse_us("2026-11-09T00:00:00Z")


def test_days_are_put_into_their_weeks():
    trend = of_days([*weeks(1, 0, 3), *weeks(5, on=6)], FIRST_US, NOW_US)
    assert [week.records for week in trend.weeks] == [6, 0, 3, 0, 0, 0, 0, 0]
    assert trend.weeks[0].query == "added>=2026-09-28 added<2026-10-05"


def test_a_week_is_compared_with_as_many_days_of_the_others():
    days = [*weeks(10, 10, 10, 10, 10, 10, 10), *weeks(90, 90, 90, 90, 90, 90, 90, on=4)]
    trend = of_days([*days, *weeks(0, 0, 0, 0, 0, 0, 0, 11)], FIRST_US, NOW_US)
    assert (trend.low, trend.high, trend.weeks[-1].so_far) == (10, 10, 11)
    assert trend.verdict == "usual"


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        ([0] * 7, 0, "few"),
        ([1, 2, 1, 3, 0, 1, 2], 9, "few"),
        ([0, 0, 0, 0, 0, 0, 400], 500, "few"),
        ([20, 25, 22, 30, 21, 24, 26], 30, "usual"),
        ([20, 25, 22, 30, 21, 24, 26], 35, "usual"),
        ([20, 25, 22, 30, 21, 24, 26], 36, "more"),
        ([20, 25, 22, 30, 21, 24, 26], 16, "usual"),
        ([20, 25, 22, 30, 21, 24, 26], 15, "fewer"),
    ],
)
def test_more_and_fewer_are_said_when_chance_does_not_explain_it(before, now, verdict):
    assert of_days(weeks(*before, now), FIRST_US, NOW_US).verdict == verdict


@given(st.lists(st.integers(0, 5000), min_size=8, max_size=8))
def test_what_is_among_the_others_is_usual(numbers):
    *before, now = numbers
    verdict = of_days(weeks(*numbers), FIRST_US, NOW_US).verdict
    if min(before) <= now <= max(before):
        assert verdict in {"usual", "few"}


def piece(took_us, publisher="grid", **members):
    added_us = NOW_US
    seen = format_us(added_us - took_us)
    raw = {"created": seen, "modified": seen, "valid_from": seen} | members
    return Piece(
        added_us,
        1,
        "indicator--x",
        "indicator",
        "v",
        Tlp.GREEN,
        publisher,
        json.dumps(raw).encode(),
    )


def test_half_and_quarters():
    found = of_pieces([piece(hours * HOUR_US) for hours in range(1, 13)])
    assert found.whole == Spread("", 12, 3 * HOUR_US, 6 * HOUR_US, 9 * HOUR_US)
    assert found.looked == 12


@given(st.lists(st.integers(0, 10**13), min_size=10, max_size=60))
def test_quarters_are_times_that_so_many_do_not_exceed(times):
    whole = of_pieces([piece(took) for took in times]).whole
    for quarter, value in ((1, whole.lower), (2, whole.median), (3, whole.upper)):
        assert sum(took <= value for took in times) * 4 >= quarter * len(times)
        assert sum(took < value for took in times) * 4 < quarter * len(times)


def test_of_too_few_nothing_is_said():
    found = of_pieces([piece(HOUR_US) for _ in range(9)])
    assert (found.whole, found.publishers, found.looked) == (None, [], 9)


def test_organisations_with_enough_stand_apart_the_quickest_first():
    slow = [piece(9 * HOUR_US, "grid") for _ in range(10)]
    quick = [piece(HOUR_US, "cert") for _ in range(11)]
    few = [piece(2 * HOUR_US, "bank") for _ in range(9)]
    found = of_pieces([*slow, *quick, *few])
    assert [(item.publisher, item.records) for item in found.publishers] == [
        ("cert", 11),
        ("grid", 10),
    ]
    assert found.whole.records == 30


@pytest.mark.parametrize(
    "members",
    [
        {"modified": "2026-11-18T00:00:00Z"},
        {"valid_from": None},
        {"valid_from": "yesterday"},
        {"valid_from": 17},
        {"valid_from": ["2026-11-18T00:00:00Z"]},
        {"valid_from": {"x": 1}},
    ],
)
def test_what_was_changed_or_does_not_say_is_left_out(members):
    assert of_pieces([piece(HOUR_US, **members)] * 20).looked == 0


def test_what_becomes_valid_later_was_shared_at_once():
    found = of_pieces([piece(-HOUR_US)] * 10)
    assert found.whole.median == 0


def test_first_seen_goes_before_valid_from():
    earlier = format_us(NOW_US - 5 * HOUR_US)
    found = of_pieces([piece(HOUR_US, first_seen=earlier)] * 10)
    assert found.whole.median == 5 * HOUR_US


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"name": "A"}, "A"),
        ({"name": "", "abstract": "B"}, "B"),
        ({"value": "evil.example"}, "evil.example"),
        ({"name": 5}, ""),
        ({"name": "x" * 201}, "x" * 200 + "…"),
        ({}, ""),
    ],
)
def test_names(members, name):
    assert overview.name_of(piece(0, **members)) == name
