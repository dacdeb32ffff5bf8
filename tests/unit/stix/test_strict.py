"""What the lenient gate lets through and a strict collection does not."""

import pytest

from hub.stix.strict import faults
from tests.tools.growth import assert_grows
from tests.unit.stix.samples import (
    GREEN,
    LATER,
    MOMENT,
    RED,
    UUID,
    indicator,
    observable,
    relationship,
    versioned,
)

MARKED = {"object_marking_refs": [GREEN]}
TLP_2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"


def tool(**changes):
    return versioned("tool", **(MARKED | changes))


FINE = {
    "an indicator": indicator(**MARKED),
    "a relationship": relationship(**MARKED),
    "an observable": observable("domain-name", value="example.com", **MARKED),
    "an observable without spec_version": observable(
        "domain-name", value="a.vn", spec_version=None, **MARKED
    ),
    "six digits": tool(modified="2026-01-31T08:00:00.123456Z"),
    "trailing zeros": tool(modified="2026-01-31T08:00:00.100000Z"),
    "a default that is sent": tool(revoked=False),
    "a default of an observable": observable("file", name="a", defanged=False, **MARKED),
    "confidence 0": tool(confidence=0),
    "confidence 100": tool(confidence=100),
    "an integer for a fraction": versioned("location", latitude=10, longitude=106.5, **MARKED),
    "text of Viet Nam": tool(name="Nguyễn", description="Lừa đảo \u2028 \U0001f600"),
    "old TLP": tool(
        object_marking_refs=["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]
    ),
    "TLP beside a statement": tool(object_marking_refs=[f"marking-definition--{UUID}", GREEN]),
    "another TLP for a part": tool(
        granular_markings=[{"marking_ref": RED, "selectors": ["name"]}]
    ),
    "a TLP marking": versioned(
        "marking-definition",
        id=GREEN,
        modified=None,
        name="TLP:GREEN",
        extensions={TLP_2: {"extension_type": "property-extension", "tlp_2_0": "green"}},
    ),
    "a property of an extension": tool(
        x_a=1,
        extensions={
            f"extension-definition--{UUID}": {"extension_type": "toplevel-property-extension"}
        },
    ),
    "a type of an extension": versioned(
        "x-tool",
        extensions={f"extension-definition--{UUID}": {"extension_type": "new-sdo"}},
        **MARKED,
    ),
}
FAULTY = {
    "unknown type": (versioned("x-tool", **MARKED), 'type: "x-tool" is unknown'),
    "unknown property": (tool(x_a=1), "x_a: unknown to STIX 2.1"),
    "a required property": (tool(name=None), "name: missing"),
    "no id": (tool(id=None), "id: it is missing"),
    "no created": (tool(created=None), "created: it is missing"),
    "no modified": (tool(modified=None), "modified: it is missing"),
    "no valid_from": (indicator(valid_from=None, **MARKED), "valid_from: it is missing"),
    "a number for a text": (tool(name=123), "name: 123 has the wrong form"),
    "a text for a number": (tool(confidence="50"), 'confidence: "50" has the wrong form'),
    "truth for a number": (tool(confidence=True), "confidence: true has the wrong form"),
    "a text for truth": (tool(revoked="true"), 'revoked: "true" has the wrong form'),
    "a text for a list": (tool(labels="a"), 'labels: "a" has the wrong form'),
    "an empty list": (tool(labels=[]), "labels: [] has no meaning there"),
    "null": ({**tool(), "description": None}, "description: null has no meaning there"),
    "a nested number": (
        tool(kill_chain_phases=[{"kill_chain_name": "a", "phase_name": 5}]),
        "kill_chain_phases[0].phase_name: 5 has the wrong form",
    ),
    "a hash name": (
        observable("file", hashes={"md5": "0" * 32}, **MARKED),
        'hashes.md5: "00000000000000000000000000000000" has no meaning there',
    ),
    "a hash": (
        observable("file", hashes={"MD5": "5"}, **MARKED),
        "hashes: Invalid value for File",
    ),
    "confidence 101": (tool(confidence=101), "confidence: 101 is outside of 0 to 100"),
    "confidence -1": (tool(confidence=-1), "confidence: -1 is outside of 0 to 100"),
    "modified before created": (tool(created=LATER), "modified: "),
    "a pattern": (indicator(pattern="a", **MARKED), "pattern: Invalid value for Indicator"),
    "an empty pattern": (indicator(pattern="", **MARKED), "the object: "),
    "a reference to a wrong type": (
        relationship(source_ref=f"marking-definition--{UUID}", **MARKED),
        "source_ref: Invalid value for Relationship",
    ),
    "an order of instants": (
        versioned("campaign", first_seen=LATER, last_seen=MOMENT, **MARKED),
        "the object: ",
    ),
    "no TLP": (versioned("tool"), "object_marking_refs: it names no TLP marking"),
    "only a statement": (
        tool(object_marking_refs=[f"marking-definition--{UUID}"]),
        "object_marking_refs: it names no TLP marking",
    ),
    "TLP for a part only": (
        versioned("tool", granular_markings=[{"marking_ref": RED, "selectors": ["name"]}]),
        "object_marking_refs: it names no TLP marking",
    ),
    "two colours": (
        tool(object_marking_refs=[GREEN, RED]),
        "object_marking_refs: it names TLP:GREEN and TLP:RED",
    ),
    "an argument of the parser": (tool(allow_custom=True), "the object: "),
    "another argument": (tool(interoperability=True), "the object: "),
    "a loophole of the parser": (
        tool(custom_properties={"x_a": 1}),
        'custom_properties: {"x_a":1} has no meaning there',
    ),
    "a loophole within": (
        tool(external_references=[{"source_name": "a", "interoperability": True}]),
        "external_references",
    ),
    "extensions that are a list": (tool(extensions=["a"]), "the object: "),
    "an extension that is a text": (tool(extensions={"a": "b"}), "the object: "),
    "an offset": (tool(modified="2026-01-31T15:00:00+07:00"), "modified: "),
    "a lower-case zone": (
        tool(modified="2026-01-31T08:00:00z"),
        'modified: "2026-01-31T08:00:00z" has the wrong form',
    ),
    "STIX 2.1 in 2.0": (
        versioned("grouping", spec_version="2.0", **MARKED),
        'type: "grouping" is unknown',
    ),
    "a list": ([], "it is not a JSON object"),
    "null alone": (None, "it is not a JSON object"),
}


@pytest.mark.parametrize("obj", FINE.values(), ids=FINE)
def test_finds_nothing_in(obj):
    assert faults(obj, "2.1") == []


def test_finds_nothing_in_an_object_of_2_0():
    obj = tool(spec_version=None, labels=["remote-access"])
    assert faults(obj, "2.0") == []


@pytest.mark.parametrize(("obj", "text"), FAULTY.values(), ids=FAULTY)
def test_finds(obj, text):
    stix = obj.get("spec_version", "2.1") if isinstance(obj, dict) else "2.1"
    found = faults(obj, stix)
    assert len(found) == 1, found
    assert found[0].startswith(text)
    assert "; " in found[0], "a way out follows"
    assert len(found[0]) < 500
    assert found[0].isprintable()


def test_finds_several_at_once():
    found = faults(versioned("tool", name=5, confidence=200, created=LATER), "2.1")
    assert [text.split(":")[0] for text in found] == [
        "name",
        "confidence",
        "modified",
        "object_marking_refs",
    ]


def test_leaves_the_object_as_it_is():
    objects = {"0": {"type": "x-a"}, "1": {"type": "file", "name": "a"}}
    obj = versioned("observed-data", objects=objects, name=None, **MARKED)
    before = repr(obj)
    faults(obj, "2.0")
    assert repr(obj) == before


def test_markings_by_the_thousand_end_soon():
    """The package compares each with each, and each of those again."""

    def checking(size):
        markings = [{"marking_ref": RED, "selectors": [f"labels.[{n}]"]} for n in range(size)]
        obj = tool(labels=[str(n) for n in range(size)], granular_markings=markings)
        return lambda: faults(obj, "2.1")

    expected = ["granular_markings: more than 1000 selectors; mark the whole object"]
    assert checking(2000)() == expected
    assert_grows(checking, 2000)


def test_one_marking_with_selectors_by_the_thousand_ends_soon():

    def checking(size):
        chosen = [f"labels.[{n}]" for n in range(size)]
        labels = [str(n) for n in range(50 * size)]
        obj = tool(labels=labels, granular_markings=[{"marking_ref": RED, "selectors": chosen}])
        return lambda: faults(obj, "2.1")

    assert checking(1000)() == []
    assert_grows(checking, 125)


@pytest.mark.parametrize(
    "markings",
    [
        [],
        {},
        ["x"],
        [{"selectors": ["name"]}],
        [{"marking_ref": RED}],
        [{"marking_ref": RED, "selectors": []}],
        [{"marking_ref": RED, "selectors": ["nothing"]}],
        [{"marking_ref": RED, "selectors": ["name.[0]"]}],
        [{"marking_ref": RED, "selectors": ["labels.[1]"]}],
        [{"marking_ref": RED, "selectors": [1]}],
    ],
)
def test_granular_markings_select_something(markings):
    found = faults(tool(labels=["a"], granular_markings=markings), "2.1")
    assert [text.partition(":")[0] for text in found] == ["granular_markings"]
