"""Warning lists: which values stand in them, in any spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.intake.benign import Benign, entry, faulty
from hub.language.values import read
from hub.model.search import Term

LISTS = Benign(
    [
        "# of the ministry",
        "agency[.]gov.vn # and all below it",
        "203.0.113.0/24",
        "2001:db8:1::/48",
        "198.51.100.7",
        "hxxps://static.example.net/jquery.js",
        "d41d8cd98f00b204e9800998ecf8427e",
        "soc@partner.example",
        "nonsense that says nothing",
    ]
)


@pytest.mark.parametrize(
    ("field", "value", "has"),
    [
        ("domain", "agency.gov.vn", True),
        ("domain", "WWW.Agency.gov.vn", True),
        ("domain", "notagency.gov.vn", False),
        ("domain", "gov.vn", False),
        ("url", "https://mail.agency.gov.vn/owa/", True),
        ("url", "https://agency.gov.vn.evil.example/", False),
        ("email", "a@agency.gov.vn", True),
        ("ip", "203.0.113.200", True),
        ("ip", "203.0.113.128/25", True),
        ("ip", "203.0.112.0/23", False),
        ("ip", "2001:db8:1::9", True),
        ("ip", "198.51.100.7", True),
        ("ip", "198.51.100.8", False),
        ("url", "http://203.0.113.9:8080/x", True),
        ("url", "https://static.example.net/jquery.js", True),
        ("url", "https://static.example.net/other.js", False),
        ("domain", "static.example.net", False),
        ("hash", "D41D8CD98F00B204E9800998ECF8427E", True),
        ("email", "soc@partner.example", True),
        ("domain", "partner.example", False),
    ],
)
def test_what_stands_in_a_list(field, value, has):
    key = read(field, value)
    assert key
    assert LISTS.has(field, key) is has


@pytest.mark.parametrize(
    ("field", "value", "is_behind"),
    [
        ("domain", "gov.vn", True),
        ("domain", "agency.gov.vn", True),
        ("domain", "example.net", True),
        ("domain", "static.example.net", True),
        ("domain", "net.example", False),
        ("domain", "other.gov.vn", False),
        # Mail goes there, and nobody has to reach it.
        ("domain", "partner.example", False),
        ("ip", "203.0.112.0/23", True),
        ("ip", "198.51.100.0/24", True),
        ("ip", "198.51.100.8/31", False),
        ("ip", "2001:db8::/32", True),
        ("url", "https://gov.vn/", False),
    ],
)
def test_what_is_blocked_with_a_larger_value(field, value, is_behind):
    key = read(field, value)
    assert key
    assert LISTS.is_behind(field, key) is is_behind


def test_without_a_list_nothing_does():
    assert not Benign().has("ip", "203.0.113.1")


def test_lines_that_hold_no_value_are_named():
    lines = ["agency.gov.vn", "", "  # a comment", "two words", "10.0.0.0/8 # ours", "???"]
    assert [(each.line, each.text) for each in faulty(lines)] == [(4, "two words"), (6, "???")]


@given(st.text(max_size=80))
def test_any_line_is_a_value_a_comment_or_named(line):
    [*named] = faulty([line])
    term = entry(line)
    assert term is None or (isinstance(term, Term) and not named)
    assert isinstance(Benign([line]).has("domain", "com."), bool)
