"""The page sequences of widely used consumers and producers, re-implemented, while others publish.

None of them may lose an object, none may receive an error, and none may receive a page again and
again.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from taxii2client.v21 import Collection

from tests import fakes
from tests.e2e.serving import MEDIA_TYPE, Room, Server
from tests.http import sample

LAST = "X-TAXII-Date-Added-Last"
START = "1970-01-01T00:00:00.000Z"
ENVELOPES, EACH = 25, 7


@contextmanager
def session(account: str = "publisher", **headers: str) -> Iterator[requests.Session]:
    """A connection that is kept open, as the products keep theirs."""
    with requests.Session() as opened:
        opened.headers.update({"Accept": MEDIA_TYPE} | fakes.bearer(account) | headers)
        yield opened


def version(item: dict[str, Any]) -> tuple[str, str]:
    return item["id"], item["modified"]


class Writer(threading.Thread):
    """Publishes new objects and new versions in small envelopes, without a pause."""

    def __init__(self, room: Room, account: str, first: int) -> None:
        super().__init__()
        self._room = room
        self._account = account
        self._first = first
        self.published: list[tuple[str, str]] = []

    def run(self) -> None:
        for number in range(ENVELOPES):
            start = self._first + number * EACH
            objects = [fakes.indicator(start + n) for n in range(EACH - 1)]
            # Every envelope also brings the next version of the writer's first object.
            objects.append(fakes.indicator(self._first + 9_000, number))
            status = self._room.add(*objects, account=self._account)
            assert status["failure_count"] == 0
            self.published += [version(item) for item in objects]


@contextmanager
def writers(room: Room) -> Iterator[list[Writer]]:
    """Two organisations publish at once; at the end both are done."""
    started = [Writer(room, "publisher", 10_000), Writer(room, "partner", 50_000)]
    for writer in started:
        writer.start()
    try:
        yield started
    finally:
        for writer in started:
            writer.join()


def assert_nothing_lost(received: list[dict[str, Any]], started: list[Writer]) -> None:
    """Every object arrived, in the order of each writer, none twice, the newest version last."""
    got = [version(item) for item in received]
    assert [item for item, count in Counter(got).items() if count > 1] == []
    for writer in started:
        wanted = dict(writer.published)
        mine = [item for item in got if item[0] in wanted]
        assert dict(mine) == wanted
        order = {item: place for place, item in enumerate(writer.published)}
        assert mine == sorted(mine, key=order.__getitem__)


class Elastic:
    """Elastic's `ti_custom`: what its CEL program asks, and what it takes from the answers.

    Args:
        keeps_added_after: As newer versions of the integration do while they page.
    """

    def __init__(self, http: requests.Session, url: str, *, keeps_added_after: bool) -> None:
        self._http = http
        self._url = f"{url}objects/"
        self._keeps = keeps_added_after
        self.cursor = START
        self.received: list[dict[str, Any]] = []
        self.pages = 0

    def poll(self, limit: int = 10) -> None:
        params = {"added_after": self.cursor, "limit": str(limit)}
        while True:
            answer = self._http.get(self._url, params=params)
            assert answer.status_code == 200, answer.text
            self.pages += 1
            body = answer.json()
            self.received += body.get("objects", [])
            self.cursor = answer.headers.get(LAST, self.cursor)
            # It looks at `next` alone, whatever `more` says.
            if not body.get("next"):
                return
            kept = {"added_after": params["added_after"]} if self._keeps else {}
            params = {**kept, "next": body["next"], "limit": str(limit)}


@pytest.mark.parametrize("keeps_added_after", [False, True])
def test_elastic_loses_and_repeats_nothing(room: Room, keeps_added_after: bool) -> None:
    with session() as http:
        elastic = Elastic(http, room.url, keeps_added_after=keeps_added_after)
        with writers(room) as started:
            while any(writer.is_alive() for writer in started):
                elastic.poll()
        elastic.poll()
        assert_nothing_lost(elastic.received, started)
        pages = elastic.pages
        elastic.poll()
        assert elastic.pages == pages + 1


def test_elastic_starts_on_an_empty_collection(room: Room) -> None:
    with session() as http:
        elastic = Elastic(http, room.url, keeps_added_after=False)
        elastic.poll()
        assert (elastic.received, elastic.cursor, elastic.pages) == ([], START, 1)
        room.add(fakes.indicator(1))
        elastic.poll()
        assert elastic.received == [fakes.indicator(1)]


class OpenCti:
    """OpenCTI's taxii2 connector: one dictionary of filters for all collections and all runs."""

    def __init__(self, http: requests.Session, urls: list[str]) -> None:
        self._http = http
        self._urls = urls
        self._filters: dict[str, str] = {"limit": "10"}
        self.received: dict[str, list[dict[str, Any]]] = {url: [] for url in urls}

    def run(self, added_after: str = START) -> None:
        self._filters["added_after"] = added_after
        for url in self._urls:
            self._poll(url)

    def _poll(self, url: str) -> None:
        pages = 0
        while True:
            answer = self._http.get(f"{url}objects/", params=self._filters)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            self.received[url] += body.get("objects", [])
            pages += 1
            assert pages < 500, "a page that never ends"
            if not (body.get("objects") and body.get("more")):
                return
            self._filters.pop("added_after", None)
            # It is never taken away again, not for another collection and not for another run.
            self._filters["next"] = body["next"]


