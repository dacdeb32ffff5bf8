"""What somebody else has not fetched yet, as far as the one who asks sees it."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.query import Query, Window
from hub.model.tlp import Tlp
from tests.conformance.builders import (
    LAST,
    ONE,
    SEES_ALL,
    candidate,
    entries,
    publish,
    publisher,
    up_to,
)

GRID = msgspec.structs.replace(publisher("grid"), account="partner")
TLPS = st.sampled_from(list(Tlp))


def keys(store, scope=SEES_ALL):
    return [entry.added_us for entry in entries(store, LAST, scope)]


def test_is_what_came_after_oldest_first_and_no_more_than_asked(store):
    for number in range(5):
        publish(store, candidate(number))
    every = keys(store)
    assert store.waiting(SEES_ALL, GRID, LAST, (0, 10)) == every
    assert store.waiting(SEES_ALL, GRID, LAST, (every[2], 10)) == every[3:]
    assert store.waiting(SEES_ALL, GRID, LAST, (0, 2)) == every[:2]
    assert store.waiting(SEES_ALL, GRID, LAST, (every[-1], 10)) == []


def test_leaves_out_what_one_of_the_two_does_not_see(store):
    publish(store, candidate(1, tlp=Tlp.GREEN))
    publish(store, candidate(2, tlp=Tlp.AMBER))
    publish(store, candidate(3), audience=[("org", "ministry")])
    publish(store, candidate(4), audience=[("org", "grid")])
    first = keys(store)[:1]
    assert store.waiting(up_to(Tlp.GREEN), GRID, LAST, (0, 10)) == first
    assert store.waiting(SEES_ALL, up_to(Tlp.GREEN), LAST, (0, 10))[:1] == first
    assert len(store.waiting(SEES_ALL, GRID, LAST, (0, 10))) == 2
    nothing = msgspec.structs.replace(SEES_ALL, readable={})
    assert store.waiting(SEES_ALL, nothing, LAST, (0, 10)) == []
    assert store.waiting(nothing, GRID, LAST, (0, 10)) == []


def test_since_the_later_of_both_dates(store):
    publish(store, candidate(1))
    publish(store, candidate(2))
    first, second = keys(store)
    late = msgspec.structs.replace(SEES_ALL, readable={ONE.key: (Window(Tlp.RED, second),)})
    assert store.waiting(late, GRID, LAST, (0, 10)) == [second]
    assert store.waiting(SEES_ALL, late, LAST, (0, 10)) == [second]
    assert store.waiting(SEES_ALL, GRID, LAST, (0, 10)) == [first, second]


def test_a_better_version_that_the_asker_does_not_see_changes_nothing(store):
    publish(store, candidate(1, version=0, tlp=Tlp.GREEN))
    before = store.waiting(up_to(Tlp.GREEN), GRID, LAST, (0, 10))
    publish(store, candidate(1, version=1, tlp=Tlp.AMBER))
    assert store.waiting(up_to(Tlp.GREEN), GRID, LAST, (0, 10)) == before
    assert len(before) == 1


def test_is_the_same_without_what_is_hidden(engine, tmp_path_factory):
    @settings(max_examples=60, deadline=None)
    @given(
        script=st.lists(
            st.tuples(st.integers(1, 3), st.integers(0, 3), TLPS),
            max_size=8,
            # What is published in its place withdraws the earlier one.
            unique_by=lambda line: line[:2],
        ),
        asks=TLPS,
        reader=TLPS,
    )
    def check(script, asks, reader):
        counts = []
        for shown in (script, [line for line in script if line[2] <= asks]):
            found = engine.open(tmp_path_factory.mktemp("waiting"), lambda: 1_700_000_000_000_000)
            for number, version, tlp in shown:
                publish(found, candidate(number, version=version, tlp=tlp, content=str(tlp)))
            counts.append(len(found.waiting(up_to(asks), up_to(reader), Query(ONE.key), (0, 99))))
            found.close()
        assert counts[0] == counts[1]

    check()
