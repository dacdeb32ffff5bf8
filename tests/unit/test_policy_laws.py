"""Laws of markings, audiences and circles, over random directories."""

import itertools
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from hub import policy
from hub.errors import HubError
from hub.model.party import ANONYMOUS, Community, Directory, Grant, Group, Member, subject_of
from hub.model.query import Label
from hub.model.tlp import Tlp
from tests.fakes import collection
from tests.unit.directories import (
    BANK,
    CASE,
    CLEAR,
    GRID,
    MINISTRY,
    ORGS,
    PUBLIC,
    SHARED,
    account,
    caller,
    directory,
    org,
)

INSTANTS = st.sampled_from([0, 3, 5, 8])
NAMES = ("a", "b", "c", "d")
MEMBERS = st.lists(
    st.builds(
        Member,
        st.sampled_from([MINISTRY, GRID, *(("community", name) for name in NAMES)]),
        INSTANTS,
    ),
    max_size=4,
    unique_by=lambda member: member.subject,
).map(tuple)
COMMUNITIES = st.lists(
    st.builds(Community, st.sampled_from(NAMES), st.just("t"), MEMBERS),
    max_size=4,
    unique_by=lambda item: item.name,
)


@given(COMMUNITIES)
def test_since_is_the_latest_along_a_way_and_the_earliest_of_all_ways(circles):
    found = policy.belongs("ministry", directory(*circles))
    expected = {MINISTRY: 0}
    for item in circles:
        ways = list(_ways(("community", item.name), {("community", c.name): c for c in circles}))
        if ways:
            expected["community", item.name] = min(max(way) for way in ways)
    assert found == expected


def _ways(subject, circles, passed=()):
    """The instants along every way from a circle down to the organisation."""
    for member in circles[subject].members:
        if member.subject == MINISTRY:
            yield [member.since_us]
        elif member.subject in circles and member.subject not in (*passed, subject):
            for way in _ways(member.subject, circles, (*passed, subject)):
                yield [member.since_us, *way]


ANY_TLP = st.sampled_from(list(Tlp))
SUBJECTS = st.sampled_from(
    [MINISTRY, GRID, BANK, CASE, ("group", "other"), *(("community", name) for name in NAMES)]
)
DIRECTORIES = st.builds(
    lambda circles, groups, grants, accounts, public: Directory.of(
        1,
        [
            *map(org, ORGS[:2]),
            *(collection(alias, public=public == alias) for alias in ("shared", "public")),
            *circles,
            *groups,
            *grants,
            *accounts,
        ],
    ),
    COMMUNITIES,
    st.lists(
        st.builds(
            Group,
            st.sampled_from(["case", "other"]),
            st.just("t"),
            st.sampled_from(ORGS),
            st.lists(st.builds(Member, st.sampled_from([MINISTRY, GRID]), INSTANTS)).map(tuple),
        ),
        max_size=2,
        unique_by=lambda item: item.name,
    ),
    st.lists(
        st.builds(
            Grant,
            st.sampled_from([SHARED.key, PUBLIC.key]),
            SUBJECTS,
            read=st.booleans(),
            ceiling=ANY_TLP,
            since_us=INSTANTS,
        ),
        max_size=6,
    ),
    st.lists(
        st.builds(
            account, st.sampled_from(ORGS), clearance=ANY_TLP, disabled=st.sampled_from([0, 0, 1])
        ),
        max_size=3,
        unique_by=lambda item: item.name,
    ),
    st.sampled_from(["", "public"]),
)
CALLERS = st.one_of(st.just(ANONYMOUS), st.builds(caller, st.sampled_from(ORGS), ceiling=ANY_TLP))
LABELS = st.builds(
    Label, st.sampled_from([SHARED.key, PUBLIC.key]), ANY_TLP, st.frozensets(SUBJECTS, max_size=2)
)


