"""Who shares, who listens, and what one may know of that."""

import secrets

import msgspec
import pytest

from hub import policy
from hub.model.clock import DAY_US
from hub.model.party import Caller, Certificate, Role
from hub.model.pulse import Beat, Fall
from hub.service.partners import MOST_WAITING, State, Supervisor, state_of
from hub.service.publish import Publisher
from hub.service.pulse import Pulse
from hub.stix.check import Limits
from hub.store.base import Act
from hub.store.database import Database
from hub.store.finder import FUNCTIONS, SqliteFinder
from hub.store.pulse import SqlitePulse
from tests import fakes
from tests.fakes import KEYS, START_US, Clock

MINUTE_US = 60_000_000
GREEN = ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]
STRICT = ["marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"]


class Stage:
    """A hub with the sample directory, as one account after the other looks at it."""

    def __init__(self, store, folder):
        self.store = store
        self.clock = store._clock = Clock()
        self.kept = SqlitePulse(folder / "pulse")
        self.pulse = Pulse(self.kept, clock=self.clock)
        self.finder = SqliteFinder(Database(folder / "hub.sqlite", functions=FUNCTIONS))
        self.publisher = Publisher(store, Limits(100_000, 64))

    def caller(self, name):
        account = self.store.directory().accounts[name]
        return Caller(name, account.org, account.roles)

    def scope(self, name):
        return policy.scope(self.caller(name), self.store.directory())

    def publish(self, name, alias, *objects):
        self.clock.advance(1)
        raws = [msgspec.json.encode(item) for item in objects]
        self.publisher.publish(self.scope(name), fakes.collection(alias), raws, frozenset())
        return self.clock.now

    def pulled(self, account, alias, minutes=0, position_us=0, objects=5):
        at = self.clock.now - minutes * MINUTE_US
        beat = Beat(account, KEYS[alias], at, at, 1, objects, position_us)
        self.kept.add([beat], [], {})

    def supervisor(self):
        return Supervisor(self.finder, self.store, self.pulse, self.store.directory())

    def health(self, name, org):
        found = self.supervisor().health(self.caller(name), self.scope(name), org, self.clock.now)
        return None if found is None else {item.account: item for item in found}

    def partners(self, name):
        return self.supervisor().partners(self.caller(name), self.scope(name), self.clock.now)


@pytest.fixture
def stage(hub_store, tmp_path):
    made = Stage(hub_store, hub_store.database.path.parent)
    yield made
    made.kept.close()


def indicators(count, marking=GREEN):
    return [
        fakes.indicator(secrets.randbelow(10**9), object_marking_refs=marking)
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(0, "up"), (34, "up"), (36, "late"), (119, "late"), (121, "down"), (100_000, "down")],
)
def test_states_follow_from_the_usual_time(minutes, state):
    assert state_of(START_US, 15 * MINUTE_US, START_US + minutes * MINUTE_US) == state


def test_without_a_usual_time_a_day_is_taken_for_it():
    assert state_of(START_US, 0, START_US + 2 * DAY_US) is State.UP
    assert state_of(START_US, 0, START_US + 3 * DAY_US) is State.LATE
    assert state_of(START_US, 0, START_US + 5 * DAY_US) is State.DOWN


class TestWhoMayKnow:
    def test_administrators_and_coordinators_all_others_their_own(self, stage):
        for name in ("administrator", "coordinator"):
            assert stage.health(name, "grid") is not None
        for name in ("reader", "publisher"):
            assert stage.health(name, "grid") is None
            assert stage.health(name, "ministry") is not None
        assert stage.health("partner", "ministry") is None
        assert set(stage.health("partner", "grid")) == {"partner"}

    def test_collections_without_any_right_are_not_named(self, stage):
        stage.pulled("publisher", "notices")
        stage.pulled("publisher", "hidden")
        pulls = stage.health("reader", "ministry")["publisher"].pulls
        assert [pull.collection for pull in pulls] == [KEYS["notices"]]

    def test_objects_fetched_show_to_whom_sees_all_of_them(self, stage):
        stage.pulled("publisher", "shared", objects=7)
        assert stage.health("reader", "ministry")["publisher"].pulls[0].totals.objects == 7
        assert stage.health("reader", "ministry")["publisher"].pulls[0].days[0].objects == 7
        accounts = stage.store.directory().accounts
        less = msgspec.structs.replace(accounts["reader"], clearance=fakes.Tlp.CLEAR)
        act = Act("console", "", "test", "reader")
        stage.store.write([less], [], act, epoch=stage.store.epoch())
        pull = stage.health("reader", "ministry")["publisher"].pulls[0]
        assert pull.totals is None
        assert pull.days[0].objects == 0
        assert pull.days[0].pulls == 1

    def test_of_another_organisation_they_do_not_show(self, stage):
        stage.pulled("partner", "shared", objects=7)
        assert stage.health("coordinator", "grid")["partner"].pulls[0].totals is None


