"""Tests of the tests: each bug that is planted here, in one place, is noticed by a property.

A bug stands in for a mistake that a later change could make. If one is not noticed any more, the
property has become too weak, and that is what has to be mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hub import policy
from hub.model.query import Label, Scope
from hub.model.tlp import Tlp
from hub.service import publish as publishing
from hub.service.fetch import Reader
from hub.stix import grading
from hub.store import filters, records, writer
from hub.store.labels import Labels, Range
from hub.store.merge import Standing
from hub.store.records import RecordLog
from tests.conformance import test_visibility as visibility
from tests.conformance.engines import Engine
from tests.http.cast import SECTOR
from tests.http.pieces import STATEMENT, id_of
from tests.http.scripts import NOBODY, SCRIPTS, VIEWERS, cases, viewers
from tests.http.twins import receive, split
from tests.http.worlds import Leak, Pair

pytestmark = pytest.mark.slow
QUICK = {"phases": (Phase.generate,), "max_examples": 1000}
"""No shrinking: that it fails is enough."""

Plant = pytest.MonkeyPatch
EVERYTHING = [Range(key, 0) for key in range(1, 400)]
"""Ranges that hold whatever there is."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair.made(tmp_path, "hub")
    yield made
    made.close()


def leaks(pair: Pair, viewers: Any = VIEWERS) -> None:
    """The property of `tests/http/test_non_interference.py`, with fewer cases."""

    @settings(**QUICK)
    @given(case=cases(viewers))
    def check(case: Any) -> None:
        pair.compare(case.viewer, split(case.viewer, case.script))

    check()


def delivers(pair: Pair) -> None:
    """Its other one: what may be seen is received."""

    @settings(**QUICK)
    @given(viewer=viewers("late", "far", clearances=(Tlp.RED, Tlp.GREEN)), script=SCRIPTS)
    def check(viewer: Any, script: Any) -> None:
        receive(pair.full, viewer, script)

    check()


def _since(rule: Callable[[list[int], list[int], bool], int | None]) -> Callable[..., Any]:
    """`Scope.since` with another rule over the starts, the dates of joining, and the audience."""

    def since(self: Scope, label: Any) -> int | None:
        windows = self.readable.get(label.collection, ())
        starts = [window.since_us for window in windows if label.tlp <= window.ceiling]
        joined = [self.subjects[who] for who in label.audience if who in self.subjects]
        return rule(starts, joined, bool(label.audience)) if starts else None

    return since


def _true_since(starts: list[int], joined: list[int], named: bool) -> int | None:
    if named:
        return max(min(starts), min(joined)) if joined else None
    return min(starts)


def the_audience_is_ignored(plant: Plant) -> None:
    plant.setattr(Scope, "since", _since(lambda starts, *_: min(starts)))


def the_ceiling_is_ignored(plant: Plant) -> None:
    true = Scope.since
    plant.setattr(Scope, "since", lambda self, label: true(self, label._replace(tlp=Tlp.CLEAR)))


def the_date_of_joining_is_ignored(plant: Plant) -> None:
    def rule(starts: list[int], joined: list[int], named: bool) -> int | None:
        return min(starts) if joined or not named else None

    plant.setattr(Scope, "since", _since(rule))


def the_earlier_of_two_dates_counts(plant: Plant) -> None:
    def rule(starts: list[int], joined: list[int], named: bool) -> int | None:
        found = _true_since(starts, joined, named)
        return min([found, *starts, *joined]) if found is not None else None

    plant.setattr(Scope, "since", _since(rule))


def members_belong_from_the_beginning(plant: Plant) -> None:
    true = policy.belongs
    plant.setattr(policy, "belongs", lambda *args: dict.fromkeys(true(*args), 0))


def public_is_all_of_a_public_collection(plant: Plant) -> None:
    true = policy.ways

    def ways(*args: Any) -> list[policy.Way]:
        return [
            way if way.subject else way._replace(ceiling=Tlp.RED, since_us=0)
            for way in true(*args)
        ]

    plant.setattr(policy, "ways", ways)


