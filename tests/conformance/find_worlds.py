"""Random hubs to search in: objects that share words and values, collections, markings, circles."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from hub.language.fold import GAP
from hub.model.clock import format_us
from hub.model.query import Query, Scope, Window
from hub.model.record import Candidate
from hub.model.search import AllOf, AnyOf, Between, Has, Node, Not, Starts, Within, Words
from hub.model.tlp import Tlp
from hub.stix.check import check
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import ONE, SECOND_US, TWO, publish, removal, version_us
from tests.conformance.engines import Searched, SearchEngine
from tests.conformance.find_oracle import FindOracle
from tests.conformance.test_visibility import AUDIENCES, CIRCLES, INSTANTS, ORGS, TLPS
from tests.fakes import START_US, Clock, uuid_of

COLLECTIONS = (ONE, TWO)
TEXTS = ("Lừa đảo qua mạng", "lừa", "đảo", "Emotet dropper", "emotet", "gửi qua mạng", "evil")
PATTERNS = (
    "[ipv4-addr:value = '198.51.100.7']",
    "[ipv4-addr:value = '198.51.100.0/24']",
    "[ipv4-addr:value ISSUBSET '198.51.0.0/16']",
    "[ipv4-addr:value = '198.51.100.0']",
    "[ipv4-addr:value = '203.0.113.9' OR domain-name:value = 'WWW.evil.example']",
    "[ipv6-addr:value = '2001:db8::1']",
    "[ipv6-addr:value = '2001:db8::/32']",
    "[domain-name:value = 'evil.example']",
    "[domain-name:value = 'notevil.example']",
    "[url:value = 'http://evil.example/A b?\"x']",
    "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
    "[email-addr:value = 'Boss@evil.example']",
    "[mutex:name = 'Global\\\\\\\\% \" | x']",
)
RANGES = (
    (4, 0xC6336407, 0xC6336407),
    (4, 0xC6336400, 0xC6336400),
    (4, 0xC6336400, 0xC63364FF),
    (4, 0xC6330000, 0xC633FFFF),
    (4, 0xC6336401, 0xC6336509),
    (4, 0xC6336410, 0xC633641F),
    (4, 0, 0xFFFFFFFF),
    (6, 0x20010DB8 << 96, (0x20010DB8 << 96) + 1),
    (6, 0x20010DB9 << 96, 0x20010DB9 << 96),
    (6, 0, (1 << 128) - 1),
)
FACETS = ("type", "publisher", "collection", "tlp", "label", "cve", "has", "attack", "language")
HOSTILE = ('"', "'", "*", '" OR "!all', "a b", "%", "\0", "A", "l:1", "|", "NOT", "ữ", "!all")


def made(kind: str, number: int, version: int, **members: Any) -> Candidate:
    """An object as it would arrive."""
    obj = {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{uuid_of(number)}",
        "created": format_us(START_US - number * 86_400 * SECOND_US),
        "modified": format_us(version_us(version)),
    }
    item = check(json.dumps(obj | members).encode(), "")
    assert isinstance(item, Candidate), item
    return item


@st.composite
def objects(draw: Any) -> Candidate:
    """One of a few objects in one of a few versions."""
    number, version = draw(st.integers(1, 4)), draw(st.integers(0, 2))
    kind = ("indicator", "indicator", "malware", "vulnerability")[number - 1]
    members: dict[str, Any] = {"name": draw(st.sampled_from(TEXTS))}
    if draw(st.booleans()):
        members["description"] = draw(st.sampled_from(TEXTS))
        members["labels"] = draw(
            st.lists(st.sampled_from(["phishing", "c2", "a b", "a c"]), min_size=1)
        )
    if draw(st.booleans()):
        members["confidence"] = draw(st.sampled_from([0, 50, 100]))
    if kind == "indicator":
        pattern = draw(st.sampled_from(PATTERNS))
        members |= {"pattern": pattern, "pattern_type": "stix", "valid_from": format_us(START_US)}
    elif kind == "malware":
        members |= {
            "is_family": True,
            "aliases": draw(st.lists(st.sampled_from(TEXTS), min_size=1)),
        }
    else:
        name = draw(st.sampled_from(["CVE-2026-0001", "CVE-2026-0002"]))
        members["external_references"] = [{"source_name": "cve", "external_id": name}]
    item = made(kind, number, version, **members)._replace(tlp=draw(TLPS))
    if item.tlp > Tlp.GREEN and draw(st.booleans()):
        for member in ("description", "labels", "aliases"):
            members.pop(member, None)
        view = made(kind, number, version, **members | {"name": "evil"})
        tlp = Tlp(draw(st.integers(0, item.tlp - 1)))
        return item._replace(views=(view._replace(tlp=tlp),))
    return item


SINCE = st.one_of(st.just(0), INSTANTS)


@st.composite
def scopes(draw: Any, org: str = "") -> Scope:
    """Somebody who reads no, one or both collections."""
    org = org or draw(st.sampled_from(ORGS))
    windows = {
        one.key: tuple(draw(st.lists(st.builds(Window, TLPS, SINCE), min_size=1, max_size=2)))
        for one in COLLECTIONS
        if draw(st.integers(0, 4))
    }
    subjects = {("org", org): 0}
    for circle in draw(st.frozensets(st.sampled_from(CIRCLES))):
        subjects[circle] = draw(SINCE)
    return Scope("somebody", org, windows, clearance=Tlp.RED, subjects=subjects)


class Step(NamedTuple):
    """A publish, or a delete where nothing is published."""

    scope: Scope
    to: Any
    items: list[Candidate]
    audience: frozenset[Any]
    ids: tuple[str, ...]


@st.composite
def steps(draw: Any) -> Step:
    org = draw(st.sampled_from(ORGS))
    keys = frozenset(one.key for one in COLLECTIONS)
    seen = draw(scopes(org))
    if draw(st.integers(0, 3)):
        seen = msgspec.structs.replace(seen, readable=dict.fromkeys(keys, (Window(Tlp.RED, 0),)))
    scope = msgspec.structs.replace(seen, writable=keys, moderates=True)
    to, audience = draw(st.sampled_from(COLLECTIONS)), draw(AUDIENCES)
    if draw(st.integers(0, 5)) == 0:
        return Step(scope, to, [], audience, (draw(objects()).object_id,))
    items = draw(st.lists(objects(), min_size=1, max_size=4))
    return Step(scope, to, items, audience, ())


HISTORIES = st.lists(steps(), min_size=1, max_size=7)


class World(NamedTuple):
    """A hub with something in it, what it should answer, and how to ask it."""

    store: SqliteStore
    searched: Searched
    oracle: FindOracle


@contextmanager
def world(engine: SearchEngine, folder: Path, history: Sequence[Step]) -> Iterator[World]:
    """A store in which all of this has happened."""
    clock = Clock()
    store = engine.open(folder / uuid.uuid4().hex, clock)
    oracle = FindOracle(one.key for one in COLLECTIONS)
    try:
        with engine.search(store) as searched:
            for step in history:
                clock.advance(1)
                _happen(store, oracle, step, clock.now)
            searched.settle()
            yield World(store, searched, oracle)
    finally:
        store.close()


def _happen(store: SqliteStore, oracle: FindOracle, step: Step, now: int) -> None:
    known = oracle.collections[step.to.key]
    if step.items:
        publish(
            store,
            *step.items,
            org=step.scope.org,
            to=step.to,
            audience=step.audience,
            scope=step.scope,
        )
        known.publish(step.scope, step.items, step.audience, now)
    else:
        query = Query(step.to.key, ids=step.ids, edges=("all",))
        assert store.remove(step.scope, removal(query)) == known.remove(step.scope, query)


def nodes(oracle: FindOracle) -> st.SearchStrategy[Node]:
    """Queries for what is there, and for what is not."""
    leaves = st.one_of(_has(oracle), _starts(oracle), _words(oracle), WITHIN, BETWEEN, SCOPED)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
            st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )


def terms(oracle: FindOracle) -> list[Any]:
    """Every term of every record."""
    return sorted({term for sheet in oracle.sheets() for term in sheet.document.terms})


def _some(oracle: FindOracle) -> st.SearchStrategy[Any]:
    return _one_of(terms(oracle) or [("cve", "cve-2026-0001")])


def _one_of(things: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of what is in the hub; what is drawn for it is the same however many there are."""
    return st.integers(0, 999).map(lambda number: things[number % len(things)])


