"""Objects that are made of values: right to the letter, found by their value, always the same."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.language.values import detect, read
from hub.model.intake import Item
from hub.model.record import Candidate
from hub.model.search import Term
from hub.model.tlp import Tlp
from hub.stix.check import check, document_of
from hub.stix.compose import MARKING_OF, Making, compose, makes, pattern_of
from hub.stix.literals import values
from hub.stix.pattern import judge
from hub.stix.strict import faults
from tests.fakes import START_US

MAKING = Making(
    seed=uuid.UUID(int=1),
    made_us=START_US,
    creator=f"identity--{uuid.UUID(int=2, version=4)}",
    tlp=Tlp.AMBER,
)


def item_of(field: str, text: str) -> Item:
    key = read(field, text) if field not in {"registry", "mutex"} else text
    assert key, text
    return Item(field, key, text)


ALL = [
    item_of("ip", "198.51.100.7"),
    item_of("ip", "2001:db8::/32"),
    item_of("domain", "evil.example"),
    item_of("url", "http://evil.example/It's\\here"),
    item_of("email", "o'neil@evil.example"),
    item_of("hash", "a" * 64),
    item_of("file", "it's.exe"),
    item_of("cve", "CVE-2026-1234"),
    item_of("attack", "T1566.001"),
    item_of("asn", "64500"),
    item_of("mac", "00:00:5e:00:53:01"),
    item_of("registry", "HKLM\\Software\\It's"),
    item_of("mutex", "Global\\x"),
]


def made(items: list[Item], **changes: Any) -> list[dict[str, Any]]:
    return [
        msgspec.json.decode(raw)
        for raw in compose(msgspec.structs.replace(MAKING, **changes), items)
    ]


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.field)
def test_an_object_is_right_to_the_letter_and_found_by_its_value(item):
    [raw] = compose(MAKING, [item])
    found = check(raw, "")
    assert isinstance(found, Candidate)
    assert faults(msgspec.json.decode(raw), "2.1") == []
    field = "value" if item.field in {"registry", "mutex"} else item.field
    key = read(field, item.value)
    if item.field not in {"cve", "attack"}:
        assert Term(field, key) in document_of(raw).terms


@given(
    st.sampled_from(["url", "file", "registry", "mutex", "email"]),
    st.text(min_size=1, max_size=60).filter(lambda text: "\0" not in text),
)
def test_any_value_comes_back_out_of_its_pattern(field, text):
    pattern = pattern_of(Item(field, text, text))
    verdict = judge(pattern, "2.1")
    assert verdict.ok, verdict.error
    assert [value for _, value in values(pattern, verdict.places)] == [text]


@given(st.from_regex(r"[a-z0-9]{1,10}\.[a-z]{2,5}(/['\\A-Za-z0-9?=%]{0,20})?", fullmatch=True))
def test_a_value_that_is_understood_is_found(text):
    for term in detect(text)[:1]:
        item = Item(term.field, term.key, text)
        if makes(item) and term.field == "url":
            [raw] = compose(MAKING, [item])
            assert {t.key for t in document_of(raw).terms if t.field == "url"} == {
                read("url", text)
            }


def test_the_same_is_made_twice_and_something_else_of_another_draft():
    assert compose(MAKING, ALL) == compose(MAKING, ALL)
    other = msgspec.structs.replace(MAKING, seed=uuid.UUID(int=9))
    ids = {obj["id"] for obj in made(ALL)}
    assert len(ids) == len(ALL)
    assert ids.isdisjoint(msgspec.json.decode(raw)["id"] for raw in compose(other, ALL))


def test_what_is_said_about_them():
    [obj] = made(
        ALL[:1],
        types=("malicious-activity",),
        labels=("a",),
        confidence=0,
        valid_until_us=START_US + 10**9,
    )
    assert obj["indicator_types"] == ["malicious-activity"]
    assert (obj["labels"], obj["confidence"]) == (["a"], 0)
    assert obj["valid_from"] == obj["created"] == obj["modified"]
    assert obj["valid_until"] > obj["valid_from"]
    assert obj["object_marking_refs"] == [MARKING_OF[Tlp.AMBER]]
    assert "valid_until" not in made(ALL[:1], valid_until_us=START_US - 1)[0]


def test_a_report_names_all_of_them():
    *objects, report = made(ALL, title="T", text="words")
    assert report["type"] == "report"
    assert report["object_refs"] == [obj["id"] for obj in objects]
    assert faults(report, "2.1") == []
    assert made([], title="T") == []


def test_an_incident_is_linked_to_all_of_them():
    found = made(
        ALL[:2],
        title="T",
        group="incident",
        sector="energy",
        severity="high",
        since_us=START_US,
    )
    kinds = [obj["type"] for obj in found]
    assert kinds == ["indicator"] * 2 + ["incident", "identity"] + ["relationship"] * 3
    incident = found[2]
    assert incident["labels"] == ["severity:high"]
    assert incident["description"] == "2023-11-14 22:13 UTC"
    ends = [(obj["source_ref"], obj["target_ref"]) for obj in found[4:]]
    assert ends == [
        (incident["id"], found[3]["id"]),
        (found[0]["id"], incident["id"]),
        (found[1]["id"], incident["id"]),
    ]
    assert all(faults(obj, "2.1") == [] for obj in found)


def test_of_some_nothing_can_be_made():
    assert not makes(Item("hash", "ab", "ab"))
    assert not makes(Item("id", "x", "x"))
