"""What the gate refuses, and what it lets through in spite of appearances."""

import re

import pytest

from hub.model.clock import parse_us
from hub.model.record import UNVERSIONED, Candidate, Refusal
from hub.stix.check import Limits, check
from tests.unit.stix.samples import (
    LATER,
    MOMENT,
    UUID,
    accepted,
    encoded,
    indicator,
    judged,
    observable,
    relationship,
    versioned,
)

LEGACY = {"spec_version": None, "pattern_type": None, "labels": ["malicious-activity"]}

REFUSED = {
    "not an object": ([1], "", "[1] is not a JSON object"),
    "a text": ("x" * 200, "", "is not a JSON object"),
    "null": (None, "", "null is not a JSON object"),
    "no type": (versioned("tool", type=None), "type", "missing"),
    "type is a number": (versioned("tool", type=7), "type", "7 is no type name"),
    "type is a list": (versioned("tool", type=["tool"]), "type", "is no type name"),
    "type in capitals": (versioned("Tool"), "type", '"Tool" is no type name'),
    "type with an underscore": (versioned("x_tool"), "type", "is no type name"),
    "short type": (versioned("ab"), "type", "is no type name"),
    "long type": (versioned("a" * 251), "type", "is no type name"),
    "type with a line feed": (versioned("tool\n"), "type", "is no type name"),
    "a bundle inside": (observable("bundle"), "type", "a bundle is not an object"),
    "no id": (versioned("tool", id=None), "id", "missing"),
    "id is a number": (versioned("tool", id=5), "id", "5 is no id of the type tool"),
    "id without a UUID": (versioned("tool", id="tool--"), "id", "is no id of the type tool"),
    "id with half a UUID": (versioned("tool", id=f"tool--{UUID[:30]}"), "id", "is no id"),
    "id of another type": (
        versioned("tool", id=f"malware--{UUID}"),
        "id",
        "is no id of the type tool",
    ),
    "id of a longer type": (
        versioned("tool", id=f"x-tool--{UUID}"),
        "id",
        "is no id of the type tool",
    ),
    "id with a line feed": (versioned("tool", id=f"tool--{UUID}\n"), "id", "is no id"),
    "version of STIX": (versioned("tool", spec_version="2.2"), "spec_version", '"2.2" is not'),
    "version of STIX as number": (versioned("tool", spec_version=2.1), "spec_version", "2.1 is"),
    "version of STIX as list": (versioned("tool", spec_version=["2.1"]), "spec_version", "is not"),
    "no created": (versioned("tool", created=None), "created", "missing"),
    "no modified": (versioned("tool", modified=None), "modified", "missing"),
    "neither": (versioned("tool", created=None, modified=None), "created", "missing"),
    "neither, nor a version": (
        versioned("tool", created=None, modified=None, spec_version=None),
        "created",
        "missing",
    ),
    "a marking without created": (
        versioned("marking-definition", created=None, modified=None),
        "created",
        "missing",
    ),
    "a relationship without modified": (relationship(modified=None), "modified", "missing"),
    "custom with modified only": (versioned("x-tool", created=None), "created", "missing"),
    "custom with created only": (versioned("x-tool", modified=None), "modified", "missing"),
    "created is a number": (versioned("tool", created=5), "created", "5 is not a UTC timestamp"),
    "created is null": (
        {**versioned("tool"), "created": None},
        "created",
        "null is not a UTC timestamp",
    ),
    "day 101": (versioned("tool", created="2022-101-27T13:49:54.326Z"), "created", "2022-101-27T"),
    "30 February": (versioned("tool", modified="2026-02-30T08:00:00Z"), "modified", "2026-02-30"),
    "29 February 2026": (versioned("tool", modified="2026-02-29T08:00:00Z"), "modified", "RFC"),
    "hour 24": (versioned("tool", modified="2026-01-31T24:00:00Z"), "modified", "RFC 3339"),
    "an offset": (versioned("tool", modified="2026-01-31T08:00:00+07:00"), "modified", "RFC 3339"),
    "no zone": (versioned("tool", modified="2026-01-31T08:00:00"), "modified", "RFC 3339"),
    "only a date": (versioned("tool", modified="2026-01-31"), "modified", "RFC 3339"),
    "an endless fraction": (
        versioned("tool", modified=MOMENT[:-1] + "0" * 50 + "Z"),
        "modified",
        "is not a UTC timestamp",
    ),
    "a lower-case z": (versioned("tool", modified="2026-01-31T08:00:00z"), "modified", "RFC 3339"),
    "an observable with a bad modified": (
        observable("file", modified="x"),
        "modified",
        "RFC 3339",
    ),
    "a reference is a text": (
        versioned("tool", created_by_ref="ministry"),
        "created_by_ref",
        "id",
    ),
    "a reference is null": (
        {**versioned("tool"), "created_by_ref": None},
        "created_by_ref",
        "null is not an id",
    ),
    "a reference is a list": (versioned("tool", x_one_ref=[f"tool--{UUID}"]), "x_one_ref", "id"),
    "a reference is an object": (versioned("tool", x_one_ref={}), "x_one_ref", "{} is not an id"),
    "a known reference is empty": (versioned("tool", created_by_ref=""), "created_by_ref", "id"),
    "one of the references": (
        versioned("report", object_refs=[f"tool--{UUID}", "tool"]),
        "object_refs",
        '"tool" is not an id',
    ),
    "references are an object": (versioned("report", object_refs={}), "object_refs", "not an id"),
    "a nested reference": (
        versioned("tool", x_more={"a": [{"b_ref": "nobody"}]}),
        "b_ref",
        '"nobody" is not an id',
    ),
    "a reference outside of observed-data.objects": (
        versioned("observed-data", objects={"0": {"type": "file"}}, created_by_ref="0"),
        "created_by_ref",
        "not an id",
    ),
    "a relationship without a source": (relationship(source_ref=None), "source_ref", "missing"),
    "a relationship without a target": (relationship(target_ref=None), "target_ref", "missing"),
    "a relationship of no type": (
        relationship(relationship_type=None),
        "relationship_type",
        "missing",
    ),
    "a relationship of an empty type": (
        relationship(relationship_type=""),
        "relationship_type",
        '"" is no text',
    ),
    "a relationship of 2.0 without a target": (
        relationship(spec_version=None, target_ref=None),
        "target_ref",
        "missing",
    ),
    "a sighting of nothing": (versioned("sighting"), "sighting_of_ref", "missing"),
    "an indicator without a pattern": (indicator(pattern=None), "pattern", "missing"),
    "an empty pattern": (indicator(pattern=""), "pattern", '"" is no text'),
    "a pattern that is a list": (indicator(pattern=["[a:b=1]"]), "pattern", "is no text"),
    "no pattern_type": (indicator(pattern_type=None), "pattern_type", "missing"),
    "no valid_from": (indicator(valid_from=None), "valid_from", "missing"),
    "a pattern that does not parse": (
        indicator(pattern="[file:name = ]"),
        "pattern",
        "is not a STIX 2.1 pattern (Error found at line 1:13.",
    ),
    "a pattern with an operator of 2.0": (
        indicator(pattern="[file:name = 'a'] REPEATS 2 TIMES REPEATS 2 TIMES"),
        "pattern",
        "is not a STIX 2.1 pattern (Duplicate qualifier",
    ),
    "a pattern of 2.0 that does not parse": (
        indicator(**LEGACY, pattern="file:name = 'a'"),
        "pattern",
        "is not a STIX 2.0 pattern",
    ),
    "NUL": (versioned("tool", description="a\0b"), "description", "U+0000"),
    "NUL in depth": (versioned("tool", x_a=[{"b": ["\0"]}]), "x_a", "U+0000"),
    "NUL in a name": (versioned("tool", **{"x_\0": 1}), "x_", "U+0000"),
    "65 levels": (versioned("tool", x_a=eval("[" * 64 + "]" * 64)), "", "more than 64 levels"),
}
ACCEPTED = {
    "an indicator": indicator(),
    "a sighting": versioned("sighting", sighting_of_ref=f"indicator--{UUID}"),
    "any UUID": versioned("tool", id="tool--00000000-0000-0000-0000-000000000000"),
    "a UUID in capitals": versioned("tool", id=f"tool--{UUID.upper()}"),
    "a type with hyphens at the ends": versioned("-tool-"),
    "a type with two hyphens": versioned("x--tool"),
    "an observable without anything": observable("file"),
    "a custom type without versions": observable("x-wallet"),
    "a custom type with versions": versioned("x-wallet"),
    "modified before created": versioned("tool", created=LATER),
    "an empty reference of one's own": versioned("tool", x_old_ref="", x_old_refs=[""]),
    "references as a text": versioned("report", object_refs=f"tool--{UUID}"),
    "no references": versioned("report", object_refs=[]),
    "local keys": versioned(
        "observed-data",
        spec_version=None,
        objects={"0": {"type": "file", "parent_directory_ref": "1"}, "1": {"type": "directory"}},
    ),
    "a pattern in another language": indicator(pattern="rule a {", pattern_type="yara"),
    "a legacy indicator": indicator(**LEGACY),
    "a pattern in the language of 2.0": indicator(
        pattern="[file:name = 'a'] REPEATS 2 TIMES REPEATS 2 TIMES",
        pattern_version="2.0",
    ),
    "a backslash before u0000": versioned("tool", description="\\u0000"),
    "a leap second": versioned("tool", modified="2016-12-31T23:59:60Z"),
    "64 levels": versioned("tool", x_a=eval("[" * 63 + "]" * 63)),
    "many brackets": versioned("tool", x_a=[[]] * 500, description="{[" * 500),
}


