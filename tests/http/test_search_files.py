"""A whole result as a file: complete, safe in a spreadsheet, of constant size in memory, and never
cut off in silence."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from hub.errors import Fault, HubError, StoreDown
from hub.language.sheet import safe
from hub.model.search import Reach
from hub.service import search
from hub.store.finder import SqliteFinder
from hub.store.pieces import RecordPieces
from tests import fakes
from tests.http.asking import Hub, Room
from tests.http.searching import failing_after, indicator, opened, send

DOWN = HubError(Fault.SEARCH_DOWN, "the search engine does not answer")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with opened(tmp_path_factory.mktemp("files"), fakes.Clock()) as made:
        yield made


@pytest.fixture
def room(hub: Hub) -> Room:
    return hub.room()


def file(hub: Hub, q: str, form: str, **more: Any) -> Any:
    return hub.get("/api/v1/search", query_string={"q": q, "format": form, **more})


def numbers(raws: list[dict[str, Any]]) -> list[int]:
    return [int(item["id"][-12:], 16) for item in raws]


def of(room: Room) -> str:
    return f"collection:{room.collection.alias}"


def read(hub: Hub, q: str, form: str) -> tuple[bytes, HubError | None]:
    """What arrives, and how the answer ends: the server closes the connection on an error."""
    builder = EnvironBuilder(
        "/api/v1/search",
        query_string={"q": q, "format": form},
        headers=fakes.bearer("publisher"),
    )
    chunks, status, _ = run_wsgi_app(hub.app, builder.get_environ(), buffered=False)
    assert status.startswith("200")
    body = b""
    try:
        for chunk in chunks:
            body += chunk
    except HubError as error:
        return body, error
    return body, None


def small(size: int = 3) -> Any:
    """Pages so small that there are many."""
    return mock.patch.multiple(search, _STEP=size, _CHUNK=2)


def test_csv(hub: Hub, room: Room) -> None:
    pattern = "[domain-name:value = 'login.evil.example' OR ipv4-addr:value = '192.0.2.7']"
    room.add(
        indicator(1, pattern, name="Lừa đảo", labels=["a", "b"], confidence=80, revoked=True),
        indicator(2, pattern, name='=HYPERLINK("http://x")\n"'),
    )
    answer = file(hub, of(room), "csv")
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="search.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.data.count(b"\r\n") == answer.data.count(b"\n") == 3
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0]["name"] == '\'=HYPERLINK("http://x") "'
    row = rows[1]
    assert row.pop("date_added")
    assert row == {
        "id": fakes.indicator(1)["id"],
        "type": "indicator",
        "name": "Lừa đảo",
        "values": "login.evil.example 192.0.2.7",
        "tlp": "green",
        "publisher": "ministry",
        "collection": room.collection.alias,
        "created": fakes.indicator(1)["created"],
        "modified": fakes.indicator(1)["created"],
        "valid_from": fakes.indicator(1)["created"],
        "valid_until": "",
        "confidence": "80",
        "labels": "a b",
        "revoked": "true",
    }


STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    " =",
    "\uff1d",
    "\uff20",
    "\x01=",
    "\u200b=",
    "\x9b @",
)


@pytest.mark.parametrize("start", STARTS)
def test_a_cell_is_no_formula(start: str) -> None:
    assert safe(f"{start}1").startswith("'")


@pytest.mark.parametrize("start", STARTS)
def test_nor_is_what_stands_behind_a_semicolon(start: str) -> None:
    assert safe(f"a;{start}1;b").startswith("a;'")


@given(text=st.text())
def test_any_cell(text: str) -> None:
    cell = safe(text)
    assert not cell.lstrip()[:1] or cell.lstrip()[0] not in "=+-@\uff1d\uff0b\uff0d\uff20"
    assert cell.isprintable() or not set(cell) & set("\r\n\t\0\x0b\x0c\u2028")


def test_a_bundle_has_the_bytes_as_they_are_stored(hub: Hub, room: Room) -> None:
    odd = b'{ "type":"indicator",\n "spec_version":"2.1", "id":"%s", "created":"2026-01-01T00:00:00Z",'
    odd += b' "modified":"2026-01-01T00:00:00Z", "pattern":"[a:b = 1.0]", "pattern_type":"stix",'
    odd += b' "valid_from":"2026-01-01T00:00:00Z", "x_number": 1.0e2, "name":"L\\u1eeba" }'
    odd %= fakes.indicator(1)["id"].encode()
    assert room.post(b'{"objects":[%b]}' % odd).status_code == 202
    room.add(fakes.indicator(2))
    answer = file(hub, of(room), "stix")
    assert answer.content_type == "application/stix+json;version=2.1"
    assert odd in answer.data
    bundle = stix2.parse(answer.data.decode(), allow_custom=True)
    assert len(bundle.objects) == 2
    assert answer.data == file(hub, of(room), "stix").data
    empty = file(hub, "id:nothing", "stix").data
    assert json.loads(empty)["objects"] == []


def test_lines_of_json(hub: Hub, room: Room) -> None:
    pretty = json.dumps(fakes.indicator(1, name="a\nb"), indent=2).encode()
    room.post(b'{"objects":[%b]}' % pretty)
    room.add(fakes.indicator(2))
    lines = file(hub, of(room), "ndjson").data.splitlines()
    assert [json.loads(line) for line in lines] == send(hub, "search", q=of(room))[1]["hits"]


def test_values(hub: Hub, room: Room) -> None:
    room.add(
        indicator(1, "[url:value = 'http://evil.example/a']"),
        indicator(2, "[ipv4-addr:value = '192.0.2.7']"),
    )
    answer = file(hub, of(room), "text")
    assert answer.content_type == "text/plain; charset=utf-8"
    lines = {"192.0.2.7", "evil.example", "http://evil.example/a"}
    assert set(answer.data.decode().splitlines()) == lines
    assert file(hub, of(room), "text", field="url").data == b"http://evil.example/a\n"
    assert file(hub, of(room), "text", field=["ip", "mac"]).data == b"192.0.2.7\n"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv"),
        ("application/stix+json;version=2.1", "application/stix+json"),
        ("application/x-ndjson, application/json;q=0.5", "application/x-ndjson"),
        ("text/plain", "text/plain"),
        ("text/html, */*;q=0.8", "application/json"),
        ("text/csv;q=0", "application/json"),
        ("application/taxii+json;version=2.1", "application/json"),
        ("", "application/json"),
    ],
)
def test_accept_decides(hub: Hub, accept: str, kind: str) -> None:
    answer = hub.get("/api/v1/search", headers={"Accept": accept or None})
    assert answer.mimetype == kind
    assert "Accept" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "private, no-store"


class TestComplete:
    @pytest.mark.parametrize("size", [1, 2, 3, 1000])
    @pytest.mark.parametrize("form", ["stix", "ndjson"])
    def test_all_pages(self, hub: Hub, room: Room, size: int, form: str) -> None:
        room.add(*(fakes.indicator(number) for number in range(1, 21)))
        with small(size):
            body = file(hub, of(room), form).data
        found = json.loads(body)["objects"] if form == "stix" else body.splitlines()
        assert len(found) == 20

    def added_meanwhile(self, hub: Hub, change: Any) -> list[dict[str, Any]]:
        """What a file holds when a change happens after its first page was read."""
        true, done = SqliteFinder.find, []

        def find(self: SqliteFinder, *args: Any) -> Any:
            found = true(self, *args)
            if not done:
                done.append(1)
                change()
            return found

        with small(), mock.patch.object(SqliteFinder, "find", find):
            answer = file(hub, "label:race", "ndjson")
            lines = answer.data.splitlines()
        return [json.loads(line)["object"] for line in lines]

    def test_an_object_that_moves_ahead_is_not_missed(self, hub: Hub, room: Room) -> None:
        room.add(*(fakes.indicator(n, labels=["race"]) for n in range(1, 11)))

        def change() -> None:
            # The oldest: a new version would else be behind the walk, and the old one is gone.
            room.add(fakes.indicator(1, 5, labels=["race"]))

        found = self.added_meanwhile(hub, change)
        assert set(numbers(found)) == set(range(1, 11))
        [one] = [item for item in found if numbers([item]) == [1]]
        assert one["modified"] == fakes.indicator(1, 5)["modified"]

    def test_one_that_is_replaced_between_finding_and_reading(self, hub: Hub) -> None:
        room = hub.room()
        room.add(*(fakes.indicator(n, labels=["swap"]) for n in range(30, 33)))
        true, done = RecordPieces.pick, []

        def pick(self: RecordPieces, *args: Any) -> Any:
            if not done:
                done.append(1)
                room.add(*(fakes.indicator(n, 3, labels=["swap"]) for n in range(30, 33)))
            return true(self, *args)

        with mock.patch.object(RecordPieces, "pick", pick):
            lines = file(hub, "label:swap", "ndjson").data.splitlines()
        assert {json.loads(line)["id"][-2:] for line in lines} == {"1e", "1f", "20"}

    @contextmanager
    def lagging(self, room: Room, looks: int) -> Iterator[None]:
        """An engine that finds what is there now until its progress was asked for `looks` times."""
        room.add(*(fakes.indicator(n) for n in range(30, 33)))
        true, old, asked = SqliteFinder.find, [], []

        def find(self: SqliteFinder, *args: Any) -> Any:
            found = true(self, *args)
            old[:] = old or [found]
            return found if len(asked) >= looks else old[0]

        def reach(_: SqliteFinder) -> Reach:
            asked.append(1)
            return Reach("copy", 7 if len(asked) >= looks else 5, 7)

        with (
            mock.patch.object(SqliteFinder, "find", find),
            mock.patch.object(SqliteFinder, "reach", reach),
            mock.patch.multiple(search, _LOOK_S=0.01, _BEHIND_S=0.3),
        ):
            file(room.hub, of(room), "ndjson")
            room.add(*(fakes.indicator(n, 3) for n in range(30, 33)))
            yield

    def test_one_whose_newer_version_is_not_found_yet_is_waited_for(self, hub: Hub) -> None:
        room = hub.room()
        with self.lagging(room, 4):
            lines = file(hub, of(room), "ndjson").data.splitlines()
        assert {json.loads(line)["id"][-2:] for line in lines} == {"1e", "1f", "20"}

    def test_one_that_does_not_come_is_said(self, hub: Hub) -> None:
        room = hub.room()
        with self.lagging(room, 10**6):
            body, ended = read(hub, of(room), "text")
        assert ended is not None
        assert ended.fault is Fault.SEARCH_DOWN
        assert body.splitlines()[-1].startswith(b"# INCOMPLETE: search is too far behind")

    def test_a_result_that_keeps_growing_ends(self, hub: Hub) -> None:
        room = hub.room()
        room.add(*(fakes.indicator(n, labels=["grows"]) for n in range(40, 46)))
        true, fresh = SqliteFinder.find, iter(range(100, 200))

        def find(self: SqliteFinder, *args: Any) -> Any:
            found = true(self, *args)
            room.add(fakes.indicator(next(fresh), labels=["grows"]))
            return found

        with small(), mock.patch.object(SqliteFinder, "find", find):
            lines = file(hub, "label:grows", "ndjson").data.splitlines()
        assert len({json.loads(line)["id"] for line in lines}) == len(lines) >= 8


class TestBrokenOff:
    @pytest.fixture
    def filled(self, hub: Hub) -> Room:
        made = hub.room()
        made.add(*(fakes.indicator(n) for n in range(1, 21)))
        return made

    @pytest.mark.parametrize("form", ["csv", "text", "ndjson", "stix"])
    @pytest.mark.parametrize("error", [DOWN, StoreDown("the disk is full")])
    def test_it_says_so_and_the_connection_is_closed(
        self, hub: Hub, filled: Room, form: str, error: HubError
    ) -> None:
        with small(), failing_after(3, error):
            body, ended = read(hub, of(filled), form)
        assert ended is error
        last = body.splitlines()[-1]
        assert error.reason.encode() in last
        if form == "stix":
            with pytest.raises(ValueError, match=r"Expecting|Extra"):
                json.loads(body)
        elif form == "ndjson":
            assert json.loads(last) == {"incomplete": error.reason}
        else:
            assert last.startswith(b"# INCOMPLETE: ")

    @pytest.mark.parametrize("form", ["csv", "text", "ndjson", "stix"])
    def test_before_the_first_byte_it_is_an_error_as_everywhere(
        self, hub: Hub, filled: Room, form: str
    ) -> None:
        with failing_after(0, DOWN):
            answer = file(hub, of(filled), form)
        assert (answer.status_code, answer.content_type) == (503, "application/json")


def test_slow_readers_leave_threads_for_others(hub: Hub, room: Room) -> None:
    room.add(*(fakes.indicator(n) for n in range(1, 9)))

    def ask(method: str = "GET") -> Any:
        query = {"q": of(room), "format": "text"}
        headers = fakes.bearer("publisher")
        return hub.app.test_client().open(
            "/api/v1/search", method=method, query_string=query, headers=headers
        )

    with small():
        slow = [ask(), ask()]
        refused = ask()
        assert refused.status_code == 503
        assert refused.json["error_code"] == "busy"
        assert send(hub, "search", q=of(room))[0] == 200
        slow[0].close()
        assert ask().data
        assert slow[1].data
        for _ in range(3):
            ask("HEAD").close()
            assert ask().status_code == 200


def test_memory_does_not_grow_with_the_result(hub: Hub) -> None:
    room = hub.room()
    size, count = 20_000, 400
    for start in range(0, count, 10):
        batch = (fakes.indicator(n, description="x" * size) for n in range(start, start + 10))
        room.add(*batch)
    client = hub.app.test_client()
    query = {"q": of(room), "format": "ndjson"}
    with small(20):
        answer = client.get(
            "/api/v1/search", query_string=query, headers=fakes.bearer("publisher"), buffered=False
        )
        total = 0
        tracemalloc.start()
        for chunk in answer.iter_encoded():
            total += len(chunk)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert total > size * count
    assert peak < total / 4, (peak, total)
