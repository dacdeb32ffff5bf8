"""Text becomes words in one way, for what is stored and for what is searched."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.language.fold import GAP, MAX_WORD, MAX_WORDS, fold, join

WORDS = {
    "case": ("EVIL Loader", ["evil", "loader"]),
    "signs part words": ("evil.com, (a/b_c)", ["evil", "com", "a", "b", "c"]),
    "digits": ("APT29 CVE-2026-1", ["apt29", "cve", "2026", "1"]),
    "Vietnamese": ("Lừa đảo ĐÃ", ["lua", "dao", "da"]),
    "decomposed": (unicodedata.normalize("NFD", "Lừa đảo"), ["lua", "dao"]),
    "letters with a stroke": ("Łódź Søren ħ", ["lodz", "soren", "h"]),
    "sharp s": ("Straße STRASSE", ["strasse", "strasse"]),
    "Turkish": ("İstanbul \u0131I", ["istanbul", "ii"]),
    "Greek": ("Ἀθήνα ΟΔΟΣ οδός", ["αθηνα", "οδοσ", "οδοσ"]),
    "Cyrillic": ("Ёлка й", ["елка", "и"]),
    "Arabic without vowels": (
        "\u0645\u064f\u062d\u0645\u0651\u062f",
        ["\u0645\u062d\u0645\u062f"],
    ),
    "full width": ("\uff25\uff36\uff29\uff2c\uff0e\uff43\uff4f\uff4d", ["evil", "com"]),
    "zero width": ("ev\u200bil\u2060 \ufeffso\u00adft", ["evil", "soft"]),
    "direction": ("\u202eevil\u202c \u2066x\u2069", ["evil", "x"]),
    "controls": ("ev\x00il\x07 a\x7fb a\x9fb", ["evil", "ab", "ab"]),
    "controls that are space": ("a\tb\nc\x0bd\x1ce\x85f\u2028g", list("abcdefg")),
    "tags": ("a\U000e0061b", ["ab"]),
    "ligature": ("o\ufb03ce", ["office"]),
    "digits of other scripts": ("\u0664\u0665 \u0e53", ["45", "3"]),
    "Chinese": ("攻击者", ["攻击", "击者"]),
    "one Chinese character": ("A组", ["a", "组"]),
    "Chinese and Latin": ("APT组织C-39", ["apt", "组织", "c", "39"]),
    "kana keep their marks": ("が か", ["が", "か"]),
    "half width kana": ("\uff76\uff9e\uff7d", ["ガス"]),
    "Korean": ("한국 해킹", ["한국", "해킹"]),
    "Hindi keeps its vowels": ("हिन्दी", ["हिन्दी"]),
    "emoji": ("a\U0001f468\u200d\U0001f4bbb \u2620\ufe0f", ["a", "b"]),
    "nothing": (" .,- \u200b", []),
}


@pytest.mark.parametrize(("text", "words"), WORDS.values(), ids=WORDS)
def test_words(text, words):
    assert fold(text) == words


def test_vowel_signs_of_scripts_without_spaces_make_a_difference():
    # Thai "come" and "horse", Khmer "father" and "mother": the same consonants.
    assert fold("มา") != fold("ม้า")
    assert fold("ពុក") != fold("ពក")
    assert fold("မီး") != fold("မို")


DENSE = [
    "攻击者使用钓鱼邮件",
    "เว็บไซต์ปลอมของธนาคาร",
    "ម៉ាល់វែរចាប់ជំរិត",
    "ຫຼອກລວງອອນລາຍ",
    "အွန်လိုင်းလိမ်လည်မှု",
    "フィッシングメール",
]


def stands_in(part, words):
    return any(words[i : i + len(part)] == part for i in range(len(words)))


@pytest.mark.parametrize("text", DENSE)
def test_any_part_of_two_characters_or_more_is_found_as_a_phrase(text):
    words = fold(text)
    plain = words[0] + "".join(word[1] for word in words[1:])
    for start in range(len(plain)):
        for end in range(start + 2, len(plain) + 1):
            assert stands_in(fold(plain[start:end]), words)
    assert not stands_in(fold(plain[::-1]), words)


@given(st.text())
def test_words_are_words(text):
    for word in fold(text):
        assert 1 <= len(word) <= MAX_WORD
        assert fold(word) == [word]
        assert GAP not in word
        assert not any(c.isspace() for c in word)


@given(st.text() | st.text("đĐừa\u0300\u0e01\u0e34攻击が \u200b.", max_size=20))
def test_folding_twice_changes_nothing(text):
    words = fold(text)
    assert fold(" ".join(words)) == words


@given(st.text(st.characters(codec="ascii")))
def test_ascii_goes_the_same_way_as_other_text(text):
    assert fold(text) == fold(text + " \u00e9")[:-1]


def test_every_code_point_folds():
    assigned = (c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) < "Cn")
    for char in {*assigned, "\ud800", "\ue000", "\uffff"}:
        words = fold(f"a{char}b")
        assert words
        assert fold(" ".join(words)) == words


@pytest.mark.parametrize("sign", ["a", "ấ"])
@pytest.mark.parametrize("length", [MAX_WORD - 1, MAX_WORD, MAX_WORD + 1, 10_000])
@pytest.mark.parametrize("before", ["", "x ", "x" * MAX_WORD + " "])
def test_a_long_word_is_cut(sign, length, before):
    word = fold(before + sign * length)[-1]
    assert word == "a" * min(length, MAX_WORD)


def test_between_two_texts_stands_a_gap():
    assert join(["Fake bank", "Lừa đảo", "x"]) == "fake bank | lua dao | x"
    assert join(["Fake bank", "loader", "x"]) == "fake bank | loader | x"


@pytest.mark.parametrize("nothing", ["", "...", "\u200b"])
def test_a_text_without_words_leaves_no_gap(nothing):
    assert join([nothing, "a", nothing, nothing, "b", nothing]) == "a | b"
    assert join([nothing]) == ""
    assert join([]) == ""


@given(st.lists(st.text() | st.text(st.characters(codec="ascii"))))
def test_texts_do_not_run_together(texts):
    folded = [" ".join(words) for words in map(fold, texts) if words]
    assert join(texts) == f" {GAP} ".join(folded)


@pytest.mark.parametrize("sign", ["a", "ấ"])
def test_only_so_many_words_are_kept(sign):
    kept = join([f"{sign} " * (MAX_WORDS + 5)])
    assert len(kept.split(" ")) == MAX_WORDS
