"""The laws at the head of `hub.store.base`, one by one and over random histories."""

import uuid
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Fault, HubError
from hub.model.tlp import Tlp
from hub.store.base import Act, Batch
from tests.conformance.builders import (
    COORDINATES,
    EVERY,
    LAST,
    ONE,
    SEES_ALL,
    TWO,
    candidate,
    changes,
    entries,
    everything,
    object_id,
    outcomes,
    publish,
    publisher,
    raws,
    removal,
    select,
    up_to,
)
from tests.conformance.oracle import Oracle
from tests.fakes import BOTH_STIX, acts


def dates(store):
    return [change.at_us for change in changes(store)]


def rises(numbers):
    return all(a < b for a, b in pairwise(numbers))


class TestDates:
    def test_begin_at_the_clock(self, store, clock):
        publish(store, candidate())
        assert clock.now <= entries(store)[0].added_us <= clock.now + 32

    def test_rise_within_a_batch_while_the_clock_stands_still(self, store):
        publish(store, *(candidate(n) for n in range(100)))
        assert rises(dates(store))
        assert dates(store) == [entry.added_us for entry in entries(store)]

    def test_rise_over_collections(self, store):
        for n in range(6):
            publish(store, candidate(n), to=(ONE, TWO)[n % 2])
        assert rises(dates(store))

    @pytest.mark.parametrize("step", [-1e-6, -0.5, -86_400, -1e9], ids=str)
    def test_rise_when_the_clock_steps_back(self, store, clock, step):
        publish(store, *(candidate(n) for n in range(3)))
        clock.advance(step)
        publish(store, *(candidate(n) for n in range(3, 6)))
        store.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(0),))))
        publish(store, candidate(7))
        assert rises(dates(store))
        assert [e.object_id for e in entries(store)] == [object_id(n) for n in (1, 2, 3, 4, 5, 7)]

    def test_follow_the_clock_when_it_goes_on(self, store, clock):
        publish(store, candidate(1))
        clock.advance(60)
        publish(store, candidate(2))
        assert entries(store)[1].added_us >= clock.now

    def test_tell_nothing_about_what_came_with_other_markings(self, engine, tmp_path, clock):
        green = [candidate(n) for n in range(20)]
        hidden = [candidate(n, tlp=Tlp.AMBER) for n in range(100, 140)]
        mixed = [
            item for pair in zip(green, hidden[:20], hidden[20:], strict=True) for item in pair
        ]
        seen = []
        for number, items in enumerate((green, mixed)):
            store = engine.open(tmp_path / str(number), clock)
            publish(store, *items)
            seen.append(entries(store, scope=up_to(Tlp.GREEN)))
            assert rises(dates(store))
            store.close()
        assert seen[0] == seen[1]
        assert len(seen[0]) == 20

    def test_do_not_count_what_was_published_while_the_clock_stood(self, store):
        for n in range(60):
            publish(store, candidate(n))
        stamps = dates(store)
        assert len({b - a for a, b in pairwise(stamps)}) > 10

    def test_survive_a_new_handle(self, engine, place, store, clock):
        publish(store, candidate(1))
        clock.advance(-3600)
        other = engine.open(place, clock)
        publish(other, candidate(2))
        other.close()
        assert rises(dates(store))


class TestChanges:
    def test_are_numbered_from_one_without_gaps(self, store):
        publish(store, candidate(1), candidate(2), candidate(2))
        publish(store, candidate(1, content="b"), candidate(3))
        store.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(3),))))
        assert [change.ordinal for change in changes(store)] == [1, 2, 3, 4, 5]
        assert [change.kind for change in changes(store)] == [
            "add",
            "add",
            "replace",
            "add",
            "delete",
        ]

    def test_name_the_record_by_its_date_and_collection(self, store):
        publish(store, candidate(1))
        publish(store, candidate(1), to=TWO)
        one, two = changes(store)
        assert (one.collection, two.collection) == (ONE.key, TWO.key)
        assert one.added_us == entries(store)[0].added_us
        assert two.added_us == entries(store, select(EVERY, collection=TWO.key))[0].added_us

    @pytest.mark.parametrize(
        ("after", "limit", "expected"),
        [(0, 3, [1, 2, 3]), (3, 3, [4, 5]), (5, 3, []), (99, 3, [])],
    )
    def test_come_in_pages(self, store, after, limit, expected):
        publish(store, *(candidate(n) for n in range(5)))
        assert [change.ordinal for change in store.changes(after, limit)] == expected

    def test_unchanged_refused_and_failed_ones_take_no_number(self, store):
        publish(store, candidate(1))
        publish(store, candidate(1))
        publish(store, candidate(1, content="b"), org="grid")
        with pytest.raises(HubError):
            store.remove(msgspec.structs.replace(SEES_ALL, org="grid"), removal())
        publish(store, candidate(2))
        assert [change.ordinal for change in changes(store)] == [1, 2]


