"""Jobs: one at a time does each, what it writes is written while it holds, and nothing is forgotten."""

from __future__ import annotations

import threading

import msgspec
import pytest

from hub.errors import Fault, HubError
from hub.model.audit import Sought
from hub.model.job import (
    GONE,
    KEPT_RUNS,
    LOST,
    STATE_BYTES,
    DeadLetter,
    Ending,
    Hold,
    Job,
    Memory,
    Parting,
    Step,
)
from hub.store.jobs import LeaseLost
from tests.conformance.builders import (
    ACT,
    SEES_ALL,
    batch,
    candidate,
    everything,
    object_id,
    publish,
    raws,
    removal,
    select,
)

NAME = "feed:list"
MINUTE_US = 60_000_000
HOLD = Hold(NAME, "one", MINUTE_US)
OTHER = Hold(NAME, "two", MINUTE_US)
WELL = Ending("well", 10 * MINUTE_US, b'{"new":3}')
FAILED = Ending("failed", MINUTE_US, words="the server does not answer")
SEEN = Memory("indicator--1", b"digest", 7, 5, own=True)


def restless(store, hold=HOLD) -> Job:
    job = store.take_job(hold)
    assert job is not None
    return job


def held(call) -> None:
    with pytest.raises(LeaseLost):
        call()


def test_a_new_job_is_due_and_taken_by_one(store, clock):
    assert store.job(NAME) is None
    job = restless(store)
    assert job == Job(
        name=NAME,
        owner="one",
        until_us=clock.now + MINUTE_US,
        began_us=clock.now,
        started_us=clock.now,
    )
    assert store.job(NAME) == job
    assert store.take_job(OTHER) is None
    assert store.take_job(OTHER, only_due=False) is None
    assert store.take_job(HOLD) is None


def test_of_many_who_come_at_once_one_takes_it(engine, place, clock, store):
    ready = threading.Barrier(6)
    taken: list[Job | None] = []

    def come(number: int) -> None:
        own = engine.open(place, clock)
        ready.wait()
        taken.append(own.take_job(Hold(NAME, f"owner {number}", MINUTE_US)))
        own.close()

    threads = [threading.Thread(target=come, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([job for job in taken if job]) == 1
    assert len(taken) == 6


def test_it_is_held_for_as_long_as_it_is_renewed(store, clock):
    restless(store)
    for _ in range(3):
        clock.advance(50)
        assert store.step_job(HOLD, Step())
    assert store.take_job(OTHER) is None


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.step_job(
            HOLD, Step(b"{}", (SEEN,), dead=(DeadLetter("k", "r", b""),))
        ),
        lambda store: store.end_job(HOLD, WELL),
    ],
)
@pytest.mark.parametrize("taken", [False, True])
def test_a_hold_that_ended_writes_nothing(store, clock, write, taken):
    restless(store)
    clock.advance(60)
    if taken:
        restless(store, OTHER)
    before = store.job(NAME), store.job_runs(NAME, 9)
    held(lambda: write(store))
    assert (store.job(NAME), store.job_runs(NAME, 9)) == before
    assert store.recall(NAME, [SEEN.object_id]) == {}
    assert store.dead_letters(NAME, 0, 9) == []


def test_who_never_took_it_writes_nothing(store):
    held(lambda: store.step_job(HOLD, Step()))
    restless(store)
    held(lambda: store.step_job(OTHER, Step(b"{}")))
    held(lambda: store.end_job(OTHER, WELL))


def test_a_run_that_broke_off_is_begun_again_and_noted(store, clock):
    first = restless(store)
    store.step_job(HOLD, Step(b'{"page":2}'))
    clock.advance(61)
    again = restless(store, OTHER)
    assert (again.started_us, again.began_us) == (first.started_us, clock.now)
    assert (again.state, again.owner) == (b'{"page":2}', "two")
    [run] = store.job_runs(NAME, 9)
    assert (run.outcome, run.started_us, run.ended_us) == (
        "broken off",
        first.began_us,
        clock.now,
    )
    store.end_job(OTHER, WELL)
    clock.advance(600)
    assert restless(store).started_us == clock.now


