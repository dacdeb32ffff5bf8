"""Where the bars of a histogram stand, and what each is called."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.language.parser import Setting, parse
from hub.model.clock import DAY_US, HOUR_US, parse_us
from hub.model.search import Bar, Between
from hub.service.histogram import STEPS, Column, Step, fitting, joined
from hub.web.bars import HEIGHT, WIDTH, drawn

DATES = st.lists(st.integers(0, 200_000), min_size=1, max_size=80, unique=True).map(sorted)


def columns(hours: list[int], step: Step) -> list[Column]:
    each = HOUR_US if step == "hour" else DAY_US
    return joined([Bar(hour * each, 1 + hour % 7) for hour in hours], step)


@given(DATES, st.sampled_from(STEPS))
def test_bars_stand_in_the_picture_in_order_of_time(hours: list[int], step: Step) -> None:
    found = columns(hours, step)
    bars = drawn(found, step)
    assert [bar.column for bar in bars] == found
    assert bars[0].x == 0
    assert all(one.x < other.x or one.slot <= 2 for one, other in pairwise(bars))
    for bar in bars:
        assert 0 <= bar.x <= WIDTH
        assert bar.x + bar.slot <= WIDTH + 2.1
        assert bar.y + bar.height == pytest.approx(HEIGHT, abs=0.2)
        assert 2 <= bar.height <= HEIGHT
    assert max(bar.height for bar in bars) == HEIGHT


@given(DATES, st.sampled_from(STEPS))
def test_the_name_of_a_bar_finds_just_its_time(hours: list[int], step: Step) -> None:
    for bar in drawn(columns(hours, step), step):
        node = parse(f"created:{bar.period}", Setting(0)).node
        assert node == Between("created", bar.column.start_us, bar.column.end_us - 1)


@given(DATES, st.sampled_from(STEPS))
def test_from_one_bar_to_another_finds_all_between(hours: list[int], step: Step) -> None:
    bars = drawn(columns(hours, step), step)
    node = parse(f"created:(>={bars[0].first} <={bars[-1].last})", Setting(0)).node
    low, high = Between("created", bars[0].column.start_us, None), bars[-1].column.end_us - 1
    assert node.nodes == (low, Between("created", None, high))


def test_a_single_bar_is_no_wall() -> None:
    [bar] = drawn(columns([5], "hour"), "hour")
    assert bar.slot < WIDTH / 20


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn([], "day") == []


def test_weeks_are_named_by_their_ends() -> None:
    monday = parse_us("2026-01-12T00:00:00Z")
    [bar] = drawn(joined([Bar(monday + 2 * DAY_US, 3)], "week"), "week")
    assert bar.period == "[2026-01-12 TO 2026-01-18]"
    assert fitting([Bar(monday, 1)]) == "hour"
