"""Out of one store and into another: the same dates, ordinals, publishers, bytes and pages."""

import random

import pytest

from hub.errors import Fault, HubError
from hub.model.query import Label
from hub.model.tlp import Tlp
from hub.store.base import Change, Logged
from tests.conformance.builders import (
    ACT,
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
)
from tests.fakes import BOTH_STIX, populate

QUERIES = [
    select(base, collection=key, stix=stix)
    for base in (EVERY, LAST, select(LAST, edges=("first",)))
    for key in (ONE.key, TWO.key)
    for stix in ((), ("2.0",), BOTH_STIX)
] + [
    select(LAST, ids=(object_id(1),)),
    select(EVERY, types=("malware", "indicator")),
    select(EVERY, versions_us=(candidate(1, 1).version_us,)),
]


def live(store, rng, rounds=60):
    """A history with everything in it: versions, replacements, deletes, both STIX versions."""
    for _ in range(rounds):
        org = rng.choice(["ministry", "grid"])
        to = rng.choice([ONE, TWO])
        items = [
            candidate(
                rng.randrange(8),
                rng.randrange(3),
                content=rng.choice(["a", "ề\n\u2028", "c"]),
                type=rng.choice(["indicator", "malware"]),
                stix=rng.choice(BOTH_STIX),
                fields=[("name", f"n{rng.randrange(3)}")],
                warnings=("w one", "w two")[: rng.randrange(3)],
            )
            for _ in range(rng.randrange(1, 5))
        ]
        publish(store, *items, org=org, to=to)
        if rng.random() < 0.2:
            query = select(EVERY, collection=to.key, ids=(object_id(rng.randrange(8)),))
            rows = store.entries(SEES_ALL, query, 0, 100).entries
            if rows:
                scope = SEES_ALL.__class__("c", "grid", SEES_ALL.readable, moderates=True)
                store.remove(scope, removal(query, org="grid"))


def carry(source, target, limits):
    """Everything, in pages."""
    after = 0
    while page := source.replay(after, next(limits)):
        target.refill(page)
        after = page[-1].change.ordinal


def readable(store):
    return (
        [store.objects(SEES_ALL, query, 0, 1000) for query in QUERIES],
        [store.entries(SEES_ALL, query, 0, 1000) for query in QUERIES],
        store.tallies(SEES_ALL),
        changes(store),
    )


@pytest.fixture
def other(engine, tmp_path, clock):
    opened = engine.open(tmp_path / "other", clock)
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(6))
def test_another_store_gives_the_same_pages(store, other, seed):
    rng = random.Random(seed)
    live(store, rng)
    assert len({change.kind for change in changes(store)}) == 3, "the history has everything"
    carry(store, other, iter(lambda: rng.randrange(1, 40), None))
    assert readable(other) == readable(store)
    assert other.replay(0, 10_000) == store.replay(0, 10_000)
    assert other.faults() == []


def test_the_other_store_goes_on_behind_it(store, other, clock):
    publish(store, candidate(1), candidate(2))
    carry(store, other, iter(lambda: 10, None))
    clock.advance(-30)
    publish(other, candidate(1, 1), candidate(2), candidate(2, content="b"))
    logged = changes(other)
    assert [change.ordinal for change in logged] == [1, 2, 3, 4]
    assert [change.at_us for change in logged] == sorted({change.at_us for change in logged})
    assert [change.kind for change in logged] == ["add", "add", "add", "replace"]
    assert other.faults() == []


def test_what_was_deleted_or_replaced_comes_without_its_bytes(store):
    publish(store, candidate(1, warnings=("w",), fields=[("name", "secret")]), candidate(2))
    publish(store, candidate(2, content="b"))
    store.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(1),))))
    first, second, third, last = store.replay(0, 10)
    assert (first.gone, first.record.object_id) == (True, object_id(1))
    assert (first.record.raw, first.record.terms, first.record.warnings) == (b"", "", ())
    assert (second.gone, second.record.raw) == (True, b"")
    assert (third.gone, third.record.raw) == (False, candidate(2, content="b").raw)
    assert third.publisher == "ministry"
    assert (last.change.kind, last.record) == ("delete", None)
    assert last.change.added_us == first.change.added_us


