"""Every method turns every engine fault into `StoreDown`, and nothing is lost or half kept."""

from contextlib import nullcontext, suppress

import msgspec
import pytest

from hub.errors import Fault, StoreDown
from hub.model.audit import Sought
from hub.model.clock import now_us
from hub.model.draft import Draft
from hub.model.job import DeadLetter, Ending, Hold, Parting, Step
from hub.model.query import Label
from hub.model.saved import SavedSearch
from hub.model.session import Proof, Renewal
from hub.model.tlp import Tlp
from hub.store.base import (
    Archive,
    Change,
    Factors,
    Log,
    Logged,
    Registry,
    SavedSearches,
    Sessions,
    Store,
)
from hub.store.drafting import Drafts
from hub.store.jobs import Jobs
from tests.conformance.builders import (
    ACT,
    EVERY,
    ONE,
    SEES_ALL,
    batch,
    candidate,
    everything,
    object_id,
    opening,
    publish,
    removal,
)
from tests.conformance.engines import engines
from tests.fakes import Clock, organisations, populate

LIVING = opening(7, "publisher")
PROOF = Proof("reader", b"sealed", 1)
RENEWAL = Renewal(LIVING.digest, b"new")
HELD = Hold("feed:a", "owner", 3_600_000_000)
BIG = candidate(50, content="x" * 2_000_000)
"""More than an engine keeps in the free room of its files."""

CALLS = {
    "add": lambda store: publish(store, candidate(1, content="b"), BIG),
    "objects": lambda store: store.objects(SEES_ALL, EVERY, 0, 10),
    "entries": lambda store: store.entries(SEES_ALL, EVERY, 0, 10),
    "remove": lambda store: store.remove(SEES_ALL, removal()),
    "status": lambda store: store.status(SEES_ALL, ONE.root, "x"),
    "tallies": lambda store: store.tallies(SEES_ALL),
    "waiting": lambda store: store.waiting(SEES_ALL, SEES_ALL, EVERY, (0, 10)),
    "labels": lambda store: store.labels(ONE.key, object_id(1)),
    "holdings": lambda store: store.holdings(),
    "changes": lambda store: store.changes(0, 10),
    "deleted": lambda store: store.deleted(SEES_ALL, ONE.key, [object_id(1)]),
    "pick": lambda store: store.pick(SEES_ALL, [1]),
    "held": lambda store: store.held(SEES_ALL, object_id(1)),
    "purge": lambda store: store.purge(2**60),
    "probe": lambda store: store.probe(),
    "faults": lambda store: store.faults(),
    "reindex": lambda store: store.reindex(),
    "epoch": lambda store: store.epoch(),
    "directory": lambda store: store.directory(),
    "now": lambda store: store.now(),
    "write": lambda store: store.write(
        [msgspec.structs.replace(organisations()[0], name_en="y" * 2_000_000)], [], ACT, epoch=1
    ),
    "note": lambda store: store.note(msgspec.structs.replace(ACT, detail="y" * 2_000_000)),
    "audit": lambda store: store.audit(Sought(), 0, 10),
    "start_session": lambda store: store.start_session(
        opening(label="x" * 2_000_000), ACT, epoch=1
    ),
    "use_session": lambda store: store.use_session(LIVING.digest),
    "list_sessions": lambda store: store.list_sessions(),
    "end_sessions": lambda store: store.end_sessions(ACT, session_id="none"),
    "purge_sessions": lambda store: store.purge_sessions(),
    "factor": lambda store: store.factor("reader"),
    "offer_factor": lambda store: store.offer_factor("reader", b"x" * 2_000_000),
    "confirm_factor": lambda store: store.confirm_factor(PROOF, [], RENEWAL, ACT),
    "pass_factor": lambda store: store.pass_factor(PROOF, RENEWAL, ACT),
    "drop_factor": lambda store: store.drop_factor("reader", ACT),
    "saved_searches": lambda store: store.saved_searches(SEES_ALL),
    "save_search": lambda store: store.save_search(
        SEES_ALL, SavedSearch("id", "", "", "name", "x" * 2_000_000, False, 0), ACT, most=9
    ),
    "drop_search": lambda store: store.drop_search(SEES_ALL, "id", ACT),
    "drafts": lambda store: store.drafts(SEES_ALL),
    "draft": lambda store: store.draft(SEES_ALL, "id"),
    "put_draft": lambda store: store.put_draft(
        SEES_ALL, Draft(id="id", body=b"x" * 2_000_000), life_us=1, most=9
    ),
    "drop_draft": lambda store: store.drop_draft(SEES_ALL, "id"),
    "jobs": lambda store: store.jobs(),
    "job": lambda store: store.job("feed:a"),
    "take_job": lambda store: store.take_job(Hold("x" * 2_000_000, "a", 1)),
    "step_job": lambda store: store.step_job(
        HELD, Step(dead=(DeadLetter("key", "reason", b"x" * 2_000_000),))
    ),
    "add_step": lambda store: store.add_step(HELD, batch(BIG), lambda _: Step()),
    "remove_step": lambda store: store.remove_step(SEES_ALL, HELD, removal(), Parting()),
    "end_job": lambda store: store.end_job(HELD, Ending("well", 0, words="x" * 2_000_000)),
    "pause_job": lambda store: store.pause_job("x" * 2_000_000, ACT, paused=True),
    "wish_job": lambda store: store.wish_job("x" * 2_000_000, ACT),
    "drop_job": lambda store: store.drop_job("none", ACT),
    "job_runs": lambda store: store.job_runs("feed:a", 10),
    "recall": lambda store: store.recall("feed:a", [object_id(1)]),
    "remembered": lambda store: store.remembered("feed:a", "", 10),
    "dead_letters": lambda store: store.dead_letters("feed:a", 0, 10),
    "revive_letters": lambda store: store.revive_letters("feed:a", [1], ACT),
    "drop_letters": lambda store: store.drop_letters("feed:a", [2], ACT),
    "snapshot": lambda store: store.snapshot().__enter__(),
    "replay": lambda store: store.replay(0, 10),
    "refill": lambda store: store.refill([following(store)]),
}
WRITES = (
    "add",
    "remove",
    "purge",
    "probe",
    "reindex",
    "write",
    "note",
    "start_session",
    "end_sessions",
    "purge_sessions",
    "offer_factor",
    "confirm_factor",
    "pass_factor",
    "drop_factor",
    "save_search",
    "drop_search",
    "put_draft",
    "drop_draft",
    "take_job",
    "step_job",
    "add_step",
    "remove_step",
    "end_job",
    "pause_job",
    "wish_job",
    "drop_job",
    "revive_letters",
    "drop_letters",
    "refill",
)
GROWS = (
    "add",
    "write",
    "note",
    "start_session",
    "offer_factor",
    "save_search",
    "put_draft",
    "take_job",
    "step_job",
    "add_step",
    "end_job",
    "pause_job",
    "wish_job",
    "refill",
)


