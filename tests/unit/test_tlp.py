"""The Traffic Light Protocol 2.0 of FIRST: five colours, their order and their names."""

import itertools
import re

import pytest

from hub.model.tlp import Tlp

# FIRST Standards Definitions and Usage Guidance, version 2.0 (August 2022), from open to closed.
LABELS = ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]
TEXTS = ["clear", "green", "amber", "amber+strict", "red"]


def test_the_labels_are_those_of_first():
    """Capital letters, no blank before or after the colon."""
    assert [str(tlp) for tlp in Tlp] == LABELS
    assert f"{Tlp.AMBER_STRICT}" == "TLP:AMBER+STRICT"


def test_texts_are_what_is_typed():
    assert [tlp.text for tlp in Tlp] == TEXTS


def test_a_greater_one_is_stricter():
    assert all(one < other for one, other in itertools.pairwise(Tlp))
    assert max(Tlp.GREEN, Tlp.AMBER_STRICT, Tlp.AMBER) is Tlp.AMBER_STRICT


def test_the_numbers_are_stored_and_never_change():
    assert [int(tlp) for tlp in Tlp] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("tlp", list(Tlp))
def test_every_spelling_is_read_back(tlp):
    for text in (tlp.text, str(tlp), tlp.name, tlp.text.title(), str(tlp).lower()):
        assert Tlp.named(text) is tlp, text


@pytest.mark.parametrize("text", ["white", "WHITE", "TLP:WHITE", "tlp:white"])
def test_white_of_tlp_1_is_clear(text):
    assert Tlp.named(text) is Tlp.CLEAR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "TLP:",
        "TLP:TLP:RED",
        "TLP: RED",
        " red",
        "red ",
        "TLP-RED",
        "amber-strict",
        "amber strict",
        "strict",
        "0",
        "4",
        "blue",
        "r\u00e9d",
        "\uff32\uff25\uff24",
        "__members__",
        "named",
        "mro",
    ],
)
def test_nothing_else_is_a_colour(text):
    with pytest.raises(ValueError, match=rf"^{re.escape(text)}$"):
        Tlp.named(text)
