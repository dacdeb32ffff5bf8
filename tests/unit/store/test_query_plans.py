"""Every form of filter reads its index in order: no scan of all records, no sort of their bytes."""

import re
from typing import NamedTuple

import pytest

from hub.model.query import RangeMatch, TermMatch
from hub.store.filters import page
from tests.conformance.builders import (
    BOTH_STIX,
    EVERY,
    LAST,
    SEES_ALL,
    candidate,
    object_id,
    publish,
    select,
)
from tests.fakes import open_store

NAMED = (TermMatch("name", ("x", "y")),)
SURE = (RangeMatch("confidence", "gte", 50),)

PLANS = {
    "no filter": (LAST, "record_last"),
    "all versions": (select(LAST, edges=("all",)), "record_live"),
    "first": (select(LAST, edges=("first",)), "record_live"),
    "exact version": (select(LAST, edges=(), versions_us=(1,)), "record_live"),
    "last and an exact version": (select(LAST, versions_us=(1,)), "record_live"),
    "both STIX versions": (select(LAST, stix=BOTH_STIX), "record_live"),
    "everything": (EVERY, "record_live"),
    "one type": (select(LAST, types=("indicator",)), "record_type"),
    "one type, all versions": (select(EVERY, types=("indicator",)), "record_type"),
    "three types": (select(LAST, types=("indicator", "malware", "tool")), "record_type"),
    "a term": (select(LAST, terms=NAMED), "record_live"),
    "a bound": (select(LAST, ranges=SURE), "record_live"),
    "one type and a term": (select(LAST, types=("indicator",), terms=NAMED), "record_type"),
    "two types and a bound": (select(LAST, types=("a", "b"), ranges=SURE), "record_type"),
    "one id": (select(LAST, ids=(object_id(1),)), "record_object"),
    "one id, all versions": (select(EVERY, ids=(object_id(1),)), "record_object"),
    "many ids": (select(LAST, ids=tuple(map(object_id, range(100)))), "record_object"),
    "one id and a type": (
        select(LAST, ids=(object_id(1),), types=("indicator",)),
        "record_object",
    ),
    "two ids and two types": (
        select(LAST, ids=(object_id(1), object_id(2)), types=("a", "b")),
        "record_object",
    ),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A store with a few thousand records and fresh statistics, which tempt the planner."""
    store = open_store(tmp_path_factory.mktemp("plans") / "hub.sqlite")
    for version in range(2):
        publish(
            store,
            *(candidate(n, version, type=("indicator", "malware")[n % 2]) for n in range(1500)),
        )
    store.database.connection().execute("ANALYZE")
    yield store
    store.close()


class Step(NamedTuple):
    """One line of a plan; the steps of the outermost statement have no parent."""

    id: int
    parent: int
    unused: int
    text: str


def plan_of(store, query):
    wanted = page("r.added_us, r.raw", SEES_ALL, query, 0, 101)
    rows = store.database.connection().execute(f"EXPLAIN QUERY PLAN {wanted.sql}", wanted.args)
    return [Step._make(row) for row in rows]


@pytest.mark.parametrize(("query", "index"), PLANS.values(), ids=PLANS)
def test_each_filter_uses_its_index(plain, query, index):
    texts = [step.text for step in plan_of(plain, query)]
    reads = [text for text in texts if re.match(r"(SCAN|SEARCH) [ro]\b", text)]
    for text in reads:
        assert text.startswith("SEARCH"), texts
        assert re.search(rf"INDEX ({index}|record_object) \(|PRIMARY KEY \(rowid=\?\)", text), (
            texts
        )
    assert any(f"INDEX {index} (" in text for text in reads), texts


SORTED_BY_KEY = {name: query for name, (query, _) in PLANS.items() if not query.ids}


@pytest.mark.parametrize("query", SORTED_BY_KEY.values(), ids=SORTED_BY_KEY)
def test_the_bytes_are_read_in_order(plain, query):
    """Keys may be sorted, in a part of the statement of its own; what fetches `raw` must not sort.

    Ids are the exception: they select a few versions, and to sort those is cheaper than a part.
    """
    plan = plan_of(plain, query)
    assert not any("TEMP B-TREE" in step.text for step in plan if step.parent == 0), plan


IN_ONE_RANGE = {name: query for name, query in SORTED_BY_KEY.items() if len(query.types) < 2}


@pytest.mark.parametrize("query", IN_ONE_RANGE.values(), ids=IN_ONE_RANGE)
def test_a_late_page_costs_what_the_first_one_does(plain, query):
    """The position is part of the index range, and nothing at all is sorted."""
    texts = [step.text for step in plan_of(plain, query)]
    assert "rowid>?" in texts[0], texts
    assert not any("TEMP B-TREE" in text for text in texts), texts


def test_each_of_several_types_begins_at_the_position(plain):
    texts = [step.text for step in plan_of(plain, select(LAST, types=("a", "b", "c")))]
    assert sum("record_type (collection=? AND type=? AND rowid>?)" in text for text in texts) == 3
