"""Which versions of an object a query selects (TAXII 2.1 section 3.4.1)."""

import pytest

from hub.model.query import TermMatch
from tests.conformance.builders import (
    BOTH_STIX,
    EVERY,
    LAST,
    SEES_ALL,
    candidate,
    entries,
    publish,
    raws,
    removal,
    select,
    version_us,
)

EDGES = {
    "last": (("last",), (), [2]),
    "first": (("first",), (), [0]),
    "first and last": (("first", "last"), (), [0, 2]),
    "all": (("all",), (), [1, 0, 2]),
    "exact": ((), (1,), [1]),
    "two exact ones": ((), (0, 1), [1, 0]),
    "exact and last": (("last",), (1,), [1, 2]),
    "exact and first": (("first",), (1,), [1, 0]),
    "exact that is the last as well": (("last",), (2,), [2]),
    "exact and unknown": ((), (7,), []),
    "all and exact": (("all",), (1,), [1, 0, 2]),
    "no filter": ((), (), [1, 0, 2]),
}


def shown(store, query):
    return [entry.version for entry in entries(store, query)]


def text(version):
    return candidate(version=version).version


class TestEdges:
    @pytest.mark.parametrize(("edges", "exact", "expected"), EDGES.values(), ids=EDGES)
    def test_select_from_three_versions(self, store, edges, exact, expected):
        publish(store, *(candidate(version=version) for version in (1, 0, 2)))
        query = select(LAST, edges=edges, versions_us=tuple(map(version_us, exact)))
        assert shown(store, query) == [text(version) for version in expected]
        assert shown(store, select(query, stix=BOTH_STIX)) == [text(v) for v in expected]

    def test_a_single_version_is_first_and_last_and_comes_once(self, store):
        publish(store, candidate())
        assert raws(store, select(LAST, edges=("first", "last"))) == [candidate().raw]

    def test_each_object_has_its_own(self, store):
        publish(store, *(candidate(n, version) for n, version in [(1, 0), (2, 5), (2, 3), (1, 9)]))
        assert shown(store, LAST) == [text(5), text(9)]
        assert shown(store, select(LAST, edges=("first",))) == [text(0), text(3)]

    def test_filters_decide_among_which_versions(self, store):
        publish(
            store,
            candidate(version=0, fields=[("name", "x")]),
            candidate(version=1, fields=[("name", "x")]),
            candidate(version=2, fields=[("name", "y")]),
        )
        named = select(LAST, terms=(TermMatch("name", ("x",)),))
        assert shown(store, named) == [text(1)]
        assert shown(store, select(named, edges=("first", "last"))) == [text(0), text(1)]

    def test_unversioned_objects_have_one_version(self, store):
        item = candidate(type="ipv4-addr")._replace(version_us=0, version="1970-01-01T00:00:00Z")
        publish(store, item)
        for edges in (("last",), ("first",), ("all",)):
            assert raws(store, select(LAST, edges=edges)) == [item.raw]


MIXED = {
    "default: newest of the newest STIX version": (LAST, [(1, 1), (2, 0), (3, 0)]),
    "2.0 only": (select(LAST, stix=("2.0",)), [(1, 0), (2, 1), (3, 0)]),
    "2.1 only": (select(LAST, stix=("2.1",)), [(1, 1), (2, 0)]),
    "both: newest of all": (select(LAST, stix=BOTH_STIX), [(1, 1), (2, 1), (3, 0)]),
    "first of both": (
        select(LAST, stix=BOTH_STIX, edges=("first",)),
        [(1, 0), (2, 0), (3, 0)],
    ),
    "first by default": (select(LAST, edges=("first",)), [(1, 1), (2, 0), (3, 0)]),
    "all by default": (select(LAST, edges=("all",)), [(1, 1), (2, 0), (3, 0)]),
    "all of both": (EVERY, [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0)]),
    "exact by default": (
        select(LAST, edges=(), versions_us=(version_us(1),)),
        [(1, 1)],
    ),
    "exact in 2.0": (
        select(LAST, edges=(), versions_us=(version_us(1),), stix=("2.0",)),
        [(2, 1)],
    ),
}


class TestStixVersions:
    @pytest.fixture
    def mixed(self, store):
        """One object as 2.0 and later as 2.1, one as 2.1 and later as 2.0, one only as 2.0."""
        publish(
            store,
            candidate(1, 0, stix="2.0"),
            candidate(1, 1, stix="2.1"),
            candidate(2, 0, stix="2.1"),
            candidate(2, 1, stix="2.0"),
            candidate(3, 0, stix="2.0"),
        )
        return store

    @pytest.mark.parametrize(("query", "expected"), MIXED.values(), ids=MIXED)
    def test_select(self, mixed, query, expected):
        wanted = [(candidate(n).object_id, text(version)) for n, version in expected]
        assert [(e.object_id, e.version) for e in entries(mixed, query)] == wanted

    def test_entries_name_the_stix_version(self, mixed):
        assert [entry.stix for entry in entries(mixed)] == ["2.0", "2.1", "2.1", "2.0", "2.0"]

    def test_an_unknown_one_selects_nothing(self, mixed):
        assert entries(mixed, select(LAST, stix=("3.0",))) == []

    def test_when_the_newest_stix_version_goes_the_older_one_is_shown(self, mixed):
        gone = select(EVERY, ids=(candidate(1).object_id,), stix=("2.1",))
        assert mixed.remove(SEES_ALL, removal(gone)) == 1
        query = select(LAST, ids=(candidate(1).object_id,))
        assert raws(mixed, query) == [candidate(1, 0, stix="2.0").raw]

    def test_when_a_newer_stix_version_comes_the_older_one_is_hidden(self, store):
        publish(store, candidate(1, 9, stix="2.0"))
        publish(store, candidate(1, 0, stix="2.1"))
        assert raws(store, LAST) == [candidate(1, 0, stix="2.1").raw]
        assert store.faults() == []


class TestLastAfterDelete:
    def test_the_newest_goes(self, store):
        publish(store, *(candidate(version=version) for version in (0, 2, 1)))
        newest = select(EVERY, edges=(), versions_us=(version_us(2),))
        assert store.remove(SEES_ALL, removal(newest)) == 1
        assert raws(store, LAST) == [candidate(version=1).raw]

    def test_the_last_one_goes_by_its_edge(self, store):
        publish(store, candidate(version=0), candidate(version=1))
        assert store.remove(SEES_ALL, removal(select(LAST, stix=BOTH_STIX))) == 1
        assert raws(store, LAST) == [candidate(version=0).raw]

    def test_an_older_one_goes(self, store):
        publish(store, candidate(version=0), candidate(version=1))
        assert store.remove(SEES_ALL, removal(select(EVERY, edges=("first",)))) == 1
        assert raws(store) == raws(store, LAST) == [candidate(version=1).raw]

    def test_its_place_in_the_order_stays(self, store):
        publish(store, candidate(1, 0), candidate(2, 0), candidate(1, 1))
        newest = select(EVERY, edges=(), versions_us=(version_us(1),))
        store.remove(SEES_ALL, removal(newest))
        assert raws(store, LAST) == [candidate(1, 0).raw, candidate(2, 0).raw]

    def test_a_version_that_comes_after_it(self, store):
        publish(store, candidate(version=0), candidate(version=2))
        store.remove(SEES_ALL, removal(select(LAST, stix=BOTH_STIX)))
        publish(store, candidate(version=1))
        assert raws(store, LAST) == [candidate(version=1).raw]
