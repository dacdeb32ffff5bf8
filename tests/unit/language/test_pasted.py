"""Lines of reports: bullets, names of fields, hashes in groups."""

from __future__ import annotations

import hashlib

import pytest

from hub.language.parser import Setting, parse
from hub.language.pasted import grouped, pasted
from hub.model.search import Has, Term

MD5, SHA256 = hashlib.md5(b"a").hexdigest(), hashlib.sha256(b"a").hexdigest()


def groups(digits: str, size: int, sign: str) -> str:
    return sign.join(digits[at : at + size] for at in range(0, len(digits), size))


@pytest.mark.parametrize(
    ("line", "term"),
    [
        ("198.51.100.7", Term("ip", "198.51.100.7")),
        ("- 198[.]51[.]100[.]7", Term("ip", "198.51.100.7")),
        ("\u2022  CVE-2026-1234", Term("cve", "cve-2026-1234")),
        ("12) 198.51.100.7", Term("ip", "198.51.100.7")),
        ("3. 198.51.100.7", Term("ip", "198.51.100.7")),
        ("IP: 198.51.100.7", Term("ip", "198.51.100.7")),
        ("ip = 198.51.100.7", Term("ip", "198.51.100.7")),
        (f"SHA-256: {SHA256.upper()}", Term("hash", SHA256)),
        (f"- MD5 = {groups(MD5, 4, ' ')}", Term("hash", MD5)),
        ("email: a[at]b[.]example", Term("email", "a@b.example")),
        (groups(SHA256.upper(), 8, " "), Term("hash", SHA256)),
        (groups(SHA256, 2, ":"), Term("hash", SHA256)),
    ],
)
def test_what_stands_around_a_value(line: str, term: Term) -> None:
    assert pasted(line)[0] == term


@pytest.mark.parametrize(
    "line",
    [
        "",
        "-",
        "word",
        "- two words",
        "1. two words",
        "type: malware",
        "ip: evil.example",
        "nothing: 198.51.100.7",
        groups(SHA256[:-2], 8, " "),
        groups(MD5, 4, "-"),
        "ab " * 100_000,
        "- " * 5_000,
        "a: " * 3_000,
    ],
)
def test_what_is_no_value(line: str) -> None:
    assert pasted(line) == []


def test_an_address_with_as_many_digits_as_a_hash_is_an_address() -> None:
    assert pasted("2001:0db8:0000:0000:0000:0000:0000:0001") == [Term("ip", "2001:db8::1")]
    assert grouped("2001:0db8:0000:0000:0000:0000:0000:0001") == []


@pytest.mark.parametrize("text", [groups(SHA256.upper(), 8, " "), f" {groups(MD5, 2, ':')}\n"])
def test_a_query_that_is_a_hash_in_groups(text: str) -> None:
    parsed = parse(text, Setting(0))
    assert parsed.node == Has("hash", (text.replace(" ", "").replace(":", "").strip().lower(),))
    (part,) = parsed.parts
    assert text[part.start : part.end] == text.strip()


def test_a_numbered_list_is_a_list() -> None:
    numbered = parse("1. CVE-2026-1234\n2. CVE-2026-1235", Setting(0))
    assert numbered.node == Has("cve", ("cve-2026-1234", "cve-2026-1235"))
