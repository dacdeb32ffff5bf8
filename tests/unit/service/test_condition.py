"""What of a hub's parties needs care, told once to every door."""

from __future__ import annotations

import msgspec
import pytest

from hub.model.party import Account, Community, Grant, Group, Role, Token
from hub.service.condition import Care, Flaw, Room, cares, room
from tests import fakes, pki

NOW = 1_800_000_000_000_000
DAY_US = 86_400_000_000


@pytest.fixture
def directory(hub_store):
    return hub_store.directory()


def with_(directory, **changes):
    return msgspec.structs.replace(directory, **changes)


def found(directory) -> set[Care]:
    return set(cares(directory, NOW)) - {Care(Flaw.UNREAD, "hidden"), Care(Flaw.UNREAD, "dropbox")}


def test_a_hub_in_order(directory):
    assert found(directory) == set()


def test_an_account_of_no_organisation(directory):
    lost = Account("lost", "nowhere")
    accounts = directory.accounts | {"lost": lost}
    assert found(with_(directory, accounts=accounts)) == {Care(Flaw.HOMELESS, "lost", "nowhere")}


def test_circles_without_members(directory):
    made = with_(
        directory,
        communities=directory.communities | {"empty": Community("empty", "Empty")},
        groups={"case": Group("case", "Case", "grid")},
    )
    assert found(made) == {Care(Flaw.EMPTY, "community:empty"), Care(Flaw.EMPTY, "group:case")}


def test_a_collection_is_read_when_an_account_that_is_on_may(directory):
    lone = Grant(fakes.KEYS["hidden"], ("org", "lone"), read=True)
    org = msgspec.structs.replace(directory.orgs["grid"], slug="lone")
    for disabled in (True, False):
        one = Account("one", "lone", frozenset({Role.READER}), disabled=disabled)
        made = with_(
            directory,
            orgs=directory.orgs | {"lone": org},
            accounts=directory.accounts | {"one": one},
            grants=(*directory.grants, lone),
        )
        assert (Care(Flaw.UNREAD, "hidden") in set(cares(made, NOW))) is disabled


@pytest.mark.parametrize(("days", "told"), [(-1, True), (13, True), (15, False)])
def test_what_ends_soon(directory, days, told):
    until = NOW + days * DAY_US
    token = Token("0123456789ab", "reader", b"d", until)
    item = pki.Client().record(expires_us=until)
    made = with_(
        directory,
        tokens=directory.tokens | {b"d": token},
        certificates={item.digest: item},
    )
    both = {
        Care(Flaw.TOKEN, "0123456789ab", "reader", until),
        Care(Flaw.CERTIFICATE, item.id, item.account, until),
    }
    assert found(made) == (both if told else set())


def test_who_needs_a_certificate_and_has_none(directory):
    reader = msgspec.structs.replace(directory.accounts["reader"], certificate_only=True)
    accounts = directory.accounts | {"reader": reader}
    made = with_(directory, accounts=accounts)
    assert found(made) == {Care(Flaw.SHUT_OUT, "reader", "ministry")}


@pytest.mark.parametrize(
    ("free", "store", "state"),
    [(1 << 20, 0, "fail"), (1 << 29, 0, "warn"), (2 << 30, 3 << 30, "warn"), (2 << 30, 0, "ok")],
)
def test_room(free, store, state):
    assert Room(free, store).state == state


def test_room_of_a_store(tmp_path):
    file = tmp_path / "hub.sqlite"
    assert room(file).store == 0
    file.write_bytes(b"x" * 100)
    assert room(file).store == 100
    assert room(file).free > 0
