"""Instants: exact to the microsecond, written one way, read strictly."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.clock import format_us, now_us, parse_us

SECOND_US = 1_000_000
READ = {
    "epoch": ("1970-01-01T00:00:00Z", 0),
    "six digits": ("2023-11-14T22:13:20.000001Z", 1_700_000_000_000_001),
    "three digits, as STIX writes them": ("2023-11-14T22:13:20.123Z", 1_700_000_000_123_000),
    "one digit": ("2023-11-14T22:13:20.5Z", 1_700_000_000_500_000),
    "no digits": ("2023-11-14T22:13:20Z", 1_700_000_000_000_000),
    "nine digits are cut, not rounded": (
        "2023-11-14T22:13:20.123456999Z",
        1_700_000_000_123_456,
    ),
    "before the epoch": ("1969-12-31T23:59:59.999999Z", -1),
    "first day of all": ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    "last second of all": ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
    "29 February": ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
    "leap second": ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
    "leap second with a fraction": ("2016-12-31T23:59:60.25Z", 1_483_228_800_250_000),
}
REFUSED = {
    "empty": "",
    "a date": "2023-11-14",
    "no zone": "2023-11-14T22:13:20",
    "an offset": "2023-11-14T22:13:20+00:00",
    "lower case": "2023-11-14t22:13:20z",
    "a blank for T": "2023-11-14 22:13:20Z",
    "comma": "2023-11-14T22:13:20,5Z",
    "point without digits": "2023-11-14T22:13:20.Z",
    "no seconds": "2023-11-14T22:13Z",
    "month 0": "2023-00-14T22:13:20Z",
    "month 13": "2023-13-14T22:13:20Z",
    "day 0": "2023-11-00T22:13:20Z",
    "day that the month has not": "2023-11-31T22:13:20Z",
    "29 February of a common year": "2023-02-29T00:00:00Z",
    "hour 24": "2023-11-14T24:00:00Z",
    "minute 60": "2023-11-14T22:60:00Z",
    "second 61": "2023-11-14T22:13:61Z",
    "year 0": "0000-01-01T00:00:00Z",
    "five digits of a year": "12023-11-14T22:13:20Z",
    "a sign": "-2023-11-14T22:13:20Z",
    "one digit of a day": "2023-11-4T22:13:20Z",
    "blank before": " 2023-11-14T22:13:20Z",
    "line feed after": "2023-11-14T22:13:20Z\n",
    "digits of another script": "\u0662\u0660\u0662\u0663-11-14T22:13:20Z",
    "no basic form": "20231114T221320Z",
    "more digits than anybody measures": "2023-11-14T22:13:20." + "1" * 1000 + "Z",
}


@pytest.mark.parametrize(("text", "instant"), READ.values(), ids=READ)
def test_reads(text, instant):
    assert parse_us(text) == instant


def readable(text):
    try:
        parse_us(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refuses(text):
    assert not readable(text)
    assert not readable(text), "nor the second time, from what is remembered"


@given(st.datetimes(timezones=st.just(UTC)))
def test_agrees_with_the_calendar(moment):
    text = moment.strftime("%m-%dT%H:%M:%S.%fZ")
    instant = parse_us(f"{moment.year:04d}-{text}")
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant) == moment


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_writes_what_it_reads(instant):
    text = format_us(instant)
    assert len(text) == len("1970-01-01T00:00:00.000000Z")
    assert parse_us(text) == instant


@given(*[st.integers(0, 253_402_300_799_999_999)] * 2)
def test_texts_sort_as_instants_do(one, other):
    assert (one < other) == (format_us(one) < format_us(other))


@given(st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*)?Z", fullmatch=True))
def test_what_looks_like_an_instant_is_one_or_is_refused(text):
    if readable(text):
        assert text.isascii()
        assert format_us(parse_us(text))[:17] == text[:17] or text[17:19] == "60"


def test_now():
    before = time.time_ns() // 1000
    assert before <= now_us() <= before + 60 * SECOND_US
