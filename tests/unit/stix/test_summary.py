"""Facts: all that an object says, in order, whatever its shape."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.stix.naming import title_of
from hub.stix.summary import MOST, Kind, Reference, facts, flattened
from hub.stix.tables import type_table
from tests.unit.stix.samples import MOMENT, indicator, versioned


def of(obj: dict[str, Any]) -> dict[str, Any]:
    return {fact.name: fact for fact in facts(obj)}


def test_an_indicator():
    found = of(
        indicator(
            indicator_types=["malicious-activity"],
            kill_chain_phases=[{"kill_chain_name": "mitre-attack", "phase_name": "impact"}],
            external_references=[{"source_name": "blog", "url": "javascript:x"}],
            created_by_ref="identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            confidence=80,
            revoked=True,
        )
    )
    assert found["pattern"].kind is Kind.PATTERN
    assert found["indicator_types"].values == (("indicator-type-ov", "malicious-activity"),)
    assert found["kill_chain_phases"].values == (("mitre-attack", "impact"),)
    assert found["external_references"].values == (Reference("blog", "", "javascript:x", ""),)
    assert found["created_by_ref"].kind is Kind.REF
    assert found["confidence"].values == (80,)
    assert found["revoked"].values == (True,)
    assert found["valid_from"].values == (1769846400000000,)
    assert {"type", "id", "spec_version"}.isdisjoint(found)


def test_name_first_record_keeping_then_what_is_somebodys_own():
    obj = versioned("malware", x_own=1, description="d", is_family=True, labels=["a"])
    names = [fact.name for fact in facts(obj)]
    assert names == ["name", "description", "is_family", "labels", "created", "modified", "x_own"]
    assert [fact.name for fact in facts(obj) if not fact.known] == ["x_own"]


@pytest.mark.parametrize(
    ("obj", "name", "kind", "values"),
    [
        ({"type": "ipv4-addr", "value": "192.0.2.1"}, "value", Kind.VALUE, (("ip", "192.0.2.1"),)),
        (
            {"type": "autonomous-system", "number": 64500},
            "number",
            Kind.VALUE,
            (("asn", "64500"),),
        ),
        (
            {"type": "file", "hashes": {"MD5": "a", "x": "b"}},
            "hashes",
            Kind.HASHES,
            (("MD5", "a"), ("x", "b")),
        ),
        (
            {"type": "threat-actor", "roles": ["agent"]},
            "roles",
            Kind.WORD,
            (("threat-actor-role-ov", "agent"),),
        ),
        ({"type": "identity", "roles": ["CERT"]}, "roles", Kind.TEXT, ("CERT",)),
        ({"type": "x-own", "a_refs": ["tool--1"]}, "a_refs", Kind.REF, ("tool--1",)),
        ({"type": "x-own", "a": {"b": [1]}}, "a", Kind.NESTED, (("b[0]", "1"),)),
        ({"type": "malware", "is_family": "yes"}, "is_family", Kind.TEXT, ("yes",)),
        ({"type": "malware", "first_seen": "soon"}, "first_seen", Kind.TEXT, ("soon",)),
        ({"type": "malware", "aliases": {"a": 1}}, "aliases", Kind.NESTED, (("a", "1"),)),
        ({"type": "file", "hashes": ["a"]}, "hashes", Kind.NESTED, (("[0]", "a"),)),
        (
            {"type": "tool", "kill_chain_phases": [{"phase_name": 1}]},
            "kill_chain_phases",
            Kind.NESTED,
            (("[0].phase_name", "1"),),
        ),
    ],
)
def test_kinds_and_odd_shapes(obj, name, kind, values):
    fact = of(obj)[name]
    assert (fact.kind, fact.values) == (kind, values)


def test_long_lists_say_how_many_there_are_beyond():
    fact = of(versioned("report", object_refs=[f"tool--{n}" for n in range(10_000)]))[
        "object_refs"
    ]
    assert (len(fact.values), fact.more) == (MOST, 10_000 - MOST)
    nested = of({"type": "x-own", "a": {"b": list(range(10_000))}})["a"]
    assert (len(nested.values), nested.more) == (MOST, None)


def test_deep_values_need_no_stack():
    deep: Any = "end"
    for _ in range(3000):
        deep = [deep]
    assert flattened(deep)[0][0][1] == "end"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
KNOWN = sorted(type_table("2.1", "malware").properties)


@given(
    st.dictionaries(st.sampled_from(KNOWN) | st.text(), JSON), st.sampled_from(["malware", "x-a"])
)
def test_any_object_has_facts_and_none_is_left_out(members, kind):
    obj = {**members, "type": kind}
    shown = {fact.name for fact in facts(obj)}
    hidden = {"type", "id", "spec_version", "object_marking_refs", "granular_markings", "defanged"}
    assert shown == set(obj) - hidden
    assert isinstance(title_of(obj), str)
    json.dumps([fact.values for fact in facts(obj)])


def test_titles():
    assert title_of({"type": "file", "hashes": {"MD5": "abc"}}) == "abc"
    assert title_of({"type": "autonomous-system", "number": 64500}) == "AS64500"
    assert title_of({"type": "note", "content": "c", "abstract": "a"}) == "a"
    assert title_of({"type": "x", "name": 5}) == ""
    assert MOMENT