def test_a_clock_that_was_set_back_far_frees_it(store, clock):
    restless(store)
    clock.advance(-86_500)
    assert store.take_job(OTHER, only_due=False)


def test_a_clock_that_was_set_back_holds_up_no_next_run(store, clock):
    clock.advance(400 * 86_400)
    restless(store)
    store.end_job(HOLD, WELL)
    assert not store.take_job(OTHER)
    clock.advance(-400 * 86_400)
    assert store.take_job(OTHER)
    store.end_job(OTHER, WELL)
    assert not store.take_job(HOLD)


def test_the_instant_stays_as_long_as_something_is_not_remembered(store, clock):
    first = restless(store)
    store.end_job(HOLD, FAILED._replace(settled=False))
    clock.advance(60)
    assert restless(store).started_us == first.started_us
    store.end_job(HOLD, FAILED)
    clock.advance(60)
    assert restless(store).started_us == clock.now


def test_an_end_is_noted_and_says_when_it_is_due(store, clock):
    started = restless(store).started_us
    clock.advance(5)
    store.end_job(HOLD, FAILED)
    job = store.job(NAME)
    assert (job.owner, job.failures, job.error) == ("", 1, FAILED.words)
    assert (job.next_us, job.ended_us, job.well_us) == (clock.now + MINUTE_US, clock.now, 0)
    [run] = store.job_runs(NAME, 9)
    assert run[1:] == (started, clock.now, "failed", b"{}", FAILED.words)
    assert store.take_job(OTHER) is None
    clock.advance(60)
    restless(store, OTHER)
    store.end_job(OTHER, WELL)
    job = store.job(NAME)
    assert (job.failures, job.error, job.well_us) == (0, "", clock.now)
    assert [run.outcome for run in store.job_runs(NAME, 9)] == ["well", "failed"]
    assert store.job_runs(NAME, 1)[0].counts == WELL.counts


def test_what_is_wished_for_is_due(store, clock):
    restless(store)
    store.end_job(HOLD, WELL)
    assert store.take_job(HOLD) is None
    store.wish_job(NAME, ACT)
    assert restless(store).wished is False
    clock.advance(60)
    assert restless(store, OTHER), "it broke off, and the wish is not forgotten"
    store.end_job(OTHER, WELL)
    assert store.take_job(HOLD) is None
    assert store.take_job(HOLD, only_due=False)


def test_what_is_wished_for_meanwhile_is_done_again(store):
    restless(store)
    store.wish_job(NAME, ACT)
    store.end_job(HOLD, WELL)
    restless(store)


def test_what_is_paused_waits_for_a_wish(store):
    store.pause_job(NAME, ACT, paused=True)
    assert store.job(NAME).paused
    assert store.take_job(HOLD) is None
    store.wish_job(NAME, ACT)
    restless(store)
    store.end_job(HOLD, WELL._replace(wait_us=0))
    assert store.take_job(HOLD) is None
    store.pause_job(NAME, ACT, paused=False)
    restless(store)


def test_whoever_does_it_hears_of_a_pause(store):
    restless(store)
    assert store.step_job(HOLD, Step(b"1"))
    store.pause_job(NAME, ACT, paused=True)
    assert not store.step_job(HOLD, Step())
    assert not store.step_job(HOLD, Step(b"2"))
    assert store.job(NAME).state == b"2"


def test_people_s_acts_are_in_the_audit_log(store):
    for action, call in {
        "feed.pause": lambda act: store.pause_job(NAME, act, paused=True),
        "feed.run": lambda act: store.wish_job(NAME, act),
        "feed.forget": lambda act: store.drop_job(NAME, act),
    }.items():
        call(msgspec.structs.replace(ACT, action=action))
        assert store.audit(Sought(action=action), 0, 9)[0].act.action == action


