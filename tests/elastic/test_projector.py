"""The projector against a real node: what it writes, and what it does when it is not let."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from hub.errors import Fault, HubError
from hub.model.search import EVERYTHING, Has, Words
from hub.store.elastic import mapping
from hub.store.elastic.care import drop, held, rebuild
from hub.store.elastic.client import Place
from hub.store.elastic.finder import ElasticFinder
from hub.store.elastic.indices import Behind, Indices, Overfull, Refused
from hub.store.elastic.mapping import Names, writing
from hub.store.elastic.projector import Projector
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import COORDINATES, SEES_ALL, publish, removal
from tests.conformance.find_worlds import made
from tests.elastic.copies import Copy, copy_of, indices_of
from tests.elastic.front import front_of
from tests.fakes import open_store

FULL = b'{"error":{"type":"circuit_breaking_exception","reason":"[parent] Data too large"},"status":429}'
LARGE = b'{"error":"too large","status":413}'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_store(tmp_path / "hub.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def copy(store: SqliteStore, elastic_url: str, elastic_prefix: str) -> Iterator[Copy]:
    with copy_of(store, elastic_url, elastic_prefix) as made_copy:
        yield made_copy


def fill(store: SqliteStore, start: int, stop: int, **members: object) -> None:
    items = [
        made("malware", n, 0, name=f"Emotet {n}", is_family=True, **members)
        for n in range(start, stop)
    ]
    publish(store, *items)


def keys(copy: Copy) -> list[int]:
    return copy.finder.find(SEES_ALL, EVERYTHING, 0, 100_000).keys


def in_record(store: SqliteStore) -> list[int]:
    return sorted((item.sheet.added_us for item in store.touched(0, 1 << 40).shown), reverse=True)


def settled_soon(store: SqliteStore, copy: Copy, stop: threading.Event) -> None:
    """Waits for a projector in a thread to catch up, and ends it."""
    end = time.monotonic() + 60
    newest = store.touched(1 << 62, 1).state
    while (reach := copy.finder.reach()).ordinal < newest or reach.trouble:
        assert time.monotonic() < end, reach
        time.sleep(0.1)
    stop.set()


class TestFollowing:
    def test_what_is_published_replaced_and_removed_is_found_so(
        self, store: SqliteStore, copy: Copy
    ) -> None:
        fill(store, 0, 5)
        copy.settle()
        assert keys(copy) == in_record(store)
        fill(store, 3, 8, description="again")
        copy.settle()
        assert len(keys(copy)) == 8
        assert copy.finder.count(SEES_ALL, Words(("again",))) == 5
        store.remove(COORDINATES, removal())
        copy.settle()
        assert keys(copy) == in_record(store) == []

    def test_before_the_first_index_search_says_so(self, store: SqliteStore, copy: Copy) -> None:
        fill(store, 0, 1)
        with pytest.raises(HubError, match="not built yet") as caught:
            keys(copy)
        assert caught.value.fault is Fault.SEARCH_DOWN
        assert "not built yet" in copy.finder.reach().trouble

    def test_an_empty_store_has_an_empty_copy(self, copy: Copy) -> None:
        copy.settle()
        assert keys(copy) == []
        assert copy.finder.reach().trouble == ""

    def test_how_far_it_has_come(self, store: SqliteStore, copy: Copy) -> None:
        fill(store, 0, 3)
        copy.settle()
        fill(store, 3, 5)
        reach = copy.finder.reach()
        assert (reach.ordinal, reach.newest, reach.trouble) == (3, 5, "")

    def test_one_that_slept_spoils_nothing(
        self, store: SqliteStore, copy: Copy, elastic_url: str, elastic_prefix: str
    ) -> None:
        fill(store, 0, 3)
        copy.settle()
        slow = Projector(store, indices_of(store, elastic_url, elastic_prefix))
        slow.round()  # it remembers the horizon
        fill(store, 0, 3, description="second")
        old = slow._ahead._read(3)  # and reads, and sleeps
        fill(store, 0, 3, description="third")
        copy.settle()
        index = copy.indices.names.alias
        (name,) = [name for name, at in copy.indices.known().items() if at]
        with pytest.raises(Behind):
            slow._indices.write(name, old.lines)
        slow._indices.refresh(name)
        assert copy.finder.count(SEES_ALL, Words(("third",))) == 3, index
        assert keys(copy) == in_record(store)
        with pytest.raises(Behind):
            slow._indices.move(name, slow._marks[name], 6)

    def test_two_that_begin_at_once_go_on_with_one_index(
        self, store: SqliteStore, copy: Copy, elastic_url: str, elastic_prefix: str
    ) -> None:
        fill(store, 0, 3)
        other = indices_of(store, elastic_url, elastic_prefix)
        first, second = copy.indices.make(), other.make()
        copy.settle()
        assert copy.indices.known() == {min(first, second): True}

    def test_a_late_write_makes_no_index(
        self, store: SqliteStore, copy: Copy, elastic_client: Elasticsearch
    ) -> None:
        fill(store, 0, 2)
        lines = copy.projector._ahead._read(0).lines
        index = copy.indices.make()
        copy.indices.drop(index)
        with pytest.raises(Refused, match="index"):
            copy.indices.write(index, lines)
        assert not elastic_client.indices.exists(index=writing(index))
        assert copy.indices.known() == {}


class TestRebuilding:
    def test_beside_the_old_one_with_one_swap(self, store: SqliteStore, copy: Copy) -> None:
        fill(store, 0, 20)
        copy.settle()
        (old,) = copy.indices.known()
        stop, misses = threading.Event(), []

        def search() -> None:
            while not stop.is_set():
                try:
                    if len(keys(copy)) != 20:
                        misses.append("not all")
                except HubError as error:
                    misses.append(error.reason)

        thread = threading.Thread(target=search)
        thread.start()
        steps = []
        new = rebuild(store, copy.indices, steps.append)
        stop.set()
        thread.join()
        assert new != old
        assert copy.indices.known() == {new: True}
        assert steps[-1].ordinal == 20
        assert misses == []

    def test_one_that_was_broken_off_is_finished(self, store: SqliteStore, copy: Copy) -> None:
        fill(store, 0, 5)
        copy.settle()
        begun = copy.indices.make()
        assert rebuild(store, copy.indices, lambda _: None) == begun

    def test_a_wiped_index_is_made_again(self, store: SqliteStore, copy: Copy) -> None:
        fill(store, 0, 5)
        copy.settle()
        copy.indices.drop(next(iter(copy.indices.known())))
        with pytest.raises(HubError, match="not built yet"):
            keys(copy)
        copy.settle()
        assert keys(copy) == in_record(store)

    def test_a_new_mapping_is_built_beside_and_the_old_one_goes(
        self,
        store: SqliteStore,
        copy: Copy,
        elastic_url: str,
        elastic_prefix: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        fill(store, 0, 5)
        copy.settle()
        (old,) = copy.indices.known()
        names = Names(elastic_prefix, store.identity(), mapping.VERSION + 1)
        newer = Indices(copy.indices.client, names, copy.indices._shape)
        monkeypatch.setattr("hub.store.elastic.projector.VERSION", mapping.VERSION + 1)
        projector = Projector(store, newer, changes=2)
        while (step := projector.round()[0]).ordinal < step.newest:
            assert len(keys(copy)) == 5, "the older program goes on searching"
        (new,) = newer.known()
        assert new != old
        monkeypatch.undo()
        copy.projector.forget()
        with pytest.raises(Refused, match="newer version"):
            copy.projector.round()
        newer.drop(new)

    def test_the_copy_of_another_store_is_neither_searched_nor_deleted(
        self, store: SqliteStore, copy: Copy, tmp_path: Path, elastic_url: str, elastic_prefix: str
    ) -> None:
        fill(store, 0, 5)
        copy.settle()
        other = open_store(tmp_path / "restored.sqlite")
        fill(other, 50, 52)
        with copy_of(other, elastic_url, elastic_prefix) as restored:
            with pytest.raises(HubError, match="not built yet"):
                keys(restored)
            restored.settle()
            assert len(keys(restored)) == 2
            assert len(keys(copy)) == 5
            uses = sorted(item.use for item in held(other, restored.indices))
            assert uses == ["of another store", "searched"]
            mine = next(
                item.name for item in held(other, restored.indices) if item.use == "searched"
            )
            theirs = next(item.name for item in held(other, restored.indices) if item.name != mine)
            with pytest.raises(HubError, match="is searched"):
                drop(restored.indices, mine)
            with pytest.raises(HubError, match="no index"):
                drop(restored.indices, "hub-none")
            drop(restored.indices, theirs)
        with pytest.raises(HubError, match="not built yet"):
            keys(copy)
        other.close()


class TestPressure:
    def follow(
        self, store: SqliteStore, url: str, prefix: str
    ) -> tuple[threading.Event, threading.Thread]:
        stop = threading.Event()
        projector = Projector(store, indices_of(store, url, prefix))
        thread = threading.Thread(target=projector.run, args=(stop,))
        thread.start()
        return stop, thread

    def test_a_read_only_index_is_waited_for(
        self,
        store: SqliteStore,
        copy: Copy,
        elastic_url: str,
        elastic_prefix: str,
        elastic_client: Elasticsearch,
    ) -> None:
        fill(store, 0, 5)
        copy.settle()
        (name,) = copy.indices.known()
        block = "index.blocks.read_only_allow_delete"
        elastic_client.indices.put_settings(index=name, settings={block: True})
        fill(store, 5, 9)
        copy.projector.forget()
        with pytest.raises(Overfull):
            copy.projector.round()
        stop, thread = self.follow(store, elastic_url, elastic_prefix)
        time.sleep(1)
        assert len(keys(copy)) == 5, "what is there is searched on"
        assert copy.finder.reach().ordinal == 5
        elastic_client.indices.put_settings(index=name, settings={block: None})
        settled_soon(store, copy, stop)
        thread.join()
        assert keys(copy) == in_record(store)

    def test_a_real_breaker_makes_requests_smaller(
        self, store: SqliteStore, copy: Copy, elastic_client: Elasticsearch
    ) -> None:
        fill(store, 0, 300)
        limit = "network.breaker.inflight_requests.limit"
        elastic_client.cluster.put_settings(persistent={limit: "20kb"})
        try:
            copy.settle()
        finally:
            elastic_client.cluster.put_settings(persistent={limit: None})
        assert keys(copy) == in_record(store)

    @pytest.mark.parametrize(("status", "body"), [(429, FULL), (413, LARGE)])
    def test_too_much_at_once_is_halved(
        self, store: SqliteStore, status: int, body: bytes, elastic_url: str, elastic_prefix: str
    ) -> None:
        fill(store, 0, 100)
        with front_of(elastic_url) as front:
            front.meddler = lambda _, path, sent: (
                (status, body) if "_bulk" in path and len(sent) > 8000 else None
            )
            with copy_of(store, front.url, elastic_prefix) as copy:
                copy.settle()
                assert keys(copy) == in_record(store)
            sizes = [size for _, path, size in front.seen if "_bulk" in path]
            assert max(sizes) > 8000 >= min(sizes)

    def test_one_record_that_finds_no_room_is_waited_for(
        self, store: SqliteStore, elastic_url: str, elastic_prefix: str
    ) -> None:
        fill(store, 0, 10)
        with front_of(elastic_url) as front:
            front.meddler = lambda _, path, __: (429, FULL) if "_bulk" in path else None
            with copy_of(store, front.url, elastic_prefix) as copy:
                stop, thread = self.follow(store, front.url, elastic_prefix)
                time.sleep(1)
                front.meddler = lambda *_: None
                settled_soon(store, copy, stop)
                thread.join()
                assert keys(copy) == in_record(store)

    def test_a_refresh_that_a_copy_did_not_do_moves_nothing(
        self, store: SqliteStore, copy: Copy, elastic_url: str, elastic_prefix: str
    ) -> None:
        fill(store, 0, 2)
        copy.settle()
        fill(store, 2, 4)
        answer = b'{"_shards":{"total":2,"successful":1,"failed":1}}'
        with front_of(elastic_url) as front:
            front.meddler = lambda _, path, __: (200, answer) if "_refresh" in path else None
            with pytest.raises(Refused, match="1 of 2"):
                Projector(store, indices_of(store, front.url, elastic_prefix)).round()
        assert copy.finder.reach().ordinal == 2

    def test_a_record_that_is_refused_stops_the_copy_and_is_named(
        self, store: SqliteStore, copy: Copy
    ) -> None:
        fill(store, 0, 2)
        copy.settle()
        (name,) = copy.indices.known()
        with pytest.raises(Refused, match=r"record 7: .*strict"):
            copy.indices.write(name, [(b'{"index":{"_id":"7"}}', b'{"unknown":1}')])


def test_the_finder_looks_only_at_its_own_store(
    store: SqliteStore, copy: Copy, elastic_url: str, elastic_prefix: str
) -> None:
    fill(store, 0, 3)
    copy.settle()
    finder = ElasticFinder(store, Place((elastic_url,)), elastic_prefix)
    assert len(finder.find(SEES_ALL, Has("type", ("malware",)), 0, 10).keys) == 3
    finder.close()


def test_words_stand_in_one_text_in_their_order(store: SqliteStore, copy: Copy) -> None:
    text = {"description": "gamma delta epsilon", "aliases": ["zeta", "eta"]}
    publish(store, made("malware", 1, 0, name="alpha beta", is_family=True, **text))
    copy.settle()
    cases = {
        Words(("alpha", "beta"), name=True): 1,
        Words(("gamma", "delta")): 1,
        Words(("gamma", "delta", "ep"), begins=True): 1,
        Words(("gamma", "delta", "epsilo"), begins=True): 1,
        Words(("gamma",), name=True): 0,
        Words(("delta", "gamma")): 0,
        Words(("gamma", "epsilon")): 0,
        Words(("gamma", "eps"), begins=True): 0,
        Words(("zeta", "eta"), name=True): 0,
        Words(("zeta", "e"), begins=True): 0,
        Words(("zeta", "|")): 0,
    }
    assert {node: copy.finder.count(SEES_ALL, node) for node in cases} == cases
