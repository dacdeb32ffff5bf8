"""What is made of a query means what it should: read again, it is the old one with or without a part."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hub.language.edit import Draft, clause
from hub.language.fields import FIELDS
from hub.language.parser import Setting, parse
from hub.language.problem import QueryError
from hub.language.resolve import all_of
from hub.language.values import read, show
from hub.model.search import EVERYTHING, Has, Term
from tests.fakes import START_US

SETTING = Setting(START_US, {"main": 1, "a b": 2, "and": 3})
KEYWORDS = ("label", "source", "sector", "type", "publisher", "language", "relation")
QUERIES = (
    "",
    "*",
    "phishing",
    "a OR b",
    "a b OR c",
    "-a NOT b",
    '"lừa đảo" type:malware',
    "type:(a OR b) confidence:>=50 added:7d",
    "198.51.100.7",
    "198.51.100.7, 198.51.100.9",
    "198.51.100.0/24\n2001:db8::/32\nevil[.]example",
    "evil[.]example; CVE-2026-0001; d41d8cd98f00b204e9800998ecf8427e",
    "D41D8CD9 8F00B204 E9800998 ECF8427E",
    "label:a AND (label:b OR label:c)",
    "(a)",
    "a, b,",
    'source:"x""y"*',
)
queries = st.one_of(
    st.sampled_from(QUERIES),
    st.lists(st.sampled_from([*QUERIES, "OR", "AND", "-", "(", ")"]), max_size=4).map(" ".join),
    st.text(max_size=30),
)


def draft(text: str) -> Draft:
    try:
        return Draft(text, SETTING)
    except QueryError:
        assume(False)
        raise


@pytest.mark.parametrize("query", QUERIES)
def test_a_condition_is_added_to_every_query(query: str) -> None:
    made = Draft(query, SETTING).add("type:tool")
    assert made
    wanted = all_of([parse(query, SETTING).node, Has("type", ("tool",))])
    assert parse(made, SETTING).node == wanted


@pytest.mark.parametrize("query", QUERIES)
def test_what_a_condition_finds_is_left_out_of_every_query(query: str) -> None:
    made = Draft(query, SETTING).leave_out("type:tool")
    assert made
    left = parse("-type:tool", SETTING).node
    asked = parse(query, SETTING).node
    assert parse(made, SETTING).node == (all_of([asked, left]) if asked != EVERYTHING else left)
    behind = Draft(made, SETTING)
    assert behind.without(len(behind.conditions) - 1) is not None


@given(query=queries, field=st.sampled_from(KEYWORDS), value=st.text(min_size=1, max_size=20))
@example(query="a OR b", field="label", value='a "b" c')
@example(query="", field="label", value="x*")
@example(query="a", field="label", value=">=5")
@example(query="a", field="label", value="a “b” c")
@example(query="a", field="label", value="a\u200bb")
@example(query="a", field="source", value="(x) OR [y TO z]")
def test_what_is_added_has_to_hold_as_well(query: str, field: str, value: str) -> None:
    one = draft(query)
    key = read(field, value)
    assume(key)
    made = one.add(clause(field, show(Term(field, key))))
    if made:
        wanted = all_of([parse(query, SETTING).node, Has(field, (key,))])
        assert parse(made, SETTING).node == wanted


@given(st.sampled_from(KEYWORDS), st.text("ab -_.+@\"'()[]<>:*,;|ữ", min_size=1))
def test_values_of_the_keyboard_can_always_be_said(field: str, value: str) -> None:
    key = read(field, value)
    assume(key)
    assert draft("").add(clause(field, show(Term(field, key))))


def test_a_value_that_ends_every_phrase_cannot_be_said() -> None:
    assert draft("x").add(clause("label", "a “b” c")) == ""


def test_collections_are_named() -> None:
    assert Draft("x", SETTING).add(clause("collection", "a b")) == 'x collection:"a b"'


@given(queries, st.data())
def test_what_is_left_is_all_but_what_was_taken_away(query: str, data: st.DataObject) -> None:
    one = draft(query)
    assume(one.conditions)
    place = data.draw(st.integers(0, len(one.conditions) - 1))
    left = one.without(place)
    rest = [each.node for number, each in enumerate(one.conditions) if number != place]
    if left is not None:
        assert parse(left, SETTING).node == all_of(rest)


@pytest.mark.parametrize("query", QUERIES)
def test_every_condition_can_be_taken_away(query: str) -> None:
    one = Draft(query, SETTING)
    for place in range(len(one.conditions)):
        assert one.without(place) is not None


@given(queries)
def test_a_query_in_one_line_means_the_same(query: str) -> None:
    one = draft(query)
    assume("\x85" not in query)
    shown = one.shown
    assert "\n" not in shown
    assert "\r" not in shown
    assert parse(shown, SETTING).node == parse(query, SETTING).node


@given(
    st.lists(
        st.sampled_from([q for q in QUERIES if "," not in q and "\n" not in q]),
        min_size=8,
        max_size=20,
    )
)
def test_one_of_very_many_is_taken_away(queries: list[str]) -> None:
    one = draft(" ".join(f"({query})" for query in queries if query))
    for place in range(len(one.conditions)):
        rest = [each.node for number, each in enumerate(one.conditions) if number != place]
        left = one.without(place)
        assert left is not None
        assert parse(left, SETTING).node == all_of(rest)


def test_what_was_added_is_found_and_taken_away() -> None:
    one = Draft(Draft("a OR b", SETTING).add("label:c2"), SETTING)
    assert one.find("label:c2") == 1
    assert one.find("label:c3") is None
    assert parse(one.without(1) or "", SETTING) == parse("(a OR b)", SETTING)


def test_ranges_of_an_instant_are_known() -> None:
    one = Draft("a added:(>=2026 <=2027) added:7d created:2026 added:>2020 OR b", SETTING)
    assert one.ranges("added") == ()
    one = Draft("a added:(>=2026 <=2027) added:7d created:2026 NOT added:2021", SETTING)
    assert one.ranges("added") == (1, 2)
    assert one.without(*one.ranges("added")) == "a created:2026 NOT added:2021"


def test_there_is_no_room_in_a_query_that_is_full() -> None:
    assert Draft(" ".join("x" for _ in range(64)), SETTING).add("type:tool") == ""
    assert Draft("x" * 3995, SETTING).add("type:tool") == ""


def test_everything_has_no_condition() -> None:
    assert Draft("*", SETTING).conditions == ()
    assert parse("", SETTING).node == EVERYTHING
    assert set(KEYWORDS) <= set(FIELDS)


def test_many_values_do_not_become_a_list() -> None:
    one = Draft(" ".join(f"198.51.100.{number}" for number in range(1, 12)), SETTING)
    rest = all_of([each.node for each in one.conditions[1:]])
    assert parse(one.without(0) or "", SETTING).node == rest


def test_a_value_of_which_a_query_says_the_beginning_is_not_found() -> None:
    one = Draft("label:a", SETTING)
    assert one.find(clause("label", "a")) == 0
    assert one.find(clause("label", "a “b” c")) is None
