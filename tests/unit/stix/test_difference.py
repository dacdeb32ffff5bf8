"""What differs between two versions: every member once, lists as lists."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.stix.difference import How, difference

OLD = {"a": 1, "b": {"x": 1, "y": [1, 2]}, "l": ["p", "p", "q"], "t": True, "gone": "g"}
NEW = {"a": 1.0, "b": {"x": 2, "y": [2, 1]}, "l": ["p", "r"], "t": 1, "new": {"n": None}}


def test_each_member_by_its_path():
    found = {change.path: change for change in difference(OLD, NEW)}
    assert {path: change.how for path, change in found.items()} == {
        ("b", "x"): How.CHANGED,
        ("b", "y"): How.ORDER,
        ("l",): How.LIST,
        ("t",): How.CHANGED,
        ("new",): How.ADDED,
        ("gone",): How.REMOVED,
    }
    assert (found["l",].gone, found["l",].came) == (("p", "q"), ("r",))
    assert (found["b", "x"].before, found["b", "x"].after) == ("1", "2")
    assert found["gone",].before == "g"
    assert found["new",].after == '{"n":null}'


def test_a_text_and_a_number_in_a_list_are_two_things():
    (change,) = difference({"l": ["1"]}, {"l": [1]})
    assert (change.how, change.gone, change.came) == (How.LIST, ("1",), ("1",))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(max_size=2), JSON)


def same(one: Any, other: Any) -> bool:
    """Equal in JSON: in Python `True == 1`."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@given(OBJECTS, OBJECTS)
def test_nothing_is_said_exactly_when_nothing_differs(old, new):
    assert (difference(old, new) == []) is same(old, new)
    assert difference(old, copy.deepcopy(old)) == []


@given(OBJECTS, OBJECTS)
def test_the_other_way_round_it_says_the_opposite(old, new):
    turned = {How.ADDED: How.REMOVED, How.REMOVED: How.ADDED}
    there = {(c.path, c.how, c.before, c.after, c.gone, c.came) for c in difference(old, new)}
    back = {
        (c.path, turned.get(c.how, c.how), c.after, c.before, c.came, c.gone)
        for c in difference(new, old)
    }
    assert there == back
