"""Values that want to be more than values: they break no file, and add no rule or record to one."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.service.outlet.gather import Gathering
from hub.service.outlet.live import Sieve
from hub.service.outlet.press import Press
from hub.service.outlet.refuse import Never
from hub.service.outlet.table import FORMATS
from hub.service.outlet.wish import LeftOut, Wish
from tests import checkers, fakes
from tests.unit.service.outlet.fakes import Numbers

PATHS = (
    *("domain-name:value", "url:value", "ipv4-addr:value", "email-addr:value", "file:name"),
    *("file:hashes.MD5", "file:hashes.'SHA-256'", "network-traffic:dst_ref.value"),
)
PLAIN = (
    *("evil.test", "http://evil.test/a", "198.51.100.7", "2001:db8::1", "a@evil.test"),
    *("0123456789abcdef" * 2, "0123456789abcdef" * 4, "bücher.test", "xn--bcher-kva.test"),
    *("a" * 63 + ".test", ".".join(["a" * 63] * 3) + ".test", "a" * 300 + ".test"),
    "https://evil.test:8443/p?q=1&r=2#f",
)
ATTACKS = (
    *("\n", "\r\n", "\t", "\x0b", "\u2028", "\u202e", "\x00", "\u200b", " ", '"', "'", ";", "#"),
    *("|", "\\", "\\x0a", "%0a", "(", ")", "{", "}", "*", "/", ":", "$", "<", ">", "&", "`", "ữ"),
    '"; sid:1; rev:1;) \nalert ip any any -> any any (msg:"x',
    "\n* CNAME .\n$INCLUDE /etc/passwd\n; ",
    '" always_nxdomain\n  include: "/etc/passwd"\n',
    "/127.0.0.1\naddn-hosts=/etc/passwd\n",
    "\tIntel::ADDR\tx\ty\nevil2.test\tIntel::DOMAIN\tx\ty",
    '" } rule other { condition: true } //',
    "\n---\ntitle: other\n",
    "</title></entry></feed><!--",
    "]]><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "=cmd|' /C calc'!A0",
)


FITTING = ("domain-name:value", "url:value", "ipv4-addr:value", "ipv4-addr:value")
FITTING += ("email-addr:value", "file:hashes.MD5", "file:hashes.'SHA-256'")


@st.composite
def values(draw: Any, plain: str | None = None) -> str:
    """A value with something in it that is no part of one."""
    text = plain or draw(st.sampled_from(PLAIN))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(ATTACKS)) + text[at:]
    return str(text)


@st.composite
def pieces(draw: Any) -> list[Piece]:
    """Indicators and reports as the store gives them."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(FITTING) - 1))
        text = draw(values(PLAIN[at])).replace("\\", "\\\\").replace("'", "\\'")
        pattern = f"[{draw(st.sampled_from((FITTING[at], FITTING[at], *PATHS)))} = '{text}']"
        name = draw(values())
        is_report = draw(st.integers(0, 5)) == 0
        obj = fakes.indicator(number, pattern=pattern, name=name, labels=[name], description=name)
        if is_report:
            obj |= {"type": "report", "id": f"report--{fakes.uuid_of(number)}"}
        raw = msgspec.json.encode(obj)
        place = (fakes.START_US + number, 1, obj["id"], obj["type"], obj["modified"])
        found.append(Piece(*place, Tlp.GREEN, "ministry", raw))
    return found


def made(name: str, found: list[Piece], *, comments: bool) -> bytes:
    """The body of a file, and its comments."""
    form = FORMATS[name]
    wish = Wish(comments=comments, types=(*form.fields, *form.more))
    sieve = Sieve(wish, form.ceiling, fakes.START_US + 10_000_000)
    press = Press(wish, "collection x", "https://hub.test", Numbers(), LeftOut())
    with Gathering(lambda: iter([found]), sieve, form, wish, Never()) as gathering:
        return b"".join(form.write(gathering, press))