def test_a_publish_and_its_step_are_one(store):
    restless(store)

    def step(status) -> Step:
        [verdict] = status.verdicts
        return Step(verdict.outcome.encode(), (SEEN,))

    store.add_step(HOLD, batch(candidate(1)), step)
    assert raws(store) == [candidate(1).raw]
    assert store.job(NAME).state == b"new"
    assert store.recall(NAME, [SEEN.object_id]) == {SEEN.object_id: SEEN}
    store.add_step(HOLD, batch(candidate(1)), step)
    assert store.job(NAME).state == b"unchanged"


def test_of_a_publish_and_its_step_none_is_kept_alone(store):
    restless(store)
    before = everything(store)
    with pytest.raises(HubError):
        store.add_step(HOLD, batch(candidate(1)), lambda _: Step(b"x" * (STATE_BYTES + 1)))
    assert everything(store) == before


def test_a_delete_and_its_step_are_one(store):
    publish(store, candidate(1), candidate(2))
    restless(store)
    query = select(ids=(object_id(1),))
    assert store.remove_step(SEES_ALL, HOLD, removal(query), Parting(Step(remember=(SEEN,)))) == 1
    assert raws(store) == [candidate(2).raw]
    assert store.recall(NAME, [SEEN.object_id])
    publish(store, candidate(3), org="grid")
    before = everything(store)
    with pytest.raises(HubError) as caught:
        store.remove_step(SEES_ALL, HOLD, removal(), Parting(Step(b"{}")))
    assert caught.value.fault is Fault.DENIED
    assert everything(store) == before


@pytest.mark.parametrize("digest", [b"digest", GONE, LOST])
def test_nothing_is_deleted_that_another_job_holds(store, digest):
    publish(store, candidate(1))
    rival = Hold("feed:rival", "three", MINUTE_US)
    restless(store, rival)
    known = Memory(object_id(1), digest, 7, 5, own=False)
    store.step_job(rival, Step(remember=(known,)))
    restless(store)
    gone, kept = (Step(remember=(known._replace(digest=said),)) for said in (GONE, LOST))
    parting = Parting(gone, kept, object_id(1), (rival.name, "feed:nobody"))
    held = int(known.held)
    assert store.remove_step(SEES_ALL, HOLD, removal(), parting) == 1 - held
    assert len(raws(store)) == held
    assert store.recall(NAME, [object_id(1)])[object_id(1)].digest == (LOST if held else GONE)


def test_whoever_lost_the_hold_publishes_and_deletes_nothing(store, clock):
    publish(store, candidate(1))
    restless(store)
    clock.advance(60)
    before = everything(store)
    held(lambda: store.add_step(HOLD, batch(candidate(2)), lambda _: Step()))
    held(lambda: store.remove_step(SEES_ALL, HOLD, removal(), Parting()))
    assert everything(store) == before


def test_a_state_has_a_limit(store):
    restless(store)
    store.step_job(HOLD, Step(b"x" * STATE_BYTES))
    with pytest.raises(HubError) as caught:
        store.step_job(HOLD, Step(b"x" * (STATE_BYTES + 1), (SEEN,)))
    assert caught.value.fault is Fault.TOO_LARGE
    assert store.recall(NAME, [SEEN.object_id]) == {}


def test_what_is_remembered_is_of_the_job_alone(store):
    restless(store)
    other = SEEN._replace(object_id="indicator--2", own=False)
    store.step_job(HOLD, Step(b"{}", (SEEN, other)))
    assert store.recall(NAME, ["indicator--2", "indicator--1", "indicator--3"]) == {
        "indicator--1": SEEN,
        "indicator--2": other,
    }
    assert store.recall("feed:other", ["indicator--1"]) == {}
    assert store.recall(NAME, []) == {}
    newer = SEEN._replace(version_us=9)
    store.step_job(HOLD, Step(remember=(newer,), forget=("indicator--2",)))
    assert store.recall(NAME, ["indicator--2", "indicator--1"]) == {"indicator--1": newer}
    assert store.job(NAME).state == b"{}"


def test_very_many_are_recalled_at_once(store):
    restless(store)
    many = tuple(Memory(f"indicator--{n}", b"d", n, n, own=True) for n in range(3000))
    store.step_job(HOLD, Step(remember=many))
    found = store.recall(NAME, [memory.object_id for memory in many])
    assert list(found.values()) == list(many)


