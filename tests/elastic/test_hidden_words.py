"""How many words are hidden changes no answer: none is found by trying words up to a number."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.model.query import Scope, Window
from hub.model.search import Words
from hub.model.tlp import Tlp
from hub.store.elastic.client import TooMuch
from hub.store.elastic.mapping import LONGEST
from hub.store.elastic.visitor import filter_of
from tests.conformance.builders import ONE, publish
from tests.conformance.find_worlds import made
from tests.elastic.copies import copy_of
from tests.fakes import open_store

VIEWER = Scope(
    readable={ONE.key: (Window(Tlp.GREEN, 0),)}, subjects={("org", "far"): 0}, clearance=Tlp.GREEN
)
HIDDEN = 300
"""More than the 128 that Elasticsearch tries behind other words"""


@pytest.mark.parametrize("length", [1, 5, 6, 12, LONGEST])
def test_a_phrase_that_begins_as_many_hidden_words_do(
    elastic_url: str, elastic_prefix: str, tmp_path: Path, length: int
) -> None:
    begin = "supercalifragilistic"[:length]
    words = " ".join(f"supercalifragilistic{number}" for number in range(HIDDEN))
    store = open_store(tmp_path / "hub.sqlite")
    secret = made("malware", 1, 0, name=words, is_family=True)._replace(tlp=Tlp.AMBER)
    seen = made("malware", 2, 0, name="hello supercalifragilistics", is_family=True)
    publish(store, secret, seen._replace(tlp=Tlp.GREEN))
    with copy_of(store, elastic_url, elastic_prefix) as copy:
        copy.settle()
        assert copy.finder.count(VIEWER, Words(("hello", begin), begins=True)) == 1
        assert copy.finder.count(VIEWER, Words((begin,), begins=True)) == 1
    store.close()


@pytest.mark.parametrize("word", ["a" * (LONGEST + 1), "я" * 10])
def test_a_phrase_with_a_longer_beginning_is_refused_whatever_is_there(word: str) -> None:
    with pytest.raises(TooMuch, match="at most 19"):
        filter_of(Words(("hello", word), begins=True))
    assert filter_of(Words((word,), begins=True))
