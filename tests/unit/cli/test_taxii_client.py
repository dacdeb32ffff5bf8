"""The session with another party's server: paging, bytes, repetition, errors."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import (
    Absent,
    Interrupted,
    LoginNeeded,
    Refused,
    RemoteError,
    TooLarge,
    Unreachable,
)
from connectors.taxii import client
from connectors.taxii.client import Session
from connectors.taxii.messages import Credentials, Detail
from tests.unit.cli.certificate import Certificate
from tests.unit.cli.partner import PartnerServer

RAW = '{ "type":"x-a",\n "id" : "ệ", "n":1.50 }'.encode()
LAST = {
    "X_TAXII_Date_Added_First": "2026-01-01T00:00:00.000001Z",
    "X_TAXII_Date_Added_Last": "2026-01-01T00:00:00.000002Z",
}
STATUS = {
    "id": "2d086da7-4bdc-4f91-900e-d77486753710",
    "status": "complete",
    "total_count": 2,
    "success_count": 1,
    "successes": [{"id": "x-a--1", "version": "v", "message": "unchanged: known"}],
    "failure_count": 1,
    "failures": [{"id": "x-b--1", "version": "v", "message": "objects[1].id: wrong"}],
    "pending_count": 0,
}


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def session(notices: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    slept: list[float] = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    with Session(Credentials(), notice=notices.append, pauses_s=(0.5, 1.0)) as opened:
        opened.slept = slept  # type: ignore[attr-defined]
        yield opened


def pages(session: Session, url: str, after: str = "", **params: str) -> list[Any]:
    return list(session.pages(url, after, params))


def test_objects_come_as_their_bytes(session: Session, partner_server: PartnerServer) -> None:
    partner_server.will(b'{"more": false, "objects": [%b, {}]}' % RAW, **LAST)
    (page,) = pages(session, partner_server.url.rstrip("/"))
    assert page.raws == [RAW, b"{}"]
    assert page.added_first == "2026-01-01T00:00:00.000001Z"
    assert page.added_last == "2026-01-01T00:00:00.000002Z"
    assert page.more is False


def test_a_page_may_be_compressed(session: Session, partner_server: PartnerServer) -> None:
    partner_server.will(gzip.compress(b'{"objects":[%b]}' % RAW), Content_Encoding="gzip", **LAST)
    assert [page.raws for page in pages(session, partner_server.url)] == [[RAW]]


def test_next_is_followed_with_the_parameters_of_the_first_page(
    session: Session, partner_server: PartnerServer
) -> None:
    partner_server.will({"more": True, "next": "n1", "objects": [{}]}, **LAST)
    partner_server.will({"more": True, "next": "n2", "objects": [{}]}, **LAST)
    partner_server.will({"objects": [{}]}, **LAST)
    assert len(pages(session, partner_server.url, "2026", limit="1")) == 3
    assert [asked.path.partition("?")[2] for asked in partner_server.asked] == [
        "limit=1&added_after=2026",
        "limit=1&added_after=2026&next=n1",
        "limit=1&added_after=2026&next=n2",
    ]


def test_without_next_the_date_leads_on(session: Session, partner_server: PartnerServer) -> None:
    partner_server.will({"more": True, "objects": [{}]}, **LAST)
    partner_server.will({})
    assert len(pages(session, partner_server.url)) == 1
    assert partner_server.asked[1].path.endswith("added_after=2026-01-01T00%3A00%3A00.000002Z")


@pytest.mark.parametrize("body", [{"more": True, "next": "n", "objects": [{}]}, {"more": True}])
def test_a_server_that_leads_nowhere_is_left(
    session: Session, partner_server: PartnerServer, body: dict[str, Any]
) -> None:
    partner_server.will(body)
    with pytest.raises(RemoteError, match="no way to get it"):
        pages(session, partner_server.url)
    assert len(partner_server.asked) < 4


def test_a_next_that_stays_the_same_is_followed_while_pages_differ(
    session: Session, partner_server: PartnerServer
) -> None:
    for number in range(3):
        partner_server.will({"more": True, "next": "n", "objects": [{"n": number}]}, **LAST)
    partner_server.will({"objects": [{"n": 3}]}, **LAST)
    assert [page.raws for page in pages(session, partner_server.url)] == [
        [b'{"n": 0}'],
        [b'{"n": 1}'],
        [b'{"n": 2}'],
        [b'{"n": 3}'],
    ]


def test_a_page_that_next_names_is_not_asked_for_again(
    session: Session, partner_server: PartnerServer
) -> None:
    partner_server.will({"more": True, "next": "n", "objects": [{}]}, **LAST)
    partner_server.will({}, 503)
    with pytest.raises(Interrupted, match="answers 503"):
        pages(session, partner_server.url)
    assert len(partner_server.asked) == 2


@pytest.mark.parametrize("body", [{}, {"more": False}, {"objects": []}])
def test_nothing_is_no_page(
    session: Session, partner_server: PartnerServer, body: dict[str, Any]
) -> None:
    partner_server.will(body)
    assert pages(session, partner_server.url) == []


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        (Credentials("ann", "secret"), "Basic YW5uOnNlY3JldA=="),
        (Credentials(token="abc"), "Token abc"),
        (Credentials(), None),
    ],
)
def test_credentials(
    partner_server: PartnerServer, credentials: Credentials, header: str | None
) -> None:
    partner_server.will({})
    with Session(credentials) as session:
        assert pages(session, partner_server.url) == []
    asked = partner_server.asked[0].headers
    assert asked.get("Authorization") == header
    assert asked["Accept"] == "application/taxii+json;version=2.1"


def test_a_busy_server_is_asked_again(
    session: Session, partner_server: PartnerServer, notices: list[str]
) -> None:
    partner_server.will({"title": "Busy"}, 503, Retry_After="7")
    partner_server.will({"title": "Slow down"}, 429, Retry_After="86400")
    partner_server.will({"objects": [{}]}, **LAST)
    assert len(pages(session, partner_server.url)) == 1
    assert session.slept == [7.0, 60.0]  # type: ignore[attr-defined]
    assert "answers 503: Busy; trying again in 7 s" in notices[0]


def test_patience_ends(session: Session, partner_server: PartnerServer) -> None:
    partner_server.will({}, 503)
    with pytest.raises(Unreachable, match="answers 503"):
        pages(session, partner_server.url)
    assert session.slept == [0.5, 1.0]  # type: ignore[attr-defined]
    assert len(partner_server.asked) == 3


def test_a_page_that_was_cut_off_is_asked_for_again(
    session: Session, partner_server: PartnerServer
) -> None:
    partner_server.will(b'{"objects":[{}', Content_Length="500")
    partner_server.will({"objects": [{}]}, **LAST)
    assert len(pages(session, partner_server.url)) == 1


def test_nobody_there(session: Session, partner_server: PartnerServer) -> None:
    partner_server.stop()
    with pytest.raises(Unreachable, match=r"cannot be reached: .*refused"):
        pages(session, partner_server.url)
    assert session.slept == [0.5, 1.0]  # type: ignore[attr-defined]


ERRORS = {
    401: LoginNeeded,
    403: Refused,
    404: Absent,
    400: Refused,
    406: Refused,
    413: TooLarge,
    500: RemoteError,
}


@pytest.mark.parametrize("status", ERRORS)
def test_errors(session: Session, partner_server: PartnerServer, status: int) -> None:
    partner_server.will({"title": "T", "description": "No such thing."}, status)
    with pytest.raises(RemoteError, match=rf"answers {status}: No such thing$") as caught:
        pages(session, partner_server.url)
    assert type(caught.value) is ERRORS[status]
    assert len(partner_server.asked) == 1


def test_an_error_that_is_no_taxii_message(
    session: Session, partner_server: PartnerServer
) -> None:
    partner_server.will(b"<html>", 404)
    with pytest.raises(Absent, match="answers 404: Not Found"):
        pages(session, partner_server.url)


STRANGE = {
    "HTML": (b"<html>", {"Content_Type": "text/html"}),
    "TAXII 2.0": (b"{}", {"Content_Type": "application/vnd.oasis.taxii+json; version=2.0"}),
    "no type at all": (b"{}", {"Content_Type": ""}),
    "no JSON": (b"{", {}),
    "a list": (b"[]", {}),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_taxii_server(
    session: Session, partner_server: PartnerServer, name: str
) -> None:
    body, headers = STRANGE[name]
    partner_server.will(body, **headers)
    with pytest.raises(RemoteError) as caught:
        pages(session, partner_server.url)
    assert type(caught.value) is RemoteError


def test_push_sends_the_bytes(session: Session, partner_server: PartnerServer) -> None:
    partner_server.will(STATUS, 202)
    receipt = session.push(partner_server.url, [RAW, b"{}"])
    asked = partner_server.asked[0]
    assert asked.body == b'{"objects":[%b,{}]}' % RAW
    assert asked.path == "/root/collections/one/objects/"
    assert asked.headers["Content-Type"] == "application/taxii+json;version=2.1"
    assert receipt.successes == [Detail("x-a--1", "v", "unchanged: known")]
    assert receipt.failures == [Detail("x-b--1", "v", "objects[1].id: wrong")]
    assert (receipt.success_count, receipt.failure_count, receipt.pending_count) == (1, 1, 0)


def test_nothing_goes_to_a_server_that_does_not_know_audiences(
    partner_server: PartnerServer,
) -> None:
    """It would pass the header over and show the objects to everybody."""
    partner_server.will({"id": "one"}, 200)
    with (
        Session(Credentials(), audience=["org:grid"], pauses_s=()) as session,
        pytest.raises(RemoteError, match="does not know audiences; nothing was sent"),
    ):
        session.push(partner_server.url, [RAW])
    assert [asked.method for asked in partner_server.asked] == ["GET"]


def test_an_audience_goes_along(partner_server: PartnerServer) -> None:
    partner_server.will({"id": "one"}, 200, **{"Hub-Audience": "supported"})
    partner_server.will(STATUS, 202)
    with Session(Credentials(), audience=["org:grid", "group:case"], pauses_s=()) as session:
        session.push(partner_server.url, [RAW])
    assert partner_server.asked[-1].headers["Hub-Audience"] == "org:grid, group:case"


def test_push_waits_for_a_decision(session: Session, partner_server: PartnerServer) -> None:
    pending = {
        "id": STATUS["id"],
        "status": "pending",
        "total_count": 2,
        "success_count": 0,
        "failure_count": 0,
        "pending_count": 2,
    }
    partner_server.will(pending, 202)
    partner_server.will(pending)
    partner_server.will(STATUS)
    assert session.push(partner_server.url, [RAW, b"{}"]).success_count == 1
    assert partner_server.asked[2].path == f"/root/status/{STATUS['id']}/"


@pytest.mark.parametrize("body", [{}, STATUS | {"total_count": 9}, STATUS | {"failures": [1, 2]}])
def test_push_to_what_gives_no_status(
    session: Session, partner_server: PartnerServer, body: dict[str, Any]
) -> None:
    partner_server.will(body, 202)
    with pytest.raises(RemoteError, match=r"does not answer as a TAXII 2\.1 server"):
        session.push(partner_server.url, [RAW])


def test_every_request_has_a_time_limit(
    session: Session, partner_server: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []
    send = client.HTTPAdapter.send

    def note(adapter: Any, request: Any, **kwargs: Any) -> Any:
        limits.append(kwargs["timeout"])
        return send(adapter, request, **kwargs)

    monkeypatch.setattr(client.HTTPAdapter, "send", note)
    partner_server.will(STATUS)
    pages(session, partner_server.url)
    session.push(partner_server.url, [RAW])
    assert limits == [(10.0, 60.0)] * 2


def test_a_server_that_hangs_is_left(
    session: Session, monkeypatch: pytest.MonkeyPatch, partner_server: PartnerServer
) -> None:
    hang = threading.Event()
    partner_server._answer = lambda _: hang.wait(60)  # type: ignore[method-assign,assignment]
    monkeypatch.setattr(client, "_READ_S", 0.1)
    with pytest.raises(Unreachable, match="timed out"):
        pages(session, partner_server.url)
    hang.set()


def test_trust_is_not_overruled_by_the_environment(
    partner_server: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    send = client.HTTPAdapter.send

    def note(adapter: Any, request: Any, **kwargs: Any) -> Any:
        seen.append(kwargs["verify"])
        return send(adapter, request, **kwargs)

    monkeypatch.setattr(client.HTTPAdapter, "send", note)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/elsewhere.pem")
    partner_server.will({})
    for verify in ("own.pem", False, True):
        with Session(Credentials(), verify=verify) as session:
            pages(session, partner_server.url)
    assert seen == ["own.pem", False, "/elsewhere.pem"]


def test_statuses_may_leave_out_their_lists(
    session: Session, partner_server: PartnerServer
) -> None:
    short = {k: v for k, v in STATUS.items() if k not in {"successes", "failures"}}
    partner_server.will(json.dumps(short).encode(), 202)
    receipt = session.push(partner_server.url, [RAW])
    assert (receipt.successes, receipt.success_count, receipt.failure_count) == ([], 1, 1)


def test_a_certificate_of_nobody_known(
    tmp_path: Path, session: Session, notices: list[str]
) -> None:
    certificate = Certificate(tmp_path)
    server = PartnerServer(certificate.context())
    server.will({"objects": [{}]}, **LAST)
    try:
        with pytest.raises(Unreachable, match=r"its TLS certificate does not hold: .*self-signed"):
            pages(session, server.url)
        assert notices == []
        for verify in (str(certificate.cert), False):
            with Session(Credentials(), verify=verify) as trusting:
                assert len(pages(trusting, server.url)) == 1
    finally:
        server.stop()