@pytest.mark.parametrize(("obj", "field", "problem"), REFUSED.values(), ids=REFUSED)
def test_refuses(obj, field, problem):
    item = judged(obj)
    assert isinstance(item, Refusal)
    place = f"objects[3].{field}" if field else "objects[3]"
    assert item.reason.startswith(place)
    assert problem in item.reason
    assert "; " in item.reason, "a way out follows"
    assert len(item.reason) < 500


@pytest.mark.parametrize("obj", ACCEPTED.values(), ids=ACCEPTED)
def test_accepts(obj):
    assert accepted(obj).raw == encoded(obj)


RAW = {
    "twins": (b'{"type":"tool","type":"tool"}', "objects[3].type: it is named twice"),
    "twins in depth": (b'{"a":[{"b":{"c":1,"c":1}}]}', "objects[3].c: it is named twice"),
    "twins behind an escape": (
        b'{"a\\u003a":1,"a\\u003A":2,"b":"::"}',
        "objects[3].a:: it is named twice",
    ),
    "NaN": (b'{"a":NaN}', "objects[3]: NaN is not a JSON number"),
    "Infinity": (b'{"a":[-Infinity]}', "objects[3]: -Infinity is not a JSON number"),
    "a huge number": (b'{"a":1e999}', "objects[3]: it is not valid JSON (Number out of range)"),
    "a lone surrogate": (b'{"a":["\\ud800"]}', "objects[3].a: it holds half a surrogate pair"),
    "a reversed pair": (b'{"a":"\\udc00\\ud800"}', "objects[3].a: it holds half a surrogate"),
    "a surrogate in UTF-8": (b'{"a":"\xed\xa0\x80"}', "objects[3]: it is not UTF-8 at byte 6"),
    "Latin-1": (b'{"a":"\xe9"}', "objects[3]: it is not UTF-8 at byte 6"),
    "a tab": (b'{"a":"\t"}', "objects[3]: it is not valid JSON"),
    "cut off": (b'{"a":1', "objects[3]: it is not valid JSON (Input data was truncated)"),
    "a list with NaN": (b"[NaN]", "objects[3]: NaN is not"),
    "many digits": (b'{"a":' + b"9" * 5000 + b"}", "objects[3]: it is not valid JSON"),
    "a hundred thousand levels": (b"[" * 100_000 + b"]" * 100_000, "more than 64 levels deep"),
    "nothing": (b"", "objects[3]: it is not valid JSON"),
}


