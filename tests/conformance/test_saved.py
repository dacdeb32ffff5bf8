"""Saved searches: whose they are, who sees them, and when they are gone."""

from __future__ import annotations

import msgspec
import pytest

from hub.errors import Fault, HubError
from hub.model.party import Account
from hub.model.query import Scope
from hub.model.saved import SavedSearch
from tests.conformance.builders import ACT
from tests.fakes import accounts, acts, populate

READER, PUBLISHER = (Scope(account=name, org="ministry") for name in ("reader", "publisher"))
PARTNER = Scope(account="partner", org="grid")
MOST = 3


@pytest.fixture
def filled(store):
    populate(store)
    return store


def search(name: str = "mine", *, shared: bool = False) -> SavedSearch:
    return SavedSearch(f"id-{name}", "", "", name, "type:malware", shared, 0)


def names(store, scope: Scope) -> list[str]:
    return [item.name for item in store.saved_searches(scope)]


def test_it_is_kept_as_the_scope_s_own(filled, clock):
    kept = filled.save_search(READER, search(), ACT, most=MOST)
    assert kept == SavedSearch(
        "id-mine", "reader", "ministry", "mine", "type:malware", False, clock.now
    )
    assert filled.saved_searches(READER) == [kept]


def test_only_what_is_shared_is_seen_by_the_organisation(filled):
    filled.save_search(READER, search("b"), ACT, most=MOST)
    filled.save_search(READER, search("a", shared=True), ACT, most=MOST)
    assert names(filled, READER) == ["a", "b"]
    assert names(filled, PUBLISHER) == ["a"]
    assert names(filled, PARTNER) == []
    assert names(filled, Scope()) == []


def test_nobody_in_particular_has_none(filled):
    """An empty account or organisation is nobody, not everybody without one."""
    filled.save_search(Scope(), search(shared=True), ACT, most=MOST)
    assert names(filled, Scope()) == []


def test_the_same_id_is_replaced_and_does_not_count_twice(filled):
    for name in ("a", "b", "c"):
        filled.save_search(READER, search(name), ACT, most=MOST)
    changed = msgspec.structs.replace(search("c"), query="type:tool")
    filled.save_search(READER, changed, ACT, most=MOST)
    assert filled.saved_searches(READER)[-1].query == "type:tool"
    with pytest.raises(HubError, match="3 saved searches") as caught:
        filled.save_search(READER, search("d"), ACT, most=MOST)
    assert caught.value.fault is Fault.BAD_REQUEST
    filled.save_search(PUBLISHER, search("e"), ACT, most=MOST)


def test_only_its_account_drops_it(filled):
    filled.save_search(READER, search(shared=True), ACT, most=MOST)
    assert filled.drop_search(PUBLISHER, "id-mine", ACT) is False
    assert names(filled, PUBLISHER) == ["mine"]
    assert filled.drop_search(READER, "id-mine", ACT) is True
    assert filled.drop_search(READER, "id-mine", ACT) is False
    assert names(filled, PUBLISHER) == []


def account(store, **changes) -> Account:
    [found] = [item for item in accounts() if item.name == "reader"]
    return msgspec.structs.replace(found, **changes)


def test_they_are_gone_with_the_account(filled):
    filled.save_search(READER, search(shared=True), ACT, most=MOST)
    filled.write([], [account(filled)], ACT, epoch=filled.epoch())
    filled.write([account(filled)], [], ACT, epoch=filled.epoch())
    assert names(filled, READER) == names(filled, PUBLISHER) == []


def test_they_do_not_go_along_to_another_organisation(filled):
    filled.save_search(READER, search(shared=True), ACT, most=MOST)
    filled.write([account(filled, disabled=True)], [], ACT, epoch=filled.epoch())
    assert names(filled, READER) == ["mine"]
    filled.write([account(filled, org="grid")], [], ACT, epoch=filled.epoch())
    assert names(filled, Scope(account="reader", org="grid")) == []
    assert names(filled, PUBLISHER) == []


def test_both_are_in_the_audit_log(filled):
    filled.save_search(READER, search(), ACT, most=MOST)
    filled.drop_search(READER, "id-mine", ACT)
    filled.drop_search(READER, "id-mine", ACT)
    assert [act for _, act in acts(filled, 2)] == [ACT, ACT]
    assert acts(filled, 3)[2][1].action == "populate"
