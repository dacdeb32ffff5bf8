"""Bodies on the wire: gzip in both directions, chunks, sizes."""

from __future__ import annotations

import gzip
import io
import zlib

import pytest

from tests import fakes
from tests.http import sample
from tests.http.asking import Hub, Room, data

BODY = fakes.body(fakes.indicator(1), sample.MALWARE)
PACKED = gzip.compress(BODY)
MOST = 300_000


def packed(room: Room, body: bytes, encoding: str = "gzip"):
    return room.post(body, headers={"Content-Encoding": encoding})


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " gzip "])
def test_a_gzip_body_is_taken(room: Room, encoding: str) -> None:
    assert packed(room, PACKED, encoding).status_code == 202
    assert room.objects() == [fakes.indicator(1), sample.MALWARE]


def test_an_identity_body_is_taken(room: Room) -> None:
    assert packed(room, BODY, "identity").status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(PACKED[:-9], id="cut off"),
        pytest.param(PACKED[:10], id="head alone"),
        pytest.param(b"", id="empty"),
        pytest.param(BODY, id="not compressed"),
        pytest.param(zlib.compress(BODY), id="zlib"),
        pytest.param(PACKED[:-8] + b"\x00" * 8, id="wrong checksum"),
        pytest.param(PACKED + b"more", id="something follows"),
        pytest.param(PACKED + PACKED, id="two members"),
        pytest.param(gzip.compress(PACKED), id="twice"),
    ],
)
def test_a_broken_gzip_body_is_400_and_stores_nothing(room: Room, body: bytes) -> None:
    answer = packed(room, body)
    assert (answer.status_code, data(answer)["error_code"]) == (400, "bad-body")
    assert room.objects() == []


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "x"])
def test_other_encodings_are_415(room: Room, encoding: str) -> None:
    assert packed(room, PACKED, encoding).status_code == 415
    assert room.objects() == []


@pytest.mark.parametrize("size", [MOST + 1, 200_000_000])
def test_a_bomb_is_413(room: Room, size: int) -> None:
    """The second one is 200 kB on the wire: it must not be inflated as a whole."""
    answer = packed(room, gzip.compress(b" " * size, compresslevel=9))
    assert (answer.status_code, data(answer)["error_code"]) == (413, "too-large")


def test_the_limit_counts_after_inflation(room: Room) -> None:
    body = BODY + b" " * (MOST - len(BODY))
    assert packed(room, gzip.compress(body)).status_code == 202
    assert packed(room, gzip.compress(body + b" ")).status_code == 413


@pytest.mark.parametrize(
    ("accept", "is_packed"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("br", False),
        ("", False),
        (None, False),
    ],
)
def test_answers_are_packed_for_who_asks(room: Room, accept: str | None, is_packed: bool) -> None:
    room.add(*(fakes.indicator(number) for number in range(10)))
    answer = room.get(headers={"Accept-Encoding": accept})
    assert answer.headers.get("Content-Encoding") == ("gzip" if is_packed else None)
    plain = gzip.decompress(answer.data) if is_packed else answer.data
    assert plain == room.get(headers={"Accept-Encoding": None}).data
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_short_answers_are_not_packed(room: Room) -> None:
    assert "Content-Encoding" not in room.get(headers={"Accept-Encoding": "gzip"}).headers


def test_a_packed_page_has_its_dates(room: Room) -> None:
    room.add(*(fakes.indicator(number) for number in range(10)))
    packed_page = room.get(headers={"Accept-Encoding": "gzip"})
    plain = room.get()
    for name in ("X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"):
        assert packed_page.headers[name] == plain.headers[name]