def test_replay_is_not_bound_to_a_scope(store):
    """That is why nothing that answers requests may call it."""
    publish(store, candidate(1), to=TWO)
    assert [item.change.collection for item in store.replay(0, 10)] == [TWO.key]


def test_a_page_of_large_objects_ends_early_and_nothing_is_left_out(store):
    items = [candidate(n, content="x" * 1_000_000) for n in range(30)]
    publish(store, *items)
    pages = [store.replay(0, 1000)]
    while pages[-1]:
        pages.append(store.replay(pages[-1][-1].change.ordinal, 1000))
    assert max(map(len, pages)) < 30
    assert [item.record for page in pages for item in page] == items


class TestSnapshot:
    def test_is_one_state_while_others_write(self, engine, place, store, clock):
        populate(store)
        publish(store, candidate(1), candidate(2))
        other = engine.open(place, clock)
        with store.snapshot():
            publish(other, candidate(3), candidate(2, content="b"))
            other.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(1),))))
            other.write([], [TWO], ACT, epoch=other.epoch())
            found = store.replay(0, 10)
            assert TWO.key in store.directory().collections
            assert store.epoch() == 1
        assert [item.record.raw for item in found] == [candidate(1).raw, candidate(2).raw]
        assert not any(item.gone for item in found)
        assert [item.gone for item in store.replay(0, 10)] == [True, True, False, False, False]
        assert TWO.key not in store.directory().collections
        other.close()

    def test_begins_when_it_is_entered(self, engine, place, store, clock):
        other = engine.open(place, clock)
        with store.snapshot():
            publish(other, candidate(1))
            assert store.replay(0, 10) == []
        other.close()

    def test_ends_with_an_error_too(self, store):
        with pytest.raises(KeyError), store.snapshot():
            raise KeyError
        publish(store, candidate(1))
        assert raws(store) == [candidate(1).raw]

    def test_does_not_take_errors_of_others_for_its_own(self, store):
        with pytest.raises(OSError, match="my file"), store.snapshot():
            raise OSError("my file")


US = 1_700_000_000_000_000
GREEN = Label(ONE.key, Tlp.GREEN, frozenset())
GOOD = Logged(Change(3, "add", US + 9, US + 9, ONE.key), "ministry", candidate(3), label=GREEN)
WRONG = {
    "begins too late": [GOOD._replace(change=GOOD.change._replace(ordinal=4))],
    "is there already": [GOOD._replace(change=GOOD.change._replace(ordinal=2))],
    "has a gap": [
        GOOD,
        GOOD._replace(change=Change(5, "add", US + 12, US + 12, ONE.key), record=candidate(4)),
    ],
    "is not later": [GOOD._replace(change=Change(3, "add", US + 2, US + 2, ONE.key))],
    "is dated by something else": [
        GOOD._replace(change=Change(3, "add", US + 9, US + 8, ONE.key))
    ],
    "no label": [GOOD._replace(label=None)],
    "deletes itself": [Logged(Change(3, "delete", US + 9, US + 9, ONE.key))],
    "the second one is wrong": [GOOD, GOOD],
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_follow_is_refused_and_nothing_is_kept(store, name):
    store.refill(
        [
            Logged(
                Change(n, "add", US + n, US + n, ONE.key), "ministry", candidate(n), label=GREEN
            )
            for n in (1, 2)
        ]
    )
    before = readable(store)
    with pytest.raises(HubError) as caught:
        store.refill(WRONG[name])
    assert caught.value.fault is Fault.BAD_BODY
    assert readable(store) == before
    store.refill([GOOD])
    assert [entry.added_us for entry in entries(store)] == [US + 1, US + 2, US + 9]
    assert store.faults() == []
