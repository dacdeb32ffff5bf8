"""Second factors: taken once, counted when wrong, and in force from one transaction on."""

from __future__ import annotations

import subprocess
from collections import Counter

import pytest

from hub.model.clock import now_us
from hub.model.session import Factor, Outcome, Proof, Renewal
from hub.store.base import Act
from tests.conformance import workers
from tests.conformance.builders import ACT, digest_of, opening, start
from tests.conformance.workers import SEALED
from tests.fakes import accounts, acts, populate

MINUTE_S = 60
CODES = [digest_of(number) for number in range(100, 110)]
STEP = 1000


@pytest.fixture
def filled(store):
    populate(store)
    return store


@pytest.fixture
def enrolled(filled):
    """`reader` has a factor, the code of `STEP` was used, and the session 1 is renewed as 2."""
    start(filled, 1)
    filled.offer_factor("reader", SEALED)
    assert confirm(filled, 1, 2)
    return filled


def confirm(store, old: int, new: int, **changes):
    proof = Proof("reader", SEALED, STEP)._replace(**changes)
    return store.confirm_factor(proof, CODES, Renewal(digest_of(old), digest_of(new)), ACT)


def give(store, session: int = 3, step: int = 0, recovery: bytes = b"", **changes):
    """Give a proof to a waiting session, which gets the secret of the next number."""
    proof = Proof("reader", SEALED, step, recovery)._replace(**changes)
    renewal = Renewal(digest_of(session), digest_of(session + 1))
    return store.pass_factor(proof, renewal, ACT)


def wrong(store, times: int) -> None:
    """So many wrong codes in a row, each in a session of its own."""
    for number in range(times):
        start(store, 1000 + number)
        assert give(store, 1000 + number).outcome is Outcome.WRONG
    store.end_sessions(ACT, account="reader")


class TestOffer:
    def test_is_without_effect(self, filled):
        assert filled.factor("reader") is None
        assert filled.offer_factor("reader", SEALED)
        assert filled.factor("reader") == Factor("reader", SEALED, False, 0, 0)
        assert not start(filled).waits

    def test_a_later_one_replaces_it(self, filled):
        filled.offer_factor("reader", b"first")
        assert filled.offer_factor("reader", SEALED)
        assert filled.factor("reader").sealed == SEALED
        start(filled)
        assert confirm(filled, 1, 2, sealed=b"first") is None
        assert confirm(filled, 1, 2)

    def test_is_refused_while_one_is_in_force(self, enrolled):
        assert not enrolled.offer_factor("reader", b"mine")
        assert enrolled.factor("reader").sealed == SEALED

    def test_is_forgotten_after_a_quarter_of_an_hour(self, filled, clock):
        filled.offer_factor("reader", SEALED)
        start(filled)
        clock.advance(15 * MINUTE_S - 1)
        filled.purge_sessions()
        assert filled.factor("reader")
        clock.advance(1)
        assert confirm(filled, 1, 2) is None
        filled.purge_sessions()
        assert filled.factor("reader") is None

    def test_each_account_has_its_own(self, filled):
        filled.offer_factor("reader", SEALED)
        assert filled.factor("publisher") is None


class TestConfirm:
    def test_puts_it_into_force(self, enrolled):
        assert enrolled.factor("reader") == Factor("reader", SEALED, True, STEP, len(CODES))
        assert start(enrolled, 3).waits
        assert not start(enrolled, 4, "publisher").waits

    def test_the_session_goes_on_under_another_secret(self, filled, clock):
        before = start(filled, 1)
        filled.offer_factor("reader", SEALED)
        clock.advance(MINUTE_S)
        after = confirm(filled, 1, 2)
        assert (after.id, after.digest, after.waits) == (before.id, digest_of(2), False)
        assert (after.created_us, after.used_us) == (before.created_us, clock.now)
        assert filled.use_session(digest_of(1)) is None
        assert filled.use_session(digest_of(2)) == after

    def test_the_other_sessions_of_the_account_end(self, filled):
        """They began without a second factor."""
        for number, account in ((1, "reader"), (5, "reader"), (6, "publisher")):
            start(filled, number, account)
        filled.offer_factor("reader", SEALED)
        confirm(filled, 1, 2)
        assert [session.id for session in filled.list_sessions()] == ["s1", "s6"]

    def test_without_an_offer(self, filled):
        start(filled)
        assert confirm(filled, 1, 2) is None
        assert filled.use_session(digest_of(1)), "and nothing changed"

    def test_twice(self, enrolled):
        assert confirm(enrolled, 2, 3) is None

    @pytest.mark.parametrize("account", ["", "publisher"])
    def test_from_a_session_that_may_not(self, filled, account):
        filled.offer_factor("reader", SEALED)
        if account:
            start(filled, 1, account)
        assert confirm(filled, 1, 2) is None
        assert not filled.factor("reader").confirmed

    def test_has_its_audit_line(self, filled, clock):
        start(filled)
        filled.offer_factor("reader", SEALED)
        act = Act("reader", "ministry", "second-factor.add", "reader")
        proof, renewal = Proof("reader", SEALED, STEP), Renewal(digest_of(1), digest_of(2))
        filled.confirm_factor(proof, CODES, renewal, act)
        assert acts(filled, 1) == [(clock.now, act)]


