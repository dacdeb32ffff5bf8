"""Communities and sharing groups: who may change them, who belongs since when, and never in circles."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import policy
from hub.errors import Fault, HubError
from hub.model.clock import format_us
from hub.model.party import Caller, Community, Directory, Grant, Group, Member, Organisation, Role
from hub.service.admin import Admin
from hub.service.circles import Circles
from hub.store.base import Stale
from tests.fakes import START_US, Clock, acts

BOSS = Caller("administrator", "ministry", frozenset({Role.ADMINISTRATOR}))
PUBLISHER = Caller("publisher", "ministry", frozenset({Role.READER, Role.PUBLISHER}))
COORDINATOR = Caller("coordinator", "ministry", frozenset({Role.COORDINATOR}))
READER = Caller("reader", "ministry", frozenset({Role.READER}))
PARTNER = Caller("partner", "grid", frozenset({Role.READER, Role.PUBLISHER}))
CASE = ("group", "case")
ENERGY = ("community", "energy")
PARTNERS = ("community", "partners")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def circles(hub_store, clock):
    """The circles as a caller may change them: `circles()`, `circles(PARTNER)`."""
    hub_store._clock = clock
    return lambda caller=BOSS: Circles(hub_store, caller)


@pytest.fixture
def case(circles):
    """A group of the ministry, without members."""
    circles(PUBLISHER).put_group("case", "Case", "ministry", "Tell nobody")


@pytest.fixture
def energy(circles):
    """A community without members."""
    circles().put_community("energy", "Energy")


def members_of(store, circle):
    return {m.subject: m.since_us for m in store.directory().circles()[circle].members}


def audited(store):
    (_, act), *_ = acts(store, 1)
    return act.account, act.org, act.action, act.target, act.detail


def error_of(change):
    with pytest.raises(HubError) as caught:
        change()
    return caught.value


def said(error):
    return error.fault, error.reason, error.field, error.remedy


class TestCommunities:
    def test_add(self, circles, hub_store):
        circles().put_community("energy", "Energy", "For defence only")
        found = hub_store.directory().communities["energy"]
        assert found == Community("energy", "Energy", (), "For defence only")
        assert audited(hub_store) == (
            "administrator",
            "ministry",
            "community.put",
            "energy",
            "Energy",
        )

    def test_change_keeps_the_members(self, circles, hub_store):
        before = hub_store.directory().communities["partners"]
        circles().put_community("partners", "All", "New terms")
        after = hub_store.directory().communities["partners"]
        assert after == msgspec.structs.replace(before, title="All", terms="New terms")
        assert len(after.members) == 2

    @pytest.mark.parametrize("caller", [PUBLISHER, COORDINATOR, READER, PARTNER])
    def test_only_an_administrator_changes_one(self, circles, hub_store, caller):
        before = hub_store.directory(), acts(hub_store, 10)
        changes = (
            lambda: circles(caller).put_community("energy", "Energy"),
            lambda: circles(caller).put_community("partners", "Partners"),
            lambda: circles(caller).add_members(PARTNERS, ["grid"]),
            lambda: circles(caller).remove_members(PARTNERS, ["grid"]),
            lambda: circles(caller).remove_members(ENERGY, ["grid"]),
        )
        assert {error_of(change).fault for change in changes} == {Fault.DENIED}
        assert (hub_store.directory(), acts(hub_store, 10)) == before

    def test_a_read_only_administrator_changes_none(self, circles):
        bound = msgspec.structs.replace(BOSS, read_only=True)
        assert error_of(lambda: circles(bound).add_members(PARTNERS, ["grid"])).fault == "denied"

    def test_one_that_is_not_there(self, circles):
        for change in (circles().add_members, circles().remove_members):
            error = error_of(lambda change=change: change(ENERGY, ["grid"]))
            assert (error.fault, error.field) == (Fault.ABSENT, "community")


class TestSince:
    """What a new member sees: from now on, everything, or from an instant on."""

    def test_from_now_on(self, circles, hub_store, clock, energy):
        clock.advance(5)
        circles().add_members(ENERGY, ["grid", "org:ministry"])
        assert members_of(hub_store, ENERGY) == dict.fromkeys(
            [("org", "grid"), ("org", "ministry")], START_US + 5_000_000
        )

    @pytest.mark.parametrize("since_us", [0, 1, START_US, START_US * 2])
    def test_everything_or_from_an_instant_on(self, circles, hub_store, energy, since_us):
        circles().add_members(ENERGY, ["grid"], since_us=since_us)
        assert members_of(hub_store, ENERGY) == {("org", "grid"): since_us}

    def test_who_joins_again_gets_the_new_instant_and_the_others_keep_theirs(
        self, circles, hub_store, energy
    ):
        circles().add_members(ENERGY, ["grid", "ministry"], since_us=7)
        circles().add_members(ENERGY, ["grid", "community:partners"], since_us=9)
        assert members_of(hub_store, ENERGY) == {
            ("org", "grid"): 9,
            ("org", "ministry"): 7,
            PARTNERS: 9,
        }
        circles().add_members(ENERGY, ["grid"], since_us=3)
        assert members_of(hub_store, ENERGY)["org", "grid"] == 3

    def test_the_scope_follows_at_once(self, circles, hub_store, energy):
        caller = Caller("partner", "grid", frozenset({Role.READER}))
        assert ENERGY not in policy.scope(caller, hub_store.directory()).subjects
        circles().add_members(ENERGY, ["grid"], since_us=7)
        assert policy.scope(caller, hub_store.directory()).subjects[ENERGY] == 7
        circles().remove_members(ENERGY, ["grid"])
        assert ENERGY not in policy.scope(caller, hub_store.directory()).subjects


class TestAudit:
    def test_joining_and_leaving(self, circles, hub_store, energy, case):
        circles().add_members(ENERGY, ["ministry", "community:partners", "grid"])
        who = ("administrator", "ministry")
        names = "community:partners org:grid org:ministry"
        since = f"{names} since {format_us(hub_store.now())}"
        assert audited(hub_store) == (*who, "community.join", "energy", since)
        circles().remove_members(ENERGY, ["community:partners", "grid"])
        names = "community:partners org:grid"
        assert audited(hub_store) == (*who, "community.leave", "energy", names)
        assert members_of(hub_store, ENERGY).keys() == {("org", "ministry")}

    def test_nobody_is_not_let_in(self, circles, energy):
        with pytest.raises(HubError, match="nobody is named"):
            circles().add_members(ENERGY, [])

    def test_of_a_group(self, circles, hub_store, case):
        who = ("publisher", "ministry")
        assert audited(hub_store) == (*who, "group.put", "case", "ministry: Case")
        circles(PUBLISHER).add_members(CASE, ["grid"], since_us=0)
        assert audited(hub_store) == (*who, "group.join", "case", "org:grid since all")
        circles(PUBLISHER).remove_members(CASE, ["grid"])
        assert audited(hub_store) == (*who, "group.leave", "case", "org:grid")


OUTSIDERS = {
    "a publisher of another organisation": PARTNER,
    "a reader of its own": READER,
    "a read-only token of its own": msgspec.structs.replace(PUBLISHER, read_only=True),
    "an officer of another": Caller("o", "grid", frozenset({Role.OFFICER})),
    "a coordinator of another": Caller("c", "grid", frozenset({Role.COORDINATOR})),
}


class TestGroups:
    def test_add(self, hub_store, case):
        found = hub_store.directory().groups["case"]
        assert found == Group("case", "Case", "ministry", (), "Tell nobody")

    @pytest.mark.parametrize("caller", [PUBLISHER, COORDINATOR, BOSS])
    def test_those_who_decide(self, circles, hub_store, case, caller):
        circles(caller).put_group("case", "Other", "ministry")
        circles(caller).add_members(CASE, ["grid", "ministry"], since_us=0)
        circles(caller).remove_members(CASE, ["ministry"])
        found = hub_store.directory().groups["case"]
        assert found == Group("case", "Other", "ministry", (Member(("org", "grid")),))

    @pytest.mark.parametrize("caller", OUTSIDERS.values(), ids=OUTSIDERS)
    def test_for_others_it_looks_as_if_it_were_not_there(self, circles, hub_store, case, caller):
        before = hub_store.directory(), acts(hub_store, 10)
        for change in ("add_members", "remove_members"):
            found, missing = (
                error_of(
                    lambda change=change, name=name: getattr(circles(caller), change)(
                        ("group", name), ["grid"]
                    )
                )
                for name in ("case", "nope")
            )
            assert found.fault is Fault.ABSENT
            assert said(missing) == tuple(
                text.replace("case", "nope") if isinstance(text, str) else text
                for text in said(found)
            )
        assert (hub_store.directory(), acts(hub_store, 10)) == before

    def test_members_that_do_not_own_it_know_it_but_cannot_change_it(self, circles, case):
        circles(PUBLISHER).add_members(CASE, ["grid"])
        error = error_of(lambda: circles(PARTNER).add_members(CASE, ["grid"], since_us=0))
        assert error.fault is Fault.DENIED, "it would see what was there before it came"
        error = error_of(lambda: circles(PARTNER).remove_members(CASE, ["ministry"]))
        assert error.fault is Fault.DENIED

    @pytest.mark.parametrize("caller", OUTSIDERS.values(), ids=OUTSIDERS)
    def test_nobody_takes_over_the_group_of_others(self, circles, hub_store, case, caller):
        before = hub_store.directory()
        for owner in ("ministry", "grid"):
            change = circles(caller).put_group
            error = error_of(lambda change=change, owner=owner: change("case", "Mine", owner))
            assert error.fault is Fault.DENIED
        assert hub_store.directory() == before

    def test_nobody_makes_a_group_for_others(self, circles):
        taken = error_of(lambda: circles(PARTNER).put_group("new", "New", "ministry"))
        assert taken.fault is Fault.DENIED
        assert error_of(lambda: circles(READER).put_group("new", "New", "ministry")).fault == (
            Fault.DENIED
        )

    def test_not_even_an_administrator_changes_the_owner(self, circles, hub_store, case):
        assert error_of(lambda: circles().put_group("case", "Case", "grid")).fault is Fault.DENIED
        assert hub_store.directory().groups["case"].owner == "ministry"

    def test_of_an_unknown_owner(self, circles):
        error = error_of(lambda: circles().put_group("new", "New", "nobody"))
        assert (error.fault, error.field) == (Fault.ABSENT, "organisation")

    def test_without_members_it_is_nobody(self, circles, hub_store, case):
        """Not even those who own it belong to it."""
        directory = hub_store.directory()
        for org in directory.orgs:
            assert CASE not in policy.belongs(org, directory)
        circles(PUBLISHER).add_members(CASE, ["grid"])
        circles(PUBLISHER).remove_members(CASE, ["grid"])
        assert CASE not in policy.belongs("grid", hub_store.directory())


REFUSED = {
    # circle, member, fault, field
    "an unknown organisation": (ENERGY, "nobody", Fault.ABSENT, "organisation"),
    "an unknown community": (ENERGY, "community:nobody", Fault.ABSENT, "community"),
    "a group in a community": (ENERGY, "group:case", Fault.BAD_REQUEST, "member"),
    "a community in a group": (CASE, "community:partners", Fault.BAD_REQUEST, "member"),
    "a group in a group": (CASE, "group:other", Fault.BAD_REQUEST, "member"),
    "a group in itself": (CASE, "group:case", Fault.BAD_REQUEST, "member"),
    "a community in itself": (ENERGY, "community:energy", Fault.BAD_REQUEST, "member"),
    "another kind": (ENERGY, "account:reader", Fault.BAD_REQUEST, "member"),
    "no name": (ENERGY, "org:", Fault.BAD_REQUEST, "member"),
    "no kind": (ENERGY, ":grid", Fault.BAD_REQUEST, "member"),
}


@pytest.mark.parametrize(("circle", "member", "fault", "field"), REFUSED.values(), ids=REFUSED)
def test_refused_and_nothing_is_written(
    circles, hub_store, energy, case, circle, member, fault, field
):
    before = hub_store.directory(), acts(hub_store, 10)
    error = error_of(lambda: circles().add_members(circle, ["grid", member]))
    assert (error.fault, error.field) == (fault, field)
    assert (hub_store.directory(), acts(hub_store, 10)) == before


@pytest.mark.parametrize("circle", [ENERGY, CASE], ids=["community", "group"])
def test_who_is_not_in_cannot_leave(circles, hub_store, energy, case, circle):
    circles().add_members(circle, ["ministry"])
    before = hub_store.directory(), acts(hub_store, 10)
    error = error_of(lambda: circles().remove_members(circle, ["ministry", "grid"]))
    assert (error.fault, error.field) == (Fault.ABSENT, "member")
    assert (hub_store.directory(), acts(hub_store, 10)) == before


@pytest.mark.parametrize("name", ["", "A", "a b", "a:b", "x" * 64, "a\n", "Hoá"])
def test_names_can_stand_in_rights_and_audiences(circles, name):
    for change in (
        lambda: circles().put_community(name, "Title"),
        lambda: circles(PUBLISHER).put_group(name, "Title", "ministry"),
    ):
        assert error_of(change).fault is Fault.BAD_REQUEST


class TestRings:
    """A circle never holds itself, however many circles are between."""

    @pytest.mark.parametrize("depth", [1, 2, 3, 10])
    def test_at_any_depth(self, circles, hub_store, depth):
        names = [f"c{n}" for n in range(depth + 1)]
        for name in names:
            circles().put_community(name, name)
        for outer, inner in pairwise(names):
            circles().add_members(("community", outer), [f"community:{inner}"])
        before = hub_store.directory()
        last = ("community", names[-1])
        for name in names:
            error = error_of(lambda name=name: circles().add_members(last, [f"community:{name}"]))
            assert (error.fault, error.field) == (Fault.BAD_REQUEST, "member")
        assert hub_store.directory() == before

    def test_two_ways_to_the_same_community_are_no_ring(self, circles, hub_store):
        for name in ("top", "left", "right", "bottom"):
            circles().put_community(name, name)
        circles().add_members(("community", "top"), ["community:left", "community:right"])
        circles().add_members(("community", "left"), ["community:bottom"])
        circles().add_members(("community", "right"), ["community:bottom"])
        circles().add_members(("community", "bottom"), ["grid"], since_us=0)
        assert ("community", "top") in policy.belongs("grid", hub_store.directory())

    def test_the_same_member_again_is_no_ring(self, circles, energy):
        circles().add_members(ENERGY, ["community:partners"])
        circles().add_members(ENERGY, ["community:partners"])

    @settings(max_examples=60)
    @given(
        st.lists(
            st.tuples(st.integers(0, 4), st.frozensets(st.integers(0, 4), min_size=1, max_size=2)),
            max_size=12,
        )
    )
    def test_exactly_those_are_refused_that_would_close_a_ring(self, joins):
        registry = Memory()
        edges: set[tuple[int, int]] = set()
        for outer, inner in joins:
            wanted = edges | {(outer, one) for one in inner}
            change = Circles(registry, BOSS).add_members
            try:
                change(("community", f"c{outer}"), [f"community:c{one}" for one in sorted(inner)])
                refused = False
            except HubError:
                refused = True
            assert refused == _has_ring(wanted)
            edges = edges if refused else wanted

    def test_somebody_closes_the_ring_meanwhile(self, circles, hub_store, clock, energy):
        """The look at the members and the change are one."""

        class Late:
            """The first time, somebody changes the directory between reading and writing."""

            def __init__(self):
                self.beaten = False

            def directory(self):
                found = hub_store.directory()
                if not self.beaten:
                    self.beaten = True
                    circles().add_members(PARTNERS, ["community:energy"])
                return found

            def now(self):
                return hub_store.now()

            def write(self, *args, **options):
                return hub_store.write(*args, **options)

        late = Circles(Late(), BOSS)
        error = error_of(lambda: late.add_members(ENERGY, ["community:partners"]))
        assert error.fault is Fault.BAD_REQUEST
        assert members_of(hub_store, ENERGY) == {}


class Memory:
    """A registry of five communities, in memory."""

    def __init__(self):
        self._circles = {f"c{n}": Community(f"c{n}", f"c{n}") for n in range(5)}

    def directory(self):
        org = Organisation("ministry", "", "", "")
        return Directory.of(1, [org, *self._circles.values()])

    def now(self):
        return START_US

    def write(self, puts, drops, act, *, epoch):
        assert not drops
        self._circles |= {circle.name: circle for circle in puts}
        return self.directory()


def _has_ring(edges):
    nodes = {node for edge in edges for node in edge}
    reach = {node: {inner for outer, inner in edges if outer == node} for node in nodes}
    for _ in nodes:
        for node in nodes:
            for inner in list(reach[node]):
                reach[node] |= reach[inner]
    return any(node in reach[node] for node in nodes)


def test_others_who_keep_changing_the_directory_are_busy_not_wrong(hub_store, clock):
    class Restless:
        def directory(self):
            return hub_store.directory()

        def write(self, *_, **__):
            raise Stale

    change = Circles(Restless(), BOSS).put_community
    assert error_of(lambda: change("energy", "Energy")).fault is Fault.BUSY


def test_grants_of_a_circle_hold_for_its_members(circles, hub_store, energy):
    """And for the members of the communities in it."""
    Admin(hub_store, BOSS).grant("hidden", Grant(0, ENERGY, read=True, write=True))
    circles().add_members(ENERGY, ["community:partners"], since_us=5)
    scope = policy.scope(PARTNER, hub_store.directory())
    key = next(k for k, c in hub_store.directory().collections.items() if c.alias == "hidden")
    assert [window.since_us for window in scope.readable[key]] == [5]
    assert key in scope.writable
