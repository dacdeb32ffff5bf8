"""The tables of search: filled for a store of before, emptied of what is gone, safe to ask."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import Fault, HubError
from hub.model.query import Scope, Window
from hub.model.search import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Between,
    Document,
    Facet,
    Has,
    Node,
    Not,
    Reach,
    Starts,
    Survey,
    Term,
    Within,
    Words,
)
from hub.model.tlp import Tlp
from hub.store import finder as finding_module
from hub.store import index, snapshot
from hub.store.database import migrate
from hub.store.finder import SqliteFinder
from hub.store.finding import FEW, Place, first
from hub.store.labels import Range
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import (
    ACT,
    COORDINATES,
    ONE,
    SEES_ALL,
    publish,
    publisher,
    removal,
    up_to,
)
from tests.conformance.find_worlds import made
from tests.fakes import open_store

EVIL = Words(("evil",))


def evil(number: int, version: int = 0, **changes: Any) -> Any:
    """A malware that is found by the word."""
    how = {"is_family": True, "name": "Evil dropper", "labels": ["c2"]} | changes
    return made("malware", number, version, **how)._replace(tlp=Tlp.GREEN)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with closing(open_store(tmp_path / "hub.sqlite")) as opened:
        yield opened


def found(store: SqliteStore, node: Node, scope: Scope = SEES_ALL) -> list[int]:
    return SqliteFinder(store.database, count_s=60).find(scope, node, 0, 1000).keys


def to_version_3(file: Path) -> None:
    """The store as it was before there was search."""
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript(
            "DROP TRIGGER found_standing; DROP TRIGGER found_gone; DROP TABLE words;"
            "DROP TABLE found; DROP TABLE origin; DROP INDEX record_gone; DROP TABLE saved_search; DROP TABLE draft;"
            "DROP TABLE job; DROP TABLE job_run; DROP TABLE job_memory; DROP TABLE job_dead;"
            "DROP TABLE export_rule; DROP TABLE export_state;"
            "DROP INDEX change_deleted;"
            "PRAGMA user_version = 3;"
        )


class TestMigration:
    def test_fills_what_is_there(self, tmp_path: Path) -> None:
        file = tmp_path / "hub.sqlite"
        with closing(open_store(file)) as store:
            publish(store, *(evil(n) for n in range(700)))
            publish(store, evil(1, 1), evil(2, name="otherwise"))
            store.remove(COORDINATES, removal())
            publish(store, *(evil(n, 5) for n in range(600)), evil(1, 6))
            before = found(store, EVIL), found(store, Has("label", ("c2",)))
            assert len(before[0]) == 600
        to_version_3(file)
        with closing(SqliteStore(file)) as store:
            assert migrate(store.database) is not None
            assert (found(store, EVIL), found(store, Has("label", ("c2",)))) == before
            assert store.faults() == []
            # What is written from now on goes on where the migration ended.
            publish(store, evil(1, 7), evil(2, 5, name="otherwise"))
            assert len(found(store, EVIL)) == 599
            assert store.faults() == []

    def test_says_how_far_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = tmp_path / "hub.sqlite"
        with closing(open_store(file)) as store:
            publish(store, *(evil(n) for n in range(1200)))
        to_version_3(file)
        monkeypatch.setattr(index, "_TOLD", 500)
        with closing(SqliteStore(file)) as store, caplog.at_level("INFO", logger="hub.store"):
            migrate(store.database)
        assert [record.args for record in caplog.records] == [(500,), (1000,)]

    def test_is_all_or_nothing(self, tmp_path: Path) -> None:
        file = tmp_path / "hub.sqlite"
        with closing(open_store(file)) as store:
            publish(store, *(evil(n) for n in range(20)))
        to_version_3(file)
        with closing(SqliteStore(file)) as store:

            def fail(_: object) -> None:
                raise sqlite3.OperationalError("disk I/O error")

            true, store.database.steps[4] = store.database.steps[4], fail
            with pytest.raises(HubError):
                migrate(store.database)
            store.database.steps[4] = true
            migrate(store.database)
            assert len(found(store, EVIL)) == 20


class TestGone:
    def test_words_of_what_was_replaced_or_deleted_are_no_more(self, store: SqliteStore) -> None:
        publish(store, evil(1), evil(2))
        publish(store, evil(1, name="Harmless"))
        store.remove(COORDINATES, removal())
        assert found(store, EVERYTHING) == []
        connection = store.database.connection()
        for word in ("evil", "harmless", '"label:c2"', '"!all"'):
            rows = connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (word,))
            assert rows.fetchall() == []

    def test_words_that_were_not_said_again_would_be_noticed(
        self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hub.store.index.document_of", lambda _: Document())
        with pytest.raises(AssertionError):
            self.test_words_of_what_was_replaced_or_deleted_are_no_more(store)

    def test_words_that_do_not_leave_are_a_fault(
        self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hub.store.index.drop", lambda *_: None)
        publish(store, evil(1))
        store.remove(COORDINATES, removal())
        assert store.faults() == ["words of records that are gone: 1"]

    @pytest.mark.parametrize(
        ("damage", "fault"),
        [
            ("DELETE FROM found", "records that search does not know as they are: 1"),
            ("UPDATE found SET standing = 2", "records that search does not know as they are: 1"),
            ("UPDATE found SET added_us = 7", "records that search knows and that are gone: 1"),
            ("INSERT INTO words (words) VALUES ('delete-all')", "records without words: 1"),
        ],
    )
    def test_damage_is_a_fault_that_can_be_mended(
        self, store: SqliteStore, damage: str, fault: str
    ) -> None:
        publish(store, evil(1))
        assert store.faults() == []
        store.database.connection().execute(damage)
        assert fault in store.faults()
        store.reindex()
        assert store.faults() == []
        assert len(found(store, EVIL)) == 1

    def test_values_that_are_not_found_are_a_fault(self, store: SqliteStore) -> None:
        publish(store, evil(1)._replace(document=evil(1, labels=["other"]).document))
        assert store.faults() == ["newest records that are not found by their values: 1"]
        store.reindex()
        assert store.faults() == []
        assert len(found(store, Has("label", ("c2",)))) == 1

    def test_what_is_made_anew_can_be_replaced(self, store: SqliteStore) -> None:
        """FTS5 refuses to forget words that it was never told."""
        odd = evil(1)._replace(document=Document(words="few"))
        publish(store, odd)
        with pytest.raises(HubError):
            publish(store, evil(1, content="more words than it was told of"))
        store.reindex()
        publish(store, evil(1, content="more words than it was told of"))
        assert store.faults() == []


class TestLimits:
    @pytest.fixture(autouse=True)
    def often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The clock is looked at so often that a small store is enough."""
        monkeypatch.setattr("hub.store.database._OPERATIONS", 100)

    def test_what_cannot_be_counted_in_time_is_not_counted(self, store: SqliteStore) -> None:
        store.close()
        publish(store, *(evil(n) for n in range(100)))
        finder = SqliteFinder(store.database, count_s=-1.0)
        assert finder.count(SEES_ALL, EVERYTHING) is None
        assert finder.facets(SEES_ALL, EVERYTHING, ["label", "type"], 5) == [
            Facet("label", None),
            Facet("type", None),
        ]
        assert finder.histogram(SEES_ALL, EVERYTHING, "added", 10) is None
        late = SqliteFinder(store.database, survey_s=-1.0)
        survey = late.survey(SEES_ALL, EVERYTHING, ["label", "type"], 5, instant="added")
        assert survey == Survey(None, [Facet("label", None), Facet("type", None)], None)
        # The next question has its own time.
        assert SqliteFinder(store.database, count_s=60).count(SEES_ALL, EVERYTHING) == 100

    def test_a_query_that_takes_too_long_is_refused(self, store: SqliteStore) -> None:
        store.close()
        publish(store, *(evil(n) for n in range(100)))
        finder = SqliteFinder(store.database, find_s=-1.0)
        with pytest.raises(HubError) as caught:
            finder.find(SEES_ALL, Between("created", 0, 1), 0, 10)
        assert caught.value.fault is Fault.BAD_QUERY
        assert "Narrow" in caught.value.remedy

    def test_a_value_on_very_many_records_is_counted_so_far(
        self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(finding_module, "_SUMMARY_FROM", 10)
        publish(store, *(evil(n) for n in range(FEW + 30)))
        (summary,) = SqliteFinder(store.database).summaries(SEES_ALL, [Term("label", "c2")])
        keys = found(store, EVERYTHING)
        assert (summary.records, summary.first_us, summary.last_us) == (10, keys[-1], keys[0])

    def test_a_store_that_is_gone_is_said(self, store: SqliteStore) -> None:
        finder = SqliteFinder(store.database)
        publish(store, evil(1))
        assert finder.reach() == Reach("sqlite", 1, 1)
        store.close()
        store.database.path.write_bytes(b"no database" * 5000)
        assert finder.reach().trouble


HOSTILE = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="\"'* ()^:{}+-,%|\0\t\nAa\ud800ANDORT", max_size=12),
    st.sampled_from(["\udcff", '" OR "!all', "NEAR(a b)", "a" * 3000, "{terms} : x", "!all"]),
)
FIELDS = st.sampled_from(["ip", "value", "label", "type", "publisher", "tlp"])
BIG = st.one_of(st.none(), st.integers(-(1 << 80), 1 << 80))
NODES = st.recursive(
    st.one_of(
        st.builds(Has, FIELDS, st.lists(HOSTILE, max_size=3).map(tuple)),
        st.builds(Starts, FIELDS, HOSTILE),
        st.builds(Words, st.lists(HOSTILE, min_size=1, max_size=3).map(tuple), st.booleans()),
        st.builds(Between, st.sampled_from(["added", "created", "tlp"]), BIG, BIG),
        st.builds(Within, st.just(4), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
    ),
)


class TestHostile:
    @settings(max_examples=500, suppress_health_check=list(HealthCheck), deadline=None)
    @given(node=NODES, field=FIELDS, text=HOSTILE)
    def test_no_query_is_an_error_and_none_widens_the_scope(
        self, store: SqliteStore, node: Node, field: str, text: str
    ) -> None:
        if not found(store, EVERYTHING):
            publish(store, evil(1), evil(2)._replace(tlp=Tlp.RED))
        finder = SqliteFinder(store.database, count_s=60)
        assert set(found(store, node, up_to(Tlp.GREEN))) <= set(
            found(store, EVERYTHING, up_to(Tlp.GREEN))
        )
        assert found(store, Has("value", (text,))) == []
        assert finder.count(up_to(Tlp.GREEN), node) in {0, 1}
        assert finder.summaries(SEES_ALL, [Term("value", text)])[0].records == 0
        if field in {"label", "type", "publisher", "tlp"}:
            finder.suggest(SEES_ALL, field, text, 5)

    def test_brackets_and_lists_of_any_size(self, store: SqliteStore) -> None:
        publish(store, evil(1))
        self.nested(store, EVIL)
        self.nested(store, Between("created", 0, None))
        node: Node = Between("created", 0, None)
        for _ in range(98):
            node = Not(node)
        assert len(found(store, node)) == 1
        many = AnyOf(tuple(Has("label", (f"x{n}", "c2")) for n in range(1000)))
        assert len(found(store, many)) == 1

    def nested(self, store: SqliteStore, node: Node) -> None:
        """Three times as deep as the language allows."""
        for turn in range(99):
            node = (Not(Not(node)), AnyOf((node, EVIL)), AllOf((node, EVIL)))[turn % 3]
        assert len(found(store, node)) == 1
        assert found(store, Not(node)) == []


def test_who_sees_very_many_labels_finds_all_of_them(store: SqliteStore) -> None:
    """More than there are tokens in one expression."""
    most = 450
    groups = [("group", f"g{n}") for n in range(most)]
    for number, group in enumerate(groups):
        publish(store, evil(number), audience=[group])
    finder = SqliteFinder(store.database, count_s=60)
    for count in (0, 1, 199, 200, 201, most):
        scope = publisher("cert", subjects=dict.fromkeys(groups[:count], 0))
        assert len(found(store, EVIL, scope)) == count
        assert finder.count(scope, EVERYTHING) == count
        (summary,) = finder.summaries(scope, [Term("label", "c2")])
        assert summary.records == count
        assert len(finder.suggest(scope, "label", "", 5)) == min(count, 1)


def test_pages_are_read_in_order(store: SqliteStore) -> None:
    """No sort and no scan: FTS5 gives the newest first, each is looked up once."""
    publish(store, *(evil(n) for n in range(100)))
    nodes = (EVERYTHING, EVIL, AllOf((EVIL, Between("created", 0, None))))
    for node, rising in product(nodes, (False, True)):
        wanted = first([Range(1, 0), Range(2, 5)], node, Place(9, rising), 10, few=False)
        rows = store.database.connection().execute(f"EXPLAIN QUERY PLAN {wanted.sql}", wanted.args)
        plan = [detail for *_, detail in rows]
        assert not any("TEMP B-TREE" in step for step in plan), plan
        assert any("SCAN w VIRTUAL TABLE INDEX" in step for step in plan), plan
        assert "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)" in plan
        assert not any(step.startswith(("SCAN f", "SCAN r")) for step in plan), plan


def test_a_restored_store_is_another_one(store: SqliteStore, tmp_path: Path) -> None:
    publish(store, evil(1))
    identity = store.identity()
    copied = tmp_path / "copy.sqlite"
    snapshot.copy(store.database, copied)
    assert snapshot.verify(copied).counts["record"] == 1
    snapshot.go_on(copied, 1, ACT)
    with closing(SqliteStore(copied)) as other:
        assert other.identity() not in {identity, ""}
        assert len(found(other, EVIL)) == 1
    with closing(open_store(tmp_path / "new.sqlite")) as other:
        assert other.identity() != identity
        other.refill(store.replay(0, 10))
        assert found(other, EVIL) == found(store, EVIL)
        assert other.faults() == []
    assert store.identity() == identity


def test_windows_are_what_the_scope_sees(store: SqliteStore) -> None:
    publish(store, evil(1), evil(2)._replace(tlp=Tlp.RED))
    assert store.windows(up_to(Tlp.GREEN, 5)) == [(1, 5)]
    scope = Scope("a", "b", {ONE.key: (Window(Tlp.RED, 0),)})
    assert store.windows(scope) == [(1, 0), (2, 0)]


def test_of_many_versions_one_is_read_whole(store: SqliteStore) -> None:
    publish(store, *(evil(1, number) for number in range(5)))
    name = evil(1).object_id
    newest = store.held(SEES_ALL, name)
    assert [bool(piece.raw) for piece in newest] == [True, *[False] * 4]
    asked = store.held(SEES_ALL, name, newest[3].version)
    assert [piece._replace(raw=b"") for piece in newest] == [p._replace(raw=b"") for p in asked]
    assert [piece.version.encode() in piece.raw for piece in asked] == [*[False] * 3, True, False]
    assert not any(piece.raw for piece in store.held(SEES_ALL, name, "none"))