def now_ms() -> str:
    """The clock as the connector writes it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def test_opencti_loses_nothing_with_stale_tokens(server: Server) -> None:
    rooms = [server.room() for _ in range(3)]
    for number, room in enumerate(rooms):
        room.add(*(fakes.indicator(100 * number + n) for n in range(35)))
    with session() as http:
        opencti = OpenCti(http, [room.url for room in rooms])
        opencti.run()
        for number, room in enumerate(rooms):
            got = Counter(version(item) for item in opencti.received[room.url])
            wanted = {version(fakes.indicator(100 * number + n)) for n in range(35)}
            assert set(got) == wanted
            assert max(got.values()) == 1
        for number in range(3):
            started = now_ms()
            for place, room in enumerate(rooms):
                first = 1000 + 100 * number + 500 * place
                room.add(*(fakes.indicator(first + n) for n in range(15)))
            opencti.run(added_after=started)
    for room in rooms:
        got = {version(item) for item in opencti.received[room.url]}
        assert got == {version(item) for item in room.objects()}


def test_opencti_loses_nothing_while_others_publish(server: Server) -> None:
    quiet, busy = server.room(), server.room()
    quiet.add(*(fakes.indicator(n) for n in range(25)))
    with session() as http:
        opencti = OpenCti(http, [quiet.url, busy.url, quiet.url])
        # A run asks for what was added since the one before it began.
        began = now_ms()
        opencti.run()
        with writers(busy) as started:
            while any(writer.is_alive() for writer in started):
                since, began = began, now_ms()
                opencti.run(added_after=since)
                time.sleep(0.02)
        opencti.run(added_after=began)
    got = dict(version(item) for item in opencti.received[busy.url])
    for writer in started:
        newest = dict(writer.published)
        assert {name: got[name] for name in newest} == newest


def test_opencti_finds_collections_by_title_and_roots_by_path(server: Server) -> None:
    """Its setting is "root.title", split at the dot."""
    with session(Accept="application/json, text/plain, */*") as http:
        roots = http.get(f"{server.url}/taxii2/").json()["api_roots"]
        assert [root.strip("/").split("/")[-1] for root in roots] == ["hub"]
        found = http.get(f"{server.url}/hub/collections/").json()["collections"]
    titles = [item["title"] for item in found]
    assert len(set(titles)) == len(titles)
    assert not any("." in title for title in titles)


def test_splunk_posts_a_whole_bundle(room: Room) -> None:
    bundle = {
        "type": "bundle",
        "id": f"bundle--{fakes.uuid_of(1)}",
        "objects": [fakes.indicator(1, description="Máy chủ điều khiển"), sample.MALWARE],
    }
    with Collection(room.url, user="publisher", password=fakes.PASSWORD) as collection:
        status = collection.add_objects(json.dumps(bundle))
    assert status.success_count == 2
    assert room.objects() == bundle["objects"]


@pytest.mark.parametrize("form", ["{}", "Basic {}", "Bearer {}", "Token {}"])
def test_misp_pushes_with_a_raw_key(room: Room, form: str) -> None:
    headers = {
        "Accept": "application/taxii+json;version=2.1",
        "Content-Type": "application/taxii+json;version=2.1",
        "Authorization": form.format(fakes.token_of("publisher")),
    }
    url = f"{room.url}objects/"
    body = fakes.body(fakes.indicator(1))
    answer = requests.post(url, data=body, headers=headers, timeout=60)
    assert answer.status_code == 202
    assert room.objects() == [fakes.indicator(1)]


def test_xsoar_finds_a_collection_by_its_name(server: Server, room: Room) -> None:
    """Discovery, then Basic or an API key, then the collection of that title."""
    room.add(fakes.indicator(1))
    with session() as http:
        root = http.get(f"{server.url}/taxii2/").json()["default"]
        found = http.get(f"{server.url}{root}collections/").json()["collections"]
        (wanted,) = (item for item in found if item["title"] == room.collection.title)
        url = f"{server.url}{root}collections/{wanted['id']}/objects/"
        answer = http.get(url, params={"match[type]": "indicator", "added_after": START})
    assert answer.json()["objects"] == [fakes.indicator(1)]


def test_sentinel_reads_without_discovery(room: Room) -> None:
    room.add(fakes.indicator(1))
    login = ("publisher", fakes.PASSWORD)
    url = f"{room.server.url}/hub/collections/{room.collection.id}/objects/"
    for accept in (MEDIA_TYPE, "application/taxii+json; version=2.1", "application/taxii+json"):
        answer = requests.get(url, auth=login, headers={"Accept": accept}, timeout=60)
        assert answer.json()["objects"] == [fakes.indicator(1)]


def test_a_poller_that_pages_by_date_alone(room: Room) -> None:
    """`added_after` = the last date received, never `next`."""
    received: list[dict[str, Any]] = []
    with session() as http, writers(room) as started:
        after, done = START, False
        while True:
            answer = http.get(f"{room.url}objects/", params={"added_after": after, "limit": "9"})
            assert answer.status_code == 200
            received += answer.json().get("objects", [])
            after = answer.headers.get(LAST, after)
            if "objects" in answer.json():
                continue
            if done:
                break
            done = not any(writer.is_alive() for writer in started)
    assert_nothing_lost(received, started)
