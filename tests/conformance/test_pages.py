"""Pages: full, in order, without gaps, and the same as one long list."""

from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.query import ObjectPage, TermMatch
from tests.conformance.builders import (
    EVERY,
    LAST,
    SEES_ALL,
    candidate,
    entries,
    object_id,
    publish,
    raws,
    select,
    walk,
)

KINDS = ("indicator", "malware", "tool")


@pytest.fixture
def twelve(store):
    """Twelve objects, of three types in turn, every second one named x."""
    publish(
        store,
        *(candidate(n, type=KINDS[n % 3], fields=[("name", "xy"[n % 2])]) for n in range(12)),
    )
    return store


class TestPages:
    @pytest.mark.parametrize(
        ("limit", "length", "more"),
        [(1, 1, True), (11, 11, True), (12, 12, False), (13, 12, False)],
        ids=["one", "one too few", "exact", "one too many"],
    )
    def test_says_whether_there_is_more(self, twelve, limit, length, more):
        objects = twelve.objects(SEES_ALL, LAST, 0, limit)
        shown = twelve.entries(SEES_ALL, LAST, 0, limit)
        assert (len(objects.raws), objects.more) == (length, more)
        assert (len(shown.entries), shown.more) == (length, more)

    def test_nothing(self, store):
        assert store.objects(SEES_ALL, LAST, 0, 10) == ObjectPage([], 0, 0, more=False)
        assert store.entries(SEES_ALL, LAST, 0, 10).entries == []

    def test_names_its_first_and_last_date(self, twelve):
        dates = [entry.added_us for entry in entries(twelve)]
        page = twelve.objects(SEES_ALL, LAST, dates[2], 5)
        assert (page.first_us, page.last_us) == (dates[3], dates[7])

    def test_added_after_is_exclusive(self, twelve):
        dates = [entry.added_us for entry in entries(twelve)]
        after = twelve.entries(SEES_ALL, LAST, dates[4], 100).entries
        assert [entry.added_us for entry in after] == dates[5:]
        just_before = twelve.entries(SEES_ALL, LAST, dates[4] - 1, 100).entries
        assert [entry.added_us for entry in just_before] == dates[4:]

    def test_after_the_newest_there_is_nothing(self, twelve):
        newest = entries(twelve)[-1].added_us
        assert twelve.objects(SEES_ALL, LAST, newest, 1) == ObjectPage([], 0, 0, more=False)

    def test_a_date_before_the_epoch_shows_all(self, twelve):
        assert len(twelve.entries(SEES_ALL, LAST, -1, 100).entries) == 12

    def test_objects_and_entries_are_the_same_page(self, twelve):
        objects = twelve.objects(SEES_ALL, LAST, 0, 7)
        shown = twelve.entries(SEES_ALL, LAST, 0, 7).entries
        assert [candidate(n, type=KINDS[n % 3]).raw for n in range(7)] == objects.raws
        assert [entry.object_id for entry in shown] == [
            object_id(n, KINDS[n % 3]) for n in range(7)
        ]
        assert (objects.first_us, objects.last_us) == (shown[0].added_us, shown[-1].added_us)

    def test_entries_show_the_version_as_it_was_written(self, store):
        publish(store, candidate()._replace(version="2023-11-14T22:13:20Z"))
        assert [entry.version for entry in entries(store)] == ["2023-11-14T22:13:20Z"]

    def test_filters_never_shorten_a_page(self, store):
        publish(store, *(candidate(n, fields=[("name", str(n % 10))]) for n in range(200)))
        query = select(LAST, terms=(TermMatch("name", ("7",)),))
        page = store.entries(SEES_ALL, query, 0, 15)
        assert (len(page.entries), page.more) == (15, True)
        rest = store.entries(SEES_ALL, query, page.entries[-1].added_us, 15)
        assert (len(rest.entries), rest.more) == (5, False)


class TestHugeObjects:
    """Pages of objects may end early for their sake, and nothing else changes."""

    @pytest.mark.parametrize("count", [100, 101, 130])
    def test_come_all_and_once(self, store, count):
        raw = b"x" * 400_000
        publish(store, *(candidate(n)._replace(raw=raw + b"%d" % n) for n in range(count)))
        found, after, more = [], 0, True
        while more:
            page = store.objects(SEES_ALL, LAST, after, 1000)
            assert page.raws
            found += page.raws
            after, more = page.last_us, page.more
        assert [item[len(raw) :] for item in found] == [b"%d" % n for n in range(count)]


