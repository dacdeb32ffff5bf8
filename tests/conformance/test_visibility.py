"""One rule, two executions: what `Scope.admits` says is what an engine gives out.

And what a scope does not admit changes nothing of what it is answered.
"""

import re
import uuid
from typing import NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.query import Query, Scope, Window
from hub.model.tlp import Tlp
from tests.conformance.builders import (
    ALWAYS,
    EVERY,
    LAST,
    ONE,
    SECOND_US,
    candidate,
    outcomes,
    publish,
    publisher,
    removal,
    select,
    version_us,
)
from tests.conformance.oracle import Oracle
from tests.fakes import BOTH_STIX, START_US, Clock

ORGS = ("ministry", "grid", "cert")
CIRCLES = (("group", "case"), ("community", "energy"))
LARGE = 1000
OTHER = bytes.maketrans(b"ab", b"ba")
TLPS = st.sampled_from(list(Tlp))
AUDIENCES = st.one_of(
    st.just(frozenset()),
    st.just(frozenset()),
    st.frozensets(
        st.sampled_from([*(("org", org) for org in ORGS), *CIRCLES]), min_size=1, max_size=3
    ),
)
# A record that is TLP:CLEAR is added at the instant of its step.
INSTANTS = st.sampled_from(
    [0, 0, *(START_US + n * SECOND_US + late for n in range(1, 9) for late in (0, 1))]
)


def redacted(item, tlp):
    """What is left of the object without the part that makes its content differ."""
    raw = item.raw.partition(b', "content"')[0] + b"}"
    digest = uuid.uuid5(uuid.NAMESPACE_OID, str(raw)).bytes
    return item._replace(raw=raw, digest=digest, tlp=tlp)


@st.composite
def items(draw):
    item = candidate(
        draw(st.integers(1, 3)),
        draw(st.integers(0, 2)),
        draw(st.sampled_from("ab")),
        stix=draw(st.sampled_from(("2.1", "2.1", "2.0"))),
        tlp=draw(TLPS),
    )
    form = draw(st.integers(0, 4))
    if form == 0:
        return redacted(item, item.tlp)
    if item.tlp > Tlp.GREEN and form <= 2:
        view = redacted(item, Tlp(draw(st.integers(0, item.tlp - 1))))
        return item._replace(views=(view,))
    return item


class Step(NamedTuple):
    """A publish or a delete."""

    scope: Scope
    audience: frozenset
    items: list
    query: Query | None = None


@st.composite
def scopes(draw, org=None):
    org = org or draw(st.sampled_from((*ORGS, "")))
    windows = draw(st.lists(st.builds(Window, TLPS, INSTANTS), max_size=2).map(tuple))
    subjects = {("org", org): 0} if org else {}
    for circle in draw(st.frozensets(st.sampled_from(CIRCLES))):
        subjects[circle] = draw(INSTANTS)
    return Scope(
        f"somebody of {org}",
        org,
        {ONE.key: windows} if windows else {},
        frozenset(),
        draw(st.booleans()),
        max((window.ceiling for window in windows), default=Tlp.CLEAR),
        subjects,
    )


@st.composite
def steps(draw):
    org = draw(st.sampled_from(ORGS))
    seen = draw(scopes(org=org))
    scope = msgspec.structs.replace(
        seen, writable=frozenset({ONE.key}), clearance=Tlp.RED, moderates=True
    )
    if draw(st.integers(0, 4)) == 0:
        return Step(scope, frozenset(), [], draw(QUERIES))
    audience = draw(AUDIENCES)
    named = audience | {("org", org)} if audience else audience
    return Step(scope, named, draw(st.lists(items(), max_size=4)))


QUERIES = st.builds(
    select,
    st.just(LAST),
    edges=st.sampled_from([("last",), ("last",), ("first",), ("all",), ("first", "last"), ()]),
    versions_us=st.sampled_from([(), (), (version_us(1),)]),
    stix=st.sampled_from([(), (), ("2.0",), BOTH_STIX]),
    ids=st.sampled_from([(), (), (candidate(1).object_id,)]),
    types=st.sampled_from([(), (), ("indicator",), ("indicator", "malware")]),
    publisher=st.sampled_from(["", "", "ministry"]),
)


def otherwise(item):
    """The object with other content, where it has any; what is left of it for others stays."""
    raw = re.sub(rb'(?<="content": ")[ab]', lambda found: found[0].translate(OTHER), item.raw)
    return item._replace(raw=raw, digest=uuid.uuid5(uuid.NAMESPACE_OID, str(raw)).bytes)


@st.composite
def histories(draw, most=6):
    """Steps, some of which an earlier one said a little otherwise."""
    found = draw(st.lists(steps(), max_size=most))
    for place in range(1, len(found)):
        if draw(st.integers(0, 3)) == 0:
            earlier = found[draw(st.integers(0, place - 1))]
            found[place] = earlier._replace(items=[otherwise(item) for item in earlier.items])
    return found


def act(store, step):
    """What the caller is answered."""
    if step.query is not None:
        return store.remove(step.scope, removal(step.query))
    return outcomes(
        publish(store, *step.items, org=step.scope.org, audience=step.audience, scope=step.scope)
    )


