"""The verdict of the cached check is the verdict of the OASIS validator."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stix2patterns.validator import run_validator

from hub.stix import pattern as module
from hub.stix.pattern import MAX_COMPARISONS, MAX_LENGTH, MAX_NESTING, judge, shape_of
from tests.tools.growth import assert_grows
from tests.unit.stix.samples import SHA1

FIXTURE = Path(__file__).resolve().parents[2] / "data" / "patterns.jsonl"
CASES = [json.loads(line) for line in FIXTURE.read_text("utf-8").split("\n") if line]


@pytest.mark.parametrize("case", CASES, ids=[case["pattern"][:60] for case in CASES])
def test_agrees_with_the_validators_own_cases(case):
    assert judge(case["pattern"], case["stix_version"]).ok is case["valid"]


def test_the_cases_are_all_there():
    assert (len(CASES), sum(case["valid"] for case in CASES)) == (169, 118)


SHAPES = {
    "a text": ("[a:b = 'c d']", "[a:b = '?']"),
    "a plain word": ("[a:b='c.d']", "[a:b='x']"),
    "an empty text": ("[a:b = '']", "[a:b = '?']"),
    "escaped quotes": (r"[a:b = 'it\'s' AND a:c = '\\']", "[a:b = '?' AND a:c = '?']"),
    "a hash": (f"[a:b = '{SHA1.upper()}']", f"[a:b = '{'0' * 40}']"),
    "33 digits": (f"[a:b = '{'a' * 33}']", f"[a:b = '{'a' * 33}']"),
    "31 digits": (f"[a:b = '{'a' * 31}']", "[a:b = 'x']"),
    "a hash and a line feed": ("[a:b = 'abc\n']", "[a:b = 'abc\n']"),
    "integers": ("[a:b = 80] REPEATS 5 TIMES", "[a:b = 1] REPEATS 1 TIMES"),
    "an index": ("[a:b[0].c = 22]", "[a:b[1].c = 1]"),
    "a float": ("[a:b = 1.5]", "[a:b = 1.5]"),
    "signs": ("[a:b = -5 OR a:b = +5]", "[a:b = -5 OR a:b = +5]"),
    "leading zeros": ("[a:b = 05]", "[a:b = 05]"),
    "digits of a name": ("[ipv4-addr:x_5 = 0]", "[ipv4-addr:x_5 = 1]"),
    "a quoted step": ("[a:'b c'.'d' = 'e']", "[a:'b c'.'d' = 'x']"),
    "a quoted step after a blank": ("[a:b. 'd' = 'e']", "[a:b. 'd' = 'x']"),
    "an instant": ("[a:b = t'2026-01-31T08:00:00Z']", "[a:b = t'2026-01-31T08:00:00Z']"),
    "binary and hex": ("[a:b = b'AA==' OR a:b = h'00']", "[a:b = b'AA==' OR a:b = h'00']"),
    "a set": ("[a:b IN ('c', 'd-d', 7)]", "[a:b IN ('x', '?', 1)]"),
    "a comment": ("[a:b = 'c'] // it's", "[a:b = 'c'] // it's"),
    "another comment": ("[a:b /* ' */ = 'c']", "[a:b /* ' */ = 'c']"),
    "slashes in a text": ("[a:b = 'http://c']", "[a:b = 'x']"),
}


@pytest.mark.parametrize(("pattern", "shape"), SHAPES.values(), ids=SHAPES)
def test_replaces_values_by_their_class(pattern, shape):
    assert shape_of(pattern) == shape


def oasis(pattern, stix):
    return not run_validator(pattern, stix)


HASHES = ["MD5", "MD6", "SHA-1", "'SHA-256'", "SHA224", "ssdeep", "'SSDEEP'", "WHIRLPOOL", "TLSH"]
TEXTS = [
    st.text("0123456789abcdefABCDEFg/+:. -\n", max_size=8).map(lambda t: t * 17),
    st.sampled_from([32, 40, 56, 64, 96, 128]).map(lambda n: "aF" * (n // 2)),
    st.sampled_from([31, 33, 129, 160]).map(lambda n: "9" * n),
    st.sampled_from(["", "x", "\n", "a\n", "f" * 32 + "\n", "f" * 32 + "z", r"\'", r"\\", "ấ"]),
]


@given(st.sampled_from(HASHES), st.sampled_from(["=", "!=", "LIKE", "IN"]), st.one_of(TEXTS))
def test_values_compared_with_hashes_keep_their_verdict(name, operator, text):
    literal = f"('{text}', 'a')" if operator == "IN" else f"'{text}'"
    pattern = f"[file:hashes.{name} {operator} {literal}]"
    for stix in ("2.0", "2.1"):
        assert judge(pattern, stix).ok is oasis(pattern, stix)


WORDS = """[ ] ( ) a : b . c 'x' '?' 'it\\'s' ' = != < IN LIKE NOT EXISTS AND OR FOLLOWEDBY 0 1 05 -1
    1.5 t'2026-01-31T08:00:00Z' t'2026' b'AA==' h'0' true [*] REPEATS TIMES WITHIN SECONDS START
    STOP // /* */ file:hashes.MD5 a:b=1 [a:b=1] [a:'b'='c'] , * _"""
PIECES = st.sampled_from(WORDS.split())


@given(st.lists(PIECES, max_size=12), st.sampled_from([" ", ""]))
def test_agrees_on_anything_made_of_pieces(pieces, between):
    pattern = between.join(pieces)
    if pattern and "hashes[" not in pattern:
        for stix in ("2.0", "2.1"):
            assert judge(pattern, stix).ok is oasis(pattern, stix)


