"""Each warning, on an object that has just this to be warned of, and its near misses."""

import pytest

from hub.stix.advice import MOST
from tests.unit.stix.samples import (
    GREEN,
    LATER,
    MOMENT,
    SHA1,
    UUID,
    accepted,
    indicator,
    observable,
    relationship,
    versioned,
)

TLP_2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
V1 = "1621d4d4-b67d-11e3-9670-f01faf20d111"


def extended(kind):
    return {f"extension-definition--{UUID}": {"extension_type": kind}}


def named(pattern, **changes):
    return indicator(pattern=pattern, **changes)


def marking(**changes):
    return versioned("marking-definition", **({"modified": None, "name": None} | changes))


def tlp(colour, object_id=GREEN):
    extensions = {TLP_2: {"extension_type": "property-extension", "tlp_2_0": colour}}
    return marking(id=object_id, name=f"TLP:{colour.upper()}", extensions=extensions)


WARNED = {
    "custom property": (
        versioned("tool", x_mitre_version="1"),
        "custom-property: x_mitre_version",
    ),
    "custom property of 2.0": (
        versioned("tool", spec_version=None, labels=["remote-access"], x_a=1),
        "custom-property: x_a",
    ),
    "custom property of an observable": (
        observable("url", value="a:b", x_a=1),
        "custom-property: x_a",
    ),
    "property of 2.1 in 2.0": (
        versioned("tool", spec_version=None, labels=["remote-access"], confidence=5),
        "custom-property: confidence",
    ),
    "empty list": (versioned("tool", labels=[]), "empty-list: labels"),
    "empty list of an unknown type": (
        versioned("x-tool", x_a=[], extensions=extended("new-sdo")),
        "empty-list: x_a",
    ),
    "unknown type": (versioned("x-tool"), "unknown-type: x-tool"),
    "unknown type without versions": (observable("x-tool"), "unknown-type: x-tool"),
    "type of 2.1 in 2.0": (versioned("grouping", spec_version=None), "unknown-type: grouping"),
    "observable in 2.0": (observable("file", spec_version="2.0"), "unknown-type: file"),
    "text for a list": (versioned("tool", labels="a"), "list-expected: labels"),
    "list for a text": (versioned("tool", description=["a"]), "string-expected: description"),
    "null for a text": (
        {**versioned("tool"), "description": None},
        "string-expected: description",
    ),
    "list for a word": (
        versioned("identity", identity_class=["group"]),
        "string-expected: identity_class",
    ),
    "text for a number": (versioned("tool", confidence="50"), "integer-expected: confidence"),
    "fraction for an integer": (versioned("tool", confidence=0.5), "integer-expected: confidence"),
    "truth for an integer": (versioned("tool", confidence=True), "integer-expected: confidence"),
    "text for a truth": (versioned("tool", revoked="no"), "boolean-expected: revoked"),
    "text for a fraction": (
        versioned("location", latitude="1", longitude=1.0),
        "number-expected: latitude",
    ),
    "text for hashes": (observable("file", name="a", hashes="x"), "hashes-expected: hashes"),
    "list for extensions": (versioned("tool", extensions=[1]), "dictionary-expected: extensions"),
    "odd timestamp": (indicator(name="a", valid_from="soon"), "timestamp-expected: valid_from"),
    "number for a timestamp": (
        versioned("campaign", first_seen=5),
        "timestamp-expected: first_seen",
    ),
    "many digits": (
        versioned("tool", modified="2026-01-31T08:00:00.1234567Z"),
        "long-fraction: modified",
    ),
    "many digits of an unknown type": (
        versioned("x-a", extensions=extended("new-sdo"), created=MOMENT[:-1] + "0000Z"),
        "long-fraction: created",
    ),
    "many digits elsewhere": (
        versioned("campaign", first_seen="2026-01-31T08:00:00.1234567Z"),
        "long-fraction: first_seen",
    ),
    "word outside of its vocabulary": (
        versioned("tool", tool_types=["remote-access", "foo"]),
        "vocabulary: tool_types=foo",
    ),
    "single word outside": (
        versioned("threat-actor", threat_actor_types=["spy"], sophistication="Expert"),
        "vocabulary: sophistication=Expert",
    ),
    "number for a word": (versioned("tool", tool_types=[5]), "string-expected: tool_types"),
    "no name": (indicator(name=None), "missing-name"),
    "no name where it is required": (versioned("tool", name=None), "missing-name"),
    "required member": (observable("url"), "missing: value"),
    "required member of 2.0": (versioned("tool", spec_version=None), "missing: labels"),
    "UUID of version 1": (versioned("tool", id=f"tool--{V1}"), "uuid-version: 1"),
    "UUID of an object with versions": (
        versioned("tool", id="tool--f1e2d3c4-0000-5000-8000-000000000001"),
        "uuid-version: 5",
    ),
    "UUID of an observable": (
        observable("url", value="a://b", id=f"url--{UUID}"),
        "uuid-version: 4",
    ),
    "bare host": (observable("url", value="example.com/a"), "bare-host: value"),
    "bare host and port": (observable("url", value="localhost:8080/a"), "bare-host: value"),
    "modified before created": (versioned("tool", created=LATER), "modified-before-created"),
    "last before first": (
        versioned("campaign", first_seen=LATER, last_seen=MOMENT),
        "last-before-first: last_seen",
    ),
    "last observed before first": (
        versioned(
            "observed-data",
            name=None,
            first_observed=LATER,
            last_observed=MOMENT,
            number_observed=1,
        ),
        "last-before-first: last_observed",
    ),
    "stop before start": (
        relationship(start_time=LATER, stop_time=MOMENT),
        "last-before-first: stop_time",
    ),
    "end before start": (
        observable("network-traffic", protocols=["tcp"], start=LATER, end=MOMENT),
        "last-before-first: end",
    ),
    "valid until before from": (
        indicator(valid_from=LATER, valid_until=MOMENT),
        "valid-until-before-from",
    ),
    "valid for no time": (indicator(valid_until=MOMENT), "valid-until-before-from"),
    "valid for no time, written twice": (
        indicator(valid_until="2026-01-31T08:00:00Z"),
        "valid-until-before-from",
    ),
    "hash key": (observable("file", hashes={"md5": "0" * 32}), "hash-key: md5"),
    "nested hash key": (
        versioned("tool", external_references=[{"source_name": "a", "hashes": {"SHA1": "0"}}]),
        "hash-key: SHA1",
    ),
    "hash key of 2.1 in 2.0": (
        versioned(
            "tool",
            spec_version=None,
            labels=["credential-exploitation"],
            external_references=[{"source_name": "a", "hashes": {"TLSH": "0"}}],
        ),
        "hash-key: TLSH",
    ),
    "hash key in a pattern": (named(f"[file:hashes.'sha1' = '{SHA1}']"), "hash-key: sha1"),
    "type in a pattern": (named("[app:id = 'a']"), "pattern-path: app:id"),
    "property in a pattern": (named("[file:path = 'a']"), "pattern-path: file:path"),
    "property of 2.0 in a pattern": (named("[process:name = 'a']"), "pattern-path: process:name"),
    "empty reference": (
        versioned("x-a", extensions=extended("new-sdo"), x_b_ref=""),
        "empty-ref: x_b_ref",
    ),
    "TLP of one's own": (marking(name="TLP:BLUE"), "unknown-marking: TLP:BLUE"),
    "TLP under another id": (
        tlp("green", f"marking-definition--{UUID}"),
        "unknown-marking: green",
    ),
    "another colour under a TLP id": (tlp("red"), "unknown-marking: red"),
    "a statement under a TLP id": (
        marking(id=GREEN, definition_type="statement", definition={"statement": "a"}),
        f"unknown-marking: {GREEN}",
    ),
    "old TLP without a colour": (
        marking(definition_type="tlp", definition={}),
        "unknown-marking: None",
    ),
}
SILENT = {
    "a tool": versioned("tool"),
    "a tool of 2.0": versioned(
        "tool", spec_version=None, labels=["credential-exploitation"], name="a"
    ),
    "an integer for a fraction": versioned("location", latitude=1, longitude=2),
    "custom property with its extension": versioned(
        "tool", x_a=1, extensions=extended("toplevel-property-extension")
    ),
    "unknown type with its extension": versioned("x-tool", extensions=extended("new-sdo")),
    "a marking without a name": marking(
        definition_type="statement", definition={"statement": "a"}
    ),
    "a standard TLP marking": tlp("green"),
    "a URL": observable("url", value="https://example.com/"),
    "a URN": observable("url", value="urn:isbn:0451450523"),
    "an observable with its UUID": observable("file", name="a"),
    "a process with UUID version 4": observable("process", id=f"process--{UUID}", pid=1),
    "indicator valid for a day": indicator(valid_until=LATER),
    "seen once": versioned("campaign", first_seen=MOMENT, last_seen=MOMENT),
    "a pattern by the book": named(f"[file:hashes.'SHA-1' = '{SHA1}' OR file:hashes[*] = 'a']"),
    "a process of 2.0 by name": named(
        "[process:name = 'a']",
        spec_version=None,
        pattern_type=None,
        labels=["malicious-activity"],
    ),
    "a pattern in another language": named("title: a", pattern_type="sigma"),
    "an old TLP marking": marking(
        id="marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
        name="TLP:WHITE",
        definition_type="tlp",
        definition={"tlp": "white"},
    ),
}