class TestTypes:
    def test_one(self, twelve):
        query = select(LAST, types=("malware",))
        assert [e.object_id for e in entries(twelve, query)] == [
            object_id(n, "malware") for n in (1, 4, 7, 10)
        ]

    def test_several_come_in_the_order_of_their_dates(self, twelve):
        found = entries(twelve, select(LAST, types=("tool", "indicator")))
        assert [e.object_id for e in found] == [
            object_id(n, KINDS[n % 3]) for n in range(12) if n % 3 != 1
        ]

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 9])
    def test_several_in_pages(self, twelve, limit):
        query = select(LAST, types=("tool", "indicator"))
        assert walk(twelve, query, repeat(limit)) == entries(twelve, query)

    def test_unknown_ones_select_nothing(self, twelve):
        assert entries(twelve, select(LAST, types=("campaign", "report"))) == []
        query = select(LAST, types=("campaign", "tool"))
        assert len(entries(twelve, query)) == 4

    def test_a_type_that_is_named_twice_counts_once(self, twelve):
        query = select(LAST, types=("tool", "tool"))
        assert walk(twelve, query, repeat(2)) == entries(twelve, select(LAST, types=("tool",)))

    def test_together_with_other_filters(self, twelve):
        query = select(
            LAST, types=("tool", "indicator"), terms=(TermMatch("name", ("x",)),), stix=("2.1",)
        )
        assert walk(twelve, query, repeat(1)) == entries(twelve, query)
        assert [e.object_id for e in entries(twelve, query)] == [
            object_id(n, KINDS[n % 3]) for n in (0, 2, 6, 8)
        ]


class TestIds:
    def test_several_come_in_the_order_of_their_dates(self, store):
        publish(store, *(candidate(n) for n in (4, 2, 9, 1)))
        query = select(LAST, ids=tuple(object_id(n) for n in (1, 2, 4)))
        assert raws(store, query) == [candidate(n).raw for n in (4, 2, 1)]

    def test_in_pages(self, store):
        publish(store, *(candidate(n, version) for n in range(5) for version in range(4)))
        query = select(EVERY, ids=(object_id(3), object_id(1)))
        assert len(entries(store, query)) == 8
        assert walk(store, query, repeat(3)) == entries(store, query)

    def test_unknown_ones_select_nothing(self, twelve):
        assert entries(twelve, select(LAST, ids=("malware--none", "%", ""))) == []

    def test_with_a_type_both_must_hold(self, twelve):
        query = select(LAST, ids=(object_id(1, "malware"), object_id(2, "tool")))
        assert len(entries(twelve, select(query, types=("tool",)))) == 1
        assert len(entries(twelve, select(query, types=("tool", "malware")))) == 2
        assert entries(twelve, select(query, types=("report",))) == []


QUERIES = [
    LAST,
    EVERY,
    select(LAST, edges=("first",)),
    select(LAST, edges=("first", "last")),
    select(LAST, types=("indicator",)),
    select(EVERY, types=("indicator", "tool")),
    select(LAST, types=KINDS, stix=("2.1",)),
    select(EVERY, ids=tuple(object_id(n) for n in range(6))),
    select(LAST, terms=(TermMatch("name", ("x",)),)),
]


class TestWalk:
    @pytest.fixture
    def many(self, store):
        for version in range(3):
            for start in (0, 30):
                publish(
                    store,
                    *(
                        candidate(
                            n,
                            (n + version) % 3,
                            type=KINDS[n % 5 % 3],
                            stix=("2.1", "2.0")[n % 7 == version],
                            fields=[("name", "xy"[n % 2])],
                        )
                        for n in range(start, start + 30)
                    ),
                )
        return store

    @given(data=st.data(), query=st.sampled_from(QUERIES))
    def test_in_pages_of_any_sizes_gives_the_full_list(self, many, data, query):
        sizes = iter(lambda: data.draw(st.integers(1, 40)), None)
        assert walk(many, query, sizes) == entries(many, query)

    def test_receives_what_is_published_while_it_runs(self, store):
        def publishing():
            for n in range(20):
                publish(store, candidate(n, content=n), candidate(100 + n))
                yield 1
            yield from repeat(7)

        assert [e.object_id for e in walk(store, LAST, publishing())] == [
            object_id(number) for n in range(20) for number in (n, 100 + n)
        ]