class TestPass:
    def test_a_later_step(self, enrolled, clock):
        before = start(enrolled, 3)
        clock.advance(MINUTE_S)
        trial = give(enrolled, 3, STEP + 1)
        assert trial.outcome is Outcome.PASSED
        assert (trial.session.id, trial.session.digest) == (before.id, digest_of(4))
        assert (trial.session.waits, trial.session.used_us) == (False, clock.now)
        assert trial.session.expires_us == before.expires_us
        assert enrolled.use_session(digest_of(3)) is None
        assert enrolled.use_session(digest_of(4)) == trial.session
        assert enrolled.factor("reader").step == STEP + 1

    @pytest.mark.parametrize("step", [STEP, STEP - 1, 1, 0])
    def test_a_step_that_was_used_or_is_earlier(self, enrolled, step):
        start(enrolled, 3)
        assert give(enrolled, 3, step).outcome is Outcome.WRONG
        assert enrolled.use_session(digest_of(3)).waits

    def test_one_code_opens_one_session(self, enrolled):
        start(enrolled, 3)
        start(enrolled, 5)
        assert give(enrolled, 3, STEP + 1).outcome is Outcome.PASSED
        assert give(enrolled, 5, STEP + 1).outcome is Outcome.WRONG

    def test_a_recovery_code_once(self, enrolled):
        start(enrolled, 3)
        start(enrolled, 5)
        assert give(enrolled, 3, recovery=CODES[3]).outcome is Outcome.PASSED
        assert enrolled.factor("reader").recovery == len(CODES) - 1
        assert enrolled.factor("reader").step == STEP
        assert give(enrolled, 5, recovery=CODES[3]).outcome is Outcome.WRONG
        assert give(enrolled, 5, recovery=CODES[4]).outcome is Outcome.PASSED

    def test_a_code_that_is_none(self, enrolled):
        start(enrolled, 3)
        assert give(enrolled, 3, recovery=digest_of(99)).outcome is Outcome.WRONG

    def test_of_another_enrolment(self, enrolled):
        start(enrolled, 3)
        for how in ({"step": STEP + 1}, {"recovery": CODES[0]}):
            assert give(enrolled, 3, sealed=b"older", **how).outcome is Outcome.GONE

    def test_of_another_account(self, enrolled):
        start(enrolled, 3)
        assert give(enrolled, 3, STEP + 1, account="publisher").outcome is Outcome.GONE

    def test_a_session_that_does_not_wait(self, enrolled):
        assert give(enrolled, 2, STEP + 1).outcome is Outcome.GONE
        assert enrolled.factor("reader").step == STEP, "the code is not used up"

    def test_a_session_that_is_not_there(self, enrolled):
        assert give(enrolled, 30, STEP + 1).outcome is Outcome.GONE

    def test_a_session_waits_five_minutes(self, enrolled, clock):
        start(enrolled, 3)
        clock.advance(5 * MINUTE_S - 1)
        assert enrolled.use_session(digest_of(3))
        clock.advance(1)
        assert give(enrolled, 3, STEP + 1).outcome is Outcome.GONE
        assert enrolled.use_session(digest_of(3)) is None

    def test_looking_at_it_does_not_make_it_wait_longer(self, enrolled, clock):
        start(enrolled, 3)
        for _ in range(4):
            clock.advance(MINUTE_S)
            assert enrolled.use_session(digest_of(3))
        clock.advance(MINUTE_S)
        assert enrolled.use_session(digest_of(3)) is None

    @pytest.mark.parametrize("how", [{"step": STEP}, {"recovery": digest_of(99)}])
    def test_the_fifth_wrong_one_ends_the_session(self, enrolled, how):
        start(enrolled, 3)
        found = [give(enrolled, 3, **how).outcome for _ in range(6)]
        assert found == [Outcome.WRONG] * 4 + [Outcome.GONE] * 2
        assert enrolled.use_session(digest_of(3)) is None
        assert acts(enrolled, 1)[0][1].action == "session.end"


