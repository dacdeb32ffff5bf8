"""Why somebody has rights, who looks after whom, and who knows of whom."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import policy
from hub.model.party import ANONYMOUS, Grant, Role
from hub.model.query import Window
from hub.policy import Way
from tests.unit.directories import (
    AMBER,
    CASE,
    CLEAR,
    GREEN,
    GRID,
    MINISTRY,
    ORGS,
    PUBLIC,
    SHARED,
    account,
    caller,
    community,
    directory,
    group,
    reads,
)
from tests.unit.test_policy_laws import CALLERS, DIRECTORIES, INSTANTS, LABELS


@pytest.mark.parametrize("role", list(Role))
def test_administrators_and_coordinators_look_after_all_and_others_after_their_own(role):
    who = caller("ministry", role)
    assert policy.oversees(who, "ministry")
    assert policy.oversees(who, "grid") == (role in {Role.ADMINISTRATOR, Role.COORDINATOR})


def test_nobody_in_particular_looks_after_anybody():
    assert not policy.oversees(ANONYMOUS, "ministry")
    assert not policy.oversees(ANONYMOUS, "")


@given(who=CALLERS, found=DIRECTORIES)
def test_rights_are_the_sum_of_the_ways_to_them(who, found):
    scope = policy.scope(who, found)
    ways = policy.ways(who, found)
    for key in found.collections:
        windows = [Window(w.ceiling, w.since_us) for w in ways if w.collection == key and w.read]
        assert list(scope.readable.get(key, ())) == windows
        assert (key in scope.writable) == any(w.write for w in ways if w.collection == key)


def test_a_way_says_to_whom_up_to_what_and_since_when():
    found = directory(
        account(clearance=AMBER),
        community("energy", ("ministry", 7)),
        reads(MINISTRY, ceiling=GREEN, since_us=5),
        Grant(SHARED.key, ("community", "energy"), read=True, write=True, since_us=3),
    )
    assert policy.ways(caller("ministry", Role.PUBLISHER), found) == [
        Way(PUBLIC.key, None, True, False, CLEAR, 0),
        Way(SHARED.key, MINISTRY, True, False, GREEN, 5),
        Way(SHARED.key, ("community", "energy"), True, True, AMBER, 7),
    ]


def test_a_grant_to_write_is_told_to_whom_may_not_use_it():
    found = directory(Grant(SHARED.key, MINISTRY, write=True))
    (_, way) = policy.ways(caller("ministry", Role.READER), found)
    assert (way.subject, way.read, way.write) == (MINISTRY, False, False)


@settings(max_examples=400)
@given(wide=CALLERS, narrow=CALLERS, found=DIRECTORIES, label=LABELS, added=INSTANTS)
def test_who_covers_somebody_sees_all_that_they_see(wide, narrow, found, label, added):
    one, other = policy.scope(wide, found), policy.scope(narrow, found)
    if one.covers(other):
        assert one.admits(label, added) or not other.admits(label, added)


@given(who=CALLERS, found=DIRECTORIES)
def test_everybody_covers_themselves_and_nobody_in_particular_little(who, found):
    scope = policy.scope(who, found)
    assert scope.covers(scope)


def test_an_account_of_another_organisation_is_not_covered():
    """What is for that organisation alone is not seen."""
    found = directory(reads(MINISTRY), reads(GRID))
    own, far = (policy.scope(caller(slug), found) for slug in ("ministry", "grid"))
    assert not own.covers(far)


def test_a_colleague_with_more_clearance_is_not_covered():
    found = directory(reads(MINISTRY))
    full = policy.scope(caller("ministry"), found)
    less = policy.scope(caller("ministry", ceiling=GREEN), found)
    assert full.covers(less)
    assert not less.covers(full)


def test_members_of_a_circle_know_of_each_other_and_others_do_not():
    found = directory(community("energy", "ministry", "grid"), group("case", "bank", "bank"))
    assert policy.neighbours(caller("ministry"), found) == {"ministry", "grid"}
    assert policy.neighbours(caller("bank"), found) == {"bank"}
    assert policy.neighbours(ANONYMOUS, found) == frozenset()
    assert CASE not in policy.scope(caller("ministry"), found).subjects


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.COORDINATOR])
def test_who_looks_after_all_knows_all(role):
    assert policy.neighbours(caller("bank", role), directory()) == set(ORGS)


@given(found=DIRECTORIES, slug=st.sampled_from(ORGS))
def test_knowing_is_mutual(found, slug):
    who = caller(slug)
    for other in policy.neighbours(who, found) - {slug}:
        if policy.neighbours(caller(other), found):
            assert slug in policy.neighbours(caller(other), found)
