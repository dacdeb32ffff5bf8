"""Log-in sessions: what they hold, when they end, and what the clock cannot bring back."""

from __future__ import annotations

import msgspec
import pytest

from hub.model.session import Session
from hub.store.base import Act, Stale
from tests.conformance.builders import ACT, SECOND_US, digest_of, opening, start
from tests.fakes import Clock, accounts, acts, populate

HOUR_S, MINUTE_S = 3600, 60


@pytest.fixture
def filled(store):
    populate(store)
    return store


def lives(store, number: int = 1) -> bool:
    return store.use_session(digest_of(number)) is not None


def shown(store, account: str = "") -> list[str]:
    return [session.id for session in store.list_sessions(account)]


class TestStart:
    def test_is_kept_as_it_was_begun(self, filled, clock):
        session = start(filled)
        assert session == Session(
            id="s1",
            digest=digest_of(1),
            account="reader",
            method="password",
            created_us=clock.now,
            used_us=clock.now,
            expires_us=clock.now + 12 * HOUR_S * SECOND_US,
            idle_us=HOUR_S * SECOND_US,
            label="Firefox, Việt",
            address="2001:db8::1",
            waits=False,
        )
        assert filled.use_session(digest_of(1)) == session
        assert filled.list_sessions() == [session]

    def test_outlives_the_handle(self, engine, place, filled, clock):
        session = start(filled)
        other = engine.open(place, clock)
        assert other.use_session(digest_of(1)) == session
        other.close()

    def test_an_unknown_one_is_none(self, filled):
        start(filled)
        assert filled.use_session(digest_of(2)) is None
        assert filled.use_session(b"") is None
        assert filled.use_session(b"s1") is None

    def test_takes_the_place_of_another(self, filled):
        start(filled, 1)
        start(filled, 2, "publisher", instead_of=digest_of(1))
        assert shown(filled) == ["s2"]

    def test_what_takes_the_place_of_nothing(self, filled):
        start(filled, 1, instead_of=digest_of(9))
        assert shown(filled) == ["s1"]

    def test_is_refused_when_the_directory_changed(self, filled):
        """Between the check of a password and the session, the password may have changed."""
        old = filled.epoch()
        filled.write([], [], ACT, epoch=old)
        audit = acts(filled, 10)
        with pytest.raises(Stale):
            filled.start_session(opening(), ACT, epoch=old)
        assert shown(filled) == []
        assert acts(filled, 10) == audit

    def test_has_its_audit_line(self, filled, clock):
        act = Act("reader", "ministry", "session.start", "s1", "password")
        filled.start_session(opening(), act, epoch=filled.epoch())
        assert acts(filled, 1) == [(clock.now, act)]

    def test_leaves_the_directory_as_it_is(self, filled):
        before = filled.epoch()
        start(filled)
        lives(filled)
        assert filled.epoch() == before


class TestEnd:
    def test_when_it_is_not_used(self, filled, clock):
        start(filled)
        clock.advance(HOUR_S - 1)
        assert shown(filled) == ["s1"]
        clock.advance(1)
        assert shown(filled) == []
        assert not lives(filled)

    def test_use_puts_that_off(self, filled, clock):
        start(filled)
        for _ in range(5):
            clock.advance(HOUR_S - 1)
            assert lives(filled)
        clock.advance(HOUR_S)
        assert not lives(filled)

    def test_whatever_the_use_at_its_expiry(self, filled, clock):
        start(filled)
        for _ in range(2 * 12 - 1):
            clock.advance(HOUR_S / 2)
            assert lives(filled)
        clock.advance(HOUR_S / 2 - 1)
        assert lives(filled)
        clock.advance(1)
        assert not lives(filled)

    def test_use_is_noted_once_a_minute(self, filled, clock):
        begun = start(filled)
        clock.advance(MINUTE_S - 1)
        lives(filled)
        assert filled.list_sessions() == [begun], "less than a minute is not worth a write"
        clock.advance(1)
        lives(filled)
        (noted,) = filled.list_sessions()
        assert noted == msgspec.structs.replace(begun, used_us=clock.now)
        clock.advance(MINUTE_S - 1)
        lives(filled)
        assert filled.list_sessions() == [noted]

    def test_one_by_one(self, filled):
        for number in (1, 2, 3):
            start(filled, number)
        assert filled.end_sessions(ACT, session_id="s2") == 1
        assert shown(filled) == ["s1", "s3"]
        assert not lives(filled, 2)

    def test_all_of_an_account(self, filled):
        for number, account in enumerate(("reader", "publisher", "reader")):
            start(filled, number, account)
        assert filled.end_sessions(ACT, account="reader") == 2
        assert shown(filled) == ["s1"]

    def test_only_that_of_the_account(self, filled):
        start(filled, 1, "reader")
        assert filled.end_sessions(ACT, account="publisher", session_id="s1") == 0
        assert shown(filled) == ["s1"]

    def test_all_there_are(self, filled):
        for number, account in enumerate(("reader", "publisher")):
            start(filled, number, account)
        assert filled.end_sessions(ACT) == 2
        assert shown(filled) == []

    def test_has_an_audit_line_when_there_was_one(self, filled):
        start(filled)
        before = acts(filled, 10)
        assert filled.end_sessions(ACT, session_id="s9") == 0
        assert acts(filled, 10) == before
        filled.end_sessions(ACT, session_id="s1")
        assert len(acts(filled, 10)) == len(before) + 1

    def test_lists_by_account_oldest_first(self, filled, clock):
        for number, account in enumerate(("reader", "publisher", "reader")):
            clock.advance(-1)
            start(filled, number, account)
        clock.advance(10)
        start(filled, 7, "reader")
        assert shown(filled, "reader")[-1] == "s7"
        assert shown(filled, "publisher") == ["s1"]
        assert shown(filled, "nobody") == []

    def test_what_ended_is_purged(self, filled, clock):
        start(filled, 1)
        clock.advance(HOUR_S / 2)
        start(filled, 2)
        clock.advance(HOUR_S / 2)
        filled.purge_sessions()
        clock.advance(-HOUR_S / 20)
        assert shown(filled) == ["s2"]


