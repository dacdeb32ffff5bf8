"""What a pasted text or a file lists: every value of it, and what was left out is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Fault, HubError
from hub.language.listed import listed
from hub.language.pasted import pasted
from tests.tools.growth import assert_grows

ONE = "198.51.100.7"
TWO = "evil[.]example"
HASH = "5d41402abc4b2a76b9719d911017c592"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        (" \n\r\n\t\n", []),
        (f"{ONE}\n{TWO}", [ONE, TWO]),
        (f"{ONE}\r\n{TWO}\r\n", [ONE, TWO]),
        (f"{ONE}, {TWO}", [ONE, TWO]),
        (f"{ONE};{TWO}", [ONE, TWO]),
        (f"{ONE}\t{TWO}", [ONE, TWO]),
        (f"{TWO}|{ONE}", [TWO, ONE]),
        (f"a.exe|{HASH}", ["a.exe", HASH]),
        (f"{TWO} | {ONE}", [TWO, ONE]),
        (f"cmd|x|{ONE}", [f"cmd|x|{ONE}"]),
        (f"{ONE} {TWO}  {HASH}", [ONE, TWO, HASH]),
        ("evil [.] example", ["evil [.] example"]),
        ("evil dot example", ["evil dot example"]),
        ("http://evil.example/a,b", ["http://evil.example/a,b"]),
        ("http://a.example/x,http://b.example/y", ["http://a.example/x", "http://b.example/y"]),
        (f"{HASH} {HASH[::-1]}", [HASH, HASH[::-1]]),
        ("5d41402a bc4b2a76 b9719d91 1017c592", ["5d41402a bc4b2a76 b9719d91 1017c592"]),
        (f"- {ONE}\n2) {TWO}", [f"- {ONE}", f"2) {TWO}"]),
        (f"MD5: {HASH}", [f"MD5: {HASH}"]),
        ("no value", ["no value"]),
        (f"{ONE}, no value, {TWO}", [ONE, "no value", TWO]),
        (f"{ONE} seen by us", [ONE, "seen by us"]),
        (f'"{ONE}","{TWO}"', [f'"{ONE}"', f'"{TWO}"']),
    ],
)
def test_values_are_found_however_they_are_written(text, values):
    assert listed(text).values == values


def test_a_value_that_is_repeated_is_counted():
    found = listed(f"{ONE}\n{TWO}\n{ONE}\n{ONE}")
    assert (found.values, found.repeated) == ([ONE, TWO], 2)


def test_comments_are_counted():
    found = listed(f"# a list\n#\n{ONE}\n")
    assert (found.values, found.comments) == ([ONE], 2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_columns_of_a_table_that_hold_values_are_read(delimiter):
    rows = [["indicator", "type", "first seen", "hash"]]
    rows += [[f"198.51.100.{n}", "ip", "2026-01-02", f"{n:032x}"] for n in range(30)]
    found = listed("\n".join(delimiter.join(row) for row in rows))
    assert found.taken == ("indicator", "hash")
    assert found.left == ("type", "first seen")
    assert len(found.values) == 60
    assert found.values[:2] == ["198.51.100.0", f"{0:032x}"]


def test_a_table_may_have_no_head_and_holes():
    found = listed(f"{ONE},high\n,low\nevil.example,low\nwrong one,low")
    assert found.taken == ("1",)
    assert found.left == ("2",)
    assert found.values == [ONE, "evil.example", "wrong one"]


def test_urls_with_commas_are_no_table_but_below_a_head():
    urls = [f"http://evil.example/{n},x" for n in range(5)]
    assert listed("\n".join(urls)).values == urls
    found = listed("\n".join(["url,risk", *urls]))
    assert (found.taken, found.left) == (("url",), ("risk",))
    assert found.values == [url.removesuffix(",x") for url in urls]


def test_quotes_of_a_table_keep_what_is_between_them():
    found = listed('value,note\n"http://a.example/x,y","one, two"\n198.51.100.7,"a ""b"""')
    assert found.values == ["http://a.example/x,y", ONE]
    assert found.left == ("note",)


def test_a_quote_that_is_not_closed_spoils_one_line_alone():
    found = listed("\n".join([*(f"198.51.100.{n},x" for n in range(20)), '"198.51.100.99,x']))
    assert len(found.values) == 22
    assert "198.51.100.99" in found.values


def test_lines_of_different_kinds_are_no_table():
    found = listed(f"{ONE},one\n{TWO}\na,b,c\n{HASH}")
    assert found.taken == ()
    assert found.values == [ONE, "one", TWO, "a", "b", "c", HASH]


@given(st.text(alphabet="a1.,;\t \n\"'#[]/:-", max_size=200) | st.text(max_size=200))
def test_nothing_that_is_understood_is_lost(text):
    found = listed(text)
    assert len(found.values) == len(set(found.values))
    assert all(value.strip() == value and value for value in found.values)
    if not found.taken:
        for line in text.splitlines():
            if pasted(line) and not line.strip().startswith("#"):
                assert found.values


@given(st.lists(st.sampled_from([ONE, TWO, HASH, "http://a.example/x,y"]), unique=True))
def test_what_is_written_one_a_line_comes_back(values):
    assert listed("\n".join(values)).values == values


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1_250, lambda size: "\n".join(f"host{n}.evil.example,x,{n}" for n in range(size))),
        (60_000, lambda size: "," * size),
        (50_000, lambda size: "a " * size),
    ],
    ids=["table", "commas", "words"],
)
def test_a_long_text_takes_no_longer_for_its_length_than_a_short_one(size, text):
    def reading(number):
        given = text(number)
        return lambda: listed(given)

    assert_grows(reading, size)


def test_a_text_of_very_many_words_is_refused_soon():
    refused = []

    def reading(size):
        text = " ".join(f"word{n}" for n in range(size))

        def work():
            try:
                listed(text)
            except HubError as error:
                refused.append((size, error.fault, error.field))

        return work

    assert_grows(reading, 20_000)
    assert set(refused) == {(160_000, Fault.TOO_LARGE, "values")}


def test_ten_thousand_values_with_what_reports_put_around_them_are_read():
    lines = [f"{n}) host{n} [.] evil [.] example" for n in range(5_000)]
    lines += [f"- SHA-256: {n:064x}" for n in range(5_000)]
    assert len(listed("\n".join(lines)).values) == 10_000
