"""Values in running text: what is found, what is not, and what only looked like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.language.harvest import harvest, read_value
from hub.language.values import read

ENDINGS = frozenset({"com", "net", "org", "vn", "example", "sh", "cc"})


def found(text: str) -> list[tuple[str, str]]:
    return [(item.field, item.value) for item in harvest(text, ENDINGS) if item.field]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see hxxps://evil[.]com/A, then", [("url", "https://evil.com/A")]),
        ("* `++http://203.0.113.7[:]8080/x++`", [("url", "http://203.0.113.7:8080/x")]),
        ("https://blog.example/post[the post]", [("url", "https://blog.example/post")]),
        ("[here](http://evil.com/x)", [("url", "http://evil.com/x")]),
        (
            "http://evil.com/a,http://evil.com/b",
            [("url", "http://evil.com/a"), ("url", "http://evil.com/b")],
        ),
        ("|198.51.100.7|evil[.]com|", [("ip", "198.51.100.7"), ("domain", "evil.com")]),
        ("C2: 198[.]51[.]100[.]7.", [("ip", "198.51.100.7")]),
        ("C2=evil.com;198.51.100.7", [("domain", "evil.com"), ("ip", "198.51.100.7")]),
        ("evil [.] com và \u201cxau[.]vn\u201d", [("domain", "evil.com"), ("domain", "xau.vn")]),
        ("ke [at] evil [dot] com", [("email", "ke@evil.com")]),
        ("MD5: 5D41402ABC4B2A76B9719D911017C592", [("hash", "5d41402abc4b2a76b9719d911017c592")]),
        ("5D41402A BC4B2A76 B9719D91 1017C592", [("hash", "5d41402abc4b2a76b9719d911017c592")]),
        (
            "CVE-2026-12345 (T1566.002, AS64500)",
            [("cve", "CVE-2026-12345"), ("attack", "T1566.002"), ("asn", "64500")],
        ),
        (
            "2001:db8::1 và 00:00:5e:00:53:01",
            [("ip", "2001:db8::1"), ("mac", "00:00:5e:00:53:01")],
        ),
        ("evil\u200b.com", [("domain", "evil.com")]),
        ("|\\ke@evil.com |\\hook.exe", [("email", "ke@evil.com"), ("file", "hook.exe")]),
        ("xau0.cc", [("domain", "xau0.cc")]),
        ("AS 64500 and ASN 64501", [("asn", "64500"), ("asn", "64501")]),
        ("host: 198.51.100.7", [("ip", "198.51.100.7")]),
    ],
)
def test_is_found(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A sentence ends.Another begins",
        "version 1.2 of node.js, e.g. this",
        "the text/html of 12:30:45 on 2026-11-22",
        "std::vector, a::b and S1234 or G0001",
        "Trojan.Win32.Agent",
        "1.2.3",
        "an AS 400 of 1988",
        "AS4294967295, AS0 and AS65535",
        "d2:fb:49:24:37:18:98",
    ],
)
def test_a_plain_word_is_no_value(text):
    assert [item for item in harvest(text, ENDINGS) if item.field and not item.weak] == []


def test_a_name_of_a_file_is_weak_and_no_domain():
    [item] = harvest("it drops invoice.sh", ENDINGS)
    assert (item.field, item.weak) == ("file", True)
    [item] = harvest("it calls invoice[.]sh", ENDINGS)
    assert (item.field, item.weak) == ("domain", False)


@pytest.mark.parametrize(
    "text",
    [
        "999.1.2.3",
        "CVE-2022-000012",
        "5d41402abc4b2a76b9719d911017c59",
        "CVE-26-1",
        "http://",
        "no one[.]",
    ],
)
def test_what_looks_like_a_value_is_pointed_out(text):
    assert [item.field for item in harvest(text, ENDINGS)] in ([""], [])
    assert any(not item.field for item in harvest("999.1.2.3", ENDINGS))


def test_lines_are_counted_from_one():
    assert [item.line for item in harvest("\nevil.com\u2028x\n\n198.51.100.7", ENDINGS)] == [2, 4]


@given(st.text(max_size=300))
def test_any_text(text):
    for item in harvest(text, ENDINGS):
        assert item.line <= text.count("\n") + 1
        if item.field:
            assert read(item.field, item.value) == item.key


@given(st.from_regex(r"[a-z]{1,8}(\[\.\]|\.)[a-z]{2,5}(/[A-Za-z0-9]{0,5})?", fullmatch=True))
def test_a_value_reads_as_its_key(text):
    item = read_value(text, ENDINGS)
    if item:
        assert read(item.field, item.value) == item.key


def test_plain_words_are_looked_at_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly all of a long report is words, and most of those have accents."""
    monkeypatch.setattr("hub.language.harvest.detect", pytest.fail)
    text = (
        "(Đăng nhập) vào 'ngân hàng', rồi đổi mật khẩu: không! Dấu tổ hợp: nga\u0302n ha\u0300ng…"
    )
    assert list(harvest(text, ENDINGS)) == []


@given(
    st.sampled_from(["%s", "%s.", "(%s)", "%s:", "%s;", "'%s'"]),
    st.sampled_from(["com", "example", "exe", "AS", "abcdef", "hxxp", "meow", "localhost", "dot"]),
)
def test_a_word_alone_is_no_value(around: str, word: str) -> None:
    assert read_value(around % word, ENDINGS) is None
