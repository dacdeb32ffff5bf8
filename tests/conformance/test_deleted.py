"""What was deleted is known to those who could know it, and to nobody else."""

from __future__ import annotations

import msgspec

from hub.model.query import Scope
from hub.model.tlp import Tlp
from tests.conformance.builders import (
    COORDINATES,
    ONE,
    SEES_ALL,
    TWO,
    candidate,
    object_id,
    publish,
    publisher,
    removal,
    select,
    up_to,
    version_us,
)

IDS = [object_id(1), object_id(2)]


def deleted(store, scope=SEES_ALL, collection=ONE):
    return store.deleted(scope, collection.key, IDS)


def remove(store, number=1, **changes):
    query = select(ids=(object_id(number),), **changes)
    assert store.remove(COORDINATES, removal(query))


def test_deleted_versions_are_told(store):
    publish(store, candidate(1), candidate(1, 1), candidate(2), candidate(3))
    assert deleted(store) == frozenset()
    remove(store, versions_us=(version_us(0),), edges=())
    assert deleted(store) == {(object_id(1), version_us(0))}
    remove(store)
    remove(store, 3)
    assert deleted(store) == {(object_id(1), version_us(0)), (object_id(1), version_us(1))}
    assert deleted(store, collection=TWO) == frozenset()


def test_what_was_replaced_was_not_deleted(store):
    publish(store, candidate(1))
    publish(store, candidate(1, content="b"))
    assert deleted(store) == frozenset()


def test_what_was_replaced_by_what_one_does_not_see_was_not_deleted(store):
    publish(store, candidate(1))
    publish(store, candidate(1, content="b", tlp=Tlp.RED))
    assert deleted(store, up_to(Tlp.GREEN)) == frozenset()


def test_what_is_there_again_is_not_deleted(store):
    publish(store, candidate(1))
    remove(store)
    publish(store, candidate(1))
    assert deleted(store) == frozenset()


def test_only_those_who_might_have_seen_it_are_told(store):
    publish(store, candidate(1, tlp=Tlp.AMBER), candidate(2))
    remove(store)
    remove(store, 2)
    assert deleted(store, up_to(Tlp.GREEN)) == {(object_id(2), version_us(0))}
    assert deleted(store, Scope()) == frozenset()
    blind = msgspec.structs.replace(publisher(), readable={}, clearance=Tlp.AMBER)
    assert len(deleted(store, blind)) == 2, "its organisation published them"
    assert deleted(store, msgspec.structs.replace(blind, org="grid")) == frozenset()


def test_what_one_does_not_see_does_not_hide_a_deletion(store):
    publish(store, candidate(1))
    remove(store)
    publish(store, candidate(1, tlp=Tlp.RED), org="grid")
    assert deleted(store, up_to(Tlp.GREEN)) == {(object_id(1), version_us(0))}
    assert deleted(store) == frozenset()
