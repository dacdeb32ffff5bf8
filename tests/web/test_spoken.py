"""Values on pages: the link beside one finds exactly it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from hub.language.parser import Setting, parse
from hub.language.values import read
from hub.model.search import Has, Piece, Starts, Within
from hub.model.tlp import Tlp
from hub.service.around import Near
from hub.web.inert import called, fitted, legible
from hub.web.spoken import query_of, value_of

VALUES = {
    "ip": "198.51.100.7",
    "domain": "evil.example",
    "url": "http://evil.example/a?b=(1)&c=*",
    "email": "someone@evil.example",
    "file": 'say "x".exe',
    "hash": "d41d8cd98f00b204e9800998ecf8427e",
    "mac": "00:00:5e:00:53:01",
    "asn": "64500",
    "cve": "CVE-2026-0001",
    "attack": "T1566.001",
    "value": "HKLM\\Software\\x y",
}
WORDS = ("or", "AND", "NOT", "a*", "*", "(x)", "[a TO b]", 'two "" quotes', "ip:1", "->", ">=1")


@pytest.mark.parametrize(
    ("field", "text"), [*VALUES.items(), *(("value", word) for word in WORDS)]
)
def test_the_query_of_a_value_is_that_value(field: str, text: str) -> None:
    key = read(field, text)
    assert key
    # A domain finds what is below it as well, an address is a network of one.
    wanted = {"domain": Starts(field, key), "ip": Within(4, 0xC6336407, 0xC6336407)}
    expected = wanted.get(field, Has(field, (key,)))
    assert parse(query_of(field, text), Setting(0, {})).node == expected
    href = value_of(field, text).href
    assert parse(parse_qs(urlsplit(href).query)["q"][0], Setting(0, {})).node == expected


def test_what_no_query_can_quote_has_no_link() -> None:
    assert value_of("value", "a \u201cb\u201d").href == ""


def test_a_value_without_a_field_is_taken_for_what_it_looks_like() -> None:
    assert value_of("", "evil.example").shown == "evil[.]example"
    assert value_of("", "plain words").shown == "plain words"


def test_legible_is_escaped_once() -> None:
    assert str(legible("<b>&\u202e")) == (
        '<bdi>&lt;b&gt;&amp;<span class="unseen">U+202E</span></bdi>'
    )
    assert str(legible("http://x.example")) == "<bdi>hxxp://x.example</bdi>"
    assert str(legible("http://x.example", live=True)) == "<bdi>http://x.example</bdi>"


def test_fitted_counts_wide_letters_twice() -> None:
    assert fitted("漢字漢字", 8) == "漢字漢字"
    assert fitted("漢字漢字漢", 8) == "漢字漢…"
    assert fitted("a\u202eb", 40) == "a⟨U+202E⟩b"


def test_an_observable_is_called_by_its_defanged_value() -> None:
    name = "domain-name--x"
    piece = Piece(1, 1, name, "domain-name", "v", Tlp.CLEAR, "o", b"")
    assert called(Near(name, "domain-name", "evil.example", piece)) == "evil[.]example"
    assert called(Near(name, "domain-name", "", piece)) == name
    assert called(Near(name, "indicator", "198.51.100.7", piece)) == "198.51.100[.]7"
    assert called(Near(name, "indicator", "evil.example", piece)) == "evil[.]example"
    for title in ("evil[.]example", "install.sh", "evil.example is bad", "Emotet", "a.b " * 999):
        assert called(Near(name, "malware", title, piece)) == title