RULE = re.compile(
    r"alert (?:ip|dns|tls|http|tcp|udp) any any -> \S+ (?:any|\d+) "
    r'\(msg:"HUB [a-z]+ [A-Za-z0-9._@/-]*";(?: [a-z.:_]+(?:[a-z0-9,_ .]|"[^"]*")*;)*'
    r" metadata:indicator [a-z0-9-]+, publisher [a-z]+(?:, confidence \d+)?; sid:\d+; rev:\d+;\)"
)
NAME = r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+"
LINES = {
    "ips.txt": re.compile(r"[0-9a-f.:]+(?:/\d+)?"),
    "domains.txt": re.compile(NAME),
    "urls.txt": re.compile(r"(?:https?|ftps?)://[!-~]+"),
    "hashes.txt": re.compile(r"[0-9a-f]{32,128}"),
    "emails.txt": re.compile(r"[!-~]+@[a-z0-9._-]+"),
    "suricata.rules": RULE,
    "snort.rules": RULE,
    "rpz.zone": re.compile(rf"(?:\*\.)?{NAME} CNAME \."),
    "unbound.conf": re.compile(rf'server:|  local-zone: "{NAME}\." always_nxdomain'),
    "dnsmasq.conf": re.compile(rf"local=/{NAME}/"),
    "zeek.intel": re.compile(r"[^\t]+\tIntel::[A-Z_]+\tministry\tindicator--[0-9a-f-]+[^\t]*"),
}


@pytest.mark.parametrize("name", LINES)
def test_each_line_is_one_record_of_the_format(name: str) -> None:
    counts: Counter[str] = Counter()
    sign = FORMATS[name].sign

    @settings(max_examples=250)
    @given(found=pieces(), comments=st.booleans())
    def check(found: list[Piece], comments: bool) -> None:
        said = [piece for piece in found if piece.type == "indicator"]
        body = made(name, said, comments=comments and bool(sign)).decode()
        for line in body.split("\n")[:-1]:
            if sign and line.lstrip().startswith(sign):
                assert comments
                continue
            assert LINES[name].fullmatch(line), line
            assert line.isprintable() or "\t" in line
            counts["lines"] += 1

    check()
    assert counts["lines"] >= 8


@given(found=pieces())
def test_a_table_has_the_cells_of_its_head(found: list[Piece]) -> None:
    text = made("values.csv", found, comments=False).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert {len(row) for row in rows} == {10}
    assert not any(cell[:1] in {"=", "+", "@", "\t"} for row in rows for cell in row)


@given(found=pieces())
def test_a_feed_is_xml_without_more_entries(found: list[Piece]) -> None:
    body = made("atom.xml", [p for p in found if p.type == "report"], comments=False)
    tree = ET.fromstring(body)
    reports = [piece for piece in found if piece.type == "report"]
    assert len(tree.findall("{http://www.w3.org/2005/Atom}entry")) == len(reports)


@pytest.mark.parametrize("name", ["rpz.zone", "unbound.conf", "dnsmasq.conf", "suricata.rules"])
@pytest.mark.parametrize("comments", [False, True])
def test_programs_load_all_attacks_at_once(tmp_path: Path, name: str, *, comments: bool) -> None:
    found: list[Piece] = []
    texts = [
        f"{plain[:at]}{attack}{plain[at:]}"
        for attack in ATTACKS
        for plain in PLAIN
        for at in (0, 4, len(plain))
    ]
    for number, text in enumerate(texts):
        value = text.replace("\\", "\\\\").replace("'", "\\'")
        obj = fakes.indicator(number, pattern=f"[{PATHS[number % 2]} = '{value}']", name=text)
        place = (fakes.START_US + number, 1, obj["id"], "indicator", obj["modified"])
        found.append(Piece(*place, Tlp.GREEN, "ministry", msgspec.json.encode(obj)))
    head = b"$TTL 300\n@ IN SOA a. b. 1 2 3 4 5\n@ IN NS a.\n" if name == "rpz.zone" else b""
    body = made(name, found, comments=comments)
    assert body.count(b"\n") > 10
    (tmp_path / name).write_bytes(head + body)
    assert checkers.CHECKERS[name](tmp_path / name) == ""
