"""The rules of `hub.store.merge`, as tables keyed by the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.record import Outcome
from hub.model.tlp import Tlp
from hub.store.merge import Known, Standing, meet, part_of, rank
from tests.conformance.builders import candidate

GONE, OLDER, UNSURE, LAST, ONLY = Standing


def known(version_us=1, digest=b"a", publisher="ministry", **changes):
    values = {"added_us": 1, "stix": "2.1", "standing": LAST, "label": 1, "part": 0} | changes
    values.setdefault("origin_us", values["added_us"])
    return Known(
        version_us=version_us,
        digest=digest,
        publisher=publisher,
        **values,
    )


MEETINGS = {
    "nothing is known": ([], Outcome.NEW, 0),
    "another version is known": ([known(2)], Outcome.VERSION, 0),
    "a newer one is known": ([known(9)], Outcome.VERSION, 0),
    "same version, same content": ([known(1, b"x")], Outcome.UNCHANGED, 0),
    "same version, same content, another organisation": (
        [known(1, b"x", "grid")],
        Outcome.UNCHANGED,
        0,
    ),
    "same version, same content, another label": (
        [known(1, b"x", label=2, added_us=7)],
        Outcome.REPLACED,
        7,
    ),
    "same version, same content, another label, another organisation": (
        [known(1, b"x", "grid", label=2)],
        Outcome.VERSION,
        0,
    ),
    "same version, other content": ([known(1, b"y", added_us=7)], Outcome.REPLACED, 7),
    "same version, other content, another organisation": (
        [known(1, b"y", "grid")],
        Outcome.CONFLICT,
        0,
    ),
    "own record before that of another organisation": (
        [known(1, b"y", "grid"), known(1, b"z", added_us=7)],
        Outcome.REPLACED,
        7,
    ),
    "only a view of its own is known": ([known(1, b"y", part=2)], Outcome.VERSION, 0),
    "same version, other content, behind other versions": (
        [known(5), known(3), known(1, b"y", added_us=7)],
        Outcome.REPLACED,
        7,
    ),
    "it was replaced before: the origin stays": (
        [known(1, b"x", standing=GONE), known(1, b"y", added_us=9, origin_us=7)],
        Outcome.REPLACED,
        7,
    ),
    "same version in another STIX version": (
        [known(1, b"y", stix="2.0", added_us=7)],
        Outcome.REPLACED,
        7,
    ),
    "that version was deleted": ([known(1, b"x", standing=GONE)], Outcome.NEW, 0),
    "that version of another organisation was deleted": (
        [known(1, b"y", "grid", standing=GONE)],
        Outcome.NEW,
        0,
    ),
    "that version was deleted, another is there": (
        [known(1, b"x", standing=GONE), known(2)],
        Outcome.VERSION,
        0,
    ),
    "an older STIX version counts": ([known(1, b"x", standing=OLDER)], Outcome.UNCHANGED, 0),
    "what it publishes is in a view of its own object: the rest is taken back": (
        [known(1, b"y", label=2, added_us=7), known(1, b"x", origin_us=7, part=4)],
        Outcome.REPLACED,
        7,
    ),
    "another organisation has the same beside its own other content": (
        [known(1, b"x", "grid"), known(1, b"y", label=2, added_us=7)],
        Outcome.REPLACED,
        7,
    ),
    "one microsecond apart": ([known(2, b"x")], Outcome.VERSION, 0),
}


@pytest.mark.parametrize(("records", "outcome", "origin"), MEETINGS.values(), ids=MEETINGS)
def test_meet(records, outcome, origin):
    item = candidate()._replace(version_us=1, digest=b"x")
    assert meet(records, item, "ministry", 1) == (outcome, {origin} if origin else set())


def test_all_that_it_published_of_the_version_is_replaced():
    records = [known(1, b"y", label=2, added_us=5), known(1, b"z", added_us=7)]
    item = candidate()._replace(version_us=1, digest=b"x")
    assert meet(records, item, "ministry", 1) == (Outcome.REPLACED, {5, 7})


@pytest.mark.parametrize("whole", list(Tlp))
def test_what_is_left_of_an_object_does_not_tell_how_strict_the_rest_is(whole):
    forms = [part_of(whole, form) for form in Tlp if form <= whole]
    assert forms == [*range(5, 5 - whole, -1), 0]


RANKS = {
    # version, STIX, label, date added, what is left out
    "one": ([(1, "2.1", 1, 1, 0)], [ONLY]),
    "newest by version, not by place": (
        [(1, "2.1", 1, 1, 0), (3, "2.1", 1, 2, 0), (2, "2.1", 1, 3, 0)],
        [OLDER, LAST, UNSURE],
    ),
    "newest STIX version first": (
        [(9, "2.0", 1, 1, 0), (1, "2.1", 1, 2, 0), (2, "2.1", 1, 3, 0)],
        [OLDER, OLDER, LAST],
    ),
    "who came later sees only the older one": (
        [(2, "2.1", 1, 1, 0), (1, "2.1", 1, 2, 0)],
        [LAST, UNSURE],
    ),
    "the newest has another label": (
        [(1, "2.1", 1, 1, 0), (2, "2.1", 2, 2, 0)],
        [UNSURE, LAST],
    ),
    "a view": ([(1, "2.1", 1, 1, 0), (1, "2.1", 2, 2, 3)], [LAST, UNSURE]),
    "the same version twice": ([(1, "2.1", 1, 1, 0), (1, "2.1", 2, 2, 0)], [LAST, UNSURE]),
    "none": ([], []),
}


@pytest.mark.parametrize(("records", "expected"), RANKS.values(), ids=RANKS)
def test_rank(records, expected):
    group = [
        known(version, stix=stix, label=label, added_us=added, part=part)
        for version, stix, label, added, part in records
    ]
    rank(group)
    assert [record.standing for record in group] == expected


def test_what_is_gone_stays_gone_and_counts_for_nothing():
    group = [known(9, standing=GONE), known(1, added_us=2)]
    rank(group)
    assert [record.standing for record in group] == [GONE, ONLY]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["2.0", "2.1"]),
            st.sampled_from(Standing),
            st.integers(1, 2),
        )
    ),
    st.lists(st.integers(1, 2), unique=True),
    st.integers(0, 9),
)
def test_passed_over_is_only_what_has_a_better_one_for_everybody(records, labels, since):
    group = [
        known(version, stix=stix, standing=s, label=label, added_us=place)
        for place, (version, stix, s, label) in enumerate(records)
    ]
    rank(group)
    live = [record for record in group if record.standing != GONE]
    assert sum(record.standing >= LAST for record in live) == bool(live)
    seen = [r for r in live if r.label in labels and r.added_us >= since]
    for record in seen:
        better = any(other.rank() > record.rank() for other in seen)
        assert better or record.standing != OLDER
        assert not better or record.standing < LAST