def _has(oracle: FindOracle) -> st.SearchStrategy[Node]:
    def build(found: list[Any], other: str) -> Node:
        field = found[0][0]
        return Has(field, (*(key for name, key in found if name == field), other))

    return st.builds(
        build, st.lists(_some(oracle), min_size=1, max_size=3), st.sampled_from(HOSTILE)
    )


def _starts(oracle: FindOracle) -> st.SearchStrategy[Node]:
    def build(found: Any, length: int) -> Node:
        return Starts(found[0], found[1][:length])

    return st.builds(build, _some(oracle), st.integers(0, 12))


def phrases(oracle: FindOracle) -> list[Words]:
    """Every two words beside each other, also the last of a text and the first of the next."""
    pairs = {pair for text in _texts(oracle) for pair in pairwise(text)}
    return [Words(pair) for pair in sorted(pairs)]


def _texts(oracle: FindOracle) -> list[list[str]]:
    """The words of all texts of a record, without what stands between two of them."""
    return [
        [word for word in text.split() if word != GAP]
        for sheet in oracle.sheets()
        for text in (sheet.document.name, sheet.document.words)
        if text
    ]


def _words(oracle: FindOracle) -> st.SearchStrategy[Node]:
    texts = _texts(oracle) or [["evil"]]

    def build(text: list[str], place: int, cut: int, flags: tuple[bool, bool]) -> Node:
        words = text[place % len(text) :][:2]
        if flags[0]:
            words[-1] = words[-1][: cut + 1]
        return Words(tuple(words), *flags)

    flags = st.tuples(st.booleans(), st.booleans())
    real = st.builds(build, _one_of(texts), st.integers(0, 20), st.integers(0, 4), flags)
    odd = st.builds(Words, st.tuples(st.sampled_from(HOSTILE)), st.booleans(), st.booleans())
    return st.one_of(real, real, odd)


WITHIN = st.sampled_from([Within(*each) for each in RANGES])
_DATES = st.one_of(st.none(), INSTANTS.map(lambda at: at - 3 * 86_400 * SECOND_US), INSTANTS)
BETWEEN = st.one_of(
    st.builds(
        Between,
        st.sampled_from(["added", "added", "created", "modified", "valid_from", "valid_until"]),
        _DATES,
        _DATES,
    ),
    st.builds(
        Between,
        st.sampled_from(["confidence", "tlp"]),
        st.sampled_from([None, 0, 1, 50, -(1 << 70)]),
        st.sampled_from([None, 2, 50, 1 << 70]),
    ),
)
SCOPED = st.one_of(
    st.builds(lambda org: Has("publisher", (org,)), st.sampled_from(ORGS)),
    st.builds(
        lambda key: Has("collection", key), st.sampled_from([(), ("1",), ("2", "1"), ("9",)])
    ),
    st.builds(lambda tlp: Has("tlp", (tlp.text,)), TLPS),
    st.builds(
        Starts, st.sampled_from(["tlp", "publisher", "collection"]), st.sampled_from("agm1")
    ),
)
