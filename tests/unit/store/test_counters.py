"""Counters: buckets and waits, whoever keeps them, whatever the clock does, however many count."""

import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Fault, StoreDown
from hub.model.limit import SKEW_US, Ladder, Rate
from hub.store.counters import SqliteCounters, beside, prepare
from hub.store.counting import Counters
from hub.store.local import LocalCounters
from tests.fakes import START_US

REPOSITORY = Path(__file__).resolve().parents[3]
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
NOW = START_US
RATE = Rate(limit=60, window_s=60, burst=5)
"""One a second, five at once."""
LADDER = Ladder(free=3, first_s=30, most_s=900, memory_s=3600)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "hub.sqlite.counters"


@pytest.fixture
def shared(file):
    opened = SqliteCounters(file, busy_s=30)  # a slow disk is not what is tested
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "local"])
def counters(request, shared) -> Counters:
    return shared if request.param == "sqlite" else LocalCounters()


def taken(counters, now, *, units=1, key="a", rate=RATE, tries=50):
    """How many of the tries were let through."""
    return sum(counters.take(key, rate, units, now) == 0 for _ in range(tries))


class TestBuckets:
    def test_the_burst_and_no_more(self, counters):
        assert taken(counters, NOW) == 5

    def test_refill_evenly(self, counters):
        taken(counters, NOW)
        assert taken(counters, NOW + SECOND - 1) == 0
        assert taken(counters, NOW + SECOND) == 1
        assert taken(counters, NOW + 3 * SECOND) == 2

    def test_hold_no_more_than_the_burst(self, counters):
        taken(counters, NOW)
        assert taken(counters, NOW + DAY) == 5

    def test_say_when_there_is_room(self, counters):
        taken(counters, NOW)
        assert counters.take("a", RATE, 1, NOW) == SECOND
        assert counters.take("a", RATE, 3, NOW) == 3 * SECOND
        assert counters.take("a", RATE, 3, NOW + 3 * SECOND - 1) == 1
        assert counters.take("a", RATE, 3, NOW + 3 * SECOND) == 0

    def test_give_all_units_or_none(self, counters):
        assert counters.take("a", RATE, 3, NOW) == 0
        assert counters.take("a", RATE, 3, NOW) > 0
        assert taken(counters, NOW) == 2

    def test_never_give_more_than_they_hold(self, counters):
        assert counters.take("a", RATE, 6, NOW) > 0
        assert counters.take("a", RATE, 5, NOW) == 0

    def test_of_each_key_by_itself(self, counters):
        assert taken(counters, NOW, key="a") == taken(counters, NOW, key="b") == 5

    def test_a_look_takes_nothing(self, counters):
        for _ in range(10):
            assert counters.short("a", RATE, 5, NOW) == 0
        taken(counters, NOW)
        assert counters.short("a", RATE, 1, NOW) == SECOND

    def test_take_back_what_was_not_used(self, counters):
        taken(counters, NOW)
        counters.give_back("a", RATE, 2)
        assert taken(counters, NOW) == 2

    def test_do_not_grow_by_what_is_given_back(self, counters):
        counters.take("a", RATE, 1, NOW)
        counters.give_back("a", RATE, 1000)
        counters.give_back("nobody", RATE, 1000)
        assert taken(counters, NOW) == taken(counters, NOW, key="nobody") == 5

    def test_exactly_where_a_unit_is_no_whole_number_of_microseconds(self, counters):
        sevenths = Rate(7, 1, 7)
        assert taken(counters, NOW, rate=sevenths) == 7
        # Seven for each second of a day, if one comes every microsecond in which there is one.
        now, count = NOW, 0
        while (now := now + counters.take("a", sevenths, 1, now)) < NOW + 100 * SECOND:
            count += counters.take("a", sevenths, 1, now) == 0
        assert count == 700 - 1

    def test_a_changed_limit_counts_at_once(self, counters):
        taken(counters, NOW)
        wider = Rate(60, 60, 8)
        assert taken(counters, NOW, rate=wider) == 3
        assert taken(counters, NOW + 3 * SECOND, rate=RATE) == 0

    def test_the_largest_settings_do_not_overflow(self, counters):
        largest = Rate(10_000_000, 86_400, 10_000_000)
        assert counters.take("a", largest, 10_000_000, NOW) == 0
        assert 0 < counters.take("a", largest, 10_000_000, NOW) <= DAY
        assert counters.take("a", largest, 10_000_000, NOW + 300 * 365 * DAY) == 0


