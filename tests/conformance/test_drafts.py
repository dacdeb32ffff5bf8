"""Drafts: whose they are, how two tabs meet, and when they are gone."""

from __future__ import annotations

import msgspec
import pytest

from hub.errors import Fault, HubError
from hub.model.draft import Draft, DraftHead
from hub.model.party import Account
from hub.model.query import Scope
from hub.store.base import Stale
from tests.conformance.builders import ACT
from tests.fakes import accounts, populate

PUBLISHER, COORDINATOR = (
    Scope(account=name, org="ministry") for name in ("publisher", "coordinator")
)
PARTNER = Scope(account="partner", org="grid")
DAY_S = 86_400
LIFE_US = 30 * DAY_S * 1_000_000
MOST = 3


@pytest.fixture
def filled(store):
    populate(store)
    return store


def put(store, name: str = "a", scope: Scope = PUBLISHER, **changes) -> Draft:
    item = Draft(id=name, title=name, body=changes.pop("body", b"content"))
    item = msgspec.structs.replace(item, **changes)
    return store.put_draft(scope, item, life_us=LIFE_US, most=MOST)


def names(store, scope: Scope = PUBLISHER) -> list[str]:
    return [item.id for item in store.drafts(scope)]


def test_it_comes_back_as_it_was_kept(filled, clock):
    kept = put(filled, body=b"\0\xff content")
    assert kept == Draft(
        id="a",
        account="publisher",
        org="ministry",
        version=1,
        title="a",
        created_us=clock.now,
        changed_us=clock.now,
        expires_us=clock.now + LIFE_US,
        body=b"\0\xff content",
    )
    assert filled.draft(PUBLISHER, "a") == kept
    [head] = filled.drafts(PUBLISHER)
    assert type(head) is DraftHead
    assert head.title == "a"


def test_the_last_changed_is_first(filled, clock):
    first = put(filled, "a")
    clock.advance(1)
    put(filled, "b")
    assert names(filled) == ["b", "a"]
    clock.advance(1)
    changed = filled.put_draft(PUBLISHER, first, life_us=LIFE_US, most=MOST)
    assert names(filled) == ["a", "b"]
    assert (changed.version, changed.created_us) == (2, first.created_us)
    assert changed.expires_us == clock.now + LIFE_US


def test_nobody_else_sees_changes_or_drops_it(filled):
    put(filled)
    for other in (COORDINATOR, PARTNER, Scope(), Scope(account="publisher", org="grid")):
        assert names(filled, other) == []
        assert filled.draft(other, "a") is None
        assert filled.drop_draft(other, "a") is False
    with pytest.raises(Stale):
        put(filled, scope=COORDINATOR, version=1)
    assert names(filled) == ["a"]


def test_nobody_else_takes_its_id(filled):
    kept = put(filled)
    for other in (COORDINATOR, PARTNER):
        with pytest.raises(Stale):
            put(filled, scope=other, body=b"of somebody else")
        assert names(filled, other) == []
    assert filled.draft(PUBLISHER, "a") == kept


def test_nobody_in_particular_has_none(filled):
    with pytest.raises(HubError) as caught:
        put(filled, scope=Scope())
    assert caught.value.fault is Fault.DENIED


def test_two_tabs_do_not_overwrite_each_other(filled):
    first = put(filled)
    put(filled, version=first.version, body=b"of one tab")
    with pytest.raises(Stale):
        put(filled, version=first.version, body=b"of the other")
    assert filled.draft(PUBLISHER, "a").body == b"of one tab"


def test_what_is_gone_does_not_come_back_by_a_change(filled):
    first = put(filled)
    assert filled.drop_draft(PUBLISHER, "a") is True
    assert filled.drop_draft(PUBLISHER, "a") is False
    with pytest.raises(Stale):
        filled.put_draft(PUBLISHER, first, life_us=LIFE_US, most=MOST)


def test_an_account_has_so_many(filled):
    kept = [put(filled, name) for name in "abc"]
    with pytest.raises(HubError, match="3 drafts") as caught:
        put(filled, "d")
    assert caught.value.fault is Fault.BAD_REQUEST
    put(filled, "c", version=kept[2].version)
    put(filled, "e", COORDINATOR)
    filled.drop_draft(PUBLISHER, "a")
    put(filled, "d")


def test_what_was_published_makes_room_oldest_first(filled, clock):
    for name in "abc":
        put(filled, name, status_id="" if name == "b" else "published")
        clock.advance(1)
    put(filled, "d")
    assert names(filled) == ["d", "c", "b"]
    clock.advance(1)
    put(filled, "e")
    assert names(filled) == ["e", "d", "b"]
    with pytest.raises(HubError, match="3 drafts"):
        put(filled, "f")


def test_one_that_expired_is_gone_and_takes_no_room(filled, clock):
    for name in "abc":
        put(filled, name)
    clock.advance(30 * DAY_S)
    assert names(filled) == []
    assert filled.draft(PUBLISHER, "a") is None
    put(filled, "d")
    clock.advance(-30 * DAY_S)
    assert names(filled) == ["d"]


def account(**changes) -> Account:
    [found] = [item for item in accounts() if item.name == "publisher"]
    return msgspec.structs.replace(found, **changes)


def test_they_are_gone_with_the_account(filled):
    put(filled)
    filled.write([], [account()], ACT, epoch=filled.epoch())
    filled.write([account()], [], ACT, epoch=filled.epoch())
    assert names(filled) == []


def test_they_do_not_go_along_to_another_organisation(filled):
    put(filled)
    filled.write([account(disabled=True)], [], ACT, epoch=filled.epoch())
    assert names(filled) == ["a"]
    filled.write([account(org="grid")], [], ACT, epoch=filled.epoch())
    filled.write([account()], [], ACT, epoch=filled.epoch())
    assert names(filled) == []
