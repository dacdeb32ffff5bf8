"""Nobody sees what their scope does not admit, on any read."""

import msgspec
import pytest

from hub.errors import Fault, HubError
from hub.model.query import Query, Scope
from hub.store.base import Tally
from tests import fakes
from tests.conformance.builders import (
    ALWAYS,
    COORDINATES,
    EVERY,
    LAST,
    ONE,
    SEES_ALL,
    TWO,
    candidate,
    changes,
    entries,
    object_id,
    publish,
    raws,
    removal,
    select,
    version_us,
)

NOBODY = Scope()
IN_TWO = select(EVERY, collection=TWO.key)
ONLY_TWO = msgspec.structs.replace(SEES_ALL, readable={TWO.key: ALWAYS})
WRITES_ONLY = msgspec.structs.replace(
    SEES_ALL, readable={}, writable=frozenset({ONE.key, TWO.key})
)
QUERIES = [
    LAST,
    EVERY,
    select(LAST, ids=(object_id(1),)),
    select(LAST, types=("indicator",)),
    select(LAST, types=("indicator", "tool")),
    select(LAST, edges=("first", "last"), stix=("2.1",)),
    select(EVERY, edges=(), versions_us=(version_us(0),)),
]


@pytest.fixture
def filled(store):
    """Objects 1 and 2 in the first collection, 3 in the second."""
    publish(store, candidate(1), candidate(2, version=3))
    publish(store, candidate(3), to=TWO)
    return store


class TestScope:
    @pytest.mark.parametrize("query", QUERIES)
    @pytest.mark.parametrize("scope", [NOBODY, ONLY_TWO, WRITES_ONLY], ids=["empty", "2", "write"])
    def test_sees_nothing_of_what_it_may_not_read(self, filled, scope, query):
        assert raws(filled, query), "the query selects something"
        assert raws(filled, query, scope) == []
        assert entries(filled, query, scope) == []
        page = filled.objects(scope, query, 0, 1)
        assert (page.first_us, page.last_us, page.more) == (0, 0, False)

    def test_sees_what_it_may_read(self, filled):
        assert raws(filled, IN_TWO, ONLY_TWO) == [candidate(3).raw]

    def test_a_query_shows_its_own_collection_only(self, filled):
        assert raws(filled, IN_TWO) == [candidate(3).raw]
        assert raws(filled, EVERY) == [candidate(1).raw, candidate(2, version=3).raw]

    def test_a_collection_that_is_not_stored_is_empty(self, filled):
        scope = msgspec.structs.replace(SEES_ALL, readable={77: ALWAYS})
        assert raws(filled, Query(77), scope) == []
        assert filled.tallies(scope) == []

    def test_cannot_delete_what_it_does_not_see(self, filled):
        assert filled.remove(ONLY_TWO, removal()) == 0
        assert filled.remove(NOBODY, removal()) == 0
        assert len(raws(filled)) == 2


class TestTallies:
    def test_count_objects_and_versions(self, filled):
        publish(filled, candidate(1, version=1), candidate(4, stix="2.0"))
        newest = entries(filled)[-1].added_us
        two = entries(filled, IN_TWO)[-1].added_us
        assert filled.tallies(SEES_ALL) == [
            Tally(ONE.key, 3, 4, newest),
            Tally(TWO.key, 1, 1, two),
        ]

    def test_only_in_scope(self, filled):
        assert [tally.collection for tally in filled.tallies(ONLY_TWO)] == [TWO.key]
        assert filled.tallies(NOBODY) == []
        assert filled.tallies(WRITES_ONLY) == []

    def test_of_an_empty_store(self, store):
        assert store.tallies(SEES_ALL) == []

    def test_do_not_count_what_was_replaced_or_deleted(self, store):
        publish(store, candidate(1, content="a"), candidate(2))
        publish(store, candidate(1, content="b"))
        store.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(2),))))
        assert [(t.objects, t.versions) for t in store.tallies(SEES_ALL)] == [(1, 1)]


class TestRemove:
    def test_one_version(self, store):
        publish(store, *(candidate(version=version) for version in range(3)))
        query = select(EVERY, edges=(), versions_us=(version_us(1),))
        assert store.remove(SEES_ALL, removal(query)) == 1
        assert raws(store) == [candidate(version=0).raw, candidate(version=2).raw]

    def test_all_versions_of_one_object(self, store):
        publish(store, *(candidate(n, version) for n in (1, 2) for version in range(3)))
        assert store.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(1),)))) == 3
        assert raws(store) == [candidate(2, version).raw for version in range(3)]
        assert store.faults() == []

    def test_more_than_one_look_up_takes(self, store):
        publish(store, *(candidate(n) for n in range(1101)))
        assert store.remove(SEES_ALL, removal()) == 1101
        assert raws(store) == []
        assert store.faults() == []

    def test_nothing(self, store):
        publish(store, candidate())
        before = changes(store), fakes.acts(store, 10)
        assert store.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(9),)))) == 0
        assert (changes(store), fakes.acts(store, 10)) == before

    def test_twice(self, store):
        publish(store, candidate())
        assert store.remove(SEES_ALL, removal()) == 1
        assert store.remove(SEES_ALL, removal()) == 0

    def test_leaves_a_tombstone_in_the_change_log(self, store):
        publish(store, candidate(1), candidate(2))
        first, second = entries(store)
        store.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(1),))))
        added, _, deleted = changes(store)
        assert (deleted.kind, deleted.ordinal, deleted.collection) == ("delete", 3, ONE.key)
        assert deleted.added_us == added.added_us == first.added_us
        assert deleted.at_us > second.added_us

    def test_of_another_organisation_is_denied_and_leaves_everything(self, store):
        publish(store, candidate(1))
        publish(store, candidate(1, version=1), org="grid")
        before = raws(store), changes(store), fakes.acts(store, 10)
        with pytest.raises(HubError) as caught:
            store.remove(SEES_ALL, removal())
        assert caught.value.fault is Fault.DENIED
        assert (raws(store), changes(store), fakes.acts(store, 10)) == before

    def test_of_another_organisation_by_its_coordinator(self, store):
        publish(store, candidate(1))
        publish(store, candidate(1, version=1), org="grid")
        assert store.remove(COORDINATES, removal()) == 2
        assert raws(store) == []

    def test_of_its_own_version_beside_others(self, store):
        publish(store, candidate(1))
        publish(store, candidate(1, version=1), org="grid")
        own = select(EVERY, edges=(), versions_us=(version_us(0),))
        assert store.remove(SEES_ALL, removal(own)) == 1
        assert raws(store, LAST) == [candidate(1, version=1).raw]

    def test_leaves_other_collections(self, store):
        publish(store, candidate())
        publish(store, candidate(), to=TWO)
        store.remove(SEES_ALL, removal())
        assert raws(store, IN_TWO) == [candidate().raw]

    def test_is_audited(self, store, clock):
        publish(store, candidate())
        gone = removal()
        store.remove(SEES_ALL, gone)
        assert fakes.acts(store, 1) == [(clock.now, gone.act)]
