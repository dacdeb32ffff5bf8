"""Markings, audiences and circles: who belongs since when, who sees what, who may name whom."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import ANONYMOUS, Account, Grant, Role, subject_of
from hub.model.query import Label, Scope, Window
from hub.model.tlp import Tlp
from tests.fakes import collection
from tests.unit.directories import (
    AMBER,
    BANK,
    CASE,
    CLEAR,
    EVERYBODY,
    GREEN,
    GRID,
    MINISTRY,
    OTHER,
    PUBLIC,
    RED,
    SHARED,
    STRICT,
    account,
    caller,
    community,
    directory,
    group,
    reads,
)

BELONGS = {
    "nobody but itself": ([], {MINISTRY: 0}),
    "a community": ([community("a", ("ministry", 5))], {("community", "a"): 5}),
    "a group": ([group("case", "grid", ("ministry", 5))], {CASE: 5}),
    "a group that it owns and is not in": ([group("case", "ministry", "grid")], {}),
    "a community of others": ([community("a", "grid")], {}),
    "a community without members": ([community("a")], {}),
    "a community in a community, which came later": (
        [community("in", ("ministry", 5)), community("out", ("community:in", 9))],
        {("community", "in"): 5, ("community", "out"): 9},
    ),
    "a community in a community, which was there before": (
        [community("in", ("ministry", 9)), community("out", ("community:in", 5))],
        {("community", "in"): 9, ("community", "out"): 9},
    ),
    "three deep, named in any order": (
        [
            community("a3", ("community:b2", 4)),
            community("b2", ("community:c1", 7)),
            community("c1", ("ministry", 2)),
        ],
        {("community", "c1"): 2, ("community", "b2"): 7, ("community", "a3"): 7},
    ),
    "itself, and through another": (
        [community("in", ("ministry", 3)), community("out", ("ministry", 8), ("community:in", 0))],
        {("community", "in"): 3, ("community", "out"): 3},
    ),
    "two ways, the earlier one counts": (
        [
            community("left", ("ministry", 6)),
            community("right", ("ministry", 4)),
            community("top", ("community:left", 0), ("community:right", 5)),
        ],
        {("community", "left"): 6, ("community", "right"): 4, ("community", "top"): 5},
    ),
    "circles that hold each other": (
        [
            community("a", ("community:b", 1)),
            community("b", ("community:a", 2), ("ministry", 5)),
        ],
        {("community", "a"): 5, ("community", "b"): 5},
    ),
    "circles that hold each other and nobody": (
        [community("a", "community:b"), community("b", "community:a")],
        {},
    ),
    "a member that is not there": ([community("a", "community:nothing", "group:nothing")], {}),
    "a community named like the organisation": ([community("ministry", "grid")], {}),
}


@pytest.mark.parametrize(("circles", "expected"), BELONGS.values(), ids=BELONGS)
def test_belongs(circles, expected):
    assert policy.belongs("ministry", directory(*circles)) == {MINISTRY: 0} | expected


WINDOWS = {
    # grants, clearance of the account, ceiling of the credential, windows
    "a grant": ([reads(MINISTRY)], RED, RED, [(RED, 0)]),
    "the grant's ceiling": ([reads(MINISTRY, ceiling=GREEN)], RED, RED, [(GREEN, 0)]),
    "the account's clearance": ([reads(MINISTRY)], AMBER, RED, [(AMBER, 0)]),
    "the credential's ceiling": ([reads(MINISTRY)], RED, CLEAR, [(CLEAR, 0)]),
    "the lowest of the three": ([reads(MINISTRY, ceiling=STRICT)], AMBER, GREEN, [(GREEN, 0)]),
    "the grant's instant": ([reads(MINISTRY, since_us=7)], RED, RED, [(RED, 7)]),
    "the instant of joining": ([reads(("community", "a"))], RED, RED, [(RED, 5)]),
    "joined before the grant began": (
        [reads(("community", "a"), since_us=9)],
        RED,
        RED,
        [(RED, 9)],
    ),
    "joined after the grant began": (
        [reads(("community", "a"), since_us=2)],
        RED,
        RED,
        [(RED, 5)],
    ),
    "a grant to a group": ([reads(CASE, ceiling=AMBER)], RED, RED, [(AMBER, 6)]),
    "several add up": (
        [reads(MINISTRY, ceiling=GREEN), reads(("community", "a")), reads(CASE, ceiling=AMBER)],
        STRICT,
        RED,
        [(GREEN, 0), (STRICT, 5), (AMBER, 6)],
    ),
    "to write is not to read": ([Grant(SHARED.key, MINISTRY, write=True)], RED, RED, []),
    "to another": ([reads(GRID), reads(("community", "b"))], RED, RED, []),
}
CIRCLES = (
    community("a", ("ministry", 5)),
    community("b", "grid"),
    group("case", "grid", ("ministry", 6)),
)


@pytest.mark.parametrize(
    ("grants", "clearance", "ceiling", "expected"), WINDOWS.values(), ids=WINDOWS
)
def test_windows(grants, clearance, ceiling, expected):
    found = directory(*CIRCLES, *grants, account(clearance=clearance))
    scope = policy.scope(caller(ceiling=ceiling), found)
    assert scope.readable.get(SHARED.key, ()) == tuple(Window(*pair) for pair in expected)
    assert scope.readable[PUBLIC.key] == (Window(CLEAR, 0),)
    assert scope.clearance is min(clearance, ceiling)
    assert scope.subjects == {MINISTRY: 0, ("community", "a"): 5, CASE: 6}


def test_what_an_account_is_cleared_for_if_nobody_says():
    assert Account("a", "ministry").clearance is STRICT, "TLP:RED is for persons, by name"
    assert caller().ceiling is RED, "a credential takes nothing away by itself"


ABSENT = {
    "nobody": ANONYMOUS,
    "unknown": caller(account="somebody"),
    "switched off": caller("bank"),
    "of another organisation": caller("grid", account="one of ministry"),
    "of an organisation that is not there": caller("lan"),
}


@pytest.mark.parametrize("who", ABSENT.values(), ids=ABSENT)
def test_who_is_not_there_sees_what_is_public_and_clear(who):
    found = directory(
        *CIRCLES,
        *(reads(subject) for subject in (MINISTRY, GRID, BANK, ("org", "lan"), ("org", ""))),
        *(msgspec.structs.replace(reads(MINISTRY), collection=PUBLIC.key),),
        account("bank", disabled=True),
        Account("one of lan", "lan", clearance=RED),
    )
    scope = policy.scope(who, found)
    assert scope.readable == {PUBLIC.key: (Window(CLEAR, 0),)}
    assert (scope.writable, scope.clearance, scope.subjects) == (frozenset(), CLEAR, {})


SCOPE = Scope(
    "a",
    "ministry",
    {1: (Window(GREEN, 0), Window(AMBER, 50)), 2: ()},
    writable=frozenset({1, 3}),
    clearance=AMBER,
    subjects={MINISTRY: 0, CASE: 30, ("community", "a"): 70},
)
SINCE = {
    "the window that reaches furthest back": (Label(1, GREEN, EVERYBODY), 0),
    "the only window that reaches so high": (Label(1, AMBER, EVERYBODY), 50),
    "above every window": (Label(1, STRICT, EVERYBODY), None),
    "a collection without a window": (Label(2, CLEAR, EVERYBODY), None),
    "a collection of others": (Label(3, CLEAR, EVERYBODY), None),
    "an audience with the organisation": (Label(1, GREEN, frozenset({MINISTRY, GRID})), 0),
    "an audience with a circle": (Label(1, GREEN, frozenset({CASE})), 30),
    "a window after joining": (Label(1, AMBER, frozenset({CASE})), 50),
    "joined after the window": (Label(1, AMBER, frozenset({("community", "a")})), 70),
    "an audience with two circles": (Label(1, GREEN, frozenset({CASE, ("community", "a")})), 30),
    "an audience of others": (Label(1, CLEAR, frozenset({GRID})), None),
    "a circle with the name of the organisation": (
        Label(1, CLEAR, frozenset({("group", "ministry")})),
        None,
    ),
    "in the audience, above every window": (Label(1, RED, frozenset({MINISTRY})), None),
}


@pytest.mark.parametrize(("label", "since"), SINCE.values(), ids=SINCE)
def test_since(label, since):
    assert SCOPE.since(label) == since
    assert SCOPE.admits(label, 100) == (since is not None)
    if since is not None:
        assert SCOPE.admits(label, since), "what was added at that instant counts"
        assert not SCOPE.admits(label, since - 1)


KNOWS = {
    "what it sees": (Label(1, AMBER, EVERYBODY), 60, "grid", True),
    "what was added before": (Label(1, AMBER, EVERYBODY), 40, "grid", False),
    "its own, added before": (Label(1, AMBER, EVERYBODY), 40, "ministry", True),
    "its own where it may only write": (Label(3, CLEAR, EVERYBODY), 0, "ministry", True),
    "that of others where it may only write": (Label(3, CLEAR, EVERYBODY), 0, "grid", False),
    "its own for others": (Label(3, CLEAR, frozenset({GRID})), 0, "ministry", True),
    "its own above its clearance": (Label(3, STRICT, EVERYBODY), 0, "ministry", False),
    "its own where it may not write any more": (Label(2, CLEAR, EVERYBODY), 0, "ministry", False),
}


@pytest.mark.parametrize(("label", "added", "publisher", "known"), KNOWS.values(), ids=KNOWS)
def test_knows(label, added, publisher, known):
    assert SCOPE.knows(label, added, publisher) is known


class TestAudience:
    FOUND = directory(
        community("all", "community:some", "bank"),
        community("some", "ministry", "grid"),
        community("theirs", "grid", "bank"),
        group("case", "grid", "ministry"),
        group("mine", "ministry"),
        group("theirs", "grid", "grid", "bank"),
        reads(("community", "some")),
        Grant(OTHER.key, BANK, write=True),
    )
    SCOPE = policy.scope(caller("ministry", Role.PUBLISHER), FOUND)

    def ask(self, *names, where=SHARED, found=FOUND):
        return policy.audience(self.SCOPE, found, where, names)

    def refused(self, *names, where=SHARED):
        with pytest.raises(HubError) as caught:
            self.ask(*names, where=where)
        error = caught.value
        assert (error.fault, error.field) == (Fault.BAD_REQUEST, "audience")
        assert "Nothing was stored" in error.remedy
        return error.reason

    def test_nobody_named_is_everybody(self):
        assert self.ask() == frozenset()

    @pytest.mark.parametrize(
        "name",
        ["org:grid", "community:some", "community:all", "group:case", "group:mine"],
    )
    def test_the_publisher_is_always_part_of_it(self, name):
        assert self.ask(name) == {subject_of(name), MINISTRY}

    def test_several(self):
        found = self.ask("org:grid", "group:case", "org:grid", "org:ministry")
        assert found == {GRID, CASE, MINISTRY}
        assert self.ask("org:ministry") == {MINISTRY}

    def test_an_organisation_that_reads_by_itself_or_through_a_circle_at_any_depth(self):
        assert self.refused("org:bank") == "org bank cannot read this collection"
        for grant in (reads(BANK), reads(("community", "all"))):
            found = msgspec.structs.replace(self.FOUND, grants=(*self.FOUND.grants, grant))
            assert self.ask("org:bank", found=found) == {BANK, MINISTRY}

    def test_an_organisation_that_may_only_write_or_reads_elsewhere(self):
        assert self.refused("org:bank", where=OTHER) == "org bank cannot read this collection"
        assert self.refused("org:grid", where=OTHER) == "org grid cannot read this collection"

    def test_everybody_reads_what_is_public(self):
        assert self.ask("org:bank", where=PUBLIC) == {BANK, MINISTRY}

    def test_an_organisation_that_is_not_there(self):
        expected = "there is no org nobody that this account may address"
        assert self.refused("org:nobody") == expected
        assert self.refused("org:nobody", where=PUBLIC) == expected

    @pytest.mark.parametrize("kind", ["community", "group"])
    def test_a_circle_of_others_and_none_look_the_same(self, kind):
        theirs, none = self.refused(f"{kind}:theirs"), self.refused(f"{kind}:nothing")
        assert theirs == f"there is no {kind} theirs that this account may address"
        assert none == theirs.replace("theirs", "nothing")

    def test_an_owner_need_not_be_a_member(self):
        assert ("group", "mine") not in self.SCOPE.subjects
        assert self.ask("group:mine") == {("group", "mine"), MINISTRY}

    @pytest.mark.parametrize(
        "text", ["", "grid", ":grid", "org:", "org", "ORG:grid", "account:one", "case:12", " "]
    )
    def test_names_of_another_form(self, text):
        assert self.refused(text) == (
            f"{text!r} is not of the form org:NAME, community:NAME or group:NAME"
        )

    def test_a_long_name_is_cut(self):
        assert len(self.refused("x" * 10_000)) < 200

    def test_one_that_cannot_be_addressed_spoils_the_others(self):
        assert "group nothing" in self.refused("org:grid", "group:case", "group:nothing")


OBJECTIONS = {
    # ceiling of the collection, clearance, marking, audience, what is said
    "up to both": (AMBER, AMBER, AMBER, [], ""),
    "below both": (RED, RED, CLEAR, [], ""),
    "above the collection": (
        GREEN,
        RED,
        AMBER,
        [],
        "this collection takes markings up to TLP:GREEN",
    ),
    "above the account": (RED, GREEN, AMBER, [], "this account is cleared up to TLP:GREEN"),
    "above both: the collection is said": (GREEN, GREEN, AMBER, [], "this collection takes"),
    "red for everybody": (RED, RED, RED, [], "TLP:RED has named recipients"),
    "red for the publisher alone": (RED, RED, RED, [MINISTRY], ""),
    "red for an organisation": (RED, RED, RED, [MINISTRY, GRID], ""),
    "red for a group": (RED, RED, RED, [MINISTRY, CASE], ""),
    "red for a community": (
        RED,
        RED,
        RED,
        [MINISTRY, ("community", "a")],
        "TLP:RED has named recipients",
    ),
    "red for an organisation and a community": (
        RED,
        RED,
        RED,
        [MINISTRY, GRID, ("community", "a")],
        "TLP:RED has named recipients",
    ),
    "amber+strict for a community": (STRICT, STRICT, STRICT, [MINISTRY, ("community", "a")], ""),
}


@pytest.mark.parametrize(
    ("ceiling", "clearance", "tlp", "audience", "text"), OBJECTIONS.values(), ids=OBJECTIONS
)
def test_objection(ceiling, clearance, tlp, audience, text):
    scope = Scope("a", "ministry", clearance=clearance)
    where = collection("shared", ceiling=ceiling)
    found = policy.objection(scope, where, tlp, frozenset(audience))
    if not text:
        assert found is None
        return
    reason, remedy = found
    assert reason.startswith(f"its effective marking is {tlp}, and {text}")
    assert remedy


@given(*[st.sampled_from(list(Tlp))] * 3, st.frozensets(st.sampled_from([GRID, CASE])))
def test_nothing_enters_above_collection_or_clearance(ceiling, clearance, tlp, named):
    scope = Scope("a", "ministry", clearance=clearance)
    fits = tlp <= min(ceiling, clearance) and (tlp is not RED or bool(named))
    where = collection("shared", ceiling=ceiling)
    assert (policy.objection(scope, where, tlp, named) is None) == fits


class TestRoles:
    CASES = group("case", "grid", "ministry")

    @pytest.mark.parametrize(
        ("who", "may"),
        [
            (caller("grid", Role.PUBLISHER), True),
            (caller("grid", Role.COORDINATOR), True),
            (caller("grid", Role.READER), False),
            (caller("grid", Role.OFFICER), False),
            (caller("grid", Role.PUBLISHER, read_only=True), False),
            (caller("ministry", Role.PUBLISHER, Role.COORDINATOR), False),
            (caller("ministry", Role.ADMINISTRATOR), True),
            (caller("ministry", Role.ADMINISTRATOR, read_only=True), False),
            (ANONYMOUS, False),
        ],
    )
    def test_who_decides_about_a_group(self, who, may):
        assert policy.decides(who, self.CASES.owner) is may

    @pytest.mark.parametrize("role", list(Role))
    def test_only_an_officer_asks_why(self, role):
        if role is Role.OFFICER:
            assert policy.require_officer(caller("grid", role)) is None
            return
        with pytest.raises(HubError) as caught:
            policy.require_officer(caller("grid", role))
        assert caught.value.fault is Fault.DENIED

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR])
    def test_neither_officers_nor_administrators_see_more_for_it(self, role):
        found = directory(*CIRCLES, reads(("community", "a"), ceiling=AMBER))
        plain = policy.scope(caller(), found)
        assert policy.scope(caller("ministry", role), found) == plain


GRANTS = (reads(MINISTRY, ceiling=AMBER, since_us=10), reads(CASE, ceiling=STRICT))
EXPLAINED = {
    "it sees it": (caller(), Label(1, GREEN, EVERYBODY), 20, "a grant lets it read TLP:GREEN"),
    "it is in the audience": (
        caller(),
        Label(1, GREEN, frozenset({MINISTRY, GRID})),
        20,
        "its organisation is in the audience",
    ),
    "public": (caller("bank"), Label(5, CLEAR, EVERYBODY), 0, "the collection is public"),
    "public, for nobody": (ANONYMOUS, Label(5, CLEAR, EVERYBODY), 0, "the collection is public"),
    "public, marked": (caller("bank"), Label(5, GREEN, EVERYBODY), 0, "end at TLP:CLEAR"),
    "unknown": (caller(account="x"), Label(1, CLEAR, EVERYBODY), 20, "unknown or switched off"),
    "no grant": (caller("bank"), Label(1, CLEAR, EVERYBODY), 20, "no grant lets"),
    "too strict": (
        caller(),
        Label(1, RED, EVERYBODY),
        20,
        "is TLP:RED; its grants and its clearance",
    ),
    "above the credential": (
        caller(ceiling=CLEAR),
        Label(1, GREEN, EVERYBODY),
        20,
        "end at TLP:CLEAR",
    ),
    "not in the audience": (caller(), Label(1, GREEN, frozenset({GRID})), 20, "not part of it"),
    "too early": (caller(), Label(1, AMBER, EVERYBODY), 5, "before the account's organisation"),
    "before it joined": (
        caller(),
        Label(1, GREEN, frozenset({CASE})),
        5,
        "before the account's organisation",
    ),
}


@pytest.mark.parametrize(("who", "label", "added", "text"), EXPLAINED.values(), ids=EXPLAINED)
def test_explain(who, label, added, text):
    found = directory(*CIRCLES, *GRANTS)
    reason = policy.explain(who, found, label, added)
    assert text in reason.rule
    assert reason.sees == policy.scope(who, found).admits(label, added)
