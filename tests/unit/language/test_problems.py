"""Every error of a query: its key, its place, and what it says in both languages."""

from __future__ import annotations

import re

import pytest

from hub.errors import Fault
from hub.language.fields import FIELDS, Kind
from hub.language.leaf import looks_of
from hub.language.messages import LOOKS, MESSAGES
from hub.language.parser import (
    MAX_CLAUSES,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_VALUES,
    Setting,
    parse,
)
from hub.language.problem import QueryError
from hub.language.resolve import MAX_WORDS

# Key, query, what is at fault in it; a place is given where the text stands there more than once.
WRONG: list[tuple[str, str, str]] = [
    ("too-deep", "a " + "(" * 33 + "b", "("),
    ("too-many-words", '"' + "a " * 129 + '"', '"' + "a " * 129 + '"'),
    ("bad-character", "a \ud800 b", "\ud800"),
    ("bad-character", "evil.com\n\udfff.com", "\udfff"),
    ("unclosed-quote", 'a "b c', '"'),
    ("unclosed-quote", 'a "b""', '"'),
    ("unclosed-group", "a (b c", "("),
    ("unclosed-group", "a AND (", "("),
    ("unclosed-group", "label:(b", "("),
    ("unopened-group", "(a) b)", ")"),
    ("unopened-group", ")", ")"),
    ("empty-group", "a () b", "()"),
    ("empty-group", "label:( )", "( )"),
    ("missing-operand", "a AND", "AND"),
    ("missing-operand", "OR a", "OR"),
    ("missing-operand", "a OR OR b", "OR"),
    ("missing-operand", "a (b AND)", "AND"),
    ("missing-operand", "a NOT", "NOT"),
    ("missing-operand", "a AND ...", "AND"),
    ("foreign-operator", "a && b", "&&"),
    ("foreign-operator", "a || b", "||"),
    ("foreign-operator", "a !b", "!b"),
    ("missing-value", "a type:", "type:"),
    ("missing-value", "type: AND a", "type:"),
    ("missing-value", "type: name:a", "type:"),
    ("missing-value", "type:, a", "type:"),
    ("missing-value", "created>= (2026)", "created>="),
    ("missing-value", "created:(>= 2026)", ">="),
    ("nested-field", "ip:(domain:a.com)", "domain:"),
    ("unknown-field", "a foobar:b", "foobar"),
    ("unknown-field", "x>5", "x"),
    ("similar-field", "a domian:evil.com", "domian"),
    ("similar-field", "Typ:indicator", "Typ"),
    ("bad-field", "has:foo", "foo"),
    ("no-word", " ... ", " ... "),
    ("no-word", 'a "..."', '"..."'),
    ("no-word", "name:...", "..."),
    ("leading-wildcard", "a *evil", "*evil"),
    ("leading-wildcard", "*.exe", "*.exe"),
    ("leading-wildcard", "**", "**"),
    ("leading-wildcard", "label:*evil", "*evil"),
    ("inner-wildcard", "a ev*il", "ev*il"),
    ("inner-wildcard", "/ev.*il/", "/ev.*il/"),
    ("inner-wildcard", "label:ev*il*", "ev*il*"),
    ("short-prefix", "a*", "a*"),
    ("short-prefix", '"lua d"*', '"lua d"*'),
    ("short-prefix", "label:a*", "a*"),
    ("long-prefix", f"label:{'a' * 201}*", "a" * 201 + "*"),
    ("no-prefix", "domain:evil*", "evil*"),
    ("no-prefix", "ip:2001:*", "2001:*"),
    ("no-prefix", "asn:64*", "64*"),
    ("bad-value", "ip:300.1.1.1", "300.1.1.1"),
    ("bad-value", "domain:evil_", "evil_"),
    ("bad-value", "cve:2026", "2026"),
    ("bad-value", "attack:phishing", "phishing"),
    ("bad-value", "email:evil.com", "evil.com"),
    ("bad-value", "asn:x", "x"),
    ("bad-value", "mac:00:11", "00:11"),
    ("bad-value", "revoked:maybe", "maybe"),
    ("bad-value", "confidence:high", "high"),
    ("bad-value", "confidence:1234567890", "1234567890"),
    ("bad-value", "confidence:٣", "٣"),
    ("bad-value", "tlp:purple", "purple"),
    ("bad-value", "created:2026-13", "2026-13"),
    ("bad-value", "created:2026-02-30", "2026-02-30"),
    ("bad-value", "created:0000", "0000"),
    ("bad-value", "created:15/01/2026", "15/01/2026"),
    ("bad-value", "created:2026-01-15T10:30+20:00", "2026-01-15T10:30+20:00"),
    ("bad-value", "created:999999d", "999999d"),
    ("bad-value", "created:[2026-01 TO x]", "[2026-01 TO x]"),
    ("bad-value", "created>=*", "*"),
    ("bad-hash", "md5:" + "a" * 40, "a" * 40),
    ("bad-hash", "sha256:abc", "abc"),
    ("wide-network", "a 10.0.0.0/7", "10.0.0.0/7"),
    ("wide-network", "ip:0.0.0.0/0", "0.0.0.0/0"),
    ("wide-network", "2000::/15", "2000::/15"),
    ("wide-network", "10.0.0.0/7\n1.1.1.1", "10.0.0.0/7"),
    ("not-ordered", "label>x", "x"),
    ("not-ordered", "ip:[1.1.1.1 TO 1.1.1.2]", "[1.1.1.1 TO 1.1.1.2]"),
    ("not-ordered", "name:(a <b)", "<b"),
    ("bad-range", "created:[2026-01", "[2026-01"),
    ("bad-range", "[2026-01 TO *]", "[2026-01 TO *]"),
    ("bad-range", "created>=[2026-01 TO *]", "[2026-01 TO *]"),
    ("backwards", "created:[2027 TO 2026]", "[2027 TO 2026]"),
    ("backwards", "tlp:[red TO green]", "[red TO green]"),
    ("any-text", "name:*", "*"),
]
# The place is the last occurrence here.
LAST = {"a " + "(" * 33 + "b", "(a) b)"}