def seen_by(store, scope, query=EVERY):
    """All pages of all sizes that matter, with every date and flag."""
    found = []
    for limit in (1, 2, LARGE):
        after, more = -1, True
        while more:
            page = store.objects(scope, query, after, limit)
            entries = store.entries(scope, query, after, limit)
            found.append((page, entries))
            assert entries.more == page.more
            assert [e.added_us for e in entries.entries][-1:] == [page.last_us][: len(page.raws)]
            after, more = page.last_us, page.more
            if not page.raws:
                break
    return found


class TestOneRule:
    @settings(max_examples=400)
    @given(
        history=histories(),
        viewers=st.lists(scopes(), min_size=1, max_size=3),
        queries=st.lists(QUERIES, min_size=1, max_size=3),
    )
    def test_an_engine_gives_what_the_rule_admits(
        self, engine, tmp_path, history, viewers, queries
    ):
        clock = Clock()
        store = engine.open(tmp_path / uuid.uuid4().hex, clock)
        oracle = Oracle(ONE.key)
        for step in history:
            clock.advance(1)
            if step.query is not None:
                assert act(store, step) == oracle.remove(step.scope, step.query)
            else:
                expected = oracle.publish(step.scope, step.items, step.audience, clock.now)
                assert act(store, step) == expected
        for viewer in viewers:
            for query in (EVERY, LAST, *queries):
                expected = oracle.read(viewer, query)
                assert store.objects(viewer, query, -1, LARGE).raws == expected, query
                found = store.entries(viewer, query, -1, LARGE).entries
                assert [entry.added_us for entry in found] == oracle.dates(viewer, query)
            counted = oracle.read(viewer, EVERY)
            (tally,) = store.tallies(viewer) or [None]
            assert (tally.versions if tally else 0) == len(counted)
        assert store.faults() == []
        store.close()


def hidden_from(viewer, step):
    """Whether the viewer may see nothing that the step can write, whenever it looks."""
    return not any(viewer.admits(label, 1 << 62) for label in labels_of(step)) and not any(
        viewer.knows(label, 1 << 62, step.scope.org) for label in labels_of(step)
    )


def labels_of(step):
    from hub.model.query import Label

    return [
        Label(ONE.key, form.tlp, step.audience)
        for item in step.items
        for form in (item, *item.views)
    ]


class TestNonInterference:
    """Worlds with and without what a viewer may not see look the same to it, byte for byte."""

    @settings(max_examples=400)
    @given(history=histories(7), viewer=scopes(), query=QUERIES)
    def test_hidden_publishes_leave_no_trace(self, engine, tmp_path, history, viewer, query):
        viewer = msgspec.structs.replace(viewer, writable=frozenset({ONE.key}), moderates=True)
        answers = []
        for number in range(2):
            clock = Clock()
            store = engine.open(tmp_path / f"{uuid.uuid4().hex}-{number}", clock)
            answered = []
            for step in history:
                clock.advance(1)
                if step.query is not None:
                    continue
                if hidden_from(viewer, step):
                    if number == 0:
                        act(store, step)
                    continue
                mine = step._replace(
                    scope=publisher(
                        viewer.org,
                        readable=viewer.readable,
                        subjects=viewer.subjects,
                        clearance=viewer.clearance,
                    )
                )
                if any(label.tlp > viewer.clearance for label in labels_of(mine)):
                    continue
                # What the viewer itself publishes among hidden things is answered the same.
                answered.append(act(store, mine))
            seen = [seen_by(store, viewer, each) for each in (EVERY, LAST, query)]
            counted = store.tallies(viewer)
            removed = store.remove(viewer, removal(query))
            answers.append((answered, seen, counted, removed, seen_by(store, viewer)))
            store.close()
        assert answers[0] == answers[1]


def test_who_is_in_very_many_audiences_sees_them_all(store):
    """Every named circle of recipients is a label of its own."""
    most = 1100
    groups = [("group", f"g{n}") for n in range(most)]
    for number, group in enumerate(groups):
        publish(store, candidate(number), audience={group})
    for count in (0, 1, 2, 150, most):
        subjects = dict.fromkeys(groups[:count], 0)
        scope = publisher("cert", subjects=subjects)
        for query in (LAST, EVERY, select(LAST, types=("indicator", "malware"))):
            first = store.objects(scope, query, -1, 100)
            rest = store.objects(scope, query, first.last_us, most)
            assert len(first.raws) + len(rest.raws) == count
            assert first.more == (count > 100)
        (tally,) = store.tallies(scope) or [None]
        assert count == (tally.objects if tally else 0)
    # The oldest audience gets the newest object: pages follow dates, whatever the labels are.
    publish(store, candidate(most), audience={groups[0]})
    for query in (EVERY, select(LAST, types=("indicator", "malware"))):
        dates = [entry.added_us for entry in store.entries(scope, query, -1, 2 * most).entries]
        assert dates == sorted(dates)
        assert len(dates) == most + 1


def test_a_publish_meets_only_what_its_publisher_may_know(store):
    """The write-only case: nobody learns from a verdict what others sent."""
    secret = candidate(1, content="a")
    publish(store, secret, org="grid")
    blind = publisher("ministry", readable={}, clearance=Tlp.GREEN)
    assert outcomes(publish(store, secret, scope=blind)) == ["new"]
    assert outcomes(publish(store, secret, scope=blind)) == ["unchanged"]
    both = store.entries(publisher("cert"), EVERY, -1, LARGE).entries
    assert len(both) == 1, "who sees both receives one"
    assert ALWAYS
