"""What is written, and what it asks for."""

from __future__ import annotations

import re

import pytest

from hub.language.parser import Parsed, Setting, parse
from hub.model.clock import parse_us
from hub.model.search import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Between,
    Has,
    Node,
    Not,
    Starts,
    Within,
    Words,
)

NOW = parse_us("2026-03-15T12:00:00Z")
SETTING = Setting(NOW, {"main": 7, "mainland": 9})
DAY = 86_400_000_000
ID = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
SCHEMES = ("http://", "https://", "")
MD5, SHA1 = "5d41402abc4b2a76b9719d911017c592", "a" * 40


def ask(text: str) -> Parsed:
    return parse(text, SETTING)


def words(text: str, **how) -> Words:
    return Words(tuple(text.split()), **how)


def both(*nodes: Node) -> AllOf:
    return AllOf(nodes)


def either(*nodes: Node) -> AnyOf:
    return AnyOf(nodes)


def ip(low: int, high: int | None = None, version: int = 4) -> Within:
    return Within(version, low, low if high is None else high)


def day(text: str) -> int:
    return parse_us(f"{text}T00:00:00Z")


a, b, c, d = map(words, "abcd")
EVIL = Starts("domain", "com.evil.")
NET = 0xC6336400  # 198.51.100.0
DB8 = 0x20010DB8 << 96


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", EVERYTHING),
        (" \n\t", EVERYTHING),
        ("*", EVERYTHING),
        ("(*)", EVERYTHING),
        ("* a", a),
        ("a", a),
        ("a b c", both(a, b, c)),
        ("a AND b c", both(a, b, c)),
        ("a OR b", either(a, b)),
        ("a OR b AND c", either(a, both(b, c))),
        ("a b OR c d", either(both(a, b), both(c, d))),
        ("a AND (b OR c)", both(a, either(b, c))),
        ("a (b c)", both(a, b, c)),
        ("(a OR (b OR c))", either(a, b, c)),
        ("NOT a b", both(Not(a), b)),
        ("-a b", both(Not(a), b)),
        ("a NOT b", both(a, Not(b))),
        ("a AND NOT b OR c", either(both(a, Not(b)), c)),
        ("NOT (a OR b)", Not(either(a, b))),
        ("NOT(a b)", Not(both(a, b))),
        ("-(a b)", Not(both(a, b))),
        ("NOT NOT a", a),
        ("NOT NOT NOT a", Not(a)),
        ("a(b c)", both(a, b, c)),
        ('a("b"c)', both(a, b, c)),
        ("a(b)", words("a b")),
        ("a\x1fb\x85c", both(a, b, c)),
        ("a AND(b)OR(c)", either(both(a, b), c)),
        ("a and b", both(a, words("and"), b)),
        ('"AND"', words("and")),
        ("a & b - c", both(a, b, c)),
        ("a, b; c", both(a, b, c)),
        ("--enc", words("enc")),
        ('"-enc"', words("enc")),
    ],
)
def test_operators(text, node):
    assert ask(text).node == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("Lừa", words("lua")),
        ('"Lừa đảo"', words("lua dao")),
        ("“Lừa đảo”", words("lua dao")),
        ("lừa-đảo", words("lua dao")),
        ("lua*", words("lua", begins=True)),
        ('"lua da"*', words("lua da", begins=True)),
        ('"say ""hi"" x"', words("say hi x")),
        ("名", words("名", begins=True)),
        ("名古屋", words("名古 古屋")),
        ("a\u200bb", words("ab")),
        ("name:Emotet", words("emotet", name=True)),
        ("name:(x OR y)", either(words("x", name=True), words("y", name=True))),
        ('name:"bộ công"*', words("bo cong", begins=True, name=True)),
        ("text:Emotet", words("emotet")),
        ("text:evil.com", words("evil com")),
        ("10:30", words("10 30")),
    ],
)
def test_words(text, node):
    assert ask(text).node == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("evil.com", either(EVIL, words("evil com"))),
        ("evil[.]com", either(EVIL, words("evil com"))),
        ("evil(.)com", either(EVIL, words("evil com"))),
        ("(evil(.)com)", either(EVIL, words("evil com"))),
        ("*.evil.com", either(EVIL, words("evil com"))),
        ('"evil[.]com"', either(EVIL, words("evil com"))),
        ("'evil.com',", either(EVIL, words("evil com"))),
        ("evil\u200b.com", either(EVIL, words("evil com"))),
        ("evil[dot]com", either(EVIL, words("evil dot com"), words("evil com"))),
        (
            "http://evil.com/a?b=1",
            either(Has("url", ("http://evil.com/a?b=1",)), words("http evil com a b 1")),
        ),
        (
            "hxxp://evil[.]com/(a)",
            either(
                Has("url", ("http://evil.com/(a)",)),
                words("hxxp evil com a"),
                words("http evil com a"),
            ),
        ),
        (
            "evil[.]com:8080/x",
            either(
                Has(
                    "url",
                    ("http://evil.com:8080/x", "https://evil.com:8080/x", "evil.com:8080/x"),
                ),
                words("evil com 8080 x"),
            ),
        ),
        ("file://srv/x", either(Has("url", ("file://srv/x",)), words("file srv x"))),
        ("198.51.100.0/24", either(ip(NET, NET + 255), words("198 51 100 0 24"))),
        ("198.51.*", either(ip(NET - 0x6400, NET | 0xFFFF), words("198 51", begins=True))),
        ("2001:db8::1", either(ip(DB8 + 1, version=6), words("2001 db8 1"))),
        ("2001:db8::/32", either(ip(DB8, DB8 + 2**96 - 1, 6), words("2001 db8 32"))),
        ("dead:beef::1", either(ip((0xDEADBEEF << 96) + 1, version=6), words("dead beef 1"))),
        ("a@b[.]vn", either(Has("email", ("a@b.vn",)), words("a b vn"))),
        ("CVE-2026-1", either(Has("cve", ("cve-2026-0001",)), words("cve 2026 1"))),
        ("T1566.001", either(Has("attack", ("t1566.001",)), words("t1566 001"))),
        (MD5.upper(), either(Has("hash", (MD5,)), words(MD5))),
        (
            "ab:cd:ef:01:02:03",
            either(Has("mac", ("ab:cd:ef:01:02:03",)), words("ab cd ef 01 02 03")),
        ),
        (
            ID,
            either(
                Has("id", (ID,)),
                Has("ref", (ID,)),
                Has("creator", (ID,)),
                words(ID.replace("-", " ")),
            ),
        ),
        (
            "C:\\Users\\x",
            either(Has("value", ("c:\\users\\x",)), words("c users x")),
        ),
    ],
)
def test_pasted_values(text, node):
    assert ask(text).node == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("domain:evil[.]com", EVIL),
        ("DOMAIN:evil.com", EVIL),
        ("host:evil.com", EVIL),
        ("domain: evil.com", EVIL),
        ('domain:"evil.com"', EVIL),
        ("domain:*.evil.com", EVIL),
        ("domain:(evil.com OR b.vn)", either(EVIL, Starts("domain", "vn.b."))),
        ("ip:2001:db8::1", ip(DB8 + 1, version=6)),
        ("ip:198[.]51[.]100[.]0/24", ip(NET, NET + 255)),
        ("ip:198.51.100.*", ip(NET, NET + 255)),
        ("ip:(198.51.100.0/31, 198.51.100.2)", both(ip(NET, NET + 1), ip(NET + 2))),
        ("url:hxxp://evil[.]com/A", Has("url", ("http://evil.com/a",))),
        ("url:evil.com/a", Has("url", tuple(f"{s}evil.com/a" for s in SCHEMES))),
        ("url:http://evil.com/a/*", Starts("url", "http://evil.com/a/")),
        ("url:evil.com/*", either(*(Starts("url", f"{s}evil.com/") for s in SCHEMES))),
        ("url:(http://a.b OR http://c.d/(e))", Has("url", ("http://a.b", "http://c.d/(e)"))),
        (f"md5:{MD5}", Has("hash", (MD5,))),
        (f"hash:{SHA1.upper()}", Has("hash", (SHA1,))),
        ("hash:5D41*", Starts("hash", "5d41")),
        ("cve:2026-1", Has("cve", ("cve-2026-0001",))),
        ("cve:2026-*", Starts("cve", "cve-2026-")),
        ("technique:T1566*", Starts("attack", "t1566")),
        ("attack:T1566.*", Starts("attack", "t1566.")),
        ("asn:AS64500", Has("asn", ("64500",))),
        ("mac:00-1A*", Starts("mac", "00:1a")),
        ("email:admin@*", Starts("email", "admin@")),
        ("mail:admin[at]*", Starts("email", "admin@")),
        ('file:"My doc.EXE"', Has("file", ("my doc.exe",))),
        ("value:HKLM\\Soft*", Starts("value", "hklm\\soft")),
        ("value:foo:bar", Has("value", ("foo:bar",))),
        ("label:PhishING", Has("label", ("phishing",))),
        ("label:phishing*", Starts("label", "phishing")),
        ("label:(x OR y)", Has("label", ("x", "y"))),
        ("label:(x y)", both(Has("label", ("x",)), Has("label", ("y",)))),
        ("label:(-x)", Not(Has("label", ("x",)))),
        ("type:indicator", Has("type", ("indicator",))),
        ('source:"x ""y"" z"', Has("source", ('x "y" z',))),
        ("org:acme", Has("publisher", ("acme",))),
        ("has:md5", Has("has", ("hash",))),
        ("revoked:TRUE", Has("revoked", ("true",))),
        ("collection:Main", Has("collection", ("7",))),
        ("collection:elsewhere", Has("collection", ())),
        ("collection:main*", Has("collection", ("7", "9"))),
        ("hash:*", Has("has", ("hash",))),
        ("label:*", Starts("label", "")),
        ("publisher:*", Starts("publisher", "")),
        ("collection:*", EVERYTHING),
        ("confidence:*", Between("confidence", None, None)),
        ("valid_until:*", Between("valid_until", None, None)),
    ],
)
def test_fields(text, node):
    assert ask(text).node == node


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("confidence:80", 80, 80),
        ("confidence>=50", 50, None),
        ("confidence:>=50", 50, None),
        ("confidence>50", 51, None),
        ("confidence<50", None, 49),
        ("confidence<=50", None, 50),
        ("confidence:[50 TO 80]", 50, 80),
        ("confidence:{50 TO 80}", 51, 79),
        ("confidence:[50 TO 80}", 50, 79),
        ("confidence:[* TO 80]", None, 80),
        ("confidence:{50 TO *}", 51, None),
        ("tlp:green", 1, 1),
        ("TLP:RED", 4, 4),
        ("tlp:TLP:RED", 4, 4),
        ("tlp:amber+strict", 3, 3),
        ("tlp<=amber", None, 2),
        ("tlp>amber", 3, None),
        ("tlp:[green TO amber]", 1, 2),
        ("created:2026", day("2026-01-01"), day("2027-01-01") - 1),
        ("created:2026-01", day("2026-01-01"), day("2026-02-01") - 1),
        ("created:2026-12", day("2026-12-01"), day("2027-01-01") - 1),
        ("created:2026-01-15", day("2026-01-15"), day("2026-01-16") - 1),
        (
            "created:2026-01-15T10",
            day("2026-01-15") + 10 * 3_600_000_000,
            day("2026-01-15") + 11 * 3_600_000_000 - 1,
        ),
        (
            "created:2026-01-15T10:30",
            parse_us("2026-01-15T10:30:00Z"),
            parse_us("2026-01-15T10:31:00Z") - 1,
        ),
        (
            'created:"2026-01-15 17:30+07:00"',
            parse_us("2026-01-15T10:30:00Z"),
            parse_us("2026-01-15T10:31:00Z") - 1,
        ),
        (
            "created:2026-01-15T10:30:05.12Z",
            parse_us("2026-01-15T10:30:05.12Z"),
            parse_us("2026-01-15T10:30:05.13Z") - 1,
        ),
        ("created>2026-01", day("2026-02-01"), None),
        ("created>=2026-01", day("2026-01-01"), None),
        ("created<2026-01", None, day("2026-01-01") - 1),
        ("created<=2026-01", None, day("2026-02-01") - 1),
        ("created:[2026-01 TO *]", day("2026-01-01"), None),
        ("created:[2026-01 TO 2026-02]", day("2026-01-01"), day("2026-03-01") - 1),
        ("created:{2026-01 TO 2026-03}", day("2026-02-01"), day("2026-03-01") - 1),
        ("created:9999", day("9999-01-01"), day("9999-12-31") + DAY - 1),
        ("added:7d", NOW - 7 * DAY, NOW),
        ("added:2w", NOW - 14 * DAY, NOW),
        ("added>=36h", NOW - 36 * 3_600_000_000, None),
        ("added<30d", None, NOW - 30 * DAY - 1),
        ("valid_until>now", NOW + 1, None),
        ("valid_until:+7d", NOW, NOW + 7 * DAY),
        ("valid_until:[now TO +30d]", NOW, NOW + 30 * DAY),
    ],
)
def test_ranges(text, low, high):
    field = re.match(r"\w+", text)[0].lower()
    assert ask(text).node == Between(field, low, high)


