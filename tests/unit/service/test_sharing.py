"""What a caller may do where, why, and how much there is."""

import pytest

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import Caller, Grant
from hub.service import sharing
from hub.store.base import Act
from hub.store.database import Database
from hub.store.finder import FUNCTIONS, SqliteFinder
from tests import fakes
from tests.fakes import KEYS


@pytest.fixture
def held(hub_store):
    def make(name):
        directory = hub_store.directory()
        account = directory.accounts[name]
        caller = Caller(name, account.org, account.roles)
        finder = SqliteFinder(Database(hub_store.database.path, functions=FUNCTIONS))
        return sharing.holdings(finder, policy.scope(caller, directory), caller, directory)

    return make


def aliases(found):
    return [item.collection.alias for item in found]


def test_what_exists_for_the_caller_by_title(held):
    assert aliases(held("publisher")) == [
        "bulletins",
        "dropbox",
        "notices",
        "public",
        "shared",
        "strict",
    ]
    assert "dropbox" not in aliases(held("reader"))
    assert "hidden" not in aliases(held("coordinator"))


def test_ways_are_those_into_the_collection(held):
    found = {item.collection.alias: item for item in held("publisher")}
    bulletins = found["bulletins"]
    assert [way.subject for way in bulletins.reads] == [("community", "partners")]
    assert [way.subject for way in bulletins.writes] == [("org", "ministry")]
    assert [way.subject for way in found["public"].reads] == [None]
    assert all(way.collection == KEYS["bulletins"] for way in bulletins.ways)


def test_an_empty_one_has_no_newest(held):
    assert {(item.records, item.last_us) for item in held("publisher")} == {(0, 0)}


def test_one_by_alias_or_id_and_a_hidden_one_is_not_there(held):
    found = held("reader")
    assert sharing.named(found, "shared").collection.key == KEYS["shared"]
    assert sharing.named(found, str(fakes.uuid_of(1))).collection.key == KEYS["shared"]
    for name in ("hidden", "nowhere", ""):
        with pytest.raises(HubError) as caught:
            sharing.named(found, name)
        assert caught.value.fault is Fault.ABSENT


def test_circles_are_those_it_comes_through(held, hub_store):
    group = fakes.Community("other", "Other", fakes.members("grid"), "Terms of others")
    grant = Grant(KEYS["shared"], ("community", "other"), read=True)
    act = Act("console", "", "test", "other")
    hub_store.write([group, grant], [], act, epoch=hub_store.epoch())
    found = {item.collection.alias: item for item in held("reader")}
    directory = hub_store.directory()
    account = directory.accounts["reader"]
    scope = policy.scope(Caller("reader", "ministry", account.roles), directory)
    names = [item.name for item in sharing.circles(directory, scope, found["shared"])]
    assert names == ["partners"]
