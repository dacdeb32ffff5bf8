"""Taking parts out: the smallest whole thing goes, and what remains keeps its markings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.tlp import Tlp
from hub.stix.redact import STRUCTURE, Spot, leads_somewhere, spot, without
from tests.unit.stix.marked import FREE, SAMPLES, marked, part, paths, selected

NOBODY: frozenset[str] = frozenset()

SPOTS = {
    "a property": ("x_one", Spot("x_one", None)),
    "a whole list": ("x_list", Spot("x_list", None)),
    "an entry of a list": ("x_list.[1]", Spot("x_list", 1)),
    "deep in an entry of a list": ("x_list.[2].deep.[1]", Spot("x_list", 2)),
    "in a list in a list": ("x_list.[3].[0]", Spot("x_list", 3)),
    "a member of a dictionary": ("x_map.north", Spot("x_map", "north")),
    "deep in a member of a dictionary": ("x_map.south.sea", Spot("x_map", "south")),
    "a member that is called like a place": ("x_map.[0]", Spot("x_map", "[0]")),
    "an empty list": ("x_empty", Spot("x_empty", None)),
    "null": ("x_null", Spot("x_null", None)),
}
NOWHERE = {
    "no such property": "x_two",
    "beyond the end of a list": "x_list.[4]",
    "a list by name": "x_list.deep",
    "a place without brackets": "x_list.1",
    "a place from the end": "x_list.[-1]",
    "a place with a sign": "x_list.[+1]",
    "a place with leading zeros": "x_list.[01]",
    "a place in other digits": "x_list.[\u0661]",
    "a place of many digits": "x_list.[1000000]",
    "no such member": "x_map.east",
    "beyond a text": "x_one.first",
    "a place in a text": "x_one.[0]",
    "beyond a number": "x_number.[0]",
    "beyond null": "x_null.x",
    "in an empty list": "x_empty.[0]",
    "deep, beyond the end": "x_list.[2].deep.[2]",
    "deep, no such member": "x_map.south.ice",
    "nothing": "",
    "a dot": ".",
    "a dot at the end": "x_one.",
    "a dot at the beginning": ".x_one",
    "a blank": "x_one ",
}


@pytest.mark.parametrize(("selector", "expected"), SPOTS.values(), ids=SPOTS)
def test_spot(selector, expected):
    assert spot(FREE, selector) == expected
    assert leads_somewhere(FREE, selector)


@pytest.mark.parametrize("selector", NOWHERE.values(), ids=NOWHERE)
def test_what_selects_nothing_has_no_spot(selector):
    assert spot(FREE, selector) is None
    assert not leads_somewhere(FREE, selector)


@pytest.mark.parametrize("selector", [None, 5, ["x_one"], {}])
def test_what_is_no_text_leads_nowhere(selector):
    assert not leads_somewhere(FREE, selector)


@pytest.mark.parametrize("name", sorted(STRUCTURE))
def test_structure_cannot_be_taken_out(name):
    obj = FREE | {name: ["value"]}
    assert spot(obj, name) is None
    assert spot(obj, f"{name}.[0]") is None
    assert leads_somewhere(obj, name)


LEFT = {
    "nothing goes": ([], FREE),
    "a property": ([Spot("x_one", None)], {k: v for k, v in FREE.items() if k != "x_one"}),
    "an entry": (
        [Spot("x_list", 1)],
        FREE | {"x_list": ["zero", FREE["x_list"][2], ["in", "ner"]]},
    ),
    "several entries": (
        [Spot("x_list", 3), Spot("x_list", 0), Spot("x_list", 2)],
        FREE | {"x_list": ["one"]},
    ),
    "every entry": (
        [Spot("x_list", place) for place in range(4)],
        {k: v for k, v in FREE.items() if k != "x_list"},
    ),
    "an entry and all of it": (
        [Spot("x_list", 1), Spot("x_list", None)],
        {k: v for k, v in FREE.items() if k != "x_list"},
    ),
    "a member": (
        [Spot("x_map", "south")],
        FREE | {"x_map": {"north": "up", "[0]": "odd"}},
    ),
    "every member": (
        [Spot("x_map", key) for key in FREE["x_map"]],
        {k: v for k, v in FREE.items() if k != "x_map"},
    ),
    "several properties": (
        [Spot("x_one", None), Spot("x_map", "north"), Spot("x_null", None)],
        {k: v for k, v in FREE.items() if k not in {"x_one", "x_null"}}
        | {"x_map": {"south": FREE["x_map"]["south"], "[0]": "odd"}},
    ),
}


@pytest.mark.parametrize(("spots", "expected"), LEFT.values(), ids=LEFT)
def test_without(spots, expected):
    before = repr(FREE)
    left = without(FREE, spots, NOBODY)
    assert left == expected
    assert list(left) == [name for name in FREE if name in expected], "in their order"
    assert repr(FREE) == before


def test_nothing_is_left_without_what_is_required():
    need = frozenset({"x_list", "x_null"})
    assert without(FREE, [Spot("x_list", 1)], need), "some of it is left"
    assert without(FREE, [Spot("x_list", None)], need) is None
    assert without(FREE, [Spot("x_list", place) for place in range(4)], need) is None
    assert without(FREE, [Spot("x_null", None)], need) is None
    assert without(FREE, [Spot("x_one", None)], need), "it was null before, too"


MOVED = {
    # what goes, selectors before, selectors after
    "entries behind it stay": ([Spot("x_list", 2)], ["x_list.[0]", "x_list.[1]"], None),
    "entries after it move": (
        [Spot("x_list", 0), Spot("x_list", 1)],
        ["x_list.[2]", "x_list.[3].[1]", "x_list.[2].deep.[0]"],
        ["x_list.[0]", "x_list.[1].[1]", "x_list.[0].deep.[0]"],
    ),
    "what is gone has none": (
        [Spot("x_list", 2), Spot("x_map", "south")],
        ["x_list.[2].deep", "x_one", "x_map.south", "x_map.south.sea", "x_map.north"],
        ["x_one", "x_map.north"],
    ),
    "a whole property": (
        [Spot("x_one", None)],
        ["x_one", "x_number"],
        ["x_number"],
    ),
    "the whole list, of which some is left": ([Spot("x_list", 0)], ["x_list"], ["x_list"]),
    "the whole list, of which nothing is left": (
        [Spot("x_list", place) for place in range(4)],
        ["x_list", "x_one"],
        ["x_one"],
    ),
    "members do not move": (
        [Spot("x_map", "north")],
        ["x_map.[0]", "x_map.south.pole"],
        None,
    ),
    "another property with the same places": (
        [Spot("x_list", 0)],
        ["x_map.[0]", "x_null"],
        None,
    ),
    "one that selected nothing in what is touched": (
        [Spot("x_list", 0)],
        ["x_list.[9]", "x_one"],
        ["x_one"],
    ),
}


@pytest.mark.parametrize(("spots", "before", "after"), MOVED.values(), ids=MOVED)
def test_selectors_follow_what_they_select(spots, before, after):
    left = without(marked(FREE, part(Tlp.GREEN, *before)), spots, NOBODY)
    assert left["granular_markings"] == [part(Tlp.GREEN, *(before if after is None else after))]


def test_markings_of_what_is_gone_go():
    """Not even their ids are left, and without any other there is no list."""
    obj = marked(FREE, part(Tlp.RED, "x_one"), {"lang": "vi", "selectors": ["x_one", "x_map"]})
    left = without(obj, [Spot("x_one", None)], NOBODY)
    assert left["granular_markings"] == [{"lang": "vi", "selectors": ["x_map"]}]
    assert "granular_markings" not in without(
        obj, [Spot("x_one", None), Spot("x_map", None)], NOBODY
    )


def test_what_else_a_marking_says_stays():
    obj = marked(FREE, part(Tlp.GREEN, "x_list.[1]", lang="en", x_note="kept"))
    left = without(obj, [Spot("x_list", 0)], NOBODY)
    assert left["granular_markings"] == [part(Tlp.GREEN, "x_list.[0]", lang="en", x_note="kept")]


@given(st.data())
def test_what_remains_is_selected_as_before(data):
    """Each marking of what is left selects the values that it selected before."""
    obj = data.draw(st.sampled_from([FREE, *SAMPLES.values()]))
    choices = list(paths(obj))
    spots = [found for path in choices if (found := spot(obj, path))]
    hidden = set(data.draw(st.lists(st.sampled_from(spots), max_size=6)))
    chosen = data.draw(
        st.lists(st.lists(st.sampled_from(choices), min_size=1, max_size=4), max_size=4)
    )
    parts = [part(Tlp.GREEN, *selectors, x_n=n) for n, selectors in enumerate(chosen)]
    left = without(marked(obj, *parts), hidden, NOBODY)
    found = {
        item["x_n"]: [selected(left, selector) for selector in item["selectors"]]
        for item in left.get("granular_markings", [])
    }
    expected = {
        n: [
            _value(obj, left, path, hidden)
            for path in selectors
            if _stays(obj, left, path, hidden)
        ]
        for n, selectors in enumerate(chosen)
    }
    assert found == {n: values for n, values in expected.items() if values}


def _stays(obj, left, path, hidden):
    name, *rest = path.split(".")
    if name not in left:
        return False
    if not rest:
        return True
    entry = int(rest[0][1:-1]) if isinstance(obj[name], list) else rest[0]
    return Spot(name, entry) not in hidden


def _value(obj, left, path, hidden):
    # All of a property is what is left of it.
    return selected(obj, path) if "." in path else left[path]


@given(st.data())
def test_only_what_was_hidden_goes(data):
    obj = data.draw(st.sampled_from([FREE, *SAMPLES.values()]))
    spots = [found for path in paths(obj) if (found := spot(obj, path))]
    hidden = set(data.draw(st.lists(st.sampled_from(spots), max_size=6)))
    left = without(obj, hidden, NOBODY)
    for name, value in obj.items():
        mine = {item.entry for item in hidden if item.name == name}
        if not mine:
            assert left[name] == value
        elif None in mine:
            assert name not in left
        elif isinstance(value, list):
            rest = [item for place, item in enumerate(value) if place not in mine]
            assert left.get(name, []) == rest
        else:
            rest = {key: item for key, item in value.items() if key not in mine}
            assert left.get(name, {}) == rest