class TestWaiting:
    def test_is_what_came_after_the_position(self, stage):
        first = stage.publish("publisher", "shared", *indicators(3))
        stage.pulled("partner", "shared", position_us=first + 1000)
        second = stage.publish("publisher", "shared", *indicators(4))
        waiting = stage.health("coordinator", "grid")["partner"].pulls[0].waiting
        assert (waiting.records, waiting.more) == (4, False)
        assert second <= waiting.oldest_us < second + 1000

    def test_is_counted_up_to_a_number(self, stage):
        stage.pulled("partner", "shared", position_us=1)
        stage.publish("publisher", "shared", *indicators(MOST_WAITING + 1))
        waiting = stage.health("coordinator", "grid")["partner"].pulls[0].waiting
        assert (waiting.records, waiting.more) == (MOST_WAITING, True)

    def test_leaves_out_what_the_one_who_asks_does_not_see(self, stage):
        stage.pulled("partner", "shared", position_us=1)
        stage.publish("publisher", "shared", *indicators(2))
        stage.publish("publisher", "shared", *indicators(5, STRICT))
        assert stage.health("coordinator", "grid")["partner"].pulls[0].waiting.records == 7
        accounts = stage.store.directory().accounts
        less = msgspec.structs.replace(accounts["coordinator"], clearance=fakes.Tlp.GREEN)
        act = Act("console", "", "test", "coordinator")
        stage.store.write([less], [], act, epoch=stage.store.epoch())
        assert stage.health("coordinator", "grid")["partner"].pulls[0].waiting.records == 2

    def test_is_not_told_of_a_collection_that_is_only_written(self, stage):
        stage.pulled("publisher", "dropbox", position_us=1)
        assert stage.health("reader", "ministry")["publisher"].pulls == []
        # Publishers may write there.
        (pull,) = stage.health("publisher", "ministry")["publisher"].pulls
        assert pull.waiting is None

    def test_who_asks_for_single_objects_follows_nothing(self, stage):
        stage.pulled("partner", "shared", position_us=0)
        assert stage.health("coordinator", "grid")["partner"].pulls[0].waiting is None


class TestState:
    def test_who_never_pulled(self, stage):
        found = stage.health("coordinator", "grid")["partner"]
        assert (found.state, found.last_us, found.pulls) == (State.NEVER, 0, [])

    def test_the_last_word_is_an_error(self, stage):
        stage.pulled("partner", "shared", minutes=10)
        fall = Fall("partner", "denied", stage.clock.now, 3, "no")
        stage.kept.add([], [fall], {})
        assert stage.health("coordinator", "grid")["partner"].state is State.FAILING
        stage.clock.advance(60)
        stage.pulled("partner", "shared")
        found = stage.health("coordinator", "grid")["partner"]
        assert found.state is State.UP
        assert found.falls == [fall]

    def test_the_collection_that_it_does_best_with_counts(self, stage):
        stage.pulled("partner", "bulletins", minutes=100_000)
        stage.pulled("partner", "shared")
        found = stage.health("coordinator", "grid")["partner"]
        assert {pull.state for pull in found.pulls} == {State.UP, State.DOWN}
        assert found.state is State.UP


class TestSecrets:
    def test_tokens_and_certificates_that_end_first_stand_first(self, stage):
        stage.clock.now = START_US
        soon = Certificate(
            "c1", "partner", b"1" * 32, "1f", "CN=x", START_US, START_US + 20 * DAY_US
        )
        over = Certificate("c2", "partner", b"2" * 32, "2f", "CN=x", START_US, START_US - 1)
        act = Act("console", "", "test", "c")
        stage.store.write([soon, over], [], act, epoch=stage.store.epoch())
        found = stage.health("coordinator", "grid")["partner"].secrets
        assert [(item.kind, item.is_over, item.ends_soon) for item in found] == [
            ("certificate", True, False),
            ("certificate", False, True),
            ("token", False, False),
        ]

    def test_no_secret_is_among_them(self, stage):
        text = repr(stage.health("coordinator", "grid"))
        assert fakes.token_of("partner") not in text
        assert "digest" not in text


class TestSharing:
    def test_counts_are_those_of_the_scope(self, stage):
        stage.publish("publisher", "shared", *indicators(2))
        stage.publish("publisher", "notices", *indicators(3))
        stage.publish("partner", "shared", *indicators(1))
        counts = {item.slug: (item.records, item.recent) for item in stage.partners("reader")}
        assert counts == {"ministry": (5, 5), "grid": (1, 1)}
        stage.clock.advance(31 * 86_400)
        last = stage.publish("partner", "shared", *indicators(1))
        found = {item.slug: item for item in stage.partners("reader")}
        assert (found["ministry"].records, found["ministry"].recent) == (5, 0)
        assert (found["grid"].records, found["grid"].recent) == (2, 1)
        assert found["grid"].last_us >= last
        assert next(iter(found)) == "grid"

    def test_members_of_a_circle_are_known_before_they_share(self, stage):
        assert [(i.slug, i.records, i.last_us) for i in stage.partners("reader")] == [
            ("grid", 0, 0),
            ("ministry", 0, 0),
        ]

    def test_a_stranger_is_known_by_what_it_shares(self, stage):
        circle = stage.store.directory().communities["partners"]
        alone = msgspec.structs.replace(circle, members=fakes.members("grid"))
        act = Act("console", "", "test", "partners")
        stage.store.write([alone], [], act, epoch=stage.store.epoch())
        knows = stage.supervisor().knows
        assert not knows(stage.caller("partner"), stage.scope("partner"), "ministry")
        assert [item.slug for item in stage.partners("partner")] == ["grid"]
        stage.publish("publisher", "notices", *indicators(1))
        knows = stage.supervisor().knows
        assert knows(stage.caller("partner"), stage.scope("partner"), "ministry")
        assert not knows(stage.caller("partner"), stage.scope("partner"), "nobody")
        assert [item.slug for item in stage.partners("partner")] == ["ministry", "grid"]

    def test_a_coordinator_knows_all(self, stage):
        assert Role.COORDINATOR in stage.caller("coordinator").roles
        knows = stage.supervisor().knows
        assert knows(stage.caller("coordinator"), stage.scope("coordinator"), "grid")