class TestProperties:
    @settings(max_examples=400)
    @given(who=CALLERS, found=DIRECTORIES, label=LABELS, added=INSTANTS)
    def test_explain_says_what_admits_says(self, who, found, label, added):
        reason = policy.explain(who, found, label, added)
        assert reason.sees == policy.scope(who, found).admits(label, added)
        assert reason.sees == reason.rule.startswith(("a grant lets", "the collection is public"))

    @settings(max_examples=400)
    @given(who=CALLERS, found=DIRECTORIES, label=LABELS, added=INSTANTS)
    def test_who_sees_is_let_through_by_all_three(self, who, found, label, added):
        """Worked out once more, from the parties themselves."""
        scope = policy.scope(who, found)
        item = found.collections[label.collection]
        known = found.accounts.get(who.account)
        there = known and not known.disabled and known.org in found.orgs
        joined = policy.belongs(who.org, found) if there else {}
        windows = [CLEAR for _ in [0] if item.public]
        windows += [
            min(g.ceiling, known.clearance, who.ceiling)
            for g in found.grants
            if g.read
            and g.collection == label.collection
            and g.subject in joined
            and max(g.since_us, joined[g.subject]) <= added
        ]
        by_marking = any(label.tlp <= ceiling for ceiling in windows)
        by_audience = not label.audience or any(
            subject in joined and joined[subject] <= added for subject in label.audience
        )
        assert scope.admits(label, added) == (by_marking and by_audience)

    @given(who=CALLERS, found=DIRECTORIES, label=LABELS, added=INSTANTS)
    def test_nobody_sees_above_clearance_and_credential(self, who, found, label, added):
        scope = policy.scope(who, found)
        most = (
            min(found.accounts[who.account].clearance, who.ceiling)
            if (who.account in found.accounts)
            else CLEAR
        )
        if scope.admits(label, added):
            assert label.tlp <= max(most, CLEAR)
        windows = itertools.chain.from_iterable(scope.readable.values())
        assert all(window.ceiling <= scope.clearance for window in windows)

    @given(who=CALLERS, found=DIRECTORIES, label=LABELS, added=INSTANTS)
    def test_who_sees_an_object_sees_it_later_and_marked_less(self, who, found, label, added):
        scope = policy.scope(who, found)
        if scope.admits(label, added):
            assert scope.admits(label, added + 1)
            for tlp in range(label.tlp):
                assert scope.admits(label._replace(tlp=Tlp(tlp)), added)

    @given(who=CALLERS, found=DIRECTORIES, label=LABELS)
    def test_an_empty_circle_is_nobody(self, who, found, label):
        scope = policy.scope(who, found)
        empty = {subject for subject, circle in found.circles().items() if not circle.members}
        assert empty.isdisjoint(scope.subjects)
        if label.audience and label.audience <= empty:
            assert scope.since(label) is None

    @given(
        who=st.builds(caller, st.sampled_from(ORGS[:2])),
        found=DIRECTORIES,
        names=st.lists(SUBJECTS.map(":".join), max_size=3),
    )
    def test_whoever_is_named_can_receive(self, who, found, names):
        """And the publisher is always one of them."""
        scope = policy.scope(who, found)
        named = None
        with suppress(HubError):
            named = policy.audience(scope, found, SHARED, names)
        subjects = set(map(subject_of, names))
        fits = all(_may_be_named(subject, scope, found) for subject in subjects)
        assert (named is not None) == fits
        if fits:
            assert named == (subjects | {("org", who.org)} if names else set())


def _may_be_named(subject, scope, found):
    kind, name = subject
    if kind == "org":
        joined = policy.belongs(name, found)
        grants = [g for g in found.grants if g.read and g.collection == SHARED.key]
        return name in found.orgs and any(grant.subject in joined for grant in grants)
    circle = found.circles().get(subject)
    return circle is not None and (
        subject in scope.subjects or getattr(circle, "owner", None) == scope.org
    )