def test_all_that_is_remembered_is_read_in_order(store):
    restless(store)
    many = [Memory(f"indicator--{n:02}", b"d", n, n, own=True) for n in range(10)]
    store.step_job(HOLD, Step(remember=tuple(reversed(many))))
    assert store.remembered(NAME, "", 4) == many[:4]
    assert store.remembered(NAME, many[3].object_id, 99) == many[4:]
    assert store.remembered("feed:other", "", 9) == []


def test_only_the_last_runs_are_remembered(store):
    for number in range(KEPT_RUNS + 5):
        restless(store)
        store.end_job(HOLD, Ending("well", 0, words=str(number)))
    restless(store, Hold("feed:other", "one", 1))
    runs = store.job_runs(NAME, 9999)
    assert len(runs) == KEPT_RUNS
    assert [runs[0].words, runs[-1].words] == [str(KEPT_RUNS + 4), "5"]


def test_dead_letters(store, clock):
    restless(store)
    letters = tuple(DeadLetter(f"key {n}", "refused", b"\0body") for n in range(4))
    store.step_job(HOLD, Step(dead=letters))
    found = store.dead_letters(NAME, 0, 9)
    assert [letter.key for letter in found] == [letter.key for letter in letters]
    assert found[0][1:4] == ("refused", b"\0body", clock.now)
    numbers = [letter.number for letter in found]
    assert store.dead_letters(NAME, numbers[0], 2) == found[1:3]
    assert store.dead_letters("feed:other", 0, 9) == []
    assert store.dead_letters(NAME, 0, 9, revived=True) == []
    assert store.revive_letters(NAME, numbers[:2], ACT) == 2
    assert store.revive_letters("feed:other", numbers, ACT) == 0
    revived = store.dead_letters(NAME, 0, 9, revived=True)
    assert [letter.number for letter in revived] == numbers[:2]
    store.step_job(HOLD, Step(done=(numbers[0],)))
    assert store.drop_letters("feed:other", numbers, ACT) == 0
    assert store.drop_letters(NAME, numbers[:3], ACT) == 2
    [left] = store.dead_letters(NAME, 0, 9)
    assert left == found[3]
    store.step_job(HOLD, Step(dead=letters[:1]))
    assert store.dead_letters(NAME, 0, 9)[-1].number > numbers[-1]


def test_a_job_that_is_dropped_is_forgotten_altogether(store):
    restless(store)
    store.step_job(HOLD, Step(b"{}", (SEEN,), dead=(DeadLetter("k", "r", b""),)))
    store.end_job(HOLD, WELL)
    assert store.drop_job(NAME, ACT)
    assert not store.drop_job(NAME, ACT)
    assert store.job(NAME) is None
    assert (store.job_runs(NAME, 9), store.dead_letters(NAME, 0, 9)) == ([], [])
    assert store.recall(NAME, [SEEN.object_id]) == {}


def test_a_holder_of_what_was_dropped_writes_nothing(store):
    restless(store)
    store.drop_job(NAME, ACT)
    held(lambda: store.step_job(HOLD, Step(b"{}")))


def test_they_are_listed_by_name(store):
    for name in ("feed:b", "delivery:a", "feed:a", "feedback"):
        store.take_job(Hold(name, "one", 1))
    store.step_job(Hold("feed:a", "one", MINUTE_US), Step(b"state"))
    assert [job.name for job in store.jobs()] == ["delivery:a", "feed:a", "feed:b", "feedback"]
    assert [(job.name, job.state) for job in store.jobs("feed:")] == [
        ("feed:a", b""),
        ("feed:b", b""),
    ]


def test_they_outlive_the_handle(engine, place, clock, store):
    restless(store)
    store.step_job(HOLD, Step(b'{"a":1}', (SEEN,)))
    other = engine.open(place, clock)
    assert other.job(NAME).state == b'{"a":1}'
    assert other.take_job(OTHER) is None
    other.close()
