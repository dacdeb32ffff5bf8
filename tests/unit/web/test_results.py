"""Why a row was found: a value that the row shows says it by itself, words that are that value too."""

from __future__ import annotations

from hub.model.search import Term
from hub.service.matched import How, Match
from hub.web.results import reasons

ADDRESS = Term("ip", "198.51.100.77")
VALUE = Match(How.VALUE, *ADDRESS)


def test_the_words_of_a_value_that_was_found_are_no_other_reason() -> None:
    spelled = Match(How.WORDS, "text", "198 51 100 77")
    assert list(reasons([VALUE, spelled], (ADDRESS,))) == []


def test_other_words_and_values_that_the_row_does_not_show_are_reasons() -> None:
    words = Match(How.WORDS, "text", "lua dao")
    assert [each.key for each in reasons([VALUE, words], (ADDRESS,))] == ["lua dao"]
    assert [each.key for each in reasons([VALUE, words], ())] == ["198.51.100.77", "lua dao"]


def test_words_without_the_value_are_a_reason() -> None:
    spelled = Match(How.WORDS, "text", "198 51 100 77")
    assert [each.how for each in reasons([spelled], ())] == [How.WORDS]
