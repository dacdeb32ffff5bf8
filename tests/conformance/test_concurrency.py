"""Several processes on one store: no object is missed, repeated or half kept."""

import random
import subprocess
import threading
import time
from collections import Counter

import pytest

from hub.model.clock import now_us
from hub.store.base import Stale
from tests.conformance import workers
from tests.conformance.builders import (
    ACT,
    EVERY,
    ONE,
    SEES_ALL,
    candidate,
    changes,
    entries,
    publish,
)
from tests.fakes import acts, collection

SECONDS = 3.0
STOP_WRITING, STOP_READING = "stop-writing", "stop-reading"


@pytest.fixture
def store(engine, place):
    """These tests run on the real clock."""
    opened = engine.open(place, now_us)
    yield opened
    opened.close()


@pytest.fixture
def running(place):
    """Processes that end with the test, whatever happens in it."""
    started = []
    yield started
    for name in (STOP_WRITING, STOP_READING):
        (place / name).touch()
    for process in started:
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the processes did not get to work"
        time.sleep(0.01)


def finish(processes):
    assert [process.wait(60) for process in processes] == [0] * len(processes)


def acknowledged(place, writer="*"):
    return [note[1] for note in workers.lines(place, f"acks-{writer}") if note[0] == "kept"]


@pytest.mark.slow
def test_pollers_beside_writers_miss_nothing_and_receive_nothing_twice(
    engine, place, store, running
):
    """Three writers, one of them with a clock that is a second late; two pollers."""
    writers = [
        workers.start("write", engine.name, place, writer, 0, skew, STOP_WRITING)
        for writer, skew in ((1, 0), (2, -1_000_000), (3, 0))
    ]
    pollers = [
        workers.start("poll", engine.name, place, query, query, STOP_READING)
        for query in ("last", "all")
    ]
    running += writers + pollers
    wait_for(lambda: all(acknowledged(place, writer) for writer in (1, 2, 3)))
    time.sleep(SECONDS)
    (place / STOP_WRITING).touch()
    finish(writers)
    (place / STOP_READING).touch()
    finish(pollers)

    published = len(acknowledged(place)) * workers.PER_BATCH
    for query in ("last", "all"):
        seen = workers.lines(place, f"seen-{query}")
        dates = [date for date, _ in seen]
        assert dates == sorted(set(dates)), "dates that a poller saw rise"
        assert max(Counter(found for _, found in seen).values()) == 1, "nothing comes twice"
        assert len(seen) == published, "nothing is missed"
    logged = changes(store)
    assert [change.ordinal for change in logged] == list(range(1, published + 1))
    assert [change.at_us for change in logged] == dates
    assert store.faults() == []


@pytest.mark.slow
def test_a_writer_that_is_killed_loses_no_acknowledged_publish_and_leaves_no_half_one(
    engine, place, store, running
):
    rng = random.Random(20260131)
    for round_ in range(4):
        before = len(acknowledged(place))
        first = 10_000 * round_
        process = workers.start("write", engine.name, place, 1, first, 0, STOP_WRITING)
        running.append(process)
        wait_for(lambda before=before: len(acknowledged(place)) > before)
        time.sleep(rng.uniform(0.02, 0.2))
        process.kill()
        process.wait()
        # A store that another process died in the middle of goes on at once.
        publish(store, candidate(9_000_000 + round_))

    kept = {entry.object_id for entry in entries(store)}
    numbers = acknowledged(place)
    assert len(numbers) == len(set(numbers)) > 0
    for number in numbers:
        assert {item.object_id for item in workers.batch_of(1, number)} <= kept
    batches = {n for start in numbers for n in (start, start + 1)}
    for number in batches:
        present = sum(item.object_id in kept for item in workers.batch_of(1, number))
        assert present in {0, workers.PER_BATCH}
    assert [change.ordinal for change in changes(store)] == list(range(1, len(kept) + 1))
    assert store.faults() == []


def in_threads(count, job):
    """Run `job(number)` in threads at the same time; the first error comes out."""
    errors = []
    barrier = threading.Barrier(count)

    def run(number):
        try:
            barrier.wait(60)
            job(number)
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for error in errors:
        raise error


def test_threads_share_one_handle(store):
    def job(number):
        for n in range(25):
            publish(store, candidate(1000 * number + n))
            store.objects(SEES_ALL, EVERY, 0, 5)
        store.close()

    in_threads(4, job)
    assert len(entries(store)) == 100
    assert [change.ordinal for change in changes(store)] == list(range(1, 101))
    assert store.faults() == []


def test_one_version_from_many_threads_is_kept_once(store):
    outcomes = []

    def job(number):
        status = publish(store, candidate(content="same"))
        outcomes.append(status.verdicts[0].outcome)
        store.close()

    in_threads(6, job)
    assert sorted(outcomes) == ["new"] + ["unchanged"] * 5
    assert len(entries(store)) == len(changes(store)) == 1


def test_compare_and_set_loses_no_change_of_the_directory(store):
    def job(number):
        done = False
        while not done:
            try:
                party = collection("shared", key=number + 1)
                store.write([party], [], ACT, epoch=store.epoch())
                done = True
            except Stale:
                continue
        store.close()

    in_threads(5, job)
    directory = store.directory()
    assert set(directory.collections) == {1, 2, 3, 4, 5}
    assert directory.epoch == 5
    assert len(acts(store, 10)) == 5


def test_readers_see_whole_publishes_only(store):
    """Objects of one publish appear together."""
    stop = threading.Event()

    def job(number):
        if number == 0:
            for n in range(40):
                publish(store, *workers.batch_of(5, n))
            stop.set()
        while not stop.is_set():
            found = len(store.entries(SEES_ALL, EVERY, 0, 10_000).entries)
            assert found % workers.PER_BATCH == 0
            tally = store.tallies(SEES_ALL)
            assert not tally or tally[0].objects % workers.PER_BATCH == 0
        store.close()

    in_threads(3, job)
    assert store.tallies(SEES_ALL)[0].collection == ONE.key
