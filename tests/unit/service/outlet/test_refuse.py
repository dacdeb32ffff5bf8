"""What no list may hold, and how values are spelled in one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.intake.benign import Benign
from hub.language.values import read
from hub.service.outlet.refuse import Never, refusal
from hub.service.outlet.spell import spelled
from hub.service.outlet.wish import Left
from hub.stix.equalities import Equal, equalities

NEVER = Never(
    frozenset({"bank.example.vn"}),
    Benign(["ours.example # a partner", "cdn.partner.example", "45.61.200.0/24"]),
)
FIELDS = ("ip", "domain", "url", "hash", "email", "file")


def equal(field: str, text: str) -> Equal:
    return Equal(field, read(field, text) or "", text)


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("ip", "8.0.0.0/8", Left.BROAD),
        ("ip", "0.0.0.0/0", Left.BROAD),
        ("ip", "2001::/16", Left.BROAD),
        ("ip", "10.1.2.3", Left.INTERNAL),
        ("ip", "192.168.1.0/24", Left.INTERNAL),
        ("ip", "127.0.0.1", Left.INTERNAL),
        ("ip", "224.0.0.1", Left.INTERNAL),
        ("ip", "::1", Left.INTERNAL),
        ("ip", "8.8.8.8", Left.LISTED),
        ("ip", "8.8.8.0/24", Left.LISTED),
        ("domain", "co.uk", Left.BROAD),
        ("domain", "com.vn", Left.BROAD),
        ("domain", "t.co", Left.BROAD),
        ("domain", "bit.ly", Left.BROAD),
        ("domain", "duckdns.org", Left.BROAD),
        ("domain", "x.com", Left.BROAD),
        ("domain", "google.com", Left.LISTED),
        ("domain", "www.google.com", Left.LISTED),
        ("domain", "www.secureworks.com", Left.LISTED),
        ("domain", "printer.local", Left.INTERNAL),
        ("domain", "mail.bank.example.vn", Left.OWN),
        ("url", "https://t.co/", Left.BROAD),
        ("url", "https://bit.ly", Left.BROAD),
        ("url", "http://localhost/x", Left.BROAD),
        ("url", "http://10.0.0.1/x", Left.INTERNAL),
        ("url", "https://www.google.com/", Left.LISTED),
        # What is not sent makes no page of a site.
        ("url", "https://www.google.com/#page", Left.LISTED),
        ("url", "https://www.google.com/?#page", Left.LISTED),
        ("url", "https://bit.ly/#/3abcd", Left.BROAD),
        ("email", "abuse@a.test", Left.LISTED),
        ("domain", "www.ours.example", Left.LISTED),
        ("ip", "45.61.200.7", Left.LISTED),
        # Who blocks these blocks what is in them, or below.
        ("ip", "45.61.192.0/20", Left.LISTED),
        ("ip", "2001:4860::/32", Left.LISTED),
        ("domain", "partner.example", Left.LISTED),
        ("domain", "example.vn", Left.OWN),
        ("hash", "d41d8cd98f00b204e9800998ecf8427e", Left.LISTED),
        ("hash", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Left.LISTED),
    ],
)
def test_what_may_not_leave(field: str, text: str, reason: Left) -> None:
    assert refusal(equal(field, text), NEVER) is reason


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("ip", "198.51.100.7"),
        ("ip", "203.0.113.0/24"),
        ("ip", "45.61.136.0/22"),
        ("domain", "evil.example"),
        ("domain", "evil.duckdns.org"),
        ("domain", "xn--bcher-kva.test"),
        ("url", "https://bit.ly/3abcd"),
        ("url", "https://drive.google.com/uc?id=1"),
        ("url", "http://198.51.100.7/x"),
        ("email", "ketoan@evil.example"),
        ("hash", "0123456789abcdef0123456789abcdef"),
    ],
)
def test_what_may(field: str, text: str) -> None:
    item = equal(field, text)
    assert refusal(item, NEVER) is None
    assert spelled(item)


@pytest.mark.parametrize(
    ("field", "text", "spelling"),
    [
        ("domain", "EVIL.Example", "evil.example"),
        ("domain", "bücher.example", "xn--bcher-kva.example"),
        ("url", "hxxp://evil[.]example/Path?Q=1", "http://evil.example/Path?Q=1"),
        ("url", "HTTP://EVIL.example/A b", "http://evil.example/A%20b"),
        ("url", "http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC"),
        ("url", "http://evil.example:8080/x", "http://evil.example:8080/x"),
        ("url", "http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("ip", "2001:DB8:0::1", "2001:db8::1"),
        ("email", "Ketoan@EVIL.example", "ketoan@evil.example"),
        # A pattern says all of a URL, also what would end a sentence.
        *(
            ("url", f"http://evil.example/a{end}", f"http://evil.example/a{end}")
            for end in ")`=;,.!|]"
        ),
        ("url", "http://evil.example/?t=aGk=", "http://evil.example/?t=aGk="),
        ("url", "hxxp://evil[.]example/a).", "http://evil.example/a"),
        # Who names a page does not mean its host.
        ("domain", "http://evil.example/setup.exe", ""),
        ("domain", "hxxps[:]//evil[.]example/setup.exe", ""),
        ("domain", "http://evil.example/", "evil.example"),
        ("ip", "http://198.51.100.7/x", ""),
        ("ip", "198.51.100.7:8080", "198.51.100.7"),
        # What cannot be said in a line of ASCII is not said.
        ("url", "http://user:secret@evil.example/x", ""),
        ("url", "gopher://evil.example/x", ""),
        # Whoever splits it drops the line end, and has another URL.
        ("url", "http://evil.example/a\nb", ""),
        ("url", "http://evil.example/a\tb", ""),
        ("url", "http://evil.example:99999/x", ""),
        ("email", '"a b"@evil.example', ""),
        ("hash", "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C", ""),
    ],
)
def test_spelling(field: str, text: str, spelling: str) -> None:
    assert spelled(equal(field, text)) == spelling


HOSTILE = st.text(
    st.sampled_from("ab.:/?#%;|\\\"'`$&<>()[]{}=,* \t\n\r\x00\x0b\u2028\u202e\u200bữ中-_@0"),
    min_size=1,
    max_size=60,
)


@given(field=st.sampled_from(FIELDS), text=HOSTILE, tail=st.sampled_from(("", ".test", "@a.test")))
def test_whatever_comes_is_one_line_and_the_same_value(field: str, text: str, tail: str) -> None:
    item = equal(field, f"{text}{tail}")
    spelling = spelled(item) if item.key else ""
    if spelling and field != "file":
        assert all("!" <= char <= "~" for char in spelling)
        assert read(field, spelling) == item.key
    assert "\n" not in spelling
    assert spelling.isprintable()


def test_a_pattern_with_a_line_end_in_its_value() -> None:
    pattern = "[url:value = 'http://evil.test/x\nhttp://other.test']"
    for item in equalities({"pattern": pattern, "pattern_type": "stix"}) or []:
        assert "\n" not in spelled(item)
