"""TAXII 2.1 Interoperability, section 3.13: what the extended match filters see."""

import re

import pytest

from hub.stix.terms import MATCH_FIELDS, Kind, number, parse, term
from tests.unit.stix.samples import (
    GREEN,
    LATER,
    MOMENT,
    RED,
    SHA1,
    UUID,
    accepted,
    indicator,
    observable,
    relationship,
    versioned,
)

MOMENT_US = 1_769_846_400_000_000
ME = f"identity--{UUID}"

WRITTEN = {
    "a text": (versioned("tool", name="Máy quét"), {"name=Máy quét"}),
    "case": (versioned("tool", name="ABC"), {"name=ABC"}),
    "an equals sign": (versioned("tool", name="a=b"), {"name=a=b"}),
    "line feeds": (versioned("tool", name="a\r\nname=b\n"), {"name=a  name=b "}),
    "an integer": (versioned("tool", confidence=50), {"confidence=50"}),
    "a negative integer": (observable("autonomous-system", number=-5), {"number=-5"}),
    "a list": (versioned("tool", labels=["a", "b"]), {"labels=a", "labels=b"}),
    "a text in place of a list": (versioned("tool", labels="a"), {"labels=a"}),
    "a list in place of a text": (versioned("tool", name=["a", 5, {}]), {"name=a", "name=5"}),
    "not revoked": (versioned("tool"), {"revoked=false"}),
    "revoked": (versioned("tool", revoked=True), {"revoked=true"}),
    "revoked by a text": (versioned("tool", revoked="true"), {"revoked=false"}),
    "instants": (
        indicator(valid_until=LATER),
        {f"valid_from={MOMENT_US}", f"valid_until={MOMENT_US + 86_400_000_000}"},
    ),
    "a hash": (
        observable("file", hashes={"SHA-1": SHA1, "MD5": "0"}),
        {term("SHA-1", SHA1), "MD5=0"},
    ),
    "deep": (
        observable("file", extensions={"windows-pebinary-ext": {"pe_type": "exe"}}),
        {"pe_type=exe"},
    ),
    "deep in lists": (
        versioned("tool", external_references=[{"source_name": "cve", "external_id": "CVE-1"}]),
        {"source_name=cve", "external_id=CVE-1"},
    ),
    "inside of observed-data": (
        versioned(
            "observed-data",
            objects={"0": {"type": "file", "hashes": {"MD5": "0"}, "parent_directory_ref": "1"}},
        ),
        {"MD5=0"},
    ),
    "references": (
        relationship(source_ref=ME, object_marking_refs=[GREEN], x_a={"b_refs": [RED]}),
        {
            term("relationships-all", ME),
            term("relationships-all", f"malware--{UUID}"),
            term("relationships-all", GREEN),
            term("relationships-all", RED),
            "tlp=green",
        },
    ),
    "references inside of observed-data": (
        versioned("observed-data", objects={"0": {"type": "x-a", "x_ref": ME}}),
        {term("relationships-all", ME)},
    ),
    "white": (
        versioned(
            "tool",
            object_marking_refs=["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"],
        ),
        {"tlp=clear"},
    ),
}
NOT_WRITTEN = {
    "other properties": (versioned("tool", description="a"), "description"),
    "the name of something within": (versioned("tool", x_a={"name": "b"}), "name=b"),
    "a deep one at the top": (versioned("tool", source_name="a"), "source_name"),
    "a fraction": (versioned("tool", confidence=0.5), "confidence"),
    "null": ({**versioned("tool"), "context": None}, "context"),
    "an object": (versioned("tool", context={"a": "b"}), "context"),
    "an odd instant": (indicator(valid_until="soon"), "valid_until"),
    "revoked of an observable": (observable("file"), "revoked"),
    "revoked of a marking": (versioned("marking-definition", modified=None), "revoked"),
    "a local key": (
        versioned("observed-data", objects={"0": {"parent_directory_ref": "1"}}),
        "relationships-all",
    ),
    "an empty reference": (versioned("tool", x_a_ref=""), "relationships-all"),
    "a line of the sender's own": (versioned("tool", name="a\nconfidence=99\n"), "\nconfidence"),
}