def a_token_has_no_ceiling(plant: Plant) -> None:
    from hub.http import caller

    true = caller.by_token

    def by_token(*args: Any) -> Any:
        found = true(*args)
        return found and msgspec.structs.replace(found, ceiling=Tlp.RED)

    plant.setattr(caller, "by_token", by_token)


def colleagues_know_what_they_are_not_cleared_for(plant: Plant) -> None:
    true = Scope.knows

    def knows(self: Scope, label: Any, added_us: int, publisher: str) -> bool:
        own = publisher == self.org and label.collection in self.writable
        return own or true(self, label, added_us, publisher)

    plant.setattr(Scope, "knows", knows)


def an_engine_forgets_the_audience(plant: Plant) -> None:
    def visible(self: Labels, connection: Any, scope: Scope, collection: int) -> list[Range]:
        self.refresh(connection)
        found = {
            key: scope.since(label._replace(audience=frozenset()))
            for key, label in self._by_key.items()
            if label.collection == collection
        }
        return [Range(key, since) for key, since in found.items() if since is not None]

    plant.setattr(Labels, "visible", visible)


def an_engine_forgets_the_date(plant: Plant) -> None:
    true = Labels.visible

    def visible(*args: Any) -> list[Range]:
        return [Range(key, 0) for key, _ in true(*args)]

    plant.setattr(Labels, "visible", visible)


def pages_are_cut_before_they_are_filtered(plant: Plant) -> None:
    true = filters.page

    def page(columns: str, ranges: Any, query: Any, after_us: int, limit: int) -> filters.Where:
        rest = true(columns, ranges, query, after_us, limit)
        if not columns.startswith("r.added_us"):
            return rest
        everything = true("r.added_us", EVERYTHING, query, after_us, limit)
        return filters.Where(
            f"SELECT * FROM ({rest.sql}) WHERE added_us IN ({everything.sql})",
            [*rest.args, *everything.args],
        )

    plant.setattr(records, "page", page)


def versions_are_compared_with_hidden_ones(plant: Plant) -> None:
    true = filters._none_other
    plant.setattr(filters, "_none_other", lambda _, *args: true(EVERYTHING, *args))


def a_hidden_newer_version_makes_others_old(plant: Plant) -> None:
    true = writer.rank

    def rank(known: Any) -> None:
        group = list(known)
        true(group)
        for record in group:
            if record.standing == Standing.UNSURE:
                record.standing = Standing.OLDER

    plant.setattr(writer, "rank", rank)


def a_publish_meets_what_its_publisher_may_not_know(plant: Plant) -> None:
    plant.setattr(writer._BatchLabels, "is_known", lambda *_: True)


def views_and_wholes_share_a_label(plant: Plant) -> None:
    true = writer._BatchLabels.key
    plant.setattr(writer._BatchLabels, "key", lambda self, tlp: true(self, min(tlp, Tlp.GREEN)))


def views_forget_the_audience(plant: Plant) -> None:
    def key(self: Any, tlp: Tlp) -> int:
        batch = self._batch
        views = {view.tlp for item in batch.items for view in getattr(item, "views", ())}
        audience = frozenset() if tlp in views else batch.audience
        label = Label(batch.collection.key, tlp, audience)
        found = writer.key_of(self._connection, label)
        self._new[found] = label
        return found

    plant.setattr(writer._BatchLabels, "key", key)


def dates_of_a_batch_are_one_sequence(plant: Plant) -> None:
    def step(self: Any, tlp: Tlp) -> int:
        stamp = max(self._next.values())
        self._next = dict.fromkeys(Tlp, stamp + 8)
        self._last = stamp
        return stamp

    plant.setattr(writer.Stamps, "next", step)


def a_view_is_given_again_when_the_rest_changes(plant: Plant) -> None:
    plant.setattr(writer, "_same", lambda *_: None)


def parts_stay_in_views(plant: Plant) -> None:
    plant.setattr(grading, "without", lambda obj, *_: dict(obj))


def filters_look_at_the_whole_object(plant: Plant) -> None:
    true = publishing.grade

    def grade(*args: Any) -> Any:
        found = true(*args)
        views = getattr(found, "views", ())
        return (
            found._replace(views=tuple(v._replace(terms=found.terms) for v in views))
            if (views)
            else found
        )

    plant.setattr(publishing, "grade", grade)


