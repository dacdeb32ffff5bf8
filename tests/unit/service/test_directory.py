"""The remembered directory is never older than the store's."""

import pytest

from hub.model.party import Caller, Grant, Role
from hub.service.directory import Parties
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import ACT, candidate, publish
from tests.fakes import KEYS

READER = Caller("reader", "ministry", frozenset({Role.READER}))


class Counting:
    """A registry that counts its reads."""

    def __init__(self, registry):
        self._registry = registry
        self.reads = 0

    def epoch(self):
        return self._registry.epoch()

    def directory(self):
        self.reads += 1
        return self._registry.directory()


@pytest.fixture
def registry(hub_store):
    return Counting(hub_store)


def grant(store, alias="hidden"):
    given = Grant(KEYS[alias], ("org", "ministry"), read=True)
    store.write([given], [], ACT, epoch=store.epoch())


def test_reads_the_directory_once_while_nothing_changes(registry, hub_store):
    parties = Parties(registry)
    first = parties.now()
    for n in range(3):
        publish(hub_store, candidate(n))
        assert parties.now() is first
    assert registry.reads == 1


def test_a_change_takes_effect_at_once(registry, hub_store):
    parties = Parties(registry)
    before = parties.now()
    assert KEYS["hidden"] not in before.scope(READER).readable
    grant(hub_store)
    after = parties.now()
    assert after.directory.epoch == hub_store.epoch() > before.directory.epoch
    assert KEYS["hidden"] in after.scope(READER).readable
    assert registry.reads == 2


def test_a_change_by_another_process_takes_effect_at_once(registry, hub_store):
    parties = Parties(registry)
    assert KEYS["hidden"] not in parties.now().scope(READER).readable
    other = SqliteStore(hub_store.database.path)
    grant(other)
    other.close()
    assert KEYS["hidden"] in parties.now().scope(READER).readable


def test_a_snapshot_stays_what_it_was(registry, hub_store):
    """One request sees one state of rights from its beginning to its end."""
    snapshot = Parties(registry).now()
    grant(hub_store)
    assert KEYS["hidden"] not in snapshot.scope(READER).readable


def test_scopes_are_worked_out_once_for_each_caller(registry):
    snapshot = Parties(registry).now()
    other = Caller("reader", "ministry", frozenset({Role.READER}))
    assert snapshot.scope(READER) is snapshot.scope(other)
    writer = Caller("reader", "ministry", frozenset({Role.PUBLISHER}))
    assert snapshot.scope(writer) != snapshot.scope(READER)
    bound = Caller("reader", "ministry", frozenset({Role.PUBLISHER}), read_only=True)
    assert snapshot.scope(bound).writable == frozenset()
