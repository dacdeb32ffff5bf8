"""Pulls are noted in memory, and written down behind the back of whoever asks."""

import threading
import time

import pytest

from hub.errors import StoreDown
from hub.model.pulse import Visit
from hub.service.pulse import Pulse
from hub.store.pulse import SqlitePulse
from tests.fakes import Clock

MINUTE_S = 60


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def kept(tmp_path):
    made = SqlitePulse(tmp_path / "pulse")
    yield made
    made.close()


@pytest.fixture
def pulse(kept, clock):
    return Pulse(kept, clock=clock, pause_s=0.01)


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def writers():
    return {thread for thread in threading.enumerate() if thread.name == "hub-pulse"}


def test_what_is_noted_is_written_without_being_asked_for(pulse, kept):
    others = writers()  # of earlier tests; those may sleep for a day
    for _ in range(5):
        pulse.pulled("partner", 1, 10, 7)
    pulse.failed("partner", "denied", "no")
    until(lambda: kept.falls("partner") and kept.records("partner"))
    assert kept.records("partner")[0].beat[4:] == (5, 50, 7)
    # The thread ends, and the next note starts another.
    until(lambda: writers() <= others)
    pulse.pulled("partner", 1, 1, 9)
    until(lambda: kept.records("partner")[0].beat.pulls == 6)


def test_who_asks_sees_what_this_process_has_not_written(kept, clock):
    pulse = Pulse(kept, clock=clock, pause_s=3600)
    pulse.pulled("partner", 1, 10, 7)
    assert pulse.records("partner")[0].beat.objects == 10


def test_many_threads_lose_nothing(pulse, kept):
    def work():
        for _ in range(200):
            pulse.pulled("partner", 1, 1, 0)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pulse.flush()
    until(lambda: kept.records("partner")[0].beat.objects == 1600)


def test_two_processes_add_up(kept, clock):
    one, two = Pulse(kept, clock=clock), Pulse(kept, clock=clock)
    one.pulled("partner", 1, 3, 5)
    two.pulled("partner", 1, 4, 2)
    two.flush()
    assert one.records("partner")[0].beat[4:] == (2, 7, 5)


def test_a_file_that_fails_fails_nobody(tmp_path, clock, caplog):
    (tmp_path / "broken").write_bytes(b"no database" * 1000)
    pulse = Pulse(SqlitePulse(tmp_path / "broken"), clock=clock, pause_s=0.01)
    pulse.pulled("partner", 1, 10, 7)
    pulse.flush()
    assert pulse.records("partner") is None
    assert pulse.falls("partner") == []
    assert pulse.since("partner") == 0
    assert caplog.text.count("who pulls is not noted") == 1


def test_a_new_visit_is_told_from_the_old_before_it_is_written(pulse, clock):
    assert pulse.since("reader") == 0
    pulse.visited("reader")
    first = clock.now
    pulse.flush()
    clock.advance(30 * MINUTE_S)
    assert pulse.since("reader") == 0
    pulse.visited("reader")
    pulse.flush()
    clock.advance(61 * MINUTE_S)
    expected = first + 30 * MINUTE_S * 1_000_000
    assert pulse.since("reader") == expected
    pulse.visited("reader")
    assert pulse.since("reader") == expected
    pulse.flush()
    clock.advance(30 * MINUTE_S)
    assert pulse.since("reader") == expected


def test_old_days_are_dropped_once_a_day(pulse, kept, clock):
    pulse.pulled("partner", 1, 1, 0)
    pulse.flush()
    clock.advance(20 * 86_400)
    pulse.flush()
    assert kept.records("partner")[0].days == []


def test_reasons_are_cut(pulse):
    pulse.failed("partner", "denied", "x" * 5000)
    pulse.flush()
    assert len(pulse.falls("partner")[0].reason) == 300


class Odd:
    """A file of which every writing does something else.

    Args:
        adding: What the writings do, in order; later ones do nothing.
    """

    def __init__(self, *adding):
        self.adding = iter(adding)
        self.calls = 0

    def add(self, *_):
        self.calls += 1
        next(self.adding, lambda: None)()

    def purge(self, now_us):
        pass

    def visit(self, account):
        return Visit()

    def close(self):
        pass


def test_another_fault_of_the_writer_does_not_end_writing_for_good(clock):
    def full():
        raise StoreDown("full")

    odd = Odd(full, full)
    pulse = Pulse(odd, clock=clock, pause_s=0.01)
    pulse.pulled("partner", 1, 1, 0)
    until(lambda: odd.calls == 1)
    pulse.pulled("partner", 1, 1, 0)
    until(lambda: odd.calls == 2)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_comes_while_the_writer_dies_is_written_though_nothing_follows(clock):
    def die():
        pulse.pulled("partner", 1, 1, 0)
        raise ValueError("nobody thought of this")

    odd = Odd(die)
    pulse = Pulse(odd, clock=clock, pause_s=0.01)
    pulse.pulled("partner", 1, 1, 0)
    until(lambda: odd.calls == 2)


def test_where_no_thread_can_be_started_a_poll_goes_on_and_a_later_note_tries_again(
    pulse, kept, monkeypatch, caplog
):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        pulse.pulled("partner", 1, 10, 7)
    assert "can't start new thread" in caplog.text
    pulse.pulled("partner", 1, 1, 9)
    until(lambda: kept.records("partner"))
    assert kept.records("partner")[0].beat[4:] == (2, 11, 9)
