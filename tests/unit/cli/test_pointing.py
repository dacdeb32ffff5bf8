"""A mark stands below what is wrong with a query, whatever characters stand before it."""

from __future__ import annotations

import pytest

from hub.cli.pointing import explained, language
from hub.errors import Fault, HubError


def error(position: int, length: int = 1) -> HubError:
    details = {"position": position, "length": length, "en": "wrong", "vi": "sai"}
    return HubError(Fault.BAD_QUERY, "reason", details=details)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.mark.parametrize(
    ("query", "position", "length", "lines"),
    [
        ("a (b", 2, 1, ("a (b", "  ^")),
        ("name:lừa (b", 9, 1, ("name:lừa (b", " " * 9 + "^")),
        ("lu\u031b\u0300a (b", 6, 1, ("lu\u031b\u0300a (b", "    ^")),
        ("釣魚 (b", 3, 1, ("釣魚 (b", "     ^")),
        ("tpye:x", 0, 4, ("tpye:x", "^^^^")),
        ("a\nb (c\nd", 4, 1, ("b (c", "  ^")),
        ("a\t(b", 2, 1, ("a (b", "  ^")),
        ("ab", 2, 1, ("ab", "  ^")),
        ("", 0, 0, ("", "^")),
    ],
)
def test_the_mark(query: str, position: int, length: int, lines: tuple[str, str]) -> None:
    said, *shown = explained(query, error(position, length)).split("\n")
    assert said == "wrong"
    assert [line[2:] for line in shown] == list(lines)


def test_of_a_long_query_only_the_place_is_shown() -> None:
    shown = explained("x" * 500 + "(" + "y" * 500, error(500)).split("\n")
    assert all(len(line) < 140 for line in shown)
    assert shown[1][shown[2].index("^")] == "("


def test_an_error_without_a_place_is_a_message() -> None:
    late = HubError(Fault.BAD_QUERY, "this takes too long", remedy="Narrow it.")
    assert explained("x", late) == "this takes too long. Narrow it."


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"LC_ALL": "vi_VN.UTF-8", "LANG": "en_US"}, "vi"),
        ({"LC_ALL": "", "LC_MESSAGES": "vi", "LANG": "en_US"}, "vi"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "vi.UTF-8"}, "vi"),
        ({"LC_ALL": "C", "LANG": "vi_VN"}, "en"),
        ({"LC_ALL": "", "LANG": "vie"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}, "en"),
    ],
)
def test_the_language(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], expected: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, values.get(name, ""))
    assert language() == expected
