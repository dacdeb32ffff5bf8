"""What is said of words by which an object was found."""

from __future__ import annotations

import pytest

from hub.language.fold import join
from hub.language.parser import Setting, parse
from hub.model.search import Document, Sheet
from hub.model.tlp import Tlp
from hub.service.matched import matched

TEXT = "Lừa đảo ngân hàng: ศูนย์ประสานงานความมั่นคง 银行诈骗"
SHEET = Sheet(Document(words=join([TEXT])), 7, "acme", Tlp.GREEN, 0)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ngan lua dao", ["ngan", "lua", "dao"]),
        ('"lừa đảo"', ["lua dao"]),
        ("ความมั่นคง", ["ความมั่นคง"]),
        ("银行诈骗 lua", ["银行诈骗", "lua"]),
    ],
)
def test_words_are_said_as_they_were_asked_for(query: str, said: list[str]) -> None:
    found = matched(parse(query, Setting(0)).node, SHEET)
    assert [match.key for match in found] == said
