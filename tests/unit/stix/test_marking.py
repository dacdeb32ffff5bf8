"""TLP 1.0 (STIX 2.1 section 7.2.1.4) and TLP 2.0 (OASIS common objects)."""

import pytest
import stix2

from hub.model.tlp import Tlp
from hub.stix.marking import COLOUR_OF, object_tlp, tlp_of
from tests.unit.stix.samples import GREEN, RED, UUID, versioned

WHITE = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
STATEMENT = f"marking-definition--{UUID}"


def marked(*refs, parts=None):
    granular = parts and [{"marking_ref": ref, "selectors": ["name"]} for ref in parts]
    return versioned("tool", object_marking_refs=list(refs), granular_markings=granular)


CARRIED = {
    "nothing": (versioned("tool"), set()),
    "a statement": (marked(STATEMENT), set()),
    "old white": (marked(WHITE), {Tlp.CLEAR}),
    "both names of one colour": (marked(WHITE, CLEAR), {Tlp.CLEAR}),
    "one among others": (marked(STATEMENT, RED), {Tlp.RED}),
    "two": (marked(GREEN, RED), {Tlp.GREEN, Tlp.RED}),
    "one for a part": (marked(parts=[RED]), {Tlp.RED}),
    "one for all and one for a part": (
        marked(GREEN, parts=[RED, STATEMENT]),
        {Tlp.GREEN, Tlp.RED},
    ),
    "a language for a part": (versioned("tool", granular_markings=[{"lang": "vi"}]), set()),
    "refs that are a text": (versioned("tool", object_marking_refs=RED), set()),
    "refs that are no texts": (versioned("tool", object_marking_refs=[5, [RED], None]), set()),
    "parts that are no objects": (versioned("tool", granular_markings=[RED, 5]), set()),
    "parts that are a text": (versioned("tool", granular_markings="a"), set()),
}


@pytest.mark.parametrize(("obj", "colours"), CARRIED.values(), ids=CARRIED)
def test_finds_the_colours_an_object_carries(obj, colours):
    assert tlp_of(obj) == colours


def test_the_whole_object_is_told_from_its_parts():
    assert object_tlp(marked(GREEN, parts=[RED])) == {Tlp.GREEN}


@pytest.mark.parametrize("name", ["WHITE", "GREEN", "AMBER", "RED"])
def test_the_ids_of_tlp_1_are_those_of_stix2(name):
    assert COLOUR_OF[getattr(stix2, f"TLP_{name}").id] is Tlp.named(name)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("red", Tlp.RED),
        ("TLP:Amber+Strict", Tlp.AMBER_STRICT),
        ("WHITE", Tlp.CLEAR),
        ("clear", Tlp.CLEAR),
    ],
)
def test_reads_colours_in_any_spelling(text, colour):
    assert Tlp.named(text) is colour


@pytest.mark.parametrize("text", ["", "blue", "tlp", "TLP:", "amber strict", "clearwhite"])
def test_knows_no_other_colour(text):
    with pytest.raises(ValueError, match=f"^{text}$"):
        Tlp.named(text)
