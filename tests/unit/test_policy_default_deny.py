"""Nothing is allowed that was not granted. Every way of having no right, one by one."""

import msgspec
import pytest

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import (
    ANONYMOUS,
    Account,
    Caller,
    Community,
    Directory,
    Grant,
    Organisation,
    Role,
)
from hub.model.query import Label, Scope
from hub.model.tlp import Tlp
from tests.fakes import collection, members, parties

EVERY_ROLE = frozenset(Role)
ORGS = [Organisation(slug, f"identity--{slug}", slug, slug) for slug in ("ministry", "grid")]
COLLECTION = collection("shared")
FULL = Grant(COLLECTION.key, ("org", "grid"), read=True, write=True)
MINISTRY = Caller("a", "ministry", EVERY_ROLE)


def scope(caller, *found):
    known = Account(caller.account, caller.org)
    return policy.scope(caller, Directory.of(1, [*ORGS, COLLECTION, known, *found]))


NOTHING = {
    "no grant at all": (MINISTRY, []),
    "a grant to another organisation": (MINISTRY, [FULL]),
    "a grant of nothing": (MINISTRY, [Grant(COLLECTION.key, ("org", "ministry"))]),
    "a grant in another collection": (
        MINISTRY,
        [Grant(99, ("org", "ministry"), read=True, write=True)],
    ),
    "a community without the organisation": (
        MINISTRY,
        [
            Community("c", "C", members("grid")),
            Grant(COLLECTION.key, ("community", "c"), read=True, write=True),
        ],
    ),
    "a community that does not exist": (
        MINISTRY,
        [Grant(COLLECTION.key, ("community", "c"), read=True, write=True)],
    ),
    "a community with the name of the organisation": (
        MINISTRY,
        [Grant(COLLECTION.key, ("community", "ministry"), read=True, write=True)],
    ),
    "an organisation with the name of the community": (
        MINISTRY,
        [
            Community("grid", "G", members("ministry")),
            Grant(COLLECTION.key, ("org", "grid"), read=True, write=True),
        ],
    ),
    "a member of a member": (
        MINISTRY,
        [
            Community("inner", "I", members("ministry")),
            Community("outer", "O", members("inner")),
            Grant(COLLECTION.key, ("community", "outer"), read=True, write=True),
        ],
    ),
    "an unknown organisation": (
        msgspec.structs.replace(MINISTRY, org="nobody"),
        [Grant(COLLECTION.key, ("org", "nobody"), read=True, write=True)],
    ),
    "an unknown organisation that a community names": (
        msgspec.structs.replace(MINISTRY, org="nobody"),
        [
            Community("c", "C", members("nobody")),
            Grant(COLLECTION.key, ("community", "c"), read=True, write=True),
        ],
    ),
    "no organisation": (
        msgspec.structs.replace(MINISTRY, org=""),
        [Grant(COLLECTION.key, ("org", ""), read=True, write=True)],
    ),
    "nobody": (ANONYMOUS, [FULL, Grant(COLLECTION.key, ("org", ""), read=True, write=True)]),
    "only the case differs": (
        msgspec.structs.replace(MINISTRY, org="Grid"),
        [FULL],
    ),
    "an account that was switched off since": (
        msgspec.structs.replace(MINISTRY, org="grid"),
        [FULL, Account("a", "grid", EVERY_ROLE, disabled=True)],
    ),
}


@pytest.mark.parametrize(("caller", "found"), NOTHING.values(), ids=NOTHING)
def test_no_rights(caller, found):
    given = scope(caller, *found)
    assert (given.readable, given.writable) == ({}, frozenset())
    assert policy.rights(given, COLLECTION) == (False, False)


def test_the_cases_above_would_have_rights_with_one_more_grant():
    """So they fail for the reason that they name."""
    grant = Grant(COLLECTION.key, ("org", "ministry"), read=True, write=True)
    given = scope(MINISTRY, grant)
    assert given.readable.keys() == given.writable == {COLLECTION.key}


def test_administrators_see_no_more_data_for_it():
    administrator = Caller("root", "ministry", frozenset({Role.ADMINISTRATOR}))
    assert scope(administrator, FULL).readable == {}
    own = Grant(COLLECTION.key, ("org", "ministry"), read=True, write=True)
    given = scope(administrator, own)
    assert given.readable.keys() == {COLLECTION.key}
    assert given.writable == frozenset()
    assert not given.moderates


def test_an_empty_directory_gives_nothing():
    given = policy.scope(MINISTRY, Directory.of(0, []))
    assert (given.readable, given.writable) == ({}, frozenset())


def test_an_account_that_the_directory_does_not_know():
    directory = Directory.of(1, [*ORGS, COLLECTION, FULL])
    assert policy.scope(MINISTRY, directory).readable == {}


def test_a_scope_is_empty_unless_somebody_fills_it():
    empty = Scope()
    assert empty == Scope("", "", {}, frozenset(), moderates=False)
    for key in range(10):
        assert not empty.admits(Label(key, Tlp.CLEAR, frozenset()), 1)


def test_a_grant_for_a_collection_that_was_dropped_gives_nothing():
    directory = Directory.of(
        1, [*ORGS, Grant(COLLECTION.key, ("org", "ministry"), read=True, write=True)]
    )
    assert policy.scope(MINISTRY, directory).readable == {}


@pytest.mark.parametrize("name", ["reader", "publisher", "coordinator", "administrator"])
def test_a_hidden_collection_is_hidden_from_every_role(name):
    directory = Directory.of(1, parties())
    account = directory.accounts[name]
    given = policy.scope(Caller(name, account.org, account.roles), directory)
    assert not any(policy.rights(given, collection("hidden")))


@pytest.mark.parametrize(
    "check", [policy.require_read, policy.require_write], ids=["read", "write"]
)
def test_checks_deny_an_empty_scope(check):
    with pytest.raises(HubError) as caught:
        check(Scope(), COLLECTION)
    assert caught.value.fault is Fault.DENIED


@pytest.mark.parametrize("roles", [frozenset(), EVERY_ROLE - {Role.ADMINISTRATOR}], ids=len)
def test_checks_deny_who_is_no_administrator(roles):
    with pytest.raises(HubError) as caught:
        policy.require_administrator(Caller("a", "ministry", roles))
    assert caught.value.fault is Fault.DENIED


def test_checks_deny_nobody():
    with pytest.raises(HubError):
        policy.require_administrator(ANONYMOUS)
