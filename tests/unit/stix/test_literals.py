"""The values of a pattern are those of a slow, direct reading by the OASIS parser."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stix2patterns.inspector import INDEX_STAR
from stix2patterns.v20.pattern import Pattern as Pattern20
from stix2patterns.v21.pattern import Pattern as Pattern21

from hub.stix.literals import Sense, unescaped, values
from hub.stix.pattern import grammar, judge
from tests.unit.stix.test_pattern import CASES

_SET = re.compile(r"[tbh]?'(?:[^'\\]|\\.)*'|[^(),\s]+", re.DOTALL)
_WANTED = {"=": "is", "==": "is", "IN": "is", "ISSUBSET": "is", "ISSUPERSET": "is", "LIKE": "like"}


def slow(pattern, stix):
    """The values that the inspector of the OASIS package gives for a pattern."""
    with grammar:
        data = (Pattern21 if stix == "2.1" else Pattern20)(pattern).inspect()
    found = []
    for kind, tests in data.comparisons.items():
        for steps, operator, value in tests:
            path = (kind, *("*" if s is INDEX_STAR or type(s) is int else s for s in steps))
            texts = _SET.findall(value) if operator == "IN" else [value]
            found += [
                (path, _WANTED[operator], unescaped(text[1:-1]))
                if text[0] == "'"
                else (path, _WANTED[operator], text)
                for text in texts
                if operator in _WANTED and re.fullmatch(r"'.*'|0|[1-9]\d*", text, re.DOTALL)
            ]
    return sorted(found)


def fast(pattern, stix):
    found = values(pattern, judge(pattern, stix).places)
    return sorted((c.path, str(c.sense), text) for c, text in found if c.sense is not Sense.OTHER)


VALID = [case for case in CASES if case["valid"]]


@pytest.mark.parametrize("case", VALID, ids=[case["pattern"][:60] for case in VALID])
def test_agrees_on_the_validators_own_cases(case):
    pattern, stix = case["pattern"], case["stix_version"]
    assert fast(pattern, stix) == slow(pattern, stix)


def test_the_cases_compare_something():
    assert sum(len(fast(case["pattern"], case["stix_version"])) for case in VALID) > 100


def test_agrees_on_the_corpus(corpus):
    lines = (corpus / "patterns" / "patterns.jsonl").read_text("utf-8").split("\n")
    cases = [case for case in map(json.loads, filter(None, lines)) if case["valid"]]
    assert cases
    for case in cases:
        pattern, stix = case["pattern"], case["stix_version"]
        assert fast(pattern, stix) == slow(pattern, stix)


TEXTS = st.text("ab1 .:/\\'%_-\n\u1ea5", max_size=6).map(
    lambda t: "'" + t.replace("\\", "\\\\").replace("'", "\\'") + "'"
)
PATHS = st.sampled_from(
    ["domain-name:value", "file:hashes.'SHA 9'", "a:b_2[3].c", "a:'x y'[*].z", "n:dst_ref.value"]
)
ASIDES = st.sampled_from([" ", " /* it's 5 */ ", " // 'no'\n", "\n"])
INTEGERS = st.integers(-3, 70000).map(str)


@st.composite
def comparisons(draw):
    operator = draw(st.sampled_from(["=", "!=", "<>", "<", "IN", "LIKE", "MATCHES", "ISSUBSET"]))
    negation = draw(st.sampled_from(["", "NOT "]))
    if operator == "IN":
        value = "(" + ", ".join(draw(st.lists(TEXTS | INTEGERS, min_size=1, max_size=3))) + ")"
    else:
        value = draw(TEXTS | INTEGERS if operator in {"=", "!=", "<>", "<"} else TEXTS)
    return f"{draw(PATHS)}{draw(ASIDES)}{negation}{operator}{draw(ASIDES)}{value}"


@given(st.lists(comparisons(), min_size=1, max_size=3), st.sampled_from(["2.0", "2.1"]))
def test_agrees_on_any_pattern(tests, stix):
    pattern = "[" + " OR ".join(tests) + "] REPEATS 5 TIMES"
    verdict = judge(pattern, stix)
    if verdict.ok:
        assert fast(pattern, stix) == slow(pattern, stix)


def test_patterns_of_one_shape_keep_their_own_values():
    pattern = "[file:name = '{}' AND file:size = {} AND a:b != 'c']"
    for name, size in [("a", "1"), ("b", "22"), ("it\\'s", "333")]:
        made = pattern.format(name, size)
        assert [text for _, text in values(made, judge(made, "2.1").places)] == [
            unescaped(name),
            size,
            "c",
        ]


def test_what_is_excluded_or_described_says_so():
    pattern = "[a:b NOT = 'c' AND a:b MATCHES 'd' AND a:b LIKE 'e%' AND a:b > 5 AND a:b != 'f']"
    found = values(pattern, judge(pattern, "2.1").places)
    assert [(str(c.sense), text) for c, text in found] == [
        ("other", "c"),
        ("other", "d"),
        ("like", "e%"),
        ("other", "5"),
        ("other", "f"),
    ]


def test_instants_steps_and_repetitions_are_no_values():
    pattern = (
        "[file:hashes.'X Y' = 'v'] START t'2026-01-31T08:00:00Z' STOP t'2026-02-01T08:00:00Z'"
    )
    assert [text for _, text in values(pattern, judge(pattern, "2.1").places)] == ["v"]
