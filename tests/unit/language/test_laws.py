"""Laws of the language over random texts: it always answers, soon, and AND, OR, NOT are Boolean."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.language.fold import join
from hub.language.matcher import matches
from hub.language.parser import MAX_LENGTH, Parsed, Setting, parse
from hub.language.problem import QueryError
from hub.model.search import (
    AllOf,
    AnyOf,
    Document,
    Has,
    Node,
    Not,
    Sheet,
    Starts,
    Term,
    Words,
)
from hub.model.tlp import Tlp
from tests.tools.growth import assert_grows

SETTING = Setting(1_773_576_000_000_000, {"main": 7})
PIECES = ["\n(", ")", "((", "))", '"', '""', "“", "”", "[", "]", "{", "}", "[a·TO·b]", "[*·TO·*]", ":", "::", ",", ";", "-", "--", "-(", "!", "&&", "||", "AND", "OR", "NOT", "AND·NOT", "TO", "*", "**", "a*", "*a\n?", "~", "^", "+", "=", "<", ">", ">=", "<=", "\\", "\\\\", "/", "//", ".", "..", "[.]", "(.)", "[at]", "@", "#", "%", "&", "|", "$", "'", "`", "\x00", "\x01", "\x1f", "\x7f", "\x85", "\n", "\r\n", "\t\n\xa0", "\u200b", "\u200d", "\u202e", "\u2028", "\ufeff", "�", "�", "�", "́", "đ", "Đ", "ừ", "ﬁ", "½", "①", "٣", "İ", "ß", "名", "ก", "😀", "العربية\nevil.com", "evil[.]com", "hxxp://evil[.]com/a(b)", "http://", "http://[", "http://a@b:99/x", "2001:db8::/32", "::", "1.1.1.1\n1.1.1.1/0", "999.1.1.1", "10.0.0.0/8", "a@b.vn", "CVE-2026-1", "T1566.001", "AS1", "C:\\x\\y", "\\\\srv\\x", "file://x", "mailto:a@b\nip:", "ip:*", "domain:", "domain:*.a.b", "url:", "url:http://a/*", "hash:", "md5:abc", "hash:ab*", "label:", "label:*", "label:(x", "has:\ncollection:main", "collection:x*", "tlp:", "tlp:red", "tlp<=amber", "TLP:AMBER+STRICT", "confidence:80", "confidence:(>=5\ncreated:", "created:2026-01", "created:[2026·TO·*]", "created:{2026-01-01T10·TO·now]", "added:7d", "added>=99999w\nadded:+1h", "foo:bar", "type=", 'name:"a·b"*', "text:x*", "revoked:true", "id:indicator--", ".*", "^a.*b$", "(a+)+$", "[^a]{1,9}\n';DROP·TABLE·x;--", "'·OR·1=1", '{"a":{"$gt":""}}', '{"query":{"match_all":{}}}', "<script>", "${jndi:x}", "%00", "%s", "{0}", "\\u0000\n"]  # fmt: skip
PIECES = [piece.replace("·", " ") for line in PIECES for piece in line.split("\n") if piece]


def answer(text: str) -> Parsed | QueryError:
    """What the language says to a text, which must be one of two things."""
    try:
        return parse(text, SETTING)
    except QueryError as error:
        return error


def check(text: str) -> None:
    found = answer(text)
    if isinstance(found, QueryError):
        assert 0 <= found.start <= found.end <= len(text), (text[:200], found)
        assert found.say("vi").encode()
        assert found.say("en").isprintable()
        return
    last = 0
    for part in found.parts:
        assert last <= part.start < part.end <= len(text), (text[:200], part)
        last = part.end
    for string in texts(found.node):
        # Engines take no surrogates, and a control could end a text early.
        string.encode()
        assert min(string, default=" ") >= " ", text[:200]


def texts(node: Node, depth: int = 0):
    """Every text in a tree, which must not be deep."""
    assert depth <= 80
    if isinstance(node, AllOf | AnyOf):
        for inner in node.nodes:
            yield from texts(inner, depth + 1)
    elif isinstance(node, Not):
        yield from texts(node.node, depth + 1)
    elif isinstance(node, Has):
        yield from node.keys
    elif isinstance(node, Starts):
        yield node.beginning
    elif isinstance(node, Words):
        assert node.words
        assert all(node.words)
        yield from node.words
    else:
        assert node.low is None or node.high is None or node.low <= node.high


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_has_an_answer(text):
    check(text)


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["", " ", "\n", ","]))
@settings(max_examples=600, deadline=None)
def test_any_pieces_have_an_answer(pieces, border):
    check(border.join(pieces))


def test_five_thousand_hostile_texts():
    source = random.Random(20261122)
    for _ in range(5_000):
        border = source.choice(["", "", " ", " ", "\n", ", "])
        check(border.join(source.choices(PIECES, k=source.randint(1, 40))))


def repeated(unit: str) -> Callable[[int], str]:
    return lambda length: (unit * length)[:length]


def halves(left: str, right: str) -> Callable[[int], str]:
    return lambda length: (left * length)[: length // 2] + (right * length)[: length // 2]


def assert_soon(text: Callable[[int], str]) -> None:
    """An answer to eight times as much takes about eight times as long."""
    assert_grows(lambda length: partial(answer, text(length)), MAX_LENGTH // 8)


@pytest.mark.parametrize("border", ["", " "])
def test_any_piece_again_and_again_is_answered_soon(border):
    for piece in PIECES:
        assert_soon(repeated(piece + border))


def test_any_two_pieces_again_and_again_are_answered_soon():
    for left, right in product(["(", '"', "[", "a:", "http://", "::", "-", "OR "], repeat=2):
        assert_soon(halves(left, right))
        assert_soon(repeated(left + right))


def test_what_is_too_long_is_not_even_looked_at():
    assert_grows(lambda length: partial(answer, "a " * length), MAX_LENGTH)


def test_the_longest_texts_of_anything():
    for piece in PIECES:
        check((piece * MAX_LENGTH)[:MAX_LENGTH])
        check((f"{piece} " * MAX_LENGTH)[:MAX_LENGTH])
        check((piece * 10_000)[:10_000])
    for left, right in product(["(", '"', "[", "a:", "http://", "::", "-", "OR "], repeat=2):
        check((left * 2_000)[:2_000] + (right * 2_000)[:2_000])
        check(((left + right) * 2_000)[:MAX_LENGTH])


ATOMS = [
    "lua", '"lua dao"', "da*", "name:lua", "evil.com", "198.51.100.0/24", "label:x", "label:xy*",
    "type:indicator", "tlp<=green", "confidence>=50", "added:7d", "collection:main", "has:ip", "*",
    "org:acme", "url:http://evil.com/a", "created:[2026 TO *]",
]  # fmt: skip
atoms = st.sampled_from(ATOMS)
queries = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=6,
)
_TERMS = [
    Term("domain", "com.evil."), Term("ip", "198.51.100.7"), Term("label", "x"),
    Term("label", "xy"), Term("type", "indicator"), Term("has", "ip"),
    Term("url", "http://evil.com/a"),
]  # fmt: skip
some = st.sampled_from(["Lừa đảo", "Đảo", "lừa", "evil com", ""])
sheets = st.builds(
    Sheet,
    st.builds(
        Document,
        terms=st.frozensets(st.sampled_from(_TERMS)),
        numbers=st.dictionaries(
            st.sampled_from(["confidence", "created"]), st.sampled_from([0, 50, 2 * 10**15])
        ),
        name=st.lists(some, max_size=2).map(join),
        words=st.lists(some, max_size=2).map(join),
    ),
    collection=st.sampled_from([7, 8]),
    publisher=st.sampled_from(["acme", "other"]),
    tlp=st.sampled_from(Tlp),
    added_us=st.sampled_from([1_773_576_000_000_000 - 10**9, 10**15]),
)


def holds(text: str, sheet: Sheet) -> bool:
    return matches(parse(text, SETTING).node, sheet)


@given(queries, queries, queries, sheets)
@settings(max_examples=500, deadline=None)
@example("lua", "da*", "*", Sheet(Document(name="lua"), 7, "acme", Tlp.RED, 0))
def test_the_operators_are_boolean(a, b, c, sheet):
    x, y, z = (holds(text, sheet) for text in (a, b, c))
    assert holds(f"{a} AND {b}", sheet) == holds(f"{b} {a}", sheet) == (x and y)
    assert holds(f"{a} OR {b}", sheet) == holds(f"{b} OR {a}", sheet) == (x or y)
    assert holds(f"NOT {a}", sheet) == holds(f"NOT NOT NOT {a}", sheet) == (not x)
    assert holds(f"NOT ({a} {b})", sheet) == holds(f"NOT {a} OR NOT {b}", sheet)
    assert holds(f"NOT ({a} OR {b})", sheet) == holds(f"NOT {a} NOT {b}", sheet)
    assert holds(f"{a} OR {b} {c}", sheet) == (x or (y and z))
    assert holds(f"{a} ({b} OR {c})", sheet) == holds(f"({a} {b}) OR ({a} {c})", sheet)


@given(queries, sheets)
@settings(max_examples=200, deadline=None)
def test_the_parts_together_are_the_query(text, sheet):
    parsed = parse(text, SETTING)
    whole = matches(parsed.node, sheet)
    assert whole == all(matches(part.node, sheet) for part in parsed.parts)
    again = (holds(f"({text[part.start : part.end]})", sheet) for part in parsed.parts)
    assert whole == all(again)