@pytest.mark.parametrize(("raw", "reason"), RAW.values(), ids=RAW)
def test_refuses_bytes_that_are_no_strict_json(raw, reason):
    item = check(raw, "objects[3]")
    assert isinstance(item, Refusal)
    assert reason in item.reason


def test_a_timestamp_is_refused_in_full_words():
    item = judged(versioned("tool", modified="2022-101-27T13:49:54.326Z"))
    assert item.reason == (
        'objects[3].modified: "2022-101-27T13:49:54.326Z" is not a UTC timestamp (RFC 3339); '
        "write it like 2026-01-31T08:00:00.000Z"
    )


def test_a_refusal_echoes_id_and_version():
    item = judged(indicator(pattern=None))
    assert item[:2] == (f"indicator--{UUID}", MOMENT)


@pytest.mark.parametrize("odd", [5, None, [], "", "x" * 301, "a\nb", "a\u202eb"])
def test_a_refusal_echoes_nothing_odd(odd):
    item = judged({"type": "tool", "id": odd, "modified": odd})
    assert item[:2] == ("unknown", "unknown")


def test_a_refusal_echoes_what_no_strict_parser_reads():
    raw = encoded({"type": "tool", "id": f"tool--{UUID}", "created": MOMENT, "a": 0.5})
    assert check(raw.replace(b"0.5", b"NaN"), "here")[:2] == (f"tool--{UUID}", MOMENT)


