"""What a node means for one record."""

from __future__ import annotations

import pytest

from hub.language.fold import GAP, join
from hub.language.matcher import matches
from hub.language.parser import Setting, parse
from hub.model.clock import parse_us
from hub.model.search import EVERYTHING, AnyOf, Document, Has, Not, Sheet, Term, Within, Words
from hub.model.tlp import Tlp

ADDED = parse_us("2026-03-14T09:00:00Z")
NOW = parse_us("2026-03-15T12:00:00Z")
ID = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
THREAT = "threat-actor--0c7e22ad-b099-4dc3-b0df-2ea3f49ae2e6"
SHEET = Sheet(
    Document(
        terms=frozenset(
            {
                Term("ip", "198.51.100.7"),
                Term("ip", "203.0.113.0/24"),
                Term("ip", "2001:db8::1"),
                Term("domain", "com.evil.www."),
                Term("url", "http://www.evil.com/a"),
                Term("hash", "5d41402abc4b2a76b9719d911017c592"),
                Term("cve", "cve-2026-0001"),
                Term("has", "ip"),
                Term("has", "domain"),
                Term("type", "indicator"),
                Term("label", "phishing-kit"),
                Term("id", ID),
                Term("ref", THREAT),
            }
        ),
        numbers={"created": parse_us("2026-01-31T23:59:59Z"), "confidence": 80},
        name=join(["Lừa đảo ngân hàng", "Fake Bank"]),
        words=join(["Gửi tin nhắn", "名古屋"]),
    ),
    collection=7,
    publisher="acme",
    tlp=Tlp.AMBER,
    added_us=ADDED,
)

FINDS = (
    """
evil.com|www.evil.com|domain:evil[.]com|hxxp://www[.]evil.com/a|*.evil.com
198.51.100.7|198.51.100.0/24|ip:198.51.100.*|203.0.113.9|203.0.113.0/25|203.0.0.0/16
2001:db8::/32|2001:DB8:0::1|5D41402ABC4B2A76B9719D911017C592|hash:5d41*|cve:2026-1
lua dao|"lua dao"|"lua da"*|LỪA|ngan*|name:"fake bank"|name:fake|text:fake|text:"tin nhắn"
"名古"|"古屋"|名古屋|tin name:lua|-label:ransomware
label:phishing*|label:PHISHING-KIT|type:indicator|has:ip|ip:*|label:*|revoked:true OR lua
org:acme|publisher:ac*|collection:main|collection:m*|collection:*|tlp:amber|tlp<=amber|tlp:*
confidence:80|confidence>=80|confidence:[80 TO *]|confidence:*|confidence:{79 TO 81}
created:2026|created:2026-01|created:2026-01-31|created<=2026-01|created<2026-02|created>2025
created:2026-01-31T23:59:59|added:7d|added:30h|added:2026-03-14|-added:24h
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

MISSES = (
    """
notevil.com|mail.evil.com|domain:com.evil|hxxp://evil.com/a|198.51.100.8|198.51.101.0/24
203.0.114.1|2001:db9::/32|hash:5d42*|cve:2026-10|"dao lua"|"hang fake"|"dao ngan hang fake"
name:tin|"hang dao"|"tin lua dao"|name:"tin nhan"|"lu"|nga|lua -dao|"古名"|"đảo g"|-type:indicator|type:indicato
label:phishing|has:hash|file:*|sector:*|org:ac|collection:other|collection:elsewhere
tlp:red|tlp<amber|tlp:amber+strict|confidence>80|confidence<80|created>2026-01|created<2026-01
created:2026-01-30|modified:*|-modified:* confidence:1|valid_until>now|added:24h|added>2026-03-14
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


def finds(text: str) -> bool:
    return matches(parse(text, Setting(NOW, {"main": 7, "other": 8})).node, SHEET)


@pytest.mark.parametrize("text", ["", "*", ID, THREAT, f"id:{ID}", f"ref:{THREAT}", *FINDS])
def test_what_is_found(text):
    assert finds(text)


@pytest.mark.parametrize("text", [f"ref:{ID}", f"id:{THREAT}", *MISSES])
def test_what_is_not_found(text):
    assert not finds(text)


def test_of_none():
    assert matches(EVERYTHING, SHEET)
    assert not matches(AnyOf(()), SHEET)
    assert not matches(Has("label", ()), SHEET)
    assert matches(Not(Has("label", ())), SHEET)


def test_addresses_of_two_versions_are_never_the_same():
    assert matches(Within(4, 0xC6336407, 0xC6336407), SHEET)
    assert not matches(Within(6, 0xC6336407, 0xC6336407), SHEET)


def test_no_phrase_crosses_two_texts():
    assert not matches(Words(("hang", "fake")), SHEET)
    assert not matches(Words(("hang", GAP, "fake")), SHEET)
    assert not matches(Words((GAP,)), SHEET)
    assert not matches(Words(("bank", "gui")), SHEET)


def test_names_and_other_texts_do_not_touch():
    sheet = SHEET._replace(document=Document(name="a b", words="c d"))
    assert not matches(Words(("b", "c")), sheet)
    assert matches(Words(("c", "d")), sheet)
    assert not matches(Words(("c", "d"), name=True), sheet)
