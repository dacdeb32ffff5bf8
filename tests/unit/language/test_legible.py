"""Nothing hides in a text that is made legible."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.language.legible import line, parts, shortened

HIDDEN = {
    "right to left": "\u202e",
    "zero width": "\u200b",
    "isolate": "\u2066",
    "soft hyphen": "\u00ad",
    "control": "\x07",
    "line separator": "\u2028",
    "next line": "\x85",
    "blank braille": "\u2800",
    "tag": "\U000e0041",
    "private": "\ue000",
    "byte order mark": "\ufeff",
}


@pytest.mark.parametrize("sign", HIDDEN.values(), ids=HIDDEN)
def test_what_cannot_be_seen_is_named(sign):
    found = list(parts(f"a{sign}b"))
    assert [(part.text, part.hidden) for part in found] == [
        ("a", False),
        (f"U+{ord(sign):04X}", True),
        ("b", False),
    ]
    assert line(f"a{sign}b", 40) in {f"a⟨U+{ord(sign):04X}⟩b", "a b"}


@pytest.mark.parametrize("text", ["Chiến dịch lừa đảo", "漢字", "a\nb\tc", "مرحبا", "", "e\u0301"])
def test_what_can_be_seen_stays(text):
    assert [part.text for part in parts(text)] == ([text] if text else [""])
    assert not any(part.hidden for part in parts(text))


def test_marks_that_are_piled_up_are_named():
    found = list(parts("a" + "\u0301" * 6))
    assert found[0].text == "a" + "\u0301" * 3
    assert [part.text for part in found[1:]] == ["U+0301"] * 3


@given(st.text())
def test_no_piece_that_is_shown_as_it_is_holds_a_format_character(text):
    for part in parts(text):
        bad = {c for c in part.text if unicodedata.category(c) in {"Cf", "Cs", "Co", "Zl", "Zp"}}
        # Signs of Arabic and of other scripts that can be seen.
        assert not {c for c in bad if not "\u0600" <= c <= "\u08ff" and c < "\U00011000"}


@given(st.text(), st.integers(2, 60))
def test_a_line_is_one_and_has_an_end(text, most):
    found = line(text, most)
    assert len(found) <= most
    assert "\n" not in found


def test_shortened_says_so():
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