def test_a_reason_shows_little_of_a_long_value():
    item = judged(versioned("tool", modified="\u202e" + "9" * 5000))
    assert len(item.reason) < 250
    assert item.reason.isprintable()


def test_the_size_counts_in_bytes():
    raw = encoded(versioned("tool", description="ấ" * 100))
    assert isinstance(check(raw, "x", Limits(object_bytes=len(raw))), Candidate)
    item = check(raw, "x", Limits(object_bytes=len(raw) - 1))
    assert item.reason == f"x: it is larger than {len(raw) - 1} bytes; send a smaller object"


def test_the_depth_can_be_set():
    obj = versioned("tool", x_a=[[1]])
    assert isinstance(check(encoded(obj), "x", Limits(depth=3)), Candidate)
    assert "more than 2 levels" in check(encoded(obj), "x", Limits(depth=2)).reason


STIX_VERSIONS = {
    "it says 2.1": (versioned("tool"), "2.1"),
    "it says 2.0": (versioned("tool", spec_version="2.0"), "2.0"),
    "an observable that says 2.0": (observable("file", spec_version="2.0"), "2.0"),
    "an object with versions": (versioned("tool", spec_version=None), "2.0"),
    "a marking": (versioned("marking-definition", spec_version=None, modified=None), "2.0"),
    "an observable": (observable("file", spec_version=None), "2.1"),
    "an observable with a timestamp": (
        observable("file", spec_version=None, created=MOMENT),
        "2.1",
    ),
    "an unknown type without versions": (observable("x-wallet", spec_version=None), "2.1"),
    "an unknown type with versions": (versioned("x-wallet", spec_version=None), "2.0"),
}


@pytest.mark.parametrize(("obj", "stix"), STIX_VERSIONS.values(), ids=STIX_VERSIONS)
def test_finds_the_version_of_stix(obj, stix):
    assert accepted(obj).stix == stix


VERSIONS = {
    "modified": (versioned("tool", modified=LATER), LATER),
    "created of a marking": (versioned("marking-definition", modified=None), MOMENT),
    "modified of an observable": (observable("file", modified=LATER), LATER),
    "created of an observable": (observable("file", created=LATER), LATER),
    "no timestamp": (observable("file"), UNVERSIONED),
    "no fraction": (versioned("tool", modified="2026-01-31T08:00:00Z"), "2026-01-31T08:00:00Z"),
}


@pytest.mark.parametrize(("obj", "version"), VERSIONS.values(), ids=VERSIONS)
def test_the_version_is_a_text_of_the_object(obj, version):
    item = accepted(obj)
    assert (item.version, item.version_us) == (version, parse_us(version))


def test_a_candidate_names_its_object():
    item = accepted(indicator())
    assert (item.object_id, item.type) == (f"indicator--{UUID}", "indicator")
    assert len(item.digest) == 16


def test_white_space_escapes_and_order_do_not_count_as_content():
    plain = encoded(indicator(description="a/ấ"))
    other = re.sub(rb", ", b" ,\n\t", plain).replace(b"a/", b"\\u0061\\/")
    turned = encoded(dict(reversed(indicator(description="a/ấ").items())))
    digests = {check(raw, "x").digest for raw in (plain, other, turned)}
    assert len({plain, other, turned}) == 3
    assert len(digests) == 1