class TestGuessing:
    """RFC 4226 section 7.3: the delay holds over all sessions of the account."""

    def test_five_are_free_and_the_next_waits(self, enrolled, clock):
        wrong(enrolled, 5)
        start(enrolled, 3)
        trial = give(enrolled, 3, STEP + 1)
        assert (trial.outcome, trial.wait_us) == (Outcome.WAIT, 30_000_000)
        assert enrolled.factor("reader").step == STEP, "it was not looked at"
        clock.advance(29)
        assert give(enrolled, 3, STEP + 1).wait_us == 1_000_000
        clock.advance(1)
        assert give(enrolled, 3, STEP + 1).outcome is Outcome.PASSED

    def test_waiting_does_not_use_up_the_tries_of_a_session(self, enrolled, clock):
        wrong(enrolled, 5)
        start(enrolled, 3)
        for _ in range(20):
            assert give(enrolled, 3, STEP + 1).outcome is Outcome.WAIT
        clock.advance(30)
        assert give(enrolled, 3, STEP + 1).outcome is Outcome.PASSED

    def test_the_wait_doubles_up_to_an_hour(self, enrolled, clock):
        wrong(enrolled, 5)
        waits = []
        for number in range(12):
            start(enrolled, 20 + number)
            waits.append(give(enrolled, 20 + number).wait_us // 1_000_000)
            clock.advance(waits[-1])
            start(enrolled, 40 + number)
            assert give(enrolled, 40 + number).outcome is Outcome.WRONG
        assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600, 3600]

    def test_a_right_code_starts_over(self, enrolled):
        wrong(enrolled, 4)
        start(enrolled, 3)
        assert give(enrolled, 3, STEP + 1).outcome is Outcome.PASSED
        wrong(enrolled, 5)

    def test_recovery_codes_do_not_wait(self, enrolled):
        wrong(enrolled, 5)
        start(enrolled, 3)
        assert give(enrolled, 3, recovery=CODES[0]).outcome is Outcome.PASSED

    def test_a_clock_that_was_set_back_does_not_make_it_wait_for_years(self, enrolled, clock):
        clock.advance(365 * 86_400)
        wrong(enrolled, 5)
        clock.advance(-365 * 86_400)
        start(enrolled, 3)
        assert give(enrolled, 3, STEP + 1).wait_us == 30_000_000
        clock.advance(30)
        assert give(enrolled, 3, STEP + 1).outcome is Outcome.PASSED


class TestDrop:
    def test_ends_all_sessions_of_the_account(self, enrolled):
        start(enrolled, 3)
        start(enrolled, 4, "publisher")
        assert enrolled.drop_factor("reader", ACT).outcome is Outcome.PASSED
        assert [session.id for session in enrolled.list_sessions()] == ["s4"]
        assert enrolled.factor("reader") is None
        assert not start(enrolled, 5).waits

    def test_takes_the_recovery_codes_along(self, enrolled):
        enrolled.drop_factor("reader", ACT)
        start(enrolled, 5)
        enrolled.offer_factor("reader", SEALED)
        assert enrolled.factor("reader").recovery == 0
        assert confirm(enrolled, 5, 6)
        assert enrolled.factor("reader").recovery == len(CODES)

    @pytest.mark.parametrize(
        ("how", "outcome"),
        [
            ({"step": STEP + 1}, Outcome.PASSED),
            ({"recovery": CODES[9]}, Outcome.PASSED),
            ({"step": STEP}, Outcome.WRONG),
            ({"recovery": digest_of(99)}, Outcome.WRONG),
            ({"step": STEP + 1, "sealed": b"older"}, Outcome.GONE),
        ],
    )
    def test_with_a_proof(self, enrolled, how, outcome):
        proof = Proof("reader", SEALED)._replace(**how)
        assert enrolled.drop_factor("reader", ACT, proof).outcome is outcome
        assert (enrolled.factor("reader") is None) is (outcome is Outcome.PASSED)

    def test_guesses_wait_here_too(self, enrolled):
        found = [
            enrolled.drop_factor("reader", ACT, Proof("reader", SEALED)).outcome for _ in range(7)
        ]
        assert found == [Outcome.WRONG] * 5 + [Outcome.WAIT] * 2

    def test_of_an_account_without(self, filled):
        before = acts(filled, 10)
        assert filled.drop_factor("reader", ACT).outcome is Outcome.GONE
        assert acts(filled, 10) == before

    def test_with_the_account(self, enrolled):
        (account,) = [party for party in accounts() if party.name == "reader"]
        enrolled.write([], [account], ACT, epoch=enrolled.epoch())
        assert enrolled.factor("reader") is None


@pytest.mark.parametrize("kind", ["step", "recovery"])
def test_of_two_processes_that_offer_the_same_proof_one_passes(engine, place, kind):
    """Replay at the same moment, as two workers of one hub would meet it."""
    rounds = 40
    with_real_clock = engine.open(place, now_us)
    populate(with_real_clock)
    start(with_real_clock, 1)
    with_real_clock.offer_factor("reader", SEALED)
    recovery = [digest_of(10_000 + number) for number in range(rounds)]
    proof, renewal = Proof("reader", SEALED, 1), Renewal(digest_of(1), digest_of(2))
    with_real_clock.confirm_factor(proof, recovery, renewal, ACT)
    for number in range(2 * rounds):
        made = opening(100 + number)
        with_real_clock.start_session(made, ACT, epoch=with_real_clock.epoch())
    with_real_clock.close()
    jobs = [workers.start("spend", engine.name, place, me, rounds, kind) for me in (0, 1)]
    try:
        assert [job.wait(120) for job in jobs] == [0, 0]
    except subprocess.TimeoutExpired:
        for job in jobs:
            job.kill()
        raise
    passed = Counter(number for number, ok in workers.lines(place, "spent-*") if ok)
    assert passed == Counter(range(rounds)), "each proof passes once, for one of the two"