LABEL = Label(ONE.key, Tlp.GREEN, frozenset())


def following(store):
    """The next change of the filled store, as another one would have it."""
    # Under a fault that stops reading it does not matter what it is.
    with suppress(StoreDown):
        last = store.replay(0, 1000)[-1].change
        date = last.at_us + 1
        return Logged(
            Change(last.ordinal + 1, "add", date, date, ONE.key), "ministry", BIG, label=LABEL
        )
    return Logged(Change(1, "add", 1, 1, ONE.key), "ministry", BIG, label=LABEL)


def named(kind):
    """Engine and name of each of its faults of a kind."""
    return [(engine, name) for engine in engines() for name in getattr(engine, kind)]


def label(value):
    return value if isinstance(value, str) else value.name


@pytest.fixture
def engine(fault):
    """The engine of the fault, in place of all engines."""
    return fault[0]


@pytest.fixture
def clock():
    """About now: the handles on a broken store have the clock of the machine."""
    return Clock(now_us())


@pytest.fixture
def filled(store):
    populate(store)
    publish(store, *(candidate(n) for n in range(1, 40)))
    publish(store, candidate(3, content="b"), candidate(4, version=1), org="ministry")
    store.start_session(LIVING, ACT, epoch=store.epoch())
    store.take_job(HELD)
    store.step_job(HELD, Step(dead=(DeadLetter("key", "reason", b""), DeadLetter("key", "", b""))))
    before = everything(store)
    store.close()
    return before


def breakdown(fault, place):
    engine, name = fault
    return {**engine.faults, **engine.write_faults}[name](place)


def healed(engine, place, clock, before):
    """The store holds what it held, and works."""
    store = engine.open(place, clock)
    assert everything(store) == before
    assert store.faults() == []
    publish(store, candidate(99))
    store.close()


def test_every_method_is_tried():
    methods = {
        name
        for part in (Log, Registry, Sessions, Factors, SavedSearches, Drafts, Jobs, Archive)
        for name, value in vars(part).items()
        if callable(value) and not name.startswith("_")
    }
    assert set(CALLS) == methods


def test_nothing_else_is_asked_of_a_store():
    own = {name for name, value in vars(Store).items() if callable(value) and name[0] != "_"}
    assert own == {"close"}


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("fault", named("faults"), ids=lambda fault: label(fault[1]))
def test_every_method_says_that_the_store_is_down(fault, method, place, clock, filled):
    engine, name = fault
    with breakdown(fault, place) as store, pytest.raises(StoreDown) as caught:
        CALLS[method](store)
    busy = name in engine.busy_faults
    assert caught.value.fault is (Fault.BUSY if busy else Fault.STORE_DOWN)
    assert caught.value.remedy
    healed(engine, place, clock, filled)


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("fault", named("write_faults"), ids=lambda fault: label(fault[1]))
def test_what_writes_is_refused_and_reading_goes_on(fault, method, place, clock, filled):
    engine, name = fault
    busy = name in engine.busy_faults
    fails = method in (WRITES if busy else GROWS)
    with breakdown(fault, place) as store:
        with pytest.raises(StoreDown) if fails else nullcontext() as caught:
            CALLS[method](store)
        if fails:
            assert caught.value.fault is (Fault.BUSY if busy else Fault.STORE_DOWN)
            assert everything(store) == filled
    if fails or method not in WRITES:
        healed(engine, place, clock, filled)


@pytest.mark.parametrize("fault", named("write_faults"), ids=lambda fault: label(fault[1]))
def test_a_session_is_used_although_that_cannot_be_noted(fault, place, clock, filled):
    clock.advance(120)
    with breakdown(fault, place) as store:
        store._clock = clock
        assert store.use_session(LIVING.digest).id == LIVING.id
        clock.advance(24 * 3600)
        assert store.use_session(LIVING.digest) is None
