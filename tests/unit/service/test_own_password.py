"""People change their own password: the old one is needed, guesses count, other log-ins end."""

from __future__ import annotations

import msgspec
import pytest

from hub.config import LimitSettings, SessionSettings
from hub.errors import Fault, HubError
from hub.model.party import Role
from hub.service.credentials import Passwords
from hub.service.directory import Parties
from hub.service.lockout import Lockout
from hub.service.login import Client, Logins
from hub.store.base import Act
from hub.store.local import LocalCounters
from tests import fakes

CLIENT = Client("192.0.2.1", "Sample/1.0")
NEW = "a new and better password"
ACT = Act("administrator", "ministry", "test", "test")


@pytest.fixture
def logins(hub_store):
    lockout = Lockout(LocalCounters(), LimitSettings(failed_logins=2), b"k" * 32)
    return Logins(hub_store, Parties(hub_store), Passwords(lockout), SessionSettings())


def refused(logins, *given) -> HubError:
    with pytest.raises(HubError) as caught:
        logins.change_password("reader", *given, CLIENT)
    return caught.value


def test_the_new_one_opens_and_all_earlier_sessions_end(logins, hub_store):
    for _ in range(2):
        logins.by_password("reader", fakes.PASSWORD, CLIENT)
    other = logins.by_password("publisher", fakes.PASSWORD, CLIENT).session
    opened = logins.change_password("reader", fakes.PASSWORD, NEW, CLIENT)
    assert [s.id for s in logins.list("reader")] == [opened.session.id]
    assert [s.id for s in logins.list("publisher")] == [other.id]
    assert logins.by_password("reader", NEW, CLIENT)
    with pytest.raises(HubError):
        logins.by_password("reader", fakes.PASSWORD, CLIENT)


def test_it_leaves_a_line_in_the_audit_log_without_the_password(logins, hub_store):
    logins.change_password("reader", fakes.PASSWORD, NEW, CLIENT)
    (_, begun), (_, act) = fakes.acts(hub_store, 2)
    assert (act.account, act.org) == ("reader", "ministry")
    assert (act.action, act.target, act.detail) == ("account.password", "reader", "by its owner")
    assert begun.action == "session.start"
    assert NEW not in repr(fakes.acts(hub_store, 9))


def test_roles_and_all_else_stay(logins, hub_store):
    before = hub_store.directory().accounts["reader"]
    logins.change_password("reader", fakes.PASSWORD, NEW, CLIENT)
    after = hub_store.directory().accounts["reader"]
    assert msgspec.structs.replace(after, password=before.password) == before


@pytest.mark.parametrize(
    ("old", "new", "fault", "field"),
    [
        ("wrong", NEW, Fault.UNAUTHENTICATED, "old_password"),
        ("", NEW, Fault.UNAUTHENTICATED, "old_password"),
        (fakes.PASSWORD, "x" * 11, Fault.BAD_REQUEST, "new_password"),
        (fakes.PASSWORD, "", Fault.BAD_REQUEST, "new_password"),
        (fakes.PASSWORD, fakes.PASSWORD, Fault.BAD_REQUEST, "new_password"),
    ],
)
def test_what_is_refused_changes_nothing(logins, hub_store, old, new, fault, field):
    logins.by_password("reader", fakes.PASSWORD, CLIENT)
    before = hub_store.directory(), fakes.acts(hub_store, 9), hub_store.list_sessions()
    error = refused(logins, old, new)
    assert (error.fault, error.field) == (fault, field)
    assert (hub_store.directory(), fakes.acts(hub_store, 9), hub_store.list_sessions()) == before


def test_guesses_at_the_old_one_count_as_failed_logins(logins):
    for guess in ("one", "two"):
        assert refused(logins, guess, NEW).fault is Fault.UNAUTHENTICATED
    assert refused(logins, fakes.PASSWORD, NEW).fault is Fault.TOO_MANY
    with pytest.raises(HubError) as caught:
        logins.by_password("reader", fakes.PASSWORD, CLIENT)
    assert caught.value.fault is Fault.TOO_MANY


def test_an_account_without_a_password_gets_none(logins, hub_store):
    account = hub_store.directory().accounts["reader"]
    none = msgspec.structs.replace(account, password="")
    hub_store.write([none], [], ACT, epoch=hub_store.epoch())
    assert refused(logins, "", NEW).field == "old_password"


def test_a_password_that_an_administrator_set_meanwhile_stays(logins, hub_store, monkeypatch):
    ours = hub_store.directory
    reset = fakes.hash_password("what the administrator gave")

    def meanwhile():
        monkeypatch.setattr(hub_store, "directory", ours)
        account = msgspec.structs.replace(ours().accounts["reader"], password=reset)
        hub_store.write([account], [], ACT, epoch=hub_store.epoch())
        return ours()

    logins.by_password("reader", fakes.PASSWORD, CLIENT)  # the directory is remembered from here
    monkeypatch.setattr(hub_store, "directory", meanwhile)
    assert refused(logins, fakes.PASSWORD, NEW).field == "old_password"
    assert hub_store.directory().accounts["reader"].password == reset


def test_the_only_administrator_may_change_it(logins, hub_store):
    logins.change_password("administrator", fakes.PASSWORD, NEW, CLIENT)
    assert hub_store.directory().accounts["administrator"].roles == {Role.ADMINISTRATOR}
