"""HTTP as it travels: chunks, connections that are kept, bodies that nobody wants."""

from __future__ import annotations

import http.client
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
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=30)) as opened:
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
