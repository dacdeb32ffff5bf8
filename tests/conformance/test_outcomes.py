"""What becomes of each object of a publish."""

import msgspec
import pytest

from hub.model.record import Outcome, Refusal
from tests.conformance.builders import (
    EVERY,
    LAST,
    ONE,
    SEES_ALL,
    TWO,
    candidate,
    changes,
    entries,
    kinds,
    outcomes,
    publish,
    raws,
    removal,
    select,
)

NEW, VERSION, REPLACED = Outcome.NEW, Outcome.VERSION, Outcome.REPLACED
UNCHANGED, CONFLICT, REFUSED = Outcome.UNCHANGED, Outcome.CONFLICT, Outcome.REFUSED
REFUSAL = Refusal("indicator--1", "2026-01-01T00:00:00Z", "objects[0]: no created")


class TestOutcomes:
    def test_first_version_is_new(self, store):
        assert outcomes(publish(store, candidate())) == [NEW]

    def test_newer_version_is_a_version(self, store):
        publish(store, candidate())
        assert outcomes(publish(store, candidate(version=1))) == [VERSION]

    def test_older_version_that_comes_late_is_a_version_and_not_the_last(self, store):
        newer, older = candidate(version=1), candidate(version=0)
        publish(store, newer)
        assert outcomes(publish(store, older)) == [VERSION]
        assert raws(store, LAST) == [newer.raw]
        assert raws(store) == [newer.raw, older.raw]

    def test_the_same_again_is_unchanged(self, store):
        publish(store, candidate())
        before = store.objects(SEES_ALL, EVERY, 0, 10)
        status = publish(store, candidate())
        assert outcomes(status) == [UNCHANGED]
        assert "already" in status.verdicts[0].message
        assert store.objects(SEES_ALL, EVERY, 0, 10) == before
        assert kinds(store) == ["add"]

    def test_equal_content_with_other_white_space_is_unchanged_and_the_first_bytes_stay(
        self, store
    ):
        first = candidate()
        again = first._replace(raw=first.raw.replace(b": ", b":  "))
        publish(store, first)
        assert outcomes(publish(store, again)) == [UNCHANGED]
        assert raws(store) == [first.raw]

    def test_equal_version_with_other_content_is_replaced_under_a_new_date(self, store):
        first, second = candidate(content="a"), candidate(content="b")
        publish(store, first)
        old = entries(store)[0].added_us
        assert outcomes(publish(store, second)) == [REPLACED]
        page = store.objects(SEES_ALL, EVERY, old, 10)
        assert page.raws == [second.raw], "who has read the first one receives the second"
        assert raws(store) == [second.raw]
        assert kinds(store) == ["add", "replace"]

    def test_content_may_be_replaced_by_what_it_was_before(self, store):
        for content in "aba":
            publish(store, candidate(content=content))
        assert raws(store) == [candidate(content="a").raw]
        assert kinds(store) == ["add", "replace", "replace"]

    def test_replacing_an_older_version_leaves_the_last_one(self, store):
        publish(store, candidate(), candidate(version=1))
        assert outcomes(publish(store, candidate(content="b"))) == [REPLACED]
        assert raws(store, LAST) == [candidate(version=1).raw]

    def test_other_content_from_another_organisation_is_a_conflict(self, store):
        publish(store, candidate(content="a"))
        status = publish(store, candidate(content="b"), org="grid")
        assert outcomes(status) == [CONFLICT]
        assert "another organisation" in status.verdicts[0].message
        assert raws(store) == [candidate(content="a").raw]
        assert kinds(store) == ["add"]

    def test_same_content_from_another_organisation_is_unchanged(self, store):
        publish(store, candidate())
        assert outcomes(publish(store, candidate(), org="grid")) == [UNCHANGED]

    def test_another_organisation_may_add_a_version(self, store):
        publish(store, candidate())
        assert outcomes(publish(store, candidate(version=1), org="grid")) == [VERSION]
        assert outcomes(publish(store, candidate(version=1, content="b"))) == [CONFLICT]

    def test_instants_that_differ_in_text_only_are_one_version(self, store):
        first = candidate(content="a")
        other_text = candidate(content="b", version=0)._replace(version="2023-11-14T22:13:20Z")
        publish(store, first)
        assert outcomes(publish(store, other_text)) == [REPLACED]
        assert [entry.version for entry in entries(store)] == ["2023-11-14T22:13:20Z"]

    def test_same_id_and_version_under_another_stix_version_replaces(self, store):
        publish(store, candidate(stix="2.0"))
        assert outcomes(publish(store, candidate(stix="2.1"))) == [REPLACED]
        assert [entry.stix for entry in entries(store)] == ["2.1"]

    def test_a_refusal_is_reported_and_does_not_cost_the_others(self, store):
        status = publish(store, REFUSAL, candidate())
        assert outcomes(status) == [REFUSED, NEW]
        verdict = status.verdicts[0]
        assert (verdict.id, verdict.version) == (REFUSAL.object_id, REFUSAL.version)
        assert verdict.message == REFUSAL.reason
        assert raws(store) == [candidate().raw]

    def test_a_publish_of_refusals_only_has_a_status_and_changes_nothing(self, store):
        status = publish(store, REFUSAL)
        assert store.status(SEES_ALL, ONE.root, status.id) == status
        assert changes(store) == []

    def test_warnings_are_told(self, store):
        status = publish(store, candidate(warnings=("no name", "unknown type")))
        assert status.verdicts[0].message == "warning: no name; unknown type"

    def test_without_warnings_nothing_is_said(self, store):
        assert publish(store, candidate()).verdicts[0].message == ""

    def test_verdicts_keep_the_order_of_the_request(self, store):
        items = [candidate(n) for n in (5, 3, 9, 1)]
        status = publish(store, *items)
        assert [v.id for v in status.verdicts] == [item.object_id for item in items]
        assert raws(store) == [item.raw for item in items]

    def test_collections_do_not_know_each_other(self, store):
        publish(store, candidate(content="a"))
        assert outcomes(publish(store, candidate(content="b"), to=TWO)) == [NEW]
        assert raws(store) == [candidate(content="a").raw]
        assert raws(store, select(collection=TWO.key)) == [candidate(content="b").raw]

    def test_added_again_after_its_deletion_it_is_new(self, store):
        publish(store, candidate())
        store.remove(SEES_ALL, removal())
        assert outcomes(publish(store, candidate())) == [NEW]
        assert raws(store, LAST) == [candidate().raw]
        assert kinds(store) == ["add", "delete", "add"]

    def test_a_deleted_version_does_not_make_a_conflict(self, store):
        publish(store, candidate(content="a"))
        store.remove(SEES_ALL, removal())
        assert outcomes(publish(store, candidate(content="b"), org="grid")) == [NEW]

    def test_more_objects_than_one_look_up_takes(self, store):
        items = [candidate(n) for n in range(1, 1203)]
        assert set(outcomes(publish(store, *items))) == {NEW}
        assert set(outcomes(publish(store, *reversed(items)))) == {UNCHANGED}
        assert len(raws(store)) == 1202