def fault(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(text, Setting(0))
    return caught.value


@pytest.mark.parametrize(("key", "text", "at"), WRONG)
def test_what_is_wrong_and_where(key, text, at):
    error = fault(text)
    assert error.key == key
    start = (text.rindex if text in LAST else text.index)(at)
    assert (error.start, error.end) == (start, start + len(at))


@pytest.mark.parametrize(
    ("key", "most", "right", "wrong", "span"),
    [
        ("too-long", MAX_LENGTH, "a" * 3_999, "a" * 10_000, (4_000, 10_000)),
        ("too-many-clauses", MAX_CLAUSES, "a " * 64, "a " * 65, (128, 129)),
        (
            "too-many-values",
            MAX_VALUES,
            "1.1.1.1\n" * 256,
            "1.1.1.1\n" * 257,
            (0, 257 * 8 - 1),
        ),
        ("too-deep", MAX_DEPTH, "(" * 32 + "a" + ")" * 32, "(" * 1_000, (32, 33)),
        (
            "too-many-words",
            MAX_WORDS,
            '"' + "a " * 128 + '"',
            "名" * 130,
            (0, 130),
        ),
    ],
)
def test_limits(key, most, right, wrong, span):
    parse(right, Setting(0))
    error = fault(wrong)
    assert (error.key, error.start, error.end) == (key, *span)
    assert error.params["most"] == str(most)


def test_every_message_has_a_case():
    limits = {"too-long", "too-many-clauses", "too-many-values"}
    assert {key for key, _, _ in WRONG} | limits == set(MESSAGES)


@pytest.mark.parametrize(("key", "text", "at"), WRONG)
def test_what_it_says_in_both_languages(key, text, at):
    error = fault(text)
    for language in ("en", "vi"):
        said = error.say(language)
        assert re.fullmatch(r"[^\n]*\S[.?] [^\n]*\S[.?]", said), said
        assert "{" not in said.replace(at, "")
        said.encode()
    assert error.say("en") != error.say("vi")
    assert re.search("[ăâđêôơưáàảãạếềểễệốồổỗộấầẩẫậứừửữự]", error.say("vi"))
    assert error.text() == error.say("en")


def test_a_few_sentences():
    error = fault("type:indicator domian:evil.com")
    assert error.say("en") == (
        "There is no field domian. Did you mean domain? To find the text itself, put it in quotes."
    )
    assert error.say("vi") == (
        "Không có trường domian. Có phải ý bạn là domain? Để tìm chính đoạn văn bản này, hãy dùng "
        "ngoặc kép."
    )
    error = fault("md5:abc")
    assert "md5 has 32 characters, this one has 3." in error.say("en")
    assert "md5 có 32 ký tự, còn giá trị này có 3." in error.say("vi")
    assert "CVE-2026-1234" in fault("cve:x").say("en")
    assert "một mã như CVE-2026-1234" in fault("cve:x").say("vi")


def test_what_a_client_gets():
    error = fault("a ) b")
    assert (error.fault, error.field) == (Fault.BAD_QUERY, "q")
    assert error.details == {
        "key": "unopened-group",
        "position": 2,
        "length": 1,
        "en": error.say("en"),
        "vi": error.say("vi"),
    }


def test_what_is_shown_of_a_query_is_short_and_visible():
    said = fault("tlp:\u202ered" + "x" * 500).say("en")
    assert len(said) < 200
    assert said.isprintable()
    assert "\ufffd" in fault('tlp:"a\u2028b"').say("en")
    assert "x{0}" in fault("tlp:x{0}").say("vi")


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_says_what_a_value_looks_like(field):
    assert looks_of(field) in LOOKS
    own = FIELDS[field].kind is Kind.VALUE
    assert (looks_of(field) == field) >= own


def test_every_look_is_of_a_field_or_kind():
    assert {looks_of(field) for field in FIELDS} == set(LOOKS)


def test_languages_use_the_same_parameters():
    for message in MESSAGES.values():
        names = [set(re.findall(r"{(\w+)}", " ".join(texts))) for texts in message]
        assert names[0] == names[1]
