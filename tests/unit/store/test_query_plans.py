"""Every form of filter reads its index in order: no scan of all records, no sort of their bytes.

A reader who sees several labels gets them merged, and the merge is lazy as well: what is read is
what is given out, and one row more of each label.
"""

import re
import sqlite3
from contextlib import closing
from typing import NamedTuple

import pytest

from hub.model.query import RangeMatch, TermMatch
from hub.model.tlp import Tlp
from hub.store import filters
from hub.store.filters import page
from hub.store.labels import Range
from tests.conformance.builders import (
    BOTH_STIX,
    EVERY,
    LAST,
    SEES_ALL,
    candidate,
    entries,
    object_id,
    publish,
    select,
)
from tests.fakes import START_US, open_store

NAMED = (TermMatch("name", ("x", "y")),)
SURE = (RangeMatch("confidence", "gte", 50),)

PLANS = {
    "no filter": (LAST, "record_last"),
    "all versions": (select(LAST, edges=("all",)), "record_live"),
    "first": (select(LAST, edges=("first",)), "record_live"),
    "first and last": (select(LAST, edges=("first", "last")), "record_live"),
    "exact version": (select(LAST, edges=(), versions_us=(1,)), "record_live"),
    "last and an exact version": (select(LAST, versions_us=(1,)), "record_live"),
    "one STIX version": (select(LAST, stix=("2.0",)), "record_live"),
    "both STIX versions": (select(LAST, stix=BOTH_STIX), "record_live"),
    "everything": (EVERY, "record_live"),
    "one publisher": (select(LAST, publisher="ministry"), "record_live"),
    "one type": (select(LAST, types=("indicator",)), "record_type"),
    "one type, first": (select(LAST, types=("indicator",), edges=("first",)), "record_type"),
    "one type, all versions": (select(EVERY, types=("indicator",)), "record_type"),
    "three types": (select(LAST, types=("indicator", "malware", "tool")), "record_type"),
    "a term": (select(LAST, terms=NAMED), "record_live"),
    "a bound": (select(LAST, ranges=SURE), "record_live"),
    "one type and a term": (select(LAST, types=("indicator",), terms=NAMED), "record_type"),
    "two types and a bound": (select(LAST, types=("a", "b"), ranges=SURE), "record_type"),
    "one id": (select(LAST, ids=(object_id(1),)), "record_object"),
    "one id, all versions": (select(EVERY, ids=(object_id(1),)), "record_object"),
    "one id, first": (select(LAST, ids=(object_id(1),), edges=("first",)), "record_object"),
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
PER_LABEL = 700
"""Objects of two versions each, under each of three labels"""

VIEWS = {
    "one label": [Range(1, 0)],
    "one label, late": [Range(1, START_US)],
    "several labels": [Range(1, 0), Range(2, 0), Range(3, START_US), Range(4, START_US + 1)],
    "many labels": [Range(key, 0) for key in range(1, 101)],
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A store with a few thousand records and fresh statistics, which tempt the planner."""
    store = open_store(tmp_path_factory.mktemp("plans") / "hub.sqlite")
    for tlp in (Tlp.GREEN, Tlp.CLEAR, Tlp.AMBER):
        publish(
            store,
            *(
                candidate(n, version, type=("indicator", "malware")[n % 2], tlp=tlp)
                for n in range(1000 * tlp, 1000 * tlp + PER_LABEL)
                for version in range(2)
            ),
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


def plan_of(store, query, ranges):
    wanted = page("r.added_us, r.raw", ranges, query, 1, 101)
    rows = store.database.connection().execute(f"EXPLAIN QUERY PLAN {wanted.sql}", wanted.args)
    return [Step._make(row) for row in rows]


def texts_of(store, query, ranges):
    return [step.text for step in plan_of(store, query, ranges)]


with_every_view = pytest.mark.parametrize("ranges", VIEWS.values(), ids=VIEWS)
with_every_filter = pytest.mark.parametrize(("query", "index"), PLANS.values(), ids=PLANS)


@with_every_view
@with_every_filter
def test_each_filter_uses_its_index(plain, query, index, ranges):
    texts = texts_of(plain, query, ranges)
    reads = [text for text in texts if re.match(r"(SCAN|SEARCH) (r|o|oo)\b", text)]
    for text in reads:
        assert text.startswith("SEARCH"), texts
        assert re.search(rf"INDEX ({index}|record_object) \(|PRIMARY KEY \(rowid=\?\)", text), (
            texts
        )
    assert sum(f"INDEX {index} (" in text for text in reads) >= 1, texts
    # What is scanned are the merged keys, and lists of labels and ids.
    scans = [text for text in texts if text.startswith("SCAN") and "VIRTUAL" not in text]
    assert scans in ([], ["SCAN m"])


@with_every_view
@with_every_filter
def test_nothing_is_sorted_but_versions_of_a_few_objects(plain, query, index, ranges):
    """Ids select a few versions, and to sort those is cheaper than an order of their own."""
    sorts = [text for text in texts_of(plain, query, ranges) if "TEMP B-TREE" in text]
    assert sorts == (["USE TEMP B-TREE FOR ORDER BY"] if query.ids else [])


@with_every_view
@with_every_filter
def test_each_range_begins_at_the_position(plain, query, index, ranges):
    if query.ids:
        return
    texts = texts_of(plain, query, ranges)
    starts = {
        "record_type": f"INDEX {index} (label=? AND type=? AND added_us>?)",
        "record_last": f"INDEX {index} (label=? AND added_us>?)",
        "record_live": f"INDEX {index} (label=? AND added_us>?)",
    }
    parts = len(ranges) * (len(query.types) or 1)
    assert sum(starts[index] in text for text in texts) == parts, texts
    assert any(text == "CO-ROUTINE m" for text in texts) == (parts > 1)


@with_every_filter
def test_what_is_asked_beside_the_index_is_asked_once(plain, query, index):
    """So that a statement grows with the number of labels, and not with its square."""
    one, many = (page("r.raw", VIEWS[name], query, 0, 9) for name in ("one label", "many labels"))
    ends = [
        sum(text == "r" for text in re.findall(r"\b(r)\.terms\b", found.sql))
        for found in (one, many)
    ]
    assert ends[0] == ends[1]
    assert many.sql.count("NOT EXISTS") == one.sql.count("NOT EXISTS")


def cost(store, ranges, query, after_us, limit):
    """Thousands of operations of SQLite's machine for a page, and its rows."""
    ticks = []
    with closing(sqlite3.connect(store.database.path)) as connection:
        connection.create_function("number", 2, lambda *_: None)
        wanted = page("r.added_us", ranges, query, after_us, limit)
        connection.set_progress_handler(lambda: ticks.append(1), 1000)
        rows = connection.execute(wanted.sql, wanted.args).fetchall()
    return len(ticks), rows


READS = {
    name: query
    for name, (query, _) in PLANS.items()
    if not (query.ids or query.terms or query.ranges or query.versions_us)
    and query.stix != ("2.0",)
}


@pytest.mark.parametrize("query", READS.values(), ids=READS)
def test_a_page_costs_what_it_gives_out(plain, query):
    """Whatever is behind it, and wherever it begins."""
    ranges = [Range(1, 0), Range(2, 0), Range(3, 0)]
    _, rows = cost(plain, ranges, query, 0, 10_000)
    objects = 3 * PER_LABEL // (2 if query.types == ("indicator",) else 1)
    assert len(rows) == objects * (
        2 if query.edges[-1:] == ("all",) or len(query.edges) > 1 else 1
    )
    first, _ = cost(plain, ranges, query, 0, 20)
    late, found = cost(plain, ranges, query, rows[-21][0], 20)
    assert len(found) == 20
    whole, _ = cost(plain, ranges, query, 0, 10_000)
    assert max(first, late) * 5 < whole
    nothing, found = cost(plain, ranges, query, rows[-1][0], 20)
    assert (nothing, found) == (0, [])


def test_labels_beyond_what_one_statement_merges(tmp_path, monkeypatch):
    """The first rows of each group are sorted then, and no more than those."""
    store = open_store(tmp_path / "hub.sqlite")
    for number in range(9):
        audience = [("org", "ministry"), ("org", f"partner-{number}")]
        publish(store, *(candidate(10 * number + n) for n in range(5)), audience=audience)
    ranges = [Range(key, 0) for key in range(1, 10)]
    plain = page("r.added_us", ranges, LAST, 0, 7)
    expected = store.database.connection().execute(plain.sql, plain.args).fetchall()
    monkeypatch.setattr(filters, "_AT_ONCE", 2)
    grouped = page("r.added_us", ranges, LAST, 0, 7)
    assert grouped.sql != plain.sql
    connection = store.database.connection()
    assert connection.execute(grouped.sql, grouped.args).fetchall() == expected
    steps = connection.execute(f"EXPLAIN QUERY PLAN {grouped.sql}", grouped.args).fetchall()
    assert not any("TEMP B-TREE" in text for _, parent, _, text in steps if parent == 0)
    assert sum("record_last (label=? AND added_us>?)" in text for *_, text in steps) == 9
    store.close()


@pytest.mark.parametrize(
    "query",
    [LAST, select(LAST, edges=("first",)), select(LAST, types=("a", "indicator", "z"))],
    ids=["last", "first", "types"],
)
def test_a_reader_may_see_more_labels_than_a_statement_has_room_for(crowd, query):
    """Every audience that is named once is a label: a reader has thousands in some years."""
    found = entries(crowd, query)
    assert len(found) == CROWD
    assert [entry.added_us for entry in found] == sorted(entry.added_us for entry in found)


CROWD = 1100


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    store = open_store(tmp_path_factory.mktemp("crowd") / "hub.sqlite")
    store.database.connection().execute("PRAGMA synchronous=OFF")
    for number in range(CROWD):
        audience = [("org", "ministry"), ("org", f"partner-{number}")]
        publish(store, candidate(number), audience=audience)
    yield store
    store.close()


def test_who_sees_nothing_reads_nothing(plain):
    assert page("r.raw", [], EVERY, 0, 10).sql == "SELECT r.raw FROM record r WHERE 0"
    assert entries(plain, scope=type(SEES_ALL)()) == []
