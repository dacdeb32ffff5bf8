"""What tells of the sender or the victim: found, and replaced when it is chosen."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.service.scrub import Own, find, object_replaced, object_texts, replaced
from tests import fakes
from tests.tools.growth import assert_grows

OWN = Own(("Bộ Mẫu", "Sample Ministry"), ("bo-mau.vn",))


def kinds(text: str) -> list[tuple[str, str]]:
    return [(item.kind, item.found) for item in find([text], OWN)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 10.1.2.3 to 203.0.113.9", [("address", "10.1.2.3")]),
        ("172.16.0[.]9, fd00::12:1", [("address", "172.16.0[.]9"), ("address", "fd00::12:1")]),
        ("loopback 127.0.0.1, 198.51.100.7 and 8.8.8.8", []),
        ("mail an.nguyen@bo-mau.vn and evil@gmail.com", [("email", "an.nguyen@bo-mau.vn")]),
        ("host vpn.bo-mau.vn, evil.vn", [("host", "vpn.bo-mau.vn")]),
        ("PC-KETOAN-07, dc01.noi-bo.lan", [("host", "dc01.noi-bo.lan"), ("host", "PC-KETOAN-07")]),
        ("at C:\\Users\\binh\\x.exe", [("path", "C:\\Users\\binh")]),
        ("at C:\\Users\\Public\\x.exe", []),
        ("/home/binh/.ssh", [("path", "/home/binh")]),
        ("MOC\\binh.nv logged in", [("user", "MOC\\binh.nv")]),
        ("HKLM\\Software\\Run", []),
        (
            "ticket INC0012345, INC-2026-0042",
            [("ticket", "INC0012345"), ("ticket", "INC-2026-0042")],
        ),
        ("CVE-2026-12345 and T1566.002", []),
        (
            "call 0912 345 678 or +84 24 3936 1234",
            [("phone", "0912 345 678"), ("phone", "+84 24 3936 1234")],
        ),
        ("Bộ Mẫu was hit", [("organisation", "Bộ Mẫu")]),
        ("5d41402abc4b2a76b9719d911017c592 0123456789abcdef", []),
    ],
)
def test_is_found(text, expected):
    assert sorted(kinds(text)) == sorted(expected)


def test_the_same_text_has_the_same_stand_in_everywhere():
    texts = ["10.1.2.3 and 10.1.2.4", "10.1.2.3 again"]
    found = find(texts, OWN)
    assert [(item.replacement, item.places) for item in found] == [
        ("[address-1]", 2),
        ("[address-2]", 1),
    ]
    assert found[0].shown[1] == ("", " again")
    chosen = {item.found: item.replacement for item in found}
    assert [replaced(text, chosen) for text in texts] == [
        "[address-1] and [address-2]",
        "[address-1] again",
    ]


def test_of_a_path_the_user_alone_goes():
    [item] = find(["C:\\Users\\binh\\a\\b.exe"], OWN)
    assert replaced("C:\\Users\\binh\\a\\b.exe", {item.found: item.replacement}) == (
        "C:\\Users\\[user-1]\\a\\b.exe"
    )


def test_nothing_is_changed_that_was_not_chosen():
    assert replaced("10.1.2.3 and 10.1.2.4", {"10.1.2.4": "x"}) == "10.1.2.3 and x"
    assert replaced("10.1.2.3", {}) == "10.1.2.3"


def test_an_object_keeps_its_bytes_unless_it_says_what_was_chosen():
    raw = json.dumps(fakes.indicator(1, description="of 10.1.2.3"), indent=2)
    assert object_replaced(raw, {"10.9.9.9": "x"}) == raw
    changed = json.loads(object_replaced(raw, {"10.1.2.3": "x"}))
    assert changed == fakes.indicator(1, description="of x")


def test_patterns_ids_and_references_stay():
    obj = fakes.indicator(1, pattern="[ipv4-addr:value = '10.1.2.3']", x_ref="10.1.2.3")
    assert json.loads(object_replaced(json.dumps(obj), {"10.1.2.3": "x"})) == obj
    assert "10.1.2.3" not in " ".join(object_texts(json.dumps(obj)))


@given(st.lists(st.text(max_size=200), max_size=3))
def test_what_is_chosen_is_gone(texts):
    found = find(texts, OWN)
    chosen = {item.found: item.replacement for item in found}
    for text in texts:
        left = replaced(text, chosen)
        assert not [item for item in find([left], OWN) if item.found in chosen]


@pytest.mark.parametrize("unit", ["a-" * 9 + "@", "0 ", "1.", "a.b-", "C:\\Users\\", "INC-1"])
def test_hostile_texts_take_no_time(unit):
    def finding(size):
        texts = [unit * size]
        return lambda: find(texts, OWN)

    assert_grows(finding, 2_500)
