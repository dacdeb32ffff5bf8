"""How strictly an object is marked, and what those get who may not see it whole."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.record import Candidate, Refusal
from hub.model.tlp import Tlp
from hub.stix.check import Limits, check
from hub.stix.decode import decode
from hub.stix.grading import Terms, defines_statement, grade, unknown_refs
from hub.stix.marking import COLOUR_OF
from hub.stix.redact import STRUCTURE, leads_somewhere
from hub.stix.strict import faults
from tests.tools.growth import assert_grows
from tests.unit.stix.marked import (
    FREE,
    OF,
    OLD,
    SAMPLES,
    STATEMENT,
    UNKNOWN,
    leaves,
    marked,
    part,
    paths,
)
from tests.unit.stix.samples import MOMENT, SCO_UUID, accepted, encoded, observable, versioned

CLEAR, GREEN, AMBER, STRICT, RED = Tlp
TERMS = Terms(GREEN, {STATEMENT})
LANGUAGE = {"lang": "vi", "selectors": ["x_one"]}


def graded(obj, terms=TERMS):
    return grade(accepted(obj), "objects[3]", terms)


def free(*parts, whole=()):
    return marked(FREE, *parts, whole=whole)


def definition(**changes):
    return SAMPLES["statement"] | {"id": STATEMENT} | changes


# Reason: object, effective marking, and the colours for which there is a view.
GRADES = {
    "no marking: the default": (free(), GREEN, []),
    "no marking: a definition is for everybody": (definition(), CLEAR, []),
    "a definition that is marked": (marked(definition(), whole=[AMBER]), AMBER, []),
    "an empty list of markings": (FREE | {"object_marking_refs": []}, GREEN, []),
    "one colour": (free(whole=[STRICT]), STRICT, []),
    "weaker than the default": (free(whole=[CLEAR]), CLEAR, []),
    "the old and the new marking of a colour": (free(whole=[OLD[RED], OF[RED]]), RED, []),
    "a lone marking without a list": (FREE | {"object_marking_refs": OF[AMBER]}, AMBER, []),
    "an unknown marking": (free(whole=[UNKNOWN]), RED, []),
    "an unknown marking beside a colour": (free(whole=[CLEAR, UNKNOWN]), RED, []),
    "a statement at hand": (free(whole=[STATEMENT]), GREEN, []),
    "a statement at hand beside a colour": (free(whole=[AMBER, STATEMENT]), AMBER, []),
    "a statement and an unknown marking": (free(whole=[STATEMENT, UNKNOWN]), RED, []),
    "no parts": (FREE | {"granular_markings": []}, GREEN, []),
    "a part in a language": (free(LANGUAGE), GREEN, []),
    "a part that is not marked at all": (free({"selectors": ["x_one"]}), GREEN, []),
    "a part as strict as the whole": (free(part(AMBER, "x_one"), whole=[AMBER]), AMBER, []),
    "a part weaker than the whole": (free(part(CLEAR, "x_one"), whole=[AMBER]), AMBER, []),
    "a part weaker than the default": (free(part(CLEAR, "x_one")), GREEN, []),
    "a stricter part": (free(part(AMBER, "x_one"), whole=[CLEAR]), AMBER, [CLEAR]),
    "a part stricter than the default": (free(part(AMBER, "x_one")), AMBER, [GREEN]),
    "parts of several colours": (
        free(
            part(RED, "x_one"), part(AMBER, "x_map.north"), part(STRICT, "x_list"), whole=[CLEAR]
        ),
        RED,
        [CLEAR, AMBER, STRICT],
    ),
    "parts, some of them weaker": (
        free(part(RED, "x_one"), part(CLEAR, "x_null"), whole=[AMBER]),
        RED,
        [AMBER],
    ),
    "a part of the old colour": (free(part(OLD[RED], "x_one")), RED, [GREEN]),
    "a part with an unknown marking": (free(part(UNKNOWN, "x_one")), RED, [GREEN]),
    "a part with the empty marking": (free(part("", "x_one")), RED, [GREEN]),
    "a part with a statement at hand": (free(part(STATEMENT, "x_one")), GREEN, []),
    "the same part twice": (free(part(AMBER, "x_one"), part(AMBER, "x_one")), AMBER, [GREEN]),
    "the same part by the old and the new marking": (
        free(part(RED, "x_one"), part(OLD[RED], "x_one")),
        RED,
        [GREEN],
    ),
    "a known and then an unknown marking of a part": (
        free(part(AMBER, "x_one"), part(UNKNOWN, "x_one")),
        RED,
        [GREEN, AMBER],
    ),
    "an unknown and then a known marking of a part": (
        free(part(UNKNOWN, "x_one"), part(AMBER, "x_one")),
        RED,
        [GREEN, AMBER],
    ),
    "a part in a stricter part": (
        free(part(RED, "x_map"), part(AMBER, "x_map.north")),
        RED,
        [GREEN, AMBER],
    ),
    "a stricter part in a part": (
        free(part(AMBER, "x_map"), part(RED, "x_map.north")),
        RED,
        [GREEN, AMBER],
    ),
    "a selector that selects nothing": (free(part(AMBER, "x_two")), AMBER, []),
    "a selector that selects nothing deep inside": (
        free(part(AMBER, "x_list.[2].nothing")),
        AMBER,
        [],
    ),
    "one that selects nothing, and a stricter one": (
        free(part(AMBER, "x_two"), part(RED, "x_one")),
        RED,
        [AMBER],
    ),
    "one that selects nothing is the strictest": (
        free(part(RED, "x_two"), part(AMBER, "x_one")),
        RED,
        [],
    ),
    "one that selects nothing under a statement": (free(part(STATEMENT, "x_two")), GREEN, []),
    "a part without which it would say something else": (free(part(AMBER, "modified")), AMBER, []),
    "what the type requires": (
        marked(SAMPLES["tool"], part(RED, "name"), whole=[GREEN]),
        RED,
        [],
    ),
    "what the type requires is stricter than another part": (
        marked(SAMPLES["tool"], part(AMBER, "description"), part(STRICT, "name"), whole=[GREEN]),
        STRICT,
        [],
    ),
    "what the type requires is weaker than another part": (
        marked(SAMPLES["tool"], part(AMBER, "name"), part(STRICT, "description"), whole=[GREEN]),
        STRICT,
        [AMBER],
    ),
    "some of what the type requires": (
        marked(SAMPLES["report"], part(RED, "object_refs.[1]"), whole=[GREEN]),
        RED,
        [GREEN],
    ),
    "all of what the type requires, entry by entry": (
        marked(
            SAMPLES["report"],
            part(RED, *(f"object_refs.[{n}]" for n in range(3))),
            whole=[GREEN],
        ),
        RED,
        [],
    ),
    "what an id is made of": (
        marked(observable("url", value="https://sample.example"), part(RED, "value")),
        RED,
        [],
    ),
    "some of what an id is made of": (
        marked(SAMPLES["file"], part(RED, "hashes.MD5")),
        RED,
        [],
    ),
    "beside what an id is made of": (marked(SAMPLES["file"], part(RED, "size")), RED, [GREEN]),
    "any part, when nobody knows what an id was made of": (
        marked(versioned("tool", id=f"tool--{SCO_UUID}", name="a", x_one="b"), part(RED, "x_one")),
        RED,
        [],
    ),
    "any part of a type of somebody's own whose id was made of something": (
        marked(
            versioned("x-victim", id=f"x-victim--{SCO_UUID}", victim="a"), part(AMBER, "victim")
        ),
        AMBER,
        [],
    ),
    "a part that is weaker than the whole, and an id that was made of something": (
        marked(
            versioned("tool", id=f"tool--{SCO_UUID}", name="a"), part(GREEN, "name"), whole=[AMBER]
        ),
        AMBER,
        [],
    ),
    "what its type requires, or something else": (
        marked(SAMPLES["country"], part(RED, "country")),
        RED,
        [],
    ),
    "what another property needs": (
        marked(SAMPLES["place"] | {"country": "VN"}, part(RED, "latitude")),
        RED,
        [],
    ),
    "what another property needs, and that one": (
        marked(
            SAMPLES["place"] | {"country": "VN"}, part(RED, "latitude", "longitude", "precision")
        ),
        RED,
        [GREEN],
    ),
    "what an object that is no valid STIX lacks anyway": (
        marked(versioned("location", x_one="a"), part(RED, "x_one")),
        RED,
        [GREEN],
    ),
    "what the gate needs": (
        marked(
            versioned("indicator", spec_version=None, pattern="[a:b = 1]"), part(RED, "pattern")
        ),
        RED,
        [],
    ),
    "observables inside of an object": (
        marked(
            versioned(
                "observed-data",
                spec_version=None,
                objects={"0": {"type": "file", "name": "a"}, "1": {"type": "url", "value": "b"}},
            ),
            part(RED, "objects.0.name"),
        ),
        RED,
        [],
    ),
}


@pytest.mark.parametrize(("obj", "tlp", "levels"), GRADES.values(), ids=GRADES)
def test_grade(obj, tlp, levels):
    found = graded(obj)
    assert isinstance(found, Candidate), found
    assert (found.tlp, [view.tlp for view in found.views]) == (tlp, levels)
    assert found._replace(tlp=RED, views=()) == accepted(obj), "nothing else of it changes"


REFUSED = {
    "two colours": (
        free(whole=[GREEN, RED]),
        "object_marking_refs: it is marked TLP:GREEN and TLP:RED",
    ),
    "two colours, one of them old": (
        free(whole=[OLD[AMBER], STRICT]),
        "object_marking_refs: it is marked TLP:AMBER and TLP:AMBER+STRICT",
    ),
    "three colours": (
        free(whole=[RED, CLEAR, AMBER]),
        "object_marking_refs: it is marked TLP:CLEAR and TLP:AMBER and TLP:RED",
    ),
    "two colours beside an unknown marking": (
        free(whole=[GREEN, UNKNOWN, RED]),
        "object_marking_refs: it is marked TLP:GREEN and TLP:RED",
    ),
    "two colours of a part": (
        free(part(GREEN, "x_one"), part(RED, "x_two", "x_one")),
        "granular_markings: x_one: it is marked TLP:GREEN and TLP:RED",
    ),
    "two colours of a part that is not there": (
        free(part(GREEN, "x_two"), part(RED, "x_two")),
        "granular_markings: x_two: it is marked TLP:GREEN and TLP:RED",
    ),
    "two colours of a part and an unknown marking": (
        free(part(GREEN, "x_one"), part(UNKNOWN, "x_one"), part(AMBER, "x_one")),
        "granular_markings: x_one: it is marked TLP:GREEN and TLP:AMBER",
    ),
    "parts that are no list": (
        FREE | {"granular_markings": {}},
        "granular_markings: {} is no list",
    ),
    "parts that are null": (
        FREE | {"granular_markings": None},
        "granular_markings: null is no list",
    ),
    "a part that is a text": (
        FREE | {"granular_markings": ["x_one"]},
        "granular_markings: an entry has no selectors",
    ),
    "a part without selectors": (
        FREE | {"granular_markings": [{"marking_ref": OF[RED]}]},
        "granular_markings: an entry has no selectors",
    ),
    "a selector that is no text": (
        free(part(RED, "x_one", 5)),
        "granular_markings: an entry has no selectors",
    ),
    "too many selectors": (
        free(*(part(RED, *["x_one"] * 501) for _ in range(2))),
        "granular_markings: it has more than 1000 selectors",
    ),
    "too many selectors of languages": (
        free({"lang": "vi", "selectors": ["x_one"] * 1001}),
        "granular_markings: it has more than 1000 selectors",
    ),
}


@pytest.mark.parametrize(("obj", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(obj, text):
    found = graded(obj)
    assert isinstance(found, Refusal)
    assert (found.object_id, found.version) == (FREE["id"], MOMENT)
    assert found.reason.startswith(f"objects[3].{text}")
    assert "; " in found.reason, "a way out follows"


def test_a_thousand_selectors_are_taken():
    assert graded(free(*(part(RED, *["x_one"] * 500) for _ in range(2)))).tlp is RED


@pytest.mark.parametrize("default", list(Tlp))
def test_the_default_stands_for_a_missing_marking_alone(default):
    terms = Terms(default, {STATEMENT})
    assert graded(free(), terms).tlp is default
    assert graded(free(whole=[STATEMENT]), terms).tlp is default
    assert graded(free(whole=[CLEAR]), terms).tlp is CLEAR
    assert graded(definition(), terms).tlp is CLEAR
    found = graded(free(part(AMBER, "x_one")), terms)
    assert found.tlp is max(AMBER, default)
    assert [view.tlp for view in found.views] == ([default] if default < AMBER else [])


@pytest.mark.parametrize("ref", COLOUR_OF)
def test_every_marking_of_tlp_counts_for_whole_and_part(ref):
    tlp = COLOUR_OF[ref]
    assert graded(free(whole=[ref])).tlp is tlp
    assert graded(free(part(ref, "x_one"), whole=[CLEAR])).tlp is tlp


class TestStatements:
    def test_only_a_statement_says_nothing_about_who_may_see(self):
        assert defines_statement(accepted(definition()))
        assert not defines_statement(accepted(FREE))
        for changes in (
            {"definition_type": "tlp", "definition": {"tlp": "red"}},
            {"definition_type": "x-secret"},
            {"name": "TLP:RED"},
            {"definition_type": None},
        ):
            other = {k: v for k, v in definition(**changes).items() if v is not None}
            assert not defines_statement(accepted(other)), changes

    @pytest.mark.parametrize("ref", COLOUR_OF)
    def test_a_marking_of_tlp_is_never_one(self, ref):
        """Somebody who defines TLP:RED as a statement must not open what others marked."""
        assert not defines_statement(accepted(definition(id=ref)))

    def test_markings_of_which_only_a_definition_tells(self):
        other = UNKNOWN.replace("8e2e", "8e2f")
        obj = free(
            part(UNKNOWN, "x_one"), part(RED, "x_map"), LANGUAGE, whole=[GREEN, STATEMENT, other]
        )
        assert unknown_refs(accepted(obj)) == {UNKNOWN, STATEMENT, other}
        assert unknown_refs(accepted(FREE)) == set()
        assert unknown_refs(accepted(FREE | {"granular_markings": {}})) == set()


def test_views_are_what_is_left():
    obj = free(
        part(RED, "x_one", "x_map.south.sea"),
        part(AMBER, "x_list.[0]", "x_list.[2].deep.[0]"),
        part(CLEAR, "x_list.[3].[1]", "x_map.north"),
        whole=[CLEAR],
    )
    found = graded(obj)
    low, high = (json.loads(view.raw) for view in found.views)
    rest = {k: v for k, v in FREE.items() if k != "x_one"}
    rest["x_map"] = {"north": "up", "[0]": "odd"}
    assert high == marked(
        rest,
        part(AMBER, *obj["granular_markings"][1]["selectors"]),
        obj["granular_markings"][2],
        whole=[CLEAR],
    )
    assert low == marked(
        rest | {"x_list": ["one", ["in", "ner"]]},
        part(CLEAR, "x_list.[1].[1]", "x_map.north"),
        whole=[CLEAR],
    )


def test_filters_see_of_a_view_what_is_in_it():
    obj = marked(
        SAMPLES["indicator"],
        part(RED, "labels.[1]", "description"),
        part(AMBER, "name"),
        whole=[CLEAR],
    )
    clear, amber = graded(obj).views
    assert "\nname=Thử\n" in amber.terms
    assert "\nname=" not in clear.terms
    assert "\nlabels=a\n" in clear.terms
    assert "\nlabels=b\n" not in amber.terms
    assert "\ntlp=amber\n" in amber.terms
    assert "tlp=amber" not in clear.terms
    assert "tlp=red" not in amber.terms
    assert "\ntlp=red\n" in accepted(obj).terms


def test_the_same_content_in_other_bytes_has_the_same_views():
    obj = free(part(RED, "x_one"))
    other = json.dumps(dict(reversed(obj.items())), indent=3).encode()
    one, two = graded(obj).views, grade(check(other, ""), "", TERMS).views
    assert [view.digest for view in one] == [view.digest for view in two]


def test_many_parts_cost_little():
    def grading(size):
        labels = [f"l{n}" for n in range(4 * size)]
        parts = [
            part(colour, *(f"labels.[{n}]" for n in range(place, size, 4)))
            for place, colour in enumerate((GREEN, AMBER, STRICT, RED))
        ]
        item = accepted(marked(versioned("x-tool", labels=labels), *parts, whole=[CLEAR]))
        return lambda: grade(item, "", TERMS)

    assert len(grading(1000)().views) == 4
    assert_grows(grading, 125)


COLOURS = st.sampled_from([*Tlp, UNKNOWN, STATEMENT])


@st.composite
def objects(draw):
    """An object with random parts marked at random; each selector has one colour."""
    obj = draw(st.sampled_from([FREE, *SAMPLES.values()]))
    known = [path for path in paths(obj) if path.partition(".")[0] not in STRUCTURE]
    chosen = draw(st.lists(st.sampled_from(known), unique=True, max_size=6))
    parts = [part(draw(COLOURS), selector) for selector in chosen]
    if chosen and draw(st.booleans()):
        parts.append({"lang": "vi", "selectors": [draw(st.sampled_from(chosen))]})
    whole = draw(st.sampled_from([(), (CLEAR,), (GREEN,), (AMBER, STATEMENT), (STRICT,)]))
    return marked(obj, *parts, whole=whole)


def colour(ref):
    return COLOUR_OF.get(ref, RED)


def strictness(obj, path):
    """How strictly the value at a path is marked, by the letter of STIX 2.1 section 7.2.3."""
    refs = [ref for ref in obj.get("object_marking_refs", ()) if ref != STATEMENT]
    found = [colour(ref) for ref in refs] or [TERMS.default]
    if obj["type"] == "marking-definition" and not obj.get("object_marking_refs"):
        found = [CLEAR]
    for item in obj.get("granular_markings", ()):
        if item.get("marking_ref", STATEMENT) != STATEMENT:
            for selector in item["selectors"]:
                if path == selector or path.startswith(f"{selector}."):
                    found.append(colour(item["marking_ref"]))
    return max(found)


@given(objects())
def test_the_object_is_as_strict_as_its_strictest_value(obj):
    found = graded(obj)
    every = [strictness(obj, path) for path, _ in leaves(obj)]
    # A marked list may be empty.
    every += [strictness(obj, s) for p in obj.get("granular_markings", ()) for s in p["selectors"]]
    assert found.tlp is max(every)
    levels = [view.tlp for view in found.views]
    assert levels == sorted(set(levels))
    assert all(min(every) <= level < found.tlp for level in levels)


@given(objects())
def test_a_view_holds_no_value_that_only_a_hidden_selector_selects(obj):
    found = graded(obj)
    for view in found.views:
        left = json.loads(view.raw)
        open_values = [value for path, value in leaves(obj) if strictness(obj, path) <= view.tlp]
        for path, value in leaves(obj):
            if strictness(obj, path) > view.tlp and value not in open_values:
                assert value not in [other for _, other in leaves(left)], path
                if isinstance(value, str):
                    assert f"={value}\n" not in view.terms
                    assert value not in " ".join(view.warnings)
        for name in obj.keys() - left.keys() - {"granular_markings"}:
            assert any(
                s.partition(".")[0] == name
                for p in obj["granular_markings"]
                for s in p["selectors"]
            )


@given(objects())
def test_the_gate_lets_every_view_in(obj):
    item = accepted(obj)
    for view in graded(obj).views:
        again = check(view.raw, "")
        assert isinstance(again, Candidate)
        assert again == view._replace(tlp=RED)
        assert view.digest == decode(view.raw, Limits())[1] != item.digest
        assert (view.object_id, view.type, view.stix) == (item.object_id, item.type, item.stix)
        assert (view.version, view.version_us) == (item.version, item.version_us)


@given(objects())
def test_what_is_left_of_what_follows_the_letter_follows_it_too(obj):
    if faults(obj, "2.1"):
        obj = marked(obj, whole=[GREEN])
    if faults(obj, "2.1"):
        return
    for view in graded(obj).views:
        assert faults(json.loads(view.raw), "2.1") == []


@given(objects())
def test_markings_of_a_view_lead_to_what_is_no_stricter(obj):
    for view in graded(obj).views:
        left = json.loads(view.raw)
        for item in left.get("granular_markings", ()):
            assert item["selectors"]
            for selector in item["selectors"]:
                assert leads_somewhere(left, selector)
                assert strictness(left, selector) <= view.tlp
        again = grade(check(view.raw, ""), "", TERMS)
        assert again.tlp <= view.tlp


@given(objects())
def test_who_may_see_more_gets_more(obj):
    found = graded(obj)
    forms = [json.loads(view.raw) for view in found.views] + [obj]
    for less, more in pairwise(forms):
        assert len(encoded(less)) <= len(encoded(more))
        assert less.keys() <= more.keys()
        for name, value in less.items():
            if name != "granular_markings":
                assert _is_within(value, more[name])


def _is_within(less, more):
    """Whether entries or members are all that may be missing."""
    if isinstance(less, dict):
        return all(key in more and more[key] == value for key, value in less.items())
    if isinstance(less, list):
        rest = iter(more)
        return all(any(item == other for other in rest) for item in less)
    return less == more


@given(objects(), st.sampled_from(list(Tlp)))
def test_stricter_marks_hide_more(obj, tlp):
    """With one more part marked, nobody sees more than before."""
    extra = next((path for path in paths(obj) if path.startswith("x_map.")), None)
    if extra is None or any(
        extra in item["selectors"] for item in obj.get("granular_markings", ())
    ):
        return
    more = obj | {"granular_markings": [*obj.get("granular_markings", ()), part(tlp, extra)]}
    before, after = graded(obj), graded(more)
    assert after.tlp >= before.tlp
    for level in Tlp:
        seen, now = _seen(before, level), _seen(after, level)
        if now is not None:
            assert seen is not None
            assert _is_less(now, seen)


def _seen(item, level):
    """What somebody gets who is cleared up to a colour."""
    forms = [form for form in (*item.views, item) if form.tlp <= level]
    return json.loads(forms[-1].raw) if forms else None


def _is_less(now, seen):
    return all(
        _is_within(value, seen[name]) for name, value in now.items() if name != "granular_markings"
    )


def test_samples_are_as_they_say():
    for name, obj in SAMPLES.items():
        assert faults(marked(obj, whole=[GREEN]), "2.1") == [], name