def chunked(hub: Hub, room: Room, body: bytes, **headers: str):
    """A body without a length, as a server hands on chunks."""
    return hub.ask(
        "POST",
        f"{room.url}objects/",
        headers={"Content-Type": "application/taxii+json;version=2.1", **headers},
        input_stream=io.BytesIO(body),
        environ_overrides={"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True},
    )


def test_a_chunked_body_is_taken(hub: Hub, room: Room) -> None:
    assert chunked(hub, room, BODY).status_code == 202
    assert room.objects() == [fakes.indicator(1), sample.MALWARE]


def test_a_chunked_and_packed_body_is_taken(hub: Hub, room: Room) -> None:
    assert chunked(hub, room, PACKED, **{"Content-Encoding": "gzip"}).status_code == 202


def test_a_chunked_body_has_the_same_limit(hub: Hub, room: Room) -> None:
    assert chunked(hub, room, BODY + b" " * (MOST - len(BODY))).status_code == 202
    assert chunked(hub, room, BODY + b" " * MOST).status_code == 413


def test_a_chunked_body_may_be_empty(hub: Hub, room: Room) -> None:
    assert chunked(hub, room, b"").status_code == 400


def test_a_body_that_ends_early_is_400(hub: Hub, room: Room) -> None:
    answer = hub.ask(
        "POST",
        f"{room.url}objects/",
        headers={"Content-Type": "application/taxii+json", "Content-Length": str(len(BODY))},
        input_stream=io.BytesIO(BODY[:-3]),
    )
    assert (answer.status_code, data(answer)["error_code"]) == (400, "bad-body")
    assert room.objects() == []


class Pieces(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a slow connection does."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = io.BytesIO(body)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        return self._body.readinto(memoryview(buffer)[:100])


def test_a_body_that_comes_in_pieces_is_read_whole(hub: Hub, room: Room) -> None:
    environ = {"wsgi.input": Pieces(BODY), "CONTENT_LENGTH": str(len(BODY))}
    answer = hub.ask(
        "POST",
        f"{room.url}objects/",
        headers={"Content-Type": "application/taxii+json"},
        environ_overrides=environ,
    )
    assert answer.status_code == 202
    assert room.objects() == [fakes.indicator(1), sample.MALWARE]


class Torn(io.RawIOBase):
    """A stream that breaks off in the way of some server that nobody has thought of."""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        raise LookupError


@pytest.mark.parametrize("chunked", [False, True])
def test_a_broken_body_is_400(hub: Hub, room: Room, chunked: bool) -> None:
    environ = {"wsgi.input": Torn(), "CONTENT_LENGTH": "100", "wsgi.input_terminated": chunked}
    answer = hub.ask(
        "POST",
        f"{room.url}objects/",
        headers={"Content-Type": "application/taxii+json"},
        environ_overrides=environ,
    )
    assert (answer.status_code, data(answer)["error_code"]) == (400, "bad-body")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_broken_body_that_nobody_wants_changes_nothing(hub: Hub, chunked: bool) -> None:
    environ = {"wsgi.input": Torn(), "CONTENT_LENGTH": "100", "wsgi.input_terminated": chunked}
    for path, status in (("/taxii2/", 405), ("/hub/nothing/", 404)):
        answer = hub.ask("POST", path, environ_overrides=environ)
        assert answer.status_code == status


def test_a_refused_body_is_read_to_its_end(hub: Hub, room: Room) -> None:
    """Over TLS a client that is still sending would not see the answer (see tests/e2e)."""
    stream = io.BytesIO(b" " * (MOST + 5000))
    answer = hub.ask(
        "POST",
        f"{room.url}objects/",
        headers={"Content-Type": "application/taxii+json", "Content-Length": str(MOST + 5000)},
        input_stream=stream,
    )
    assert answer.status_code == 413
    assert stream.tell() == MOST + 5000


def test_the_reader_of_a_refused_body_gives_up(hub: Hub, room: Room) -> None:
    """Somebody who declares far more than is allowed is not read for ever."""
    stream = io.BytesIO(b" " * (3 * MOST))
    answer = hub.ask(
        "POST",
        f"{room.url}objects/",
        headers={"Content-Type": "application/taxii+json", "Content-Length": str(3 * MOST)},
        input_stream=stream,
    )
    assert answer.status_code == 413
    assert stream.tell() <= 2 * MOST + 65536


def test_more_objects_than_an_envelope_may_hold(room: Room) -> None:
    """Each would get a verdict: the answer would be many times the request."""
    assert room.post(b'{"objects":[' + b"{}," * 1999 + b"{}]}").status_code == 202
    answer = room.post(b'{"objects":[' + b"{}," * 2000 + b"{}]}")
    assert answer.status_code == 413
    assert data(answer)["details"] == {"field": "objects"}
    assert "Split" in data(answer)["description"]
