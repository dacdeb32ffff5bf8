"""Every expected observable of the corpus that stands in an object is found in every spelling."""

import json
import re
from collections import Counter, defaultdict

import msgspec
import pytest

from hub.language.fold import fold
from hub.language.values import detect, read
from hub.model.record import Candidate
from hub.model.search import Term
from hub.stix.check import check
from tests.corpus import bundles
from tests.unit.language.spellings import spellings

FIELDS = {
    "domain": "domain",
    "email": "email",
    "email-dst": "email",
    "filename": "file",
    "ip-dst": "ip",
    "ipv4": "ip",
    "link": "url",
    "md5": "hash",
    "sha1": "hash",
    "sha256": "hash",
    "url": "url",
    "url-no-scheme": "url",
}
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")
# Slips of the source.
_NO_VALUES = {"185.62.103..33", "plumbum44", "81.29.143.fi133"}
_HOLDERS = {"indicator", "observed-data"}


def strings(node):
    """All texts of decoded JSON, and what stands in quotes inside of them."""
    if type(node) is str:
        yield node
        yield from _QUOTED.findall(node)
    elif type(node) in {dict, list}:
        for child in node.values() if type(node) is dict else node:
            yield from strings(child)


@pytest.fixture(scope="module")
def held(corpus):
    """Documents of the indicators and observables that hold a text, by that text."""
    found = defaultdict(list)
    for name, raw in bundles():
        for piece in msgspec.json.decode(raw, type=Bundle).objects:
            item = check(bytes(piece), name)
            if not isinstance(item, Candidate):
                continue
            obj = json.loads(bytes(piece))
            if item.type in _HOLDERS or "created" not in obj:
                kept = {
                    n: v
                    for n, v in obj.items()
                    if n in {"pattern", "objects", "value", "name", "hashes"}
                }
                for text in {*strings(kept)}:
                    found[text].append(item.document)
    return found


class Bundle(msgspec.Struct):
    objects: list[msgspec.Raw]


@pytest.fixture(scope="module")
def expected(corpus):
    """(type, value) of the expected lists."""
    pairs = {}
    for path in sorted((corpus / "text").glob("*_expected.jsonl")):
        for line in filter(None, path.read_text("utf-8").split("\n")):
            pairs |= {(item["type"], item["value"]): None for item in json.loads(line)["expected"]}
    return list(pairs)


def test_every_expected_value_is_found_by_every_spelling(held, expected):
    seen = Counter()
    for kind, value in expected:
        documents = held.get(value, ())
        if kind not in FIELDS or not documents:
            continue
        field = FIELDS[kind]
        key = read(field, value)
        assert key, (kind, value)
        term = Term(field, key)
        for document in documents:
            assert term in document.terms, (kind, value)
        for spelling in spellings(term):
            assert read(field, spelling) == key, spelling
        if field != "file":
            for document in documents:
                assert document.terms.intersection(detect(value)), value
        seen[field] += 1
    # The corpus may grow; it may not silently hold nothing.
    assert seen["hash"] >= 100, seen
    assert min(seen[name] for name in ("domain", "ip", "url", "file")) >= 10, seen


def test_every_expected_value_of_the_texts_is_recognised(expected):
    """What a text lists is a value, whether or not an object holds it."""
    fields = {kind: FIELDS[kind] for kind in FIELDS if kind not in {"filename", "link"}}
    missed = [
        (kind, value)
        for kind, value in expected
        if kind in fields
        and value not in _NO_VALUES
        and not any(term.field in {fields[kind], "ip", "domain"} for term in detect(value))
    ]
    assert missed == []


def test_every_name_in_any_script_is_found_by_its_own_words(corpus):
    lines = (corpus / "unicode" / "galaxy_unicode.jsonl").read_text("utf-8").split("\n")
    texts = [text for line in lines if line for text in strings(json.loads(line)["value"])]
    assert len(texts) > 192
    for text in texts:
        words = fold(text)
        assert fold(text.upper() if text.isascii() else text) == words
        assert fold("\u200b".join(text)) == words
        assert fold(" ".join(words)) == words
