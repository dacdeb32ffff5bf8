"""Whom a publish reaches, as the publisher is told, against what every account sees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from hub import policy
from hub.errors import Fault, HubError
from hub.model.party import ANONYMOUS, Caller, Grant, Role
from hub.model.query import Label, Scope
from hub.model.tlp import Tlp
from hub.service.delivery import delivery
from tests.unit.directories import (
    AMBER,
    CASE,
    CLEAR,
    EVERYBODY,
    GREEN,
    GRID,
    MINISTRY,
    PUBLIC,
    RED,
    SHARED,
    account,
    caller,
    community,
    directory,
    group,
    reads,
)
from tests.unit.test_policy_laws import DIRECTORIES, INSTANTS, LABELS

WRITES = Grant(SHARED.key, MINISTRY, read=True, write=True)


def told(found, label, at_us=10):
    scope = policy.scope(caller("ministry", Role.PUBLISHER), found)
    return delivery(scope, found, label, at_us)


def shared(tlp: Tlp, audience=EVERYBODY) -> Label:
    return Label(SHARED.key, tlp, frozenset(audience))


@settings(max_examples=400)
@given(found=DIRECTORIES, label=LABELS, at_us=INSTANTS)
def test_an_organisation_is_listed_if_some_account_of_it_would_see_the_record(found, label, at_us):
    everything = Scope(writable=frozenset({label.collection}))
    answer = delivery(everything, found, label, at_us)
    expected = {
        item.org
        for item in found.accounts.values()
        if not item.disabled
        and item.org in found.orgs
        and policy.scope(Caller(item.name, item.org, item.roles), found).admits(label, at_us)
    }
    assert set(answer.orgs) == expected
    assert list(answer.orgs) == sorted(answer.orgs)
    assert expected.isdisjoint(item.org for item in answer.unreached)
    nobody = policy.scope(ANONYMOUS, found)
    assert answer.public == nobody.admits(label, at_us)


@pytest.mark.parametrize(
    ("more", "label", "orgs", "unreached"),
    [
        ([reads(GRID)], shared(GREEN), ("grid", "ministry"), ()),
        ([reads(GRID, ceiling=GREEN)], shared(AMBER), ("ministry",), (("grid", "ceiling"),)),
        (
            [reads(GRID), account("grid", clearance=CLEAR)],
            shared(GREEN),
            ("ministry",),
            (("grid", "clearance"),),
        ),
        ([reads(GRID)], shared(GREEN, {MINISTRY}), ("ministry",), (("grid", "audience"),)),
        ([reads(GRID, since_us=99)], shared(GREEN), ("ministry",), (("grid", "later"),)),
        (
            [reads(GRID), account("grid", disabled=True)],
            shared(GREEN),
            ("ministry",),
            (("grid", "account"),),
        ),
        (
            [reads(("community", "all")), community("all", "grid", "bank"), group("case", "grid")],
            shared(RED, {MINISTRY, CASE}),
            ("ministry",),
            (("bank", "audience"), ("grid", "audience")),
        ),
    ],
)
def test_who_does_not_receive_it_and_why(more, label, orgs, unreached):
    assert told(directory(WRITES, *more), label) == (orgs, unreached, False)


def test_who_has_nothing_to_do_with_the_collection_is_not_named():
    answer = told(directory(WRITES, Grant(SHARED.key, GRID, write=True)), shared(GREEN))
    assert (answer.orgs, answer.unreached) == (("ministry",), ())


def test_what_is_clear_in_a_public_collection_is_for_anybody():
    found = directory(Grant(PUBLIC.key, MINISTRY, write=True))
    answer = told(found, Label(PUBLIC.key, CLEAR, EVERYBODY))
    assert answer.public is True
    assert answer.orgs == ("bank", "grid", "ministry")
    assert told(found, Label(PUBLIC.key, GREEN, EVERYBODY)) == ((), (), False)


def test_who_may_not_write_there_learns_nothing():
    with pytest.raises(HubError) as caught:
        told(directory(reads(MINISTRY), reads(GRID)), shared(GREEN))
    assert caught.value.fault is Fault.DENIED