@pytest.mark.parametrize(("obj", "warning"), WARNED.values(), ids=WARNED)
def test_warns_of(obj, warning):
    assert accepted(obj).warnings == (warning,)


@pytest.mark.parametrize("obj", SILENT.values(), ids=SILENT)
def test_says_nothing_of(obj):
    assert accepted(obj).warnings == ()


def test_says_each_thing_once():
    obj = versioned("tool", tool_types=["foo", "foo"], kill_chain_phases="a", labels="b")
    assert accepted(obj).warnings == (
        "list-expected: kill_chain_phases",
        "list-expected: labels",
        "vocabulary: tool_types=foo",
    )


def test_counts_what_is_too_much():
    obj = versioned("tool", **{f"x_{i:02}": i for i in range(MOST + 5)})
    warnings = accepted(obj).warnings
    assert len(warnings) == MOST + 1
    assert warnings[MOST - 1 :] == ("custom-property: x_19", "more-warnings: 5")


def test_a_warning_is_short_and_printable():
    obj = versioned("tool", **{"x_" + "\u202e" * 5000: []}, tool_types=["\n" * 500])
    for warning in accepted(obj).warnings:
        assert len(warning) < 120
        assert warning.isprintable()


def test_objects_of_one_make_are_judged_by_their_own_values():
    words = ("remote-access", "foo", "remote-access", "bar")
    found = [accepted(versioned("tool", tool_types=[word])).warnings for word in words]
    assert found == [(), ("vocabulary: tool_types=foo",), (), ("vocabulary: tool_types=bar",)]


def test_an_extension_counts_for_its_object_alone():
    plain = versioned("tool", x_a=1, extensions=extended("property-extension"))
    covered = versioned("tool", x_a=1, extensions=extended("toplevel-property-extension"))
    found = [accepted(obj).warnings for obj in (plain, covered, plain)]
    assert found == [("custom-property: x_a",), (), ("custom-property: x_a",)]