class TestBytes:
    @given(content=st.binary())
    def test_come_back_as_they_came(self, store, content):
        item = candidate(uuid.uuid4().int)._replace(raw=content, digest=uuid.uuid4().bytes)
        publish(store, item)
        assert raws(store, select(LAST, ids=(item.object_id,))) == [content]

    def test_come_back_when_they_are_many(self, store):
        content = bytes(range(256)) * 8000
        publish(store, candidate()._replace(raw=content))
        assert raws(store) == [content]

    def test_any_text_in_ids_and_versions(self, store):
        item = candidate()._replace(object_id="x--'%_\\\u2028ấ\x01", version="'\n", type="x;--")
        publish(store, item)
        found = entries(store, select(EVERY, ids=(item.object_id,), types=(item.type,)))
        assert [(entry.object_id, entry.version) for entry in found] == [
            (item.object_id, item.version)
        ]


class TestTransactions:
    def test_a_status_id_is_used_once(self, store):
        """And a publish that fails in the end leaves nothing of its beginning."""
        status = publish(store, candidate(1))
        before = everything(store)
        act = Act("publisher", "ministry", "publish", ONE.id)
        items = [candidate(1, content="b"), candidate(2)]
        with pytest.raises(HubError) as caught:
            store.add(Batch(status.id, ONE, items, publisher(), act))
        assert caught.value.fault is Fault.STORE_DOWN
        assert everything(store) == before
        assert store.faults() == []

    def test_a_publish_is_audited(self, store, clock):
        publish(store, candidate(1), candidate(2))
        assert acts(store, 5) == [
            (clock.now, Act("publisher", "ministry", "publish", ONE.id, "2 objects"))
        ]

    def test_another_handle_sees_it_at_once(self, engine, place, store, clock):
        other = engine.open(place, clock)
        for n in range(5):
            publish(store, candidate(n))
            assert len(raws(other)) == n + 1
        other.close()


class TestProbe:
    def test_changes_nothing_that_can_be_read(self, store):
        publish(store, candidate())
        before = everything(store)
        store.probe()
        store.probe()
        assert everything(store) == before

    def test_works_on_an_empty_store(self, store):
        assert store.probe() is None


class TestChecks:
    def test_nothing_is_wrong_with_an_empty_store(self, store):
        assert store.faults() == []

    def test_dates_far_ahead_of_the_clock_are_told(self, store, clock):
        publish(store, candidate())
        clock.advance(-59)
        assert store.faults() == []
        clock.advance(-120)
        assert len(store.faults()) == 1
        assert "ahead of the clock" in store.faults()[0]


ITEMS = st.builds(
    candidate,
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from("ab"),
    stix=st.sampled_from(BOTH_STIX),
    fields=st.sampled_from([(), [("name", "x")], [("name", "y"), ("confidence", 50)]]),
)
QUERIES = st.builds(
    select,
    st.just(LAST),
    edges=st.sampled_from(
        [("last",), ("first",), ("all",), ("first", "last"), ()],
    ),
    versions_us=st.sampled_from([(), (candidate(version=1).version_us,)]),
    stix=st.sampled_from([(), ("2.0",), ("2.1",), BOTH_STIX]),
    ids=st.sampled_from([(), (object_id(1),), (object_id(1), object_id(3))]),
)
STEPS = st.one_of(
    st.tuples(
        st.just("publish"), st.sampled_from(["ministry", "grid"]), st.lists(ITEMS, max_size=4)
    ),
    st.tuples(st.just("remove"), st.just(""), QUERIES),
    st.tuples(st.just("clock"), st.just(""), st.integers(-5, 5)),
)


class TestHistories:
    """A store against a plain Python list that follows the rules as they are written."""

    @settings(max_examples=60)
    @given(steps=st.lists(STEPS, max_size=8), queries=st.lists(QUERIES, min_size=1, max_size=5))
    def test_any_history_reads_as_the_rules_say(self, engine, tmp_path, clock, steps, queries):
        store = engine.open(tmp_path / uuid.uuid4().hex, clock)
        oracle = Oracle(ONE.key)
        for kind, org, value in steps:
            if kind == "clock":
                clock.advance(value)
            elif kind == "remove":
                removed = store.remove(COORDINATES, removal(value))
                assert removed == oracle.remove(COORDINATES, value)
            else:
                expected = oracle.publish(publisher(org), value, frozenset(), clock.now)
                assert outcomes(publish(store, *value, org=org)) == expected
        for query in (EVERY, LAST, *queries):
            assert raws(store, query) == oracle.read(SEES_ALL, query)
        assert store.faults() == []
        assert rises(dates(store))
        assert [change.ordinal for change in changes(store)] == list(range(1, oracle.changes + 1))
        store.close()

    @settings(max_examples=30)
    @given(batch=st.lists(ITEMS, min_size=1, max_size=5, unique_by=lambda i: (i[1], i[4])))
    def test_publishing_twice_is_publishing_once(self, engine, tmp_path, clock, batch):
        store = engine.open(tmp_path / uuid.uuid4().hex, clock)
        publish(store, *batch)
        before = store.objects(SEES_ALL, EVERY, 0, 100), changes(store), store.tallies(SEES_ALL)
        assert set(outcomes(publish(store, *batch))) == {"unchanged"}
        assert (
            store.objects(SEES_ALL, EVERY, 0, 100),
            changes(store),
            store.tallies(SEES_ALL),
        ) == before
        store.close()