class TestAClockThatIsWrong:
    @pytest.mark.parametrize("back", [SECOND // 2, SECOND, 10 * SECOND, DAY, 3000 * DAY])
    def test_set_back_gives_no_free_units(self, counters, back):
        taken(counters, NOW)
        assert taken(counters, NOW - back) == 0
        assert taken(counters, NOW - back + SECOND // 2) == 0

    @pytest.mark.parametrize("back", [SECOND // 2, SECOND, 10 * SECOND, DAY, 3000 * DAY])
    def test_set_back_keeps_nobody_waiting(self, counters, back):
        """An empty bucket is full again after its own time, not when the clock has caught up."""
        taken(counters, NOW)
        now = NOW - back
        wait = counters.take("a", RATE, 1, now)
        assert 0 < wait <= SECOND + SKEW_US
        assert counters.take("a", RATE, 1, now + wait) == 0
        assert taken(counters, now + wait + 5 * SECOND) == 5

    def test_set_back_while_there_is_room(self, counters):
        counters.take("a", RATE, 1, NOW)
        assert taken(counters, NOW - DAY) == 4
        assert taken(counters, NOW - DAY + 2 * SECOND) == 2

    def test_set_back_and_no_refusal_since(self, counters):
        assert taken(counters, NOW, tries=4) == 4
        assert taken(counters, NOW - DAY, tries=1) == 1
        assert taken(counters, NOW - DAY + 5 * SECOND) == 5

    def test_workers_that_read_the_clock_a_little_late_gain_nothing(self, counters):
        """Else each turn between two of them would be paid twice."""
        turns = [NOW - 900_000 * (number % 2) for number in range(100)]
        assert sum(counters.take("a", RATE, 1, now) == 0 for now in turns) == 5

    def test_set_forward_is_one_burst(self, counters):
        taken(counters, NOW)
        assert taken(counters, NOW + DAY) == 5
        assert taken(counters, NOW) == 0
        assert taken(counters, NOW + SECOND) == 1

    @pytest.mark.parametrize("back", [SECOND // 2, 10 * SECOND, DAY])
    def test_waits_after_failures_stay_as_long_as_they_are(self, counters, back):
        for _ in range(3):
            counters.strike("a", LADDER, NOW)
        now = NOW - back
        wait = counters.barred("a", LADDER, now)
        assert 30 * SECOND <= wait <= 30 * SECOND + SKEW_US
        assert counters.strike("a", LADDER, now + wait - 1) > 0
        assert counters.barred("a", LADDER, now + wait) == 0
        assert counters.strike("a", LADDER, now + wait) == 0

    def test_failures_without_a_wait_are_counted(self, counters):
        counters.strike("a", LADDER, NOW)
        assert counters.strike("a", LADDER, NOW - DAY) == 0
        assert counters.strike("a", LADDER, NOW - DAY) == 0
        assert counters.strike("a", LADDER, NOW - DAY) > 0


class TestWaitsAfterFailures:
    def test_grow_up_to_the_longest(self, counters):
        now, waits = NOW, []
        for _ in range(10):
            assert counters.strike("a", LADDER, now) == 0
            wait = counters.barred("a", LADDER, now)
            waits.append(wait // SECOND)
            now += wait
        assert waits == [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]

    def test_failures_in_a_wait_do_not_make_it_longer(self, counters):
        for _ in range(3):
            counters.strike("a", LADDER, NOW)
        for second in range(30):
            assert counters.strike("a", LADDER, NOW + second * SECOND) == (30 - second) * SECOND
        assert counters.barred("a", LADDER, NOW + 30 * SECOND) == 0

    def test_a_look_counts_nothing(self, counters):
        for _ in range(10):
            assert counters.barred("a", LADDER, NOW) == 0
        assert counters.strike("a", LADDER, NOW) == 0

    def test_end_with_a_success(self, counters):
        for _ in range(3):
            counters.strike("a", LADDER, NOW)
        counters.forget("a")
        counters.forget("nobody")
        assert [counters.strike("a", LADDER, NOW) for _ in range(3)] == [0, 0, 0]
        assert counters.strike("a", LADDER, NOW) > 0

    def test_are_forgotten_after_their_time(self, counters):
        now = NOW
        for _ in range(6):
            now += counters.barred("a", LADDER, now)
            counters.strike("a", LADDER, now)
        now += LADDER.memory_us
        assert counters.strike("a", LADDER, now) == 0
        assert counters.barred("a", LADDER, now) == 0

    def test_of_each_key_by_itself(self, counters):
        for _ in range(3):
            counters.strike("a", LADDER, NOW)
        assert counters.barred("b", LADDER, NOW) == 0

    def test_many_failures_do_not_overflow(self, counters):
        now = NOW
        for _ in range(200):
            now += counters.barred("a", LADDER, now)
            assert counters.strike("a", LADDER, now) == 0
        assert counters.barred("a", LADDER, now) == 900 * SECOND
        assert counters.strike("a", LADDER, now + SECOND) == 899 * SECOND


class TestMarks:
    def test_last_until_their_end(self, counters):
        assert not counters.marked("a", NOW)
        counters.mark("a", NOW + DAY)
        assert counters.marked("a", NOW)
        assert counters.marked("a", NOW + DAY - 1)
        assert not counters.marked("a", NOW + DAY)

    def test_are_renewed(self, counters):
        counters.mark("a", NOW + DAY)
        counters.mark("a", NOW + 2 * DAY)
        assert counters.marked("a", NOW + DAY)


class TestPurge:
    def test_drops_what_says_nothing_any_more(self, counters):
        taken(counters, NOW, key="bucket")
        counters.strike("failures", LADDER, NOW)
        counters.mark("mark", NOW + DAY)
        assert counters.purge(NOW) == 0
        assert counters.purge(NOW + 10 * SECOND) == 1
        assert counters.purge(NOW + 2 * HOUR) == 1
        assert counters.purge(NOW + 2 * DAY) == 1

    def test_leaves_what_still_counts(self, counters):
        taken(counters, NOW)
        counters.purge(NOW + 4 * SECOND)
        assert taken(counters, NOW + 4 * SECOND) == 4

    def test_drops_what_a_clock_far_ahead_left(self, shared):
        shared.mark("a", NOW + 4000 * DAY)
        assert shared.purge(NOW) == 1

    def test_a_flood_of_keys_stays_bounded_in_memory(self):
        counters = LocalCounters(most=100)
        for number in range(1000):
            counters.take(str(number), RATE, 1, NOW)
        assert len(counters._rows) == 100
        assert taken(counters, NOW, key="999") == 4


moves = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 1000, 400_000, SECOND, 7 * SECOND]),  # real time that passes
        st.sampled_from([0] * 8 + [1, 900_000, 5 * SECOND, DAY]),  # how far the clock is set back
        st.integers(1, 6),  # units
    ),
    max_size=60,
)
rates = st.builds(
    Rate, limit=st.integers(1, 20), window_s=st.integers(1, 10), burst=st.integers(1, 6)
)


@given(moves, rates)
def test_no_window_ever_holds_more_than_burst_and_limit(moves, rate):
    """Over real time, whatever the clock of the machine says."""
    counters, real, clock, admitted = LocalCounters(), 0, NOW, []
    for passed, back, units in moves:
        real, clock = real + passed, clock + passed - back
        if counters.take("a", rate, units, clock) == 0:
            admitted.append((real, units))
    window = rate.window_s * SECOND
    for start, _ in admitted:
        within = sum(units for at, units in admitted if start <= at <= start + window)
        assert within <= rate.burst + rate.limit


@given(moves, rates)
def test_whoever_waits_as_long_as_told_is_let_in(moves, rate):
    counters, clock = LocalCounters(), NOW
    for passed, back, units in moves:
        clock += passed - back
        counters.take("a", rate, units, clock)
    wait = counters.take("a", rate, rate.burst, clock)
    assert wait <= rate.refill_us + SKEW_US
    if wait:
        assert counters.take("a", rate, rate.burst, clock + wait) == 0


calls = st.lists(
    st.tuples(
        st.sampled_from(["take", "short", "give_back", "strike", "barred", "forget", "purge"]),
        st.sampled_from(["a", "b"]),
        st.integers(1, 6),
        st.sampled_from([0, 1, 700_000, SECOND, 31 * SECOND, HOUR, -1, -900_000, -HOUR, -DAY]),
    ),
    max_size=40,
)


@given(calls)
def test_both_kinds_count_alike(tmp_path_factory, calls):
    shared = SqliteCounters(tmp_path_factory.mktemp("alike") / "counters")
    both, now = (shared, LocalCounters()), NOW
    for name, key, units, step in calls:
        now += step
        arguments = {
            "take": (f"bucket {key}", RATE, units, now),
            "short": (f"bucket {key}", RATE, units, now),
            "give_back": (f"bucket {key}", RATE, units),
            "strike": (f"failures {key}", LADDER, now),
            "barred": (f"failures {key}", LADDER, now),
            "forget": (f"failures {key}",),
            "purge": (now,),
        }[name]
        answers = [getattr(counters, name)(*arguments) for counters in both]
        assert answers[0] == answers[1], (name, arguments)
    shared.close()


def test_threads_together_get_the_burst(counters):
    rate = Rate(1, DAY // SECOND, 500)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: taken(counters, NOW, rate=rate, tries=100), range(8)))
    assert sum(found) == 500


def test_threads_together_count_every_failure(counters):
    ladder = Ladder(100, 30, 900, 3600)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: counters.strike("a", ladder, NOW) == 0, range(800)))
    assert sum(found) == 100


HITTER = """
import sys
import time
from pathlib import Path
from hub.model.limit import Rate
from hub.store.counters import SqliteCounters

counters = SqliteCounters(Path(sys.argv[1]), busy_s=30)
rate = Rate(1, 86_400, 5000)
print("ready", flush=True)
time.sleep(max(0, float(sys.stdin.readline()) - time.time()))
found = [counters.take("a", rate, 1, {now}) for _ in range(5000)]
print(found.count(0), flush=True)
counters.close()
"""


def test_processes_together_get_exactly_the_burst(file):
    """Four of them, each of which could take it all."""
    command = [sys.executable, "-c", HITTER.replace("{now}", str(NOW)), str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    env = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    started = [subprocess.Popen(command, env=env, **pipes) for _ in range(4)]
    try:
        assert [process.stdout.readline() for process in started] == ["ready\n"] * 4
        start = time.time() + 0.2
        for process in started:
            process.stdin.write(f"{start}\n")
            process.stdin.flush()
        found = [int(process.communicate(timeout=60)[0]) for process in started]
    finally:
        for process in started:
            process.kill()
            process.communicate()
    assert sum(found) == 5000
    assert sum(count > 0 for count in found) > 1, "they did not run side by side"


class TestTheFile:
    def test_stands_beside_the_store(self):
        assert beside(Path("var/hub.sqlite")) == Path("var/hub.sqlite.counters")

    def test_nobody_waits_for_the_disk(self, shared):
        shared.mark("a", NOW)
        connection = shared._database.connection()
        assert connection.execute("PRAGMA synchronous").fetchone() == (0,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_is_for_its_owner_alone(self, shared, file):
        shared.mark("a", NOW)
        modes = {path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
        assert modes == {0o600}

    def test_counts_outlive_the_process(self, shared, file):
        taken(shared, NOW)
        shared.close()
        assert taken(SqliteCounters(file), NOW) == 0

    def test_one_row_for_a_key(self, shared, file):
        for step in range(100):
            shared.take("a", RATE, 1, NOW + step * SECOND)
        with closing(sqlite3.connect(file)) as other:
            assert other.execute("SELECT count(*) FROM count").fetchone() == (1,)

    def test_a_refusal_writes_nothing(self, shared, file):
        taken(shared, NOW)
        before = Path(f"{file}-wal").read_bytes()
        assert taken(shared, NOW) == 0
        assert Path(f"{file}-wal").read_bytes() == before

    def test_a_damaged_one_says_so(self, file):
        file.write_bytes(b"no database" * 5000)
        with pytest.raises(StoreDown):
            SqliteCounters(file).take("a", RATE, 1, NOW)

    def test_a_locked_one_says_so_soon(self, shared, file):
        shared.mark("a", NOW)
        impatient = SqliteCounters(file, busy_s=0.01)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StoreDown) as caught:
                impatient.take("a", RATE, 1, NOW)
            other.execute("ROLLBACK")
        assert caught.value.fault is Fault.BUSY
        assert impatient.take("a", RATE, 1, NOW) == 0


class TestPreparing:
    def test_makes_it(self, file):
        assert prepare(file)
        assert [path.name for path in file.parent.iterdir()] == [file.name]
        assert taken(SqliteCounters(file), NOW) == 5

    def test_leaves_a_sound_one(self, shared, file):
        taken(shared, NOW)
        assert prepare(file)
        assert taken(shared, NOW) == 0

    @pytest.mark.parametrize("damage", ["garbage", "pages", "version"])
    def test_replaces_what_a_power_cut_left(self, shared, file, damage):
        for number in range(500):
            taken(shared, NOW, key=f"{number:0100d}")
        if damage == "version":
            shared._database.change("PRAGMA user_version = 99", {})
        shared.close()
        if damage == "garbage":
            file.write_bytes(b"no database" * 5000)
        elif damage == "pages":
            text = file.read_bytes()
            file.write_bytes(text[:8192] + b"\xff" * (len(text) - 8192))
        assert not prepare(file)
        assert taken(SqliteCounters(file), NOW) == 5

    def test_says_when_it_cannot(self, tmp_path):
        (tmp_path / "folder").mkdir()
        with pytest.raises(StoreDown):
            prepare(tmp_path / "folder")
        with pytest.raises(StoreDown):
            prepare(tmp_path / "none" / "file")
