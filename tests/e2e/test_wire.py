"""HTTP as it travels: chunks, connections that are kept, bodies that nobody wants."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from tests import fakes
from tests.e2e.serving import MEDIA_TYPE, Room, Server


@pytest.fixture
def wire(server: Server) -> Iterator[http.client.HTTPConnection]:
    """One connection, kept open."""
    address = urlsplit(server.url)
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=60)) as opened:
        yield opened


def exchange(
    wire: http.client.HTTPConnection, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    sent = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE} | fakes.bearer("publisher")
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    wire.request(
        method, path, body, sent, encode_chunked=headers.get("Transfer_Encoding") is not None
    )
    answer = wire.getresponse()
    return answer.status, answer.headers, answer.read()


def test_chunked_bodies(wire: http.client.HTTPConnection, room: Room) -> None:
    body = fakes.body(*(fakes.indicator(number) for number in range(50)))
    pieces = [body[start : start + 777] for start in range(0, len(body), 777)]
    status, _, _ = exchange(
        wire, "POST", f"{room.path}objects/", iter(pieces), Transfer_Encoding="chunked"
    )
    assert status == 202
    assert len(room.objects()) == 50


def test_head_leaves_the_connection_in_step(wire: http.client.HTTPConnection, room: Room) -> None:
    room.add(*(fakes.indicator(number) for number in range(20)))
    for _ in range(3):
        status, headers, body = exchange(wire, "HEAD", f"{room.path}objects/")
        assert (status, body) == (200, b"")
        length = headers["Content-Length"]
        status, headers, body = exchange(wire, "GET", f"{room.path}objects/")
        assert (status, len(body), headers["Content-Length"]) == (200, int(length), length)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
def test_a_body_that_nobody_wants_leaves_the_connection_in_step(
    wire: http.client.HTTPConnection, room: Room, method: str
) -> None:
    for path in ("/nowhere/", "/taxii2/", f"{room.path}manifest/"):
        exchange(wire, method, path, b"GET /smuggled HTTP/1.1\r\n\r\n" * 1000)
        status, _, body = exchange(wire, "GET", "/health/live")
        assert (status, body) == (200, b"alive\n")


def test_a_client_may_wait_for_permission_to_send(server: Server, room: Room) -> None:
    body = fakes.body(fakes.indicator(1))
    answer = server.ask(
        "POST", f"{room.path}objects/", data=body, headers={"Expect": "100-continue"}
    )
    assert answer.status_code == 202


def test_dates_added_are_those_of_the_clock(server: Server, room: Room) -> None:
    answer = server.ask("POST", f"{room.path}objects/", data=fakes.body(fakes.indicator(1)))
    clock = parsedate_to_datetime(answer.headers["Date"])
    added = server.ask("GET", f"{room.path}manifest/").json()["objects"][0]["date_added"]
    assert abs(datetime.fromisoformat(added) - clock) < timedelta(minutes=5)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100, id="TLS"),
        pytest.param(b"\x00\xff\xfe nonsense\r\n\r\n", id="noise"),
        pytest.param(b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", id="long line"),
        pytest.param(
            b"GET /taxii2/ HTTP/1.1\r\n" + b"X-A: b\r\n" * 500 + b"\r\n", id="many fields"
        ),
        pytest.param(
            b"GET /taxii2/ HTTP/1.1\r\nX-A: " + b"b" * 20_000 + b"\r\n\r\n", id="long field"
        ),
        pytest.param(
            b"POST /taxii2/ HTTP/1.1\r\nContent-Length: -5\r\n\r\n", id="negative length"
        ),
        pytest.param(
            b"POST /taxii2/ HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
            id="two lengths",
        ),
        pytest.param(
            b"POST /taxii2/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET /smuggled/ HTTP/1.1\r\n\r\n",
            id="length and chunks",
        ),
        pytest.param(
            b"POST /taxii2/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
            id="broken chunk",
        ),
        pytest.param(b"GET /taxii2/ HTTP/9.9\r\n\r\n", id="version"),
        pytest.param(b"GET /taxii2/ HTTP/1.1\r\nA b: c\r\n\r\n", id="field name"),
        pytest.param(b"GET /taxii2/\r\n\r\n", id="no version"),
        pytest.param(b"GET /t\x80xii2/?\xff\xfe=\x80 HTTP/1.1\r\nHost: \xff\r\n\r\n", id="bytes"),
        pytest.param(b"GET /taxii2/ HTTP/1.1\r\nHost", id="cut off"),
    ],
)
def test_broken_requests_do_no_harm(server: Server, sent: bytes) -> None:
    before = len(server.log_lines())
    answer = raw_exchange(server, sent)
    assert not answer or 400 <= int(answer.split(b" ", 2)[1]) < 500 or b" 505 " in answer[:20]
    assert server.ask("GET", "/taxii2/").status_code == 200
    added = server.log_lines()[before:]
    assert not any("/smuggled/" in line.get("path", "") for line in added)
    assert not any("exception" in line for line in added)


def raw_exchange(server: Server, sent: bytes) -> bytes:
    """Send bytes and give all that comes back: at most one answer, then the connection ends."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        answer = b""
        while part := raw.recv(65536):
            answer += part
    assert len(re.findall(rb"(?m)^HTTP/1", answer)) <= 1
    return answer


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(b"zz\r\nabc\r\n", id="size"),
        pytest.param(b"3\r\nabcd\r\n0\r\n\r\n", id="end of chunk"),
        pytest.param(b"-1\r\n\r\n", id="negative"),
        pytest.param(b"5\r\nab", id="cut off"),
        pytest.param(b"\r\n", id="no size"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_broken_chunks_of_a_publish_are_400(server: Server, room: Room, chunks: bytes) -> None:
    head = f"POST {room.path}objects/ HTTP/1.1\r\nHost: hub\r\nContent-Type: {MEDIA_TYPE}\r\n"
    head += f"Authorization: {fakes.bearer('publisher')['Authorization']}\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    before = len(server.log_lines())
    answer = raw_exchange(server, head.encode() + chunks)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"error_code":"bad-body"' in answer
    assert not any("exception" in line for line in server.log_lines()[before:])
