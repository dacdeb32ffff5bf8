"""Labels: what is remembered of them, and that a page never mixes two states of the store."""

from contextlib import closing, suppress

import pytest

from hub.model.party import Subject
from hub.model.query import Label, Scope
from hub.model.tlp import Tlp
from hub.store.labels import Labels, Range, key_of
from tests.conformance.builders import (
    ALWAYS,
    EVERY,
    LAST,
    ONE,
    SEES_ALL,
    TWO,
    candidate,
    entries,
    object_id,
    publish,
    raws,
    removal,
    select,
    up_to,
)
from tests.fakes import open_store

GRID: Subject = ("org", "grid")
CASE: Subject = ("group", "case-12")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "hub.sqlite"


@pytest.fixture
def store(file):
    opened = open_store(file)
    yield opened
    opened.close()


def visible(store, scope=SEES_ALL, collection=ONE.key):
    with store.database.reading() as connection:
        return store._labels.visible(connection, scope, collection)


def test_a_label_is_added_once(store):
    labels = [
        Label(ONE.key, Tlp.GREEN, frozenset()),
        Label(ONE.key, Tlp.AMBER, frozenset()),
        Label(TWO.key, Tlp.GREEN, frozenset()),
        Label(ONE.key, Tlp.GREEN, frozenset({GRID})),
        Label(ONE.key, Tlp.GREEN, frozenset({GRID, CASE})),
    ]
    with store.database.writing() as connection:
        keys = [key_of(connection, label) for label in labels]
        again = [key_of(connection, label) for label in reversed(labels)]
    assert len(set(keys)) == len(labels)
    assert again == keys[::-1]
    known = Labels()
    with store.database.reading() as connection:
        known.refresh(connection)
        known.refresh(connection)
    assert [known.of(key) for key in keys] == labels


def test_a_label_that_was_rolled_back_leaves_nothing_behind(store):
    """Its key is given again, to another label."""
    with suppress(RuntimeError), store.database.writing() as connection:
        key_of(connection, Label(ONE.key, Tlp.CLEAR, frozenset()))
        raise RuntimeError
    publish(store, candidate(1, tlp=Tlp.RED))
    assert raws(store, scope=up_to(Tlp.AMBER)) == []
    assert raws(store) == [candidate(1, tlp=Tlp.RED).raw]


def test_another_process_adds_labels(file, store):
    publish(store, candidate(1))
    with closing(open_store(file)) as other:
        publish(other, candidate(2, tlp=Tlp.AMBER), audience=[GRID, ("org", "ministry")])
    assert len(raws(store)) == 2
    with closing(open_store(file)) as other:
        publish(other, candidate(3, tlp=Tlp.RED), candidate(2, 1))
    assert len(raws(store)) == 4
    assert [label.tlp for label, *_ in store.labels(ONE.key, object_id(2))] == [2, 1]


def test_what_is_visible_has_its_earliest_instant(store):
    publish(store, candidate(1), candidate(2, tlp=Tlp.AMBER))
    publish(store, candidate(3), audience=[GRID, CASE])
    publish(store, candidate(4), to=TWO)
    scope = Scope("a", "grid", {ONE.key: ALWAYS}, subjects={GRID: 5, CASE: 3})
    assert visible(store, scope) == [Range(1, 0), Range(2, 0), Range(3, 3)]
    assert visible(store, scope, TWO.key) == []
    assert visible(store, Scope()) == []
    assert visible(store, up_to(Tlp.GREEN, 7)) == [Range(1, 7)]


READS = {
    "objects": lambda store: store.objects(SEES_ALL, LAST, 0, 10).raws,
    "entries": lambda store: [entry.object_id for entry in entries(store, LAST)],
    "one id": lambda store: raws(store, select(LAST, ids=(object_id(2), object_id(3)))),
    "tallies": lambda store: [tally.objects for tally in store.tallies(SEES_ALL)],
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_page_never_shows_a_later_record_without_an_earlier_one(file, store, read, monkeypatch):
    """The cursor would pass the earlier one: the reader would never receive it.

    Between the look at the labels and the look at the records somebody publishes first under a
    label that is new, then under one that is known.
    """
    publish(store, candidate(1))
    before = read(store)
    find = Labels.visible

    def interrupted(*args):
        found = find(*args)
        with closing(open_store(file)) as other:
            publish(other, candidate(2, tlp=Tlp.AMBER))
            publish(other, candidate(3))
        return found

    monkeypatch.setattr(Labels, "visible", interrupted)
    assert read(store) == before
    monkeypatch.undo()
    assert read(store) != before
    assert len(raws(store)) == 3


def test_an_officer_asks_about_a_label_that_was_just_added(file, store, monkeypatch):
    publish(store, candidate(1))
    refresh = Labels.refresh

    def interrupted(*args):
        refresh(*args)
        monkeypatch.undo()
        with closing(open_store(file)) as other:
            publish(other, candidate(1, 1, tlp=Tlp.AMBER))

    store.labels(ONE.key, object_id(1))
    monkeypatch.setattr(Labels, "refresh", interrupted)
    assert len(store.labels(ONE.key, object_id(1))) == 1
    assert len(store.labels(ONE.key, object_id(1))) == 2


def test_a_delete_sees_what_it_deletes(store):
    publish(store, candidate(1), candidate(2, tlp=Tlp.AMBER))
    assert store.remove(up_to(Tlp.GREEN), removal(EVERY)) == 1
    assert [entry.object_id for entry in entries(store)] == [object_id(2)]