def test_a_wrong_pattern_is_told_by_its_own_position():
    verdict = judge("[domain-name:value = 'a-long-name.example.com' AND]", "2.1")
    assert not verdict.ok
    assert verdict.error.startswith("Error found at line 1:50.")


def test_an_error_is_short_and_printable():
    verdict = judge("[" + "\u202e\n" * 5000, "2.1")
    assert len(verdict.error) <= 200
    assert verdict.error.isprintable()


def test_names_what_is_compared():
    pattern = (
        "[file:hashes.'SHA-256' = 'a' AND file:hashes.MD5 = 'b'] OR"
        " [network-traffic:dst_ref.value = 'c' AND x:y[*].z[3] = 1 AND file:hashes.MD5 = 'd']"
    ).replace("'a'", f"'{'0' * 64}'")
    verdict = judge(pattern.replace("'b'", f"'{'0' * 32}'").replace("'d'", f"'{'1' * 32}'"), "2.1")
    assert verdict.paths == (
        ("file", "hashes", "SHA-256"),
        ("file", "hashes", "MD5"),
        ("network-traffic", "dst_ref", "value"),
        ("x", "y", "*", "z", "*"),
    )


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        ("", "it is empty"),
        (" ", "Error found at line 1:0. input is missing square brackets"),
        ("[file:hashes[0] = 'a']", "a hash is chosen by its name, not by an index"),
    ],
)
def test_what_breaks_the_validator_is_only_wrong(pattern, error):
    assert judge(pattern, "2.1") == (False, error, (), (), False)


def chain(count, item="[a:b = 'x']", link=" OR "):
    return link.join([item] * count)


def nested(count):
    return "(" * count + "[a:b = 1]" + ")" * count


WITHIN_LIMITS = {
    "comparisons": f"[{chain(MAX_COMPARISONS, item='a:b = 1')}]",
    "observations": chain(MAX_COMPARISONS),
    "nesting": nested(MAX_NESTING),
    "nested comparisons": "[" + nested(MAX_NESTING)[:-1].replace("[", "").replace("]", "") + ")]",
    "a long set": f"[a:b IN ({chain(2000, item='5', link=',')})]",
    "length": f"[a:b = '{'x' * (MAX_LENGTH - 10)}']",
    "parentheses in a text": f"[a:b = '{'(' * 500}']",
    "colons in a text": f"[a:b = '{':' * 9000}']",
}
BEYOND_LIMITS = {
    "comparisons": (f"[{chain(MAX_COMPARISONS + 1, item='a:b = 1')}]", "500 comparisons"),
    "observations": (chain(MAX_COMPARISONS + 1), "500 comparisons"),
    "nesting": (nested(MAX_NESTING + 1), "100 parentheses"),
    "only opened": ("[a:b = 1] OR (" * 300, "100 parentheses"),
    "a long set": (f"[a:b IN ({chain(2500, item='5', link=',')})]", "5000 words and signs"),
    "a long path": (f"[a:b{'.c' * 1500} = 1]", "nested too deeply"),
    "brackets": ("[" * 30_000, "5000 words and signs"),
    "length": (f"[a:b = '{'x' * MAX_LENGTH}']", "longer than 65536 characters"),
    "quotes": ("'" * 60_000 + "a", "5000 words and signs"),
    "open texts": (r"[a:b = '\'" * 6_000, "not closed"),
    "one open text of escapes": (r"[a:b = '" + r"x\'" * 21_000, "not closed"),
    "a short one": (r"[a:b = '" + r"w\'" * 1_600, "not closed"),
    "open comments": ("[a:b = 1] " + "/*w" * 1_600 + "w" * 40_000, "not closed"),
    "a wrong escape": (r"[a:b = '\n']", "escapes"),
}


@pytest.mark.parametrize("pattern", WITHIN_LIMITS.values(), ids=WITHIN_LIMITS)
def test_takes_what_is_within_the_limits(pattern):
    assert judge(pattern, "2.1").ok


@pytest.mark.parametrize(("pattern", "error"), BEYOND_LIMITS.values(), ids=BEYOND_LIMITS)
def test_refuses_what_is_beyond_the_limits(pattern, error):
    verdict = judge(pattern, "2.1")
    assert not verdict.ok
    assert error in verdict.error


HOSTILE = {
    "brackets": (8_000, lambda n: "[" * n),
    "a long set": (2_500, lambda n: f"[a:b IN ({chain(n, item='5', link=',')})]"),
    "only opened": (150, lambda n: "[a:b = 1] OR (" * n),
    "open texts": (750, lambda n: r"[a:b = '\'" * n),
    "one open text of escapes": (2_600, lambda n: r"[a:b = '" + r"x\'" * n),
    "open comments": (200, lambda n: "[a:b = 1] " + "/*w" * n + "w" * 25 * n),
    "quotes": (8_000, lambda n: "'" * n + "a"),
}


@pytest.mark.parametrize(("size", "pattern"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_patterns_end_soon(size, pattern):
    def judging(number):
        text = pattern(number)
        return lambda: judge(text, "2.1")

    assert_grows(judging, size)


def test_one_shape_is_parsed_once(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "run_validator", lambda *args: asked.append(args) or [])
    for number in range(50):
        assert judge(
            f"[x-once:value = 'host{number}.example' AND x-once:port = {number}]", "2.1"
        ).ok
    assert asked == [("[x-once:value = 'x' AND x-once:port = 1]", "2.1")]


def test_long_shapes_are_not_kept(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "run_validator", lambda *args: asked.append(args) or [])
    for _ in range(2):
        judge(chain(300, item="[x-long:b = 'c']"), "2.1")
    assert len(asked) == 2
