"""What holds for every object, not only for the samples."""

import json
from contextlib import suppress

from hypothesis import assume, example, given
from hypothesis import strategies as st

from hub.errors import HubError
from hub.model.record import Candidate, Refusal
from hub.stix.check import check
from hub.stix.envelope import split
from hub.stix.strict import faults
from hub.stix.tables import type_table
from hub.stix.terms import MATCH_FIELDS, term
from tests.unit.stix.samples import MOMENT, UUID, indicator, observable, relationship, versioned

TEXT = st.text(max_size=20)
SENDABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
# Values that a STIX object may hold at some place, so that many are right where they stand.
TELLING = st.sampled_from(
    ["2.0", "2.1", "stix", MOMENT, f"tool--{UUID}", "[a:b = 'c']", "", "0", [], {}, 5, -1, True]
)
KNOWN_NAMES = sorted(type_table("2.1", "indicator").properties.keys() | MATCH_FIELDS.keys())
NAMES = st.sampled_from([*KNOWN_NAMES, "x_ref", "x_refs", "hashes", "objects", "allow_custom"])
VALUES = st.recursive(
    st.one_of(SCALARS, TELLING),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(TEXT, NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)
SAMPLES = st.sampled_from(
    [
        indicator(),
        relationship(),
        versioned("tool"),
        versioned("x-tool"),
        versioned("marking-definition"),
        versioned("observed-data", objects={"0": {"type": "file"}}),
        observable("url", value="http://example.com"),
        observable("file", name="a"),
    ]
)
CHANGED = st.builds(
    lambda obj, changes: obj | changes, SAMPLES, st.dictionaries(NAMES, VALUES, max_size=3)
)
ANYTHING = st.one_of(VALUES, CHANGED)


def encoded(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@given(ANYTHING)
@example(versioned("tool", extensions={"a": {"extension_type": []}}))
@example(versioned("tool", spec_version=["2.1"]))
@example({"type": ["tool"]})
def test_every_value_ends_as_a_candidate_or_a_refusal(value):
    raw = encoded(value)
    item = check(raw, "objects[0]")
    if isinstance(item, Refusal):
        assert item.reason.startswith("objects[0]")
        assert len(item.reason) < 600
    else:
        assert item.raw is raw
        assert len(item.warnings) <= 21
        assert all(w.isprintable() and len(w) < 200 for w in item.warnings)
        assert item.terms == "" or item.terms[0] == item.terms[-1] == "\n"


@given(st.binary(max_size=200))
def test_every_byte_string_ends_as_a_candidate_or_a_refusal(raw):
    assert isinstance(check(raw, "here"), Candidate | Refusal)


@given(CHANGED, st.data())
def test_every_cut_or_patched_object_ends_as_a_candidate_or_a_refusal(obj, data):
    raw = bytearray(encoded(obj))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert isinstance(check(bytes(raw), "here"), Candidate | Refusal)


@given(ANYTHING, st.sampled_from(["2.0", "2.1"]))
@example(versioned("tool", extensions="a"), "2.1")
@example({"type": {}}, "2.1")
@example(indicator(pattern=""), "2.1")
@example(indicator(pattern=5), "2.1")
@example(observable("file", hashes={"MD5": 5}), "2.1")
@example(versioned("tool", granular_markings=[{"selectors": 5}]), "2.1")
def test_strict_mode_never_raises(value, stix):
    assert all(type(text) is str and text for text in faults(value, stix))


@given(st.lists(ANYTHING, min_size=1, max_size=4), st.sampled_from([None, 0, 2]))
def test_an_envelope_gives_back_the_bytes_of_its_objects(objects, indent):
    parts = [json.dumps(obj, indent=indent).encode() for obj in objects]
    assert split(b'{"more": false, "objects": [%s]}' % b" ,\n".join(parts)) == parts


@given(st.binary(max_size=60).map(lambda noise: b'{"objects":[{"a":' + noise + b"}]}"))
def test_every_body_is_split_or_refused(body):
    with suppress(HubError):
        assert all(item in body for item in split(body))


def objects_within(value):
    """All objects in a value, the value included."""
    if isinstance(value, dict):
        yield value
    inside = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    for inner in inside:
        yield from objects_within(inner)


@given(CHANGED, st.one_of(TEXT, NAMES), st.data())
def test_a_member_planted_twice_is_found_anywhere(obj, name, data):
    obj = json.loads(json.dumps(obj))
    target = data.draw(st.sampled_from(list(objects_within(obj))))
    assume(name not in target)
    target |= {"\ue001": 1, "\ue002": 2}
    text = json.dumps(obj)
    for marker in ("\\ue001", "\\ue002"):
        text = text.replace(f'"{marker}"', json.dumps(name))
    item = check(text.encode(), "here")
    assert isinstance(item, Refusal)
    # NUL may stand in some other text, and is then named first.
    assert "twice" in item.reason or "U+0000" in item.reason


@given(CHANGED, st.sampled_from([None, 0, 1, "\t"]), st.booleans())
def test_white_space_escapes_and_order_do_not_change_the_digest(obj, indent, escapes):
    item = check(encoded(obj), "here")
    assume(isinstance(item, Candidate))
    turned = dict(reversed(obj.items()))
    again = check(json.dumps(turned, indent=indent, ensure_ascii=escapes).encode(), "here")
    assert (again.digest, again.version_us) == (item.digest, item.version_us)
    assert sorted(again.terms.split("\n")) == sorted(item.terms.split("\n"))


@given(CHANGED, NAMES, VALUES)
def test_other_content_has_another_digest(obj, name, value):
    one, other = check(encoded(obj), "here"), check(encoded(obj | {name: value}), "here")
    assume(isinstance(one, Candidate) and isinstance(other, Candidate))
    same = json.dumps(obj, sort_keys=True) == json.dumps(obj | {name: value}, sort_keys=True)
    assert (one.digest == other.digest) is same


@given(SENDABLE, SENDABLE)
def test_a_value_is_found_by_itself_alone(value, other):
    terms = check(encoded(versioned("tool", name=value)), "here").terms
    assert (f"\n{term('name', other)}\n" in terms) is (term("name", other) == term("name", value))
    assert f"\n{term('name', value)}\n" in terms