def anybodys_hidden_statement_counts(plant: Plant) -> None:
    def statements(self: Any, scope: Scope, collection: Any, items: Any) -> set[str]:
        ref = id_of(STATEMENT)
        return {ref} if self._log.labels(collection.key, ref) else set()

    plant.setattr(publishing.Publisher, "_statements", statements)


def a_status_is_for_the_whole_organisation(plant: Plant) -> None:
    _status(plant, "org = ?2")


def a_status_is_for_everybody(plant: Plant) -> None:
    _status(plant, "?2 = ?2")


def _status(plant: Plant, condition: str) -> None:
    def status(self: Any, scope: Scope, _: str, status_id: str) -> Any:
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT body FROM status WHERE id = ?1 AND {condition}", (status_id, scope.org)
            ).fetchone()
        return records._decode_status(row[0]) if row else None

    plant.setattr(RecordLog, "status", status)


def a_delete_reaches_what_is_hidden(plant: Plant) -> None:
    true = RecordLog.remove

    def remove(self: Any, *args: Any) -> int:
        with plant.context() as inner:
            inner.setattr(Labels, "visible", lambda *_: EVERYTHING)
            return true(self, *args)

    plant.setattr(RecordLog, "remove", remove)


def a_hidden_object_is_not_absent(plant: Plant) -> None:
    true = Reader.require_object

    def require(self: Any, scope: Scope, query: Any) -> None:
        if not self._log.labels(query.collection, query.ids[0]):
            true(self, scope, query)

    plant.setattr(Reader, "require_object", require)


def counts_are_of_everything(plant: Plant) -> None:
    def tallies(self: Any, scope: Scope) -> list[Any]:
        return [tally for tally in self.holdings() if tally.collection in scope.readable]

    plant.setattr(RecordLog, "tallies", tallies)


SEVERAL = {"viewers": viewers("near", "late", "far", clearances=(Tlp.RED, Tlp.AMBER))}
LATE = {"viewers": viewers("late", "far", clearances=(Tlp.RED, Tlp.AMBER))}
COLLEAGUES = {"viewers": viewers("grid", "blind", clearances=(Tlp.GREEN, Tlp.CLEAR))}
LOW = {"viewers": viewers("near", clearances=(Tlp.GREEN, Tlp.CLEAR))}
LEAKS: dict[Callable[[Plant], None], dict[str, Any]] = {
    the_audience_is_ignored: LATE,
    the_ceiling_is_ignored: {},
    the_date_of_joining_is_ignored: LATE,
    the_earlier_of_two_dates_counts: LATE,
    members_belong_from_the_beginning: LATE,
    public_is_all_of_a_public_collection: {"viewers": NOBODY},
    a_token_has_no_ceiling: {},
    colleagues_know_what_they_are_not_cleared_for: COLLEAGUES,
    an_engine_forgets_the_audience: SEVERAL,
    an_engine_forgets_the_date: LATE,
    pages_are_cut_before_they_are_filtered: {},
    versions_are_compared_with_hidden_ones: {},
    a_hidden_newer_version_makes_others_old: {},
    a_publish_meets_what_its_publisher_may_not_know: LOW,
    views_and_wholes_share_a_label: LOW,
    views_forget_the_audience: SEVERAL,
    dates_of_a_batch_are_one_sequence: LOW,
    a_view_is_given_again_when_the_rest_changes: LOW,
    parts_stay_in_views: LOW,
    filters_look_at_the_whole_object: LOW,
    anybodys_hidden_statement_counts: LOW,
    a_status_is_for_the_whole_organisation: COLLEAGUES,
    a_status_is_for_everybody: {},
    a_delete_reaches_what_is_hidden: LOW,
    a_hidden_object_is_not_absent: LOW,
    counts_are_of_everything: {},
}
"""Each bug, and the viewers that it concerns, so that a few cases are enough."""


