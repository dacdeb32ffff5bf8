"""Failed log-ins: who guesses waits, who does not guess never does, and answers tell nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import msgspec
import pytest

from hub.config import LimitSettings
from hub.errors import Fault, HubError, Throttled
from hub.model.party import Directory
from hub.service import credentials
from hub.service.credentials import Passwords
from hub.service.lockout import Lockout
from hub.store.counters import SqliteCounters
from hub.store.local import LocalCounters
from tests.fakes import PASSWORD, Clock, parties, password_hash

HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"
SETTINGS = LimitSettings(failed_logins=5, failed_logins_per_minute=60, guesses_per_day=50)
IN, WRONG = "in", "wrong"
KEY = b"secret of the hub"


class World:
    """One worker, or several of one hub.

    Args:
        counters: Shared by the workers.
        settings: The limits.
        workers: How many.
    """

    def __init__(self, counters=None, settings=SETTINGS, workers=1):
        self.clock = Clock()
        self.counters = counters or LocalCounters()
        self.directory = Directory.of(1, parties())
        self.lockout = Lockout(self.counters, settings, KEY, clock=self.clock)
        self.workers = [
            Passwords(self.lockout, most=30, clock=lambda: self.clock.now / 1e6)
            for _ in range(workers)
        ]
        self.texts = set()
        """What was said to those who had to wait."""
        self._guesses = count()

    def log_in(self, name="publisher", password=PASSWORD, address=HOME, *, worker=0):
        """ "in", "wrong", or the seconds to wait."""
        try:
            caller = self.workers[worker].caller(self.directory, name, password, address)
        except Throttled as error:
            self.texts.add(error.text())
            return error.retry_after_s
        return IN if caller else WRONG

    def guess(self, name="publisher", address=HOME, **how):
        """A log-in with a wrong password that nobody tried before."""
        return self.log_in(name, f"guess {next(self._guesses)}", address, **how)

    def flood(self):
        """Others at home try names until their network has to wait."""
        answers = [self.guess(f"other {number}") for number in range(400)]
        assert answers[-1] not in {IN, WRONG}


@pytest.fixture
def hashed(monkeypatch):
    """Hashing that takes no time; the passwords that were looked at, in order."""
    found = []

    def matches(stored, password):
        found.append(password)
        return stored == password_hash() and password == PASSWORD

    monkeypatch.setattr(credentials, "_matches", matches)
    return found


@pytest.fixture
def world(hashed):
    return World()


class TestAPairOfNameAndNetwork:
    def test_waits_after_some_failures(self, world):
        assert [world.guess() for _ in range(5)] == [WRONG] * 5
        assert world.guess() == 30

    def test_waits_longer_each_time_and_never_longer_than_a_quarter_of_an_hour(self, world):
        waits = []
        for _ in range(12):
            assert world.guess() == WRONG
            wait = world.guess()
            waits.append(wait if wait != WRONG else 0)
            world.clock.advance(0 if wait == WRONG else wait)
        assert waits == [0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900]

    def test_asking_again_does_not_make_the_wait_longer(self, world):
        for _ in range(5):
            world.guess()
        for left in range(30, 0, -1):
            assert world.guess() == left
            world.clock.advance(1)
        assert world.log_in() == IN

    def test_nothing_is_hashed_while_it_waits(self, world, hashed):
        for _ in range(20):
            world.guess()
        assert len(hashed) == 5

    def test_the_right_password_is_refused_too(self, world):
        for _ in range(5):
            world.guess()
        assert world.log_in() == world.guess() == 30

    def test_a_success_clears_it(self, world):
        for _ in range(3):
            assert [world.guess() for _ in range(4)] == [WRONG] * 4
            world.clock.advance(301)  # else the verdict is remembered and nothing is verified
            assert world.log_in() == IN

    def test_failures_are_forgotten_after_an_hour(self, world):
        for _ in range(4):
            world.guess()
        world.clock.advance(3600)
        assert [world.guess() for _ in range(5)] == [WRONG] * 5

    def test_one_ipv6_network_is_one_network(self, world):
        for number in range(5):
            world.guess(address=f"2001:db8:1:2::{number}")
        assert world.log_in(address="2001:db8:1:2:ffff::1") == 30
        assert world.log_in(address="2001:db8:1:3::1") == IN

    def test_workers_count_together(self, hashed, tmp_path):
        world = World(SqliteCounters(tmp_path / "counters"), workers=3)
        answers = [world.guess(worker=number % 3) for number in range(9)]
        assert answers == [WRONG] * 5 + [30] * 4
        assert [world.log_in(worker=number) for number in range(3)] == [30] * 3

    def test_attempts_side_by_side_are_counted_before_they_are_looked_at(self, monkeypatch):
        world, looked_at, go = World(), [], threading.Event()

        def slow(stored, password):
            looked_at.append(password)
            go.wait(60)
            return False

        monkeypatch.setattr(credentials, "_matches", slow)
        monkeypatch.setattr(credentials, "_HASHES_AT_ONCE", 30)
        world.workers = [Passwords(world.lockout, most=30)]
        with ThreadPoolExecutor(20) as pool:
            answers = [pool.submit(world.guess) for _ in range(20)]
            while sum(answer.done() for answer in answers) < 15:
                pass
            go.set()
        assert len(looked_at) == 5
        assert sorted(str(answer.result()) for answer in answers) == ["30"] * 15 + [WRONG] * 5

    def test_being_told_to_come_back_is_no_failure(self, world):
        world.workers = [Passwords(world.lockout, most=1)]
        world.workers[0]._room.acquire()
        for _ in range(20):
            with pytest.raises(HubError) as caught:
                world.log_in()
            assert caught.value.fault is Fault.BUSY
        world.workers[0]._room.release()
        assert world.log_in() == IN


class TestNobodyLocksOthersOut:
    def test_an_attacker_elsewhere_waits_alone(self, world):
        for _ in range(1000):
            world.guess(address=ELSEWHERE)
        assert world.guess(address=ELSEWHERE) == 30
        assert world.log_in() == IN

    def test_attackers_all_over_the_world_do_not_matter_where_it_logged_in_before(self, hashed):
        world = World(workers=2)
        assert world.log_in() == IN
        for number in range(250):
            world.guess(address=f"203.0.113.{number}")
        assert world.guess(address=ELSEWHERE) not in {IN, WRONG}
        # Neither where the password is remembered nor where it is not.
        assert [world.log_in(worker=0), world.log_in(worker=1)] == [IN, IN]
        assert [world.guess() for _ in range(5)] == [WRONG] * 5

    def test_other_names_behind_the_same_address_do_not_hurt_who_is_remembered(self, world):
        assert world.log_in() == IN
        world.flood()
        assert world.log_in() == IN
        # Nor when the verdict is too old and the password has to be verified again.
        world.clock.advance(301)
        world.flood()
        assert world.log_in() == IN

    def test_who_was_never_here_shares_the_fate_of_its_network(self, world):
        world.flood()
        assert world.log_in() == 1
        assert world.log_in(address=ELSEWHERE) == IN
        world.clock.advance(1)
        assert world.log_in() == IN

    def test_a_machine_with_the_old_password_does_not_lock_out_its_neighbour(self, world):
        """One of two pollers of an account behind one address missed the change."""
        for _minute in range(60):
            for _collection in range(5):
                assert world.log_in(password="the old password") == WRONG
                assert world.log_in() == IN
            world.clock.advance(60)

    def test_repeating_one_wrong_password_is_still_a_flood(self, world):
        answers = [world.log_in(password="the old password") for _ in range(310)]
        assert answers == [WRONG] * 300 + [1] * 10

    def test_right_passwords_are_no_flood(self, world):
        for _ in range(400):
            world.workers[0]._verdicts.clear()
            world.workers[0]._trusted.clear()
            assert world.log_in() == IN


class TestTheMemoryIsNoOracle:
    def test_it_does_not_know_the_password_elsewhere(self, world, hashed):
        """What is remembered costs nothing to try: it must not be tried from everywhere."""
        assert world.log_in() == IN
        hashed.clear()
        assert world.log_in(address=ELSEWHERE) == IN
        assert hashed == [PASSWORD]

    def test_a_right_guess_at_it_is_refused_like_a_wrong_one(self, world):
        assert world.log_in() == IN
        for _ in range(5):
            assert world.guess() == WRONG
        assert world.guess() == world.log_in() == 30

    def test_a_network_that_floods_cannot_try_more_names_for_it(self, world):
        assert world.log_in() == IN
        world.flood()
        # Refused at the network; nothing says whether the name exists or the password is right.
        assert world.guess("reader") == world.log_in("reader") == world.guess("nobody") == 1


def transcript(world, name):
    """What somebody sees who tries a name in every way there is."""
    seen = [world.guess(name) for _ in range(8)]
    for pause in (29, 1, 59, 1, 301, 3600):
        world.clock.advance(pause)
        seen += [world.guess(name), world.log_in(name, "again"), world.log_in(name, "again")]
    seen += [world.guess(name, address=f"203.0.113.{number}") for number in range(120)]
    seen += [world.guess(name, address=ELSEWHERE) for _ in range(8)]
    return seen


@pytest.mark.parametrize("name", ["nobody", "disabled", "administrator", "", "publisher\ud800"])
def test_all_names_look_alike(hashed, name):
    known = World()
    found = transcript(known, "publisher")
    assert {WRONG, 30, 60} < set(found)
    other = World()
    accounts = other.directory.accounts
    without = msgspec.structs.replace(accounts["administrator"], password="")
    other.directory = msgspec.structs.replace(
        other.directory, accounts=accounts | {"administrator": without}
    )
    assert transcript(other, name) == found
    assert (
        other.texts
        == known.texts
        == {"too many log-ins failed. Wait as long as Retry-After says. Tokens are not affected."}
    )


def test_a_disabled_account_does_not_tell_its_password(world):
    for name in ("disabled", "nobody"):
        answers = [world.guess(name) for _ in range(3)]
        answers += [world.log_in(name) for _ in range(3)]
        answers += [world.guess(name) for _ in range(3)]
        assert answers == [WRONG] * 7 + [30] * 2


class TestGuessesFromManyNetworks:
    def guess_everywhere(self, world, name="publisher", most=300):
        for number in range(most):
            if world.guess(name, address=f"203.0.{number}.1") != WRONG:
                return number
        return most

    def test_share_one_budget(self, world):
        assert self.guess_everywhere(world) == 50
        # From a network that is new to the account not even the right password counts.
        assert world.log_in() == 1728  # a fiftieth of a day
        world.clock.advance(1728)
        assert world.log_in() == IN

    def test_the_budget_of_each_account_is_its_own(self, world):
        self.guess_everywhere(world)
        assert world.log_in("partner") == IN

    def test_a_network_is_known_for_thirty_days(self, world):
        assert world.log_in() == IN
        world.workers = [Passwords(world.lockout, clock=lambda: world.clock.now / 1e6)]
        self.guess_everywhere(world)
        world.clock.advance(29 * 86_400)
        self.guess_everywhere(world)
        assert world.log_in() == IN
        world.clock.advance(31 * 86_400)
        self.guess_everywhere(world)
        world.workers = [Passwords(world.lockout)]
        assert world.log_in() not in {IN, WRONG}

    def test_who_may_log_in_uses_none_of_it(self, world):
        for number in range(200):
            assert world.log_in(address=f"198.51.{number}.1") == IN
        assert self.guess_everywhere(world) == 50


class TestWrongTokens:
    def test_are_a_matter_of_the_network(self, world):
        for _ in range(300):
            world.lockout.failed(ELSEWHERE)
        with pytest.raises(Throttled) as caught:
            world.lockout.failed(ELSEWHERE)
        assert caught.value.retry_after_s == 1
        world.lockout.failed(HOME)
        world.clock.advance(1)
        world.lockout.failed(ELSEWHERE)


@pytest.mark.parametrize(
    ("off", "ends"),
    [
        ({"failed_logins": 0}, 300),
        ({"failed_logins": 0, "failed_logins_per_minute": 0}, 1000),
    ],
)
def test_each_limit_can_be_switched_off(hashed, off, ends):
    world = World(settings=msgspec.structs.replace(SETTINGS, guesses_per_day=0, **off))
    answers = [world.guess() for _ in range(1000)]
    assert answers.count(WRONG) == ends


def test_what_people_type_is_not_kept(hashed):
    """They type their password where the name belongs."""
    world = World()
    world.log_in("my secret password", "x")
    world.log_in()
    held = repr(world.counters._rows)
    assert "secret" not in held
    assert "publisher" not in held
    other = Lockout(world.counters, SETTINGS, b"another secret")
    assert other.digest("publisher") != world.lockout.digest("publisher")