def test_comparisons_in_a_group():
    low, high = Between("confidence", 50, None), Between("confidence", None, 79)
    assert ask("confidence:(>=50 <80)").node == both(low, high)
    assert ask("confidence:(<80 OR >=50)").node == either(high, low)


@pytest.mark.parametrize(
    "text",
    [
        "evil.com\n198.51.100.0/24",
        "evil.com, 198.51.100.0/24",
        '["evil.com","198.51.100.0/24"]',
        " - evil[.]com\r\n - 198.51.100.0/24;\r\n",
        "evil.com;\n\n198[.]51[.]100[.]0/24",
    ],
)
def test_a_pasted_list_is_one_of_its_values(text):
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    parsed = ask(text)
    assert set(parsed.node.nodes) == {EVIL, ip(NET, NET + 255)}
    assert [(part.start, part.end) for part in parsed.parts] == [(start, end)]


def test_hashes_of_a_list_are_one_condition():
    hashes = [f"{n:032x}" for n in range(100)]
    assert ask("\n".join(hashes)).node == Has("hash", tuple(hashes))


@pytest.mark.parametrize("text", ["evil.com\nphishing", "file:C:\\x\nevil.com", "a.vn\n-b.vn"])
def test_lines_that_are_not_all_values_must_all_hold(text):
    assert isinstance(ask(text).node, AllOf)


def test_what_is_left_of_a_url_in_a_list_stays_whole():
    url = "http://evil.com/a,b;c"
    assert ask(f"{url}\nevil.com").node == either(Has("url", (url,)), EVIL)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("*", []),
        ("phishing  type:indicator", ["phishing", "type:indicator"]),
        ("-a AND NOT (b OR c) d", ["-a", "NOT (b OR c)", "d"]),
        ("a OR b c", ["a OR b c"]),
        (" (a b) ", ["(a b)"]),
        ("created: [2026 TO *] x,", ["created: [2026 TO *]", "x"]),
        ('"a bc"* tlp<=amber', ['"a bc"*', "tlp<=amber"]),
        ("\u200bty\u200bpe:x\u200b y", ["ty\u200bpe:x", "y"]),
        ("😀 Lừa 😀 đảo", ["Lừa", "đảo"]),
    ],
)
def test_parts_are_where_they_stand(text, parts):
    parsed = ask(text)
    assert [text[part.start : part.end] for part in parsed.parts] == parts
    assert len(parsed.parts) == 1 or parsed.node == AllOf(tuple(p.node for p in parsed.parts))
