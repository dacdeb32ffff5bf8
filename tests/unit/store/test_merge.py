"""The rules of `hub.store.merge`, as tables keyed by the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.record import Outcome
from hub.store.merge import Known, Standing, meet, rank
from tests.conformance.builders import candidate

GONE, OLDER_SPEC, OLDER, LAST = Standing


def known(version_us=1, digest=b"a", publisher="ministry", **changes):
    values = {"added_us": 1, "stix": "2.1", "standing": LAST} | changes
    return Known(
        version_us=version_us,
        digest=digest,
        publisher=publisher,
        **values,
    )


MEETINGS = {
    "nothing is known": ([], Outcome.NEW, None),
    "another version is known": ([known(2)], Outcome.VERSION, None),
    "a newer one is known": ([known(9)], Outcome.VERSION, None),
    "same version, same content": ([known(1, b"x")], Outcome.UNCHANGED, None),
    "same version, same content, another organisation": (
        [known(1, b"x", "grid")],
        Outcome.UNCHANGED,
        None,
    ),
    "same version, other content": ([known(1, b"y")], Outcome.REPLACED, 0),
    "same version, other content, another organisation": (
        [known(1, b"y", "grid")],
        Outcome.CONFLICT,
        None,
    ),
    "same version, other content, behind other versions": (
        [known(5), known(3), known(1, b"y")],
        Outcome.REPLACED,
        2,
    ),
    "same version in another STIX version": ([known(1, b"y", stix="2.0")], Outcome.REPLACED, 0),
    "that version was deleted": ([known(1, b"x", standing=GONE)], Outcome.NEW, None),
    "that version of another organisation was deleted": (
        [known(1, b"y", "grid", standing=GONE)],
        Outcome.NEW,
        None,
    ),
    "that version was deleted, another is there": (
        [known(1, b"x", standing=GONE), known(2)],
        Outcome.VERSION,
        None,
    ),
    "it was replaced before": (
        [known(1, b"x", standing=GONE), known(1, b"y")],
        Outcome.REPLACED,
        1,
    ),
    "a hidden STIX version counts": (
        [known(1, b"x", standing=OLDER_SPEC)],
        Outcome.UNCHANGED,
        None,
    ),
    "one microsecond apart": ([known(2, b"x")], Outcome.VERSION, None),
}


@pytest.mark.parametrize(("records", "outcome", "replaced"), MEETINGS.values(), ids=MEETINGS)
def test_meet(records, outcome, replaced):
    item = candidate()._replace(version_us=1, digest=b"x")
    assert meet(records, item, "ministry") == (
        outcome,
        None if replaced is None else records[replaced],
    )


RANKS = {
    "one": ([(1, "2.1", OLDER)], [LAST]),
    "newest by version, not by place": (
        [(3, "2.1", OLDER), (1, "2.1", LAST), (2, "2.1", OLDER)],
        [LAST, OLDER, OLDER],
    ),
    "newest STIX version first": (
        [(9, "2.0", LAST), (1, "2.1", OLDER), (2, "2.1", OLDER)],
        [OLDER_SPEC, OLDER, LAST],
    ),
    "only 2.0": ([(1, "2.0", OLDER), (2, "2.0", OLDER)], [OLDER, LAST]),
    "what is gone stays gone": ([(9, "2.1", GONE), (1, "2.1", OLDER)], [GONE, LAST]),
    "what is gone does not hide 2.0": ([(9, "2.1", GONE), (1, "2.0", OLDER_SPEC)], [GONE, LAST]),
    "all are gone": ([(1, "2.1", GONE)], [GONE]),
    "none": ([], []),
}


@pytest.mark.parametrize(("records", "expected"), RANKS.values(), ids=RANKS)
def test_rank(records, expected):
    group = [known(version, stix=stix, standing=s) for version, stix, s in records]
    rank(group)
    assert [record.standing for record in group] == expected


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(["2.0", "2.1"]), st.sampled_from(Standing)),
        unique_by=lambda record: record[0],
    )
)
def test_rank_names_exactly_one_latest_and_is_stable(records):
    group = [known(version, stix=stix, standing=s) for version, stix, s in records]
    rank(group)
    first = [record.standing for record in group]
    live = [record for record in group if record.standing != GONE]
    assert first.count(LAST) == bool(live)
    rank(group)
    assert [record.standing for record in group] == first