def lines_of(obj):
    terms = accepted(obj).terms
    assert terms.startswith("\n")
    assert terms.endswith("\n")
    return terms[1:-1].split("\n")


@pytest.mark.parametrize(("obj", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_writes(obj, expected):
    lines = lines_of(obj)
    assert expected <= set(lines)
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(("obj", "text"), NOT_WRITTEN.values(), ids=NOT_WRITTEN)
def test_does_not_write(obj, text):
    assert text not in accepted(obj).terms


def test_an_object_without_terms_has_an_empty_text():
    assert accepted(observable("file")).terms == ""


def test_what_has_versions_may_be_revoked_whatever_its_type():
    assert "\nrevoked=false\n" in accepted(versioned("x-tool")).terms
    assert "revoked" not in accepted(observable("x-tool")).terms


def test_a_long_value_is_found_by_its_whole_text():
    text = "[file:name = '%s']" % ("ấ" * 200)
    terms = accepted(indicator(pattern=text)).terms
    line = term("pattern", text)
    assert f"\n{line}\n" in terms
    assert len(line) < 60
    assert term("pattern", text + " ") != line


def test_the_longest_plain_value_has_24_characters():
    assert term("name", "a" * 24) == "name=" + "a" * 24
    assert term("name", "a" * 25).startswith("name=#")


PARSED = {
    ("name", "a,b"): "a,b",
    ("confidence", "050"): 50,
    ("number-gte", "-3"): -3,
    ("src_port-lte", "9223372036854775807"): 2**63 - 1,
    ("revoked", "false"): "false",
    ("tlp", "TLP:WHITE"): "clear",
    ("tlp", "amber+strict"): "amber+strict",
    ("valid_from-lte", MOMENT): MOMENT_US,
    ("modified-gte", "2026-01-31T08:00:00Z"): MOMENT_US,
}
UNPARSED = [
    ("confidence", "fifty"),
    ("confidence", "5.0"),
    ("confidence", " 5"),
    ("confidence", "1_0"),
    ("confidence", "\u0665"),
    ("confidence", "--5"),
    ("confidence", "9223372036854775808"),
    ("confidence", "9" * 5000),
    ("revoked", "False"),
    ("revoked", "1"),
    ("tlp", "blue"),
    ("valid_until-gte", "2026-01-31"),
    ("modified-lte", "yesterday"),
]


@pytest.mark.parametrize(("query", "value"), PARSED.items())
def test_reads_the_value_of_a_filter(query, value):
    assert parse(*query) == value


@pytest.mark.parametrize(("field", "text"), UNPARSED)
def test_refuses_what_is_no_value_of_the_field(field, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        parse(field, text)


def test_a_filter_and_an_object_write_the_same_line():
    obj = versioned("tool", name="Máy\nquét", confidence=50, revoked=True)
    terms = accepted(obj).terms
    for field, text in (("name", "Máy\nquét"), ("confidence", "50"), ("revoked", "true")):
        assert f"\n{term(field, parse(field, text))}\n" in terms


def test_numbers_are_read_back():
    terms = accepted(indicator(confidence=50, number="x")).terms
    assert number(terms, "confidence") == 50
    assert number(terms, "valid_from") == MOMENT_US
    assert number(terms, "number") is None
    assert number(terms, "src_port") is None
    assert number("", "confidence") is None


def test_there_are_70_fields():
    kinds = {kind: sum(k is kind for k in MATCH_FIELDS.values()) for kind in Kind}
    assert kinds == {
        Kind.STRING: 17 + 16 + 18 + 1,
        Kind.INTEGER: 4 * 3,
        Kind.BOOLEAN: 1,
        Kind.TLP: 1,
        Kind.TIMESTAMP: 3 * 2,
    }