@pytest.mark.parametrize("bug", LEAKS, ids=lambda bug: bug.__name__)
def test_a_leak_is_noticed(bug: Callable[[Plant], None], pair: Pair, monkeypatch: Plant) -> None:
    bug(monkeypatch)
    with pytest.raises(Leak):
        leaks(pair, **LEAKS[bug])


def one_grant_of_several_counts(plant: Plant) -> None:
    def rule(starts: list[int], joined: list[int], named: bool) -> int | None:
        return _true_since([max(starts)], joined, named)

    plant.setattr(Scope, "since", _since(rule))


def the_last_of_several_ways_in_counts(plant: Plant) -> None:
    def rule(starts: list[int], joined: list[int], named: bool) -> int | None:
        return _true_since(starts, [max(joined)] if joined else [], named)

    plant.setattr(Scope, "since", _since(rule))


def circles_in_circles_are_not_followed(plant: Plant) -> None:
    true = Labels.visible

    def visible(self: Labels, connection: Any, scope: Scope, collection: int) -> list[Range]:
        near = {who: since for who, since in scope.subjects.items() if who != SECTOR}
        less = msgspec.structs.replace(scope, subjects=near)
        return true(self, connection, less, collection)

    plant.setattr(Labels, "visible", visible)


def views_are_not_kept(plant: Plant) -> None:
    true = publishing.grade
    plant.setattr(publishing, "grade", lambda *args: true(*args)._replace(views=()))


DELIVERY = [
    *(the_ceiling_is_ignored, members_belong_from_the_beginning, an_engine_forgets_the_audience),
    *(an_engine_forgets_the_date, views_forget_the_audience, one_grant_of_several_counts),
    *(the_last_of_several_ways_in_counts, circles_in_circles_are_not_followed),
    *(views_are_not_kept, parts_stay_in_views),
]


@pytest.mark.parametrize("bug", DELIVERY, ids=lambda bug: bug.__name__)
def test_who_receives_too_much_or_too_little_is_noticed(
    bug: Callable[[Plant], None], pair: Pair, monkeypatch: Plant
) -> None:
    bug(monkeypatch)
    with pytest.raises(Leak):
        delivers(pair)


def _shifted(plant: Plant, by: int) -> None:
    true = Labels.visible

    def visible(*args: Any) -> list[Range]:
        return [Range(key, since and since + by) for key, since in true(*args)]

    plant.setattr(Labels, "visible", visible)


def an_engine_begins_one_instant_late(plant: Plant) -> None:
    _shifted(plant, 1)


def an_engine_begins_one_instant_early(plant: Plant) -> None:
    _shifted(plant, -1)


def who_sees_two_records_of_a_version_gets_both(plant: Plant) -> None:
    plant.setattr(filters, "_effective", lambda *_: filters.Where("1", []))


def a_better_record_is_passed_over(plant: Plant) -> None:
    true = writer.part_of
    plant.setattr(writer, "part_of", lambda whole, form: 5 - true(whole, form))


ENGINE = [
    an_engine_forgets_the_date,
    an_engine_begins_one_instant_late,
    an_engine_begins_one_instant_early,
    versions_are_compared_with_hidden_ones,
    a_publish_meets_what_its_publisher_may_not_know,
    views_and_wholes_share_a_label,
    a_view_is_given_again_when_the_rest_changes,
    who_sees_two_records_of_a_version_gets_both,
    a_better_record_is_passed_over,
]


@pytest.mark.parametrize("bug", ENGINE, ids=lambda bug: bug.__name__)
def test_an_engine_that_differs_from_the_rule_is_noticed(
    bug: Callable[[Plant], None], engine: Engine, tmp_path: Path, monkeypatch: Plant
) -> None:
    bug(monkeypatch)
    property_of = visibility.TestOneRule()
    inner = property_of.test_an_engine_gives_what_the_rule_admits.hypothesis.inner_test

    @settings(**QUICK)
    @given(
        history=visibility.histories(),
        viewers=st.lists(visibility.scopes(), min_size=1, max_size=3),
        queries=st.lists(visibility.QUERIES, min_size=1, max_size=3),
    )
    def check(**case: Any) -> None:
        inner(property_of, engine, tmp_path, **case)

    with pytest.raises(AssertionError):
        check()
