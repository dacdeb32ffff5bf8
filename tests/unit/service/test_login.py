"""Log-ins and second factors while somebody else changes things at the same moment."""

from __future__ import annotations

import hmac
import struct
from typing import Any

import msgspec
import pytest

from hub.config import SessionSettings
from hub.errors import Fault, HubError
from hub.model.party import Caller, Role
from hub.service.credentials import Passwords
from hub.service.directory import Parties
from hub.service.factor import SecondFactors
from hub.service.identities import Identities
from hub.service.login import Client, Logins, Opened, linked
from hub.store.base import Act
from tests import fakes

ACT = Act("x", "", "test", "test")
CLIENT = Client("192.0.2.1", "Sample")
BOSS = Caller("administrator", "ministry", frozenset({Role.ADMINISTRATOR}))
ME = ("https://id.example.org", "subject-1")


class Meddled:
    """The store, with something that happens just before a method of it runs, once or always."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.before: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if meddle := self.before.get(name):
            meddle()
        return getattr(self._store, name)

    def once(self, name: str, meddle: Any) -> None:
        def first() -> None:
            del self.before[name]
            meddle()

        self.before[name] = first


@pytest.fixture
def store(hub_store):
    put(hub_store, "reader", oidc=ME)
    return Meddled(hub_store)


@pytest.fixture
def logins(store):
    return Logins(store, Parties(store), Passwords(fakes.unlimited()), SessionSettings())


@pytest.fixture
def clock():
    return fakes.Clock()


@pytest.fixture
def factors(store, logins, clock):
    return SecondFactors(store, logins, b"k" * 32, "Sample hub", clock=clock)


def put(store, name: str, **changes) -> None:
    account = store.directory().accounts[name]
    changed = msgspec.structs.replace(account, **changes)
    store.write([changed], [], ACT, epoch=store.epoch())


def touch(store) -> None:
    """Somebody changes something else in the directory."""
    put(store, "partner", roles=frozenset({Role.READER}))


def by_password(logins: Logins) -> Opened:
    return logins.by_password("reader", fakes.PASSWORD, CLIENT)


def by_identity(logins: Logins) -> Opened:
    return logins.by_identity(*ME, CLIENT)


BOTH = pytest.mark.parametrize("log_in", [by_password, by_identity])


@BOTH
def test_another_change_meanwhile_does_not_matter(store, logins, log_in):
    store.once("start_session", lambda: touch(store))
    assert log_in(logins).session.account == "reader"


@BOTH
def test_an_account_that_is_switched_off_meanwhile_is_not_let_in(store, logins, log_in):
    store.once("start_session", lambda: put(store, "reader", disabled=True))
    with pytest.raises(HubError) as caught:
        log_in(logins)
    assert caught.value.fault is Fault.UNAUTHENTICATED
    assert store.list_sessions() == []


@BOTH
def test_changes_without_end_make_it_give_up(store, logins, log_in):
    store.before["start_session"] = lambda: touch(store)
    with pytest.raises(HubError) as caught:
        log_in(logins)
    assert caught.value.fault is Fault.BUSY


def test_an_identity_is_issuer_and_subject_together(store):
    directory = store.directory()
    assert linked(directory, *ME).name == "reader"
    assert linked(directory, ME[0], "subject-2") is None
    assert linked(directory, "https://other.example.org", ME[1]) is None
    assert linked(directory, "", "") is None


def test_two_accounts_cannot_be_linked_to_one_identity_at_once(store):
    admin = Identities(store, BOSS)
    store.once("write", lambda: Identities(store, BOSS).link("partner", "i", "s"))
    with pytest.raises(HubError) as caught:
        admin.link("publisher", "i", "s")
    assert caught.value.fault is Fault.BAD_REQUEST
    assert store.directory().accounts["publisher"].oidc is None


def code_at(secret: bytes, instant_us: int) -> str:
    step = instant_us // 30_000_000
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    place = digest[19] & 15
    (number,) = struct.unpack(">I", digest[place : place + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest.fixture
def enrolled(store, logins, factors, clock):
    """The secret of the app, and the recovery codes."""
    session = by_password(logins).session
    offer = factors.offer(session)
    secret = factors._seal.open(store.factor("reader").sealed, "reader")
    opened, codes = factors.confirm(session, code_at(secret, clock.now))
    assert opened.session.id == session.id
    assert offer.secret in offer.uri
    clock.advance(30)
    return secret, codes


class TestFactor:
    def test_the_clock_decides(self, logins, factors, clock, enrolled):
        secret, _ = enrolled
        session = by_password(logins).session
        code = code_at(secret, clock.now)
        clock.advance(61)
        with pytest.raises(HubError, match="wrong"):
            factors.give(session, code)
        assert factors.give(session, code_at(secret, clock.now)).session.id == session.id

    def test_an_offer_that_is_gone_at_the_last_moment(self, store, logins, factors, clock):
        session = by_password(logins).session
        factors.offer(session)
        secret = factors._seal.open(store.factor("reader").sealed, "reader")
        store.once("confirm_factor", lambda: store.offer_factor("reader", b"another"))
        with pytest.raises(HubError, match="the offer or the session has ended"):
            factors.confirm(session, code_at(secret, clock.now))
        assert not store.factor("reader").confirmed

    @pytest.mark.parametrize("moment", ["factor", "pass_factor"])
    def test_a_factor_that_is_removed_at_the_last_moment(
        self, store, logins, factors, clock, enrolled, moment
    ):
        session = by_password(logins).session
        store.once(moment, lambda: store._store.drop_factor("reader", ACT))
        with pytest.raises(HubError, match="the session has ended"):
            factors.give(session, code_at(enrolled[0], clock.now))
        assert store.list_sessions() == []

    def test_removal_twice_at_once(self, store, logins, factors, clock, enrolled):
        session = by_password(logins).session
        store.once("drop_factor", lambda: store._store.drop_factor("reader", ACT))
        with pytest.raises(HubError, match="the session has ended"):
            factors.remove(session, enrolled[1][0])

    def test_a_factor_of_another_account_does_not_open(self, store, factors, enrolled):
        """Copied in the store from one account to another, it is worth nothing."""
        sealed = store.factor("reader").sealed
        assert factors._seal.open(sealed, "publisher") is None