CHANGES = {
    "another password": {"password": "$argon2id$other"},
    "no password": {"password": ""},
    "disabled": {"disabled": True},
    "linked to a provider": {"oidc": ("https://id.example", "x")},
}


class TestAccount:
    """What changes how an account logs in ends its sessions, in the same transaction."""

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_ends_its_sessions(self, filled, change):
        start(filled, 1, "reader")
        start(filled, 2, "publisher")
        put(filled, "reader", **change)
        assert shown(filled) == ["s2"]

    def test_switching_it_on_again_revives_none(self, filled):
        start(filled)
        put(filled, "reader", disabled=True)
        put(filled, "reader")
        assert not lives(filled)

    def test_dropping_it(self, filled):
        start(filled)
        (account,) = [party for party in accounts() if party.name == "reader"]
        filled.write([], [account], ACT, epoch=filled.epoch())
        assert not lives(filled)

    def test_other_changes_leave_them(self, filled):
        start(filled)
        put(filled, "reader", roles=frozenset())
        put(filled, "publisher", disabled=True)
        (account,) = [party for party in accounts() if party.name == "reader"]
        filled.write([account], [account], ACT, epoch=filled.epoch())
        assert lives(filled)

    def test_a_refused_change_leaves_them(self, filled):
        start(filled)
        account = msgspec.structs.replace(accounts()[0], disabled=True)
        with pytest.raises(Stale):
            filled.write([account], [], ACT, epoch=filled.epoch() + 1)
        assert lives(filled)


def put(store, name: str, **changes) -> None:
    (account,) = [party for party in accounts() if party.name == name]
    store.write([msgspec.structs.replace(account, **changes)], [], ACT, epoch=store.epoch())


class TestClock:
    """An instant that the sessions have seen stays reached."""

    @pytest.mark.parametrize("back", [1, 4 * MINUTE_S, HOUR_S, 11 * HOUR_S, 10_000 * HOUR_S])
    @pytest.mark.parametrize("seen_by", ["use", "another session", "purge", "list and end"])
    def test_set_back_revives_nothing(self, filled, clock: Clock, back, seen_by):
        start(filled, 1)
        clock.advance(12 * HOUR_S)
        if seen_by == "use":
            assert not lives(filled)
        elif seen_by == "another session":
            start(filled, 2)
        elif seen_by == "purge":
            filled.purge_sessions()
        else:
            filled.end_sessions(ACT, session_id="s9")
        clock.advance(-back)
        assert not lives(filled)
        assert "s1" not in shown(filled)
        filled.purge_sessions()
        assert not lives(filled)

    def test_a_little_back_leaves_what_lives(self, filled, clock):
        start(filled)
        clock.advance(-5 * MINUTE_S)
        assert lives(filled)
        assert shown(filled) == ["s1"]
        start(filled, 2)
        assert shown(filled) == ["s1", "s2"]

    def test_and_time_stands_still_until_it_has_caught_up(self, filled, clock):
        start(filled, 1)
        at = clock.now
        clock.advance(-5 * MINUTE_S)
        assert start(filled, 2).created_us == at

    def test_far_back_ends_every_session(self, filled, clock):
        start(filled)
        clock.advance(-5 * MINUTE_S - 1)
        assert shown(filled) == []
        assert not lives(filled)
        clock.advance(5 * MINUTE_S + 1)
        assert not lives(filled), "and the right time does not bring them back"

    def test_far_back_says_so_in_the_audit_log(self, filled, clock):
        start(filled)
        clock.advance(-HOUR_S)
        filled.purge_sessions()
        ((_, act),) = acts(filled, 1)
        assert (act.action, act.target) == ("session.end", "all")
        assert "set back by 3600 s" in act.detail

    def test_a_clock_that_was_years_ahead_locks_nobody_out(self, filled, clock):
        clock.advance(10 * 365 * 24 * HOUR_S)
        start(filled, 1)
        clock.advance(-10 * 365 * 24 * HOUR_S)
        start(filled, 2)
        assert shown(filled) == ["s2"]
        clock.advance(HOUR_S - 1)
        assert lives(filled, 2)
        clock.advance(12 * HOUR_S)
        assert not lives(filled, 2)