IN_ONE_BATCH = {
    "twice the same": ("aa", [NEW, UNCHANGED], "a", ["add"]),
    "other content": ("ab", [NEW, REPLACED], "b", ["add", "replace"]),
    "other content twice": ("abc", [NEW, REPLACED, REPLACED], "c", ["add", "replace", "replace"]),
    "there and back": ("aba", [NEW, REPLACED, REPLACED], "a", ["add", "replace", "replace"]),
    "changed, then the same": ("abb", [NEW, REPLACED, UNCHANGED], "b", ["add", "replace"]),
}


class TestOneBatch:
    @pytest.mark.parametrize(
        ("contents", "expected", "left", "logged"), IN_ONE_BATCH.values(), ids=IN_ONE_BATCH
    )
    def test_one_version_several_times(self, store, contents, expected, left, logged):
        status = publish(store, *(candidate(content=content) for content in contents))
        assert outcomes(status) == expected
        assert raws(store) == raws(store, LAST) == [candidate(content=left).raw]
        assert kinds(store) == logged
        assert store.faults() == []

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
    def test_several_versions_in_any_order(self, store, order):
        status = publish(store, *(candidate(version=version) for version in order))
        assert outcomes(status) == [NEW, VERSION, VERSION]
        assert raws(store, LAST) == [candidate(version=2).raw]
        assert raws(store) == [candidate(version=version).raw for version in order]

    def test_replaces_what_was_stored_and_then_itself(self, store):
        publish(store, candidate(content="a"), candidate(version=1))
        publish(store, candidate(content="b"), candidate(content="c"), candidate(version=2))
        assert raws(store) == [
            candidate(version=1).raw,
            candidate(content="c").raw,
            candidate(version=2).raw,
        ]
        assert raws(store, LAST) == [candidate(version=2).raw]
        assert store.faults() == []

    def test_a_conflict_beside_a_version_of_the_same_object(self, store):
        publish(store, candidate(content="a"))
        status = publish(store, candidate(content="b"), candidate(version=1), org="grid")
        assert outcomes(status) == [CONFLICT, VERSION]
        assert raws(store, LAST) == [candidate(version=1).raw]


class TestStatus:
    def test_comes_back_as_it_was_given(self, store, clock):
        status = publish(
            store, candidate(warnings=("tiếng Việt: không có tên",)), REFUSAL, candidate()
        )
        found = store.status(SEES_ALL, ONE.root, status.id)
        assert found == status
        assert found.requested_us == clock.now
        assert (found.org, found.root) == ("ministry", ONE.root)

    def test_unknown_id(self, store):
        assert store.status(SEES_ALL, ONE.root, "no such id") is None

    def test_of_another_api_root(self, store):
        status = publish(store, candidate())
        assert store.status(SEES_ALL, "another", status.id) is None

    def test_belongs_to_the_organisation_that_published(self, store):
        status = publish(store, candidate(), org="grid")
        assert store.status(SEES_ALL, ONE.root, status.id) is None
        theirs = msgspec.structs.replace(SEES_ALL, org="grid")
        assert store.status(theirs, ONE.root, status.id) == status

    def test_purge_drops_the_older_ones_only(self, store, clock):
        old = publish(store, candidate(1))
        clock.advance(10)
        young = publish(store, candidate(2))
        assert store.purge(clock.now) == 1
        assert store.status(SEES_ALL, ONE.root, old.id) is None
        assert store.status(SEES_ALL, ONE.root, young.id) == young

    def test_purge_touches_no_records(self, store, clock):
        publish(store, candidate())
        store.purge(clock.now + 1)
        assert raws(store) == [candidate().raw]
        assert store.faults() == []

    def test_purge_of_nothing(self, store):
        assert store.purge(1) == 0
