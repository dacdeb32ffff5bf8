"""One form of error for every address and every status; HEAD; methods."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import g

from hub.errors import Fault
from hub.http import errors
from hub.http.errors import TABLE
from hub.language.problem import QueryError
from tests import fakes
from tests.http import sample
from tests.http.asking import MEDIA_TYPE, Hub, Room, data, query

ADDRESSES = {
    "discovery": ("GET", "/taxii2/"),
    "API root": ("GET", "/hub/"),
    "collections": ("GET", "/hub/collections/"),
    "collection": ("GET", "{room}"),
    "manifest": ("GET", "{room}manifest/"),
    "objects": ("GET", "{room}objects/"),
    "add": ("POST", "{room}objects/"),
    "object": ("GET", "{room}objects/{object}/"),
    "delete": ("DELETE", "{room}objects/{object}/"),
    "versions": ("GET", "{room}objects/{object}/versions/"),
    "status": ("GET", "/hub/status/{status}/"),
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
PINNED = {"title", "description", "error_id", "error_code", "http_status"}
STATUSES = {fault: row.status for fault, row in TABLE.items()}

every_address = pytest.mark.parametrize("address", ADDRESSES)


class Broken:
    """A store with a fault that nobody foresaw."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError("a secret of the hub")


@pytest.fixture(scope="session")
def outage(hub: Hub) -> Hub:
    """The application over a store that can fail."""
    return Hub(hub.config, fakes.Outage(hub.store))


@pytest.fixture(scope="session")
def places(hub: Hub) -> dict[str, str]:
    room = hub.room()
    status = room.add(fakes.indicator(1))["id"]
    return {"room": room.url, "object": fakes.indicator(1)["id"], "status": status}


def ask(hub: Hub, places: dict[str, str], address: str, **how: Any):
    method, path = ADDRESSES[address]
    body = fakes.body(fakes.indicator(1)) if method == "POST" else None
    return hub.ask(method, path.format(**places), body=body, **how)


def assert_error(answer, fault: Fault) -> None:
    """The one form of an error, to the letter."""
    body = data(answer)
    assert answer.status_code == STATUSES[fault], answer.data
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert set(body) - {"details"} == PINNED
    assert body["error_code"] == fault.value
    assert body["http_status"] == str(STATUSES[fault])
    assert body["title"] == TABLE[fault].title
    assert re.fullmatch(r"\S.*\.|\S.*2\.1", body["description"])
    assert body["error_id"] == answer.headers["X-Request-ID"]
    assert set(body.get("details", {"field": ""})) == {"field"}
    assert ("WWW-Authenticate" in answer.headers) == (STATUSES[fault] == 401)
    assert ("Retry-After" in answer.headers) == (STATUSES[fault] in {429, 503})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@every_address
def test_wrong_credentials(hub: Hub, places: dict[str, str], address: str) -> None:
    answer = ask(hub, places, address, account="nobody")
    assert_error(answer, Fault.UNAUTHENTICATED)
    assert answer.headers.getlist("WWW-Authenticate") == [
        'Basic realm="hub", charset="UTF-8"',
        'Bearer realm="hub"',
    ]


@every_address
def test_unacceptable(hub: Hub, places: dict[str, str], address: str) -> None:
    answer = ask(hub, places, address, headers={"Accept": "text/html"})
    assert_error(answer, Fault.NOT_ACCEPTABLE)


@every_address
def test_an_unknown_root_collection_or_status(
    hub: Hub, places: dict[str, str], address: str
) -> None:
    method, path = ADDRESSES[address]
    missing = path.replace("/hub/", "/nowhere/").format(
        room="/hub/collections/none/", object="none", status="none"
    )
    if missing == path:
        missing = "/taxii1/"
    body = fakes.body(fakes.indicator(1)) if method == "POST" else None
    assert_error(hub.ask(method, missing, body=body), Fault.ABSENT)


@every_address
def test_the_store_is_down(outage: Hub, places: dict[str, str], address: str) -> None:
    for fault in (Fault.STORE_DOWN, Fault.BUSY):
        outage.store.fault = fault
        answer = ask(outage, places, address)
        outage.store.fault = None
        assert_error(answer, fault)
        assert answer.headers["Retry-After"] == "5"


@every_address
def test_an_unforeseen_fault_tells_no_secret(
    hub: Hub, places: dict[str, str], address: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(Hub(hub.config, Broken()), places, address)
    assert_error(answer, Fault.INTERNAL)
    assert b"secret" not in answer.data
    assert "ZeroDivisionError" in caplog.text


@every_address
def test_other_methods_are_405(hub: Hub, places: dict[str, str], address: str) -> None:
    path = ADDRESSES[address][1]
    allowed = {method for method, known in ADDRESSES.values() if known == path}
    for method in set(METHODS) - allowed:
        answer = hub.ask(method, path.format(**places), body=b"{}")
        assert_error(answer, Fault.METHOD)
        named = set(answer.headers["Allow"].replace(" ", "").split(","))
        assert named == allowed | {"HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        pytest.param(Fault.BAD_FILTER, {"limit": 0}, id="limit"),
        pytest.param(Fault.BAD_FILTER, {"nothing": "x"}, id="match"),
        pytest.param(Fault.BAD_CURSOR, {"next": "x"}, id="next"),
    ],
)
def test_bad_queries(hub: Hub, places: dict[str, str], fault: Fault, how: dict) -> None:
    for address in ("objects", "manifest", "object", "versions"):
        text = query(how)
        assert_error(ask(hub, places, address, query_string=text), fault)


def test_bad_bodies(hub: Hub, room: Room) -> None:
    assert_error(room.post(b"x"), Fault.BAD_BODY)
    assert_error(room.post(b"x", headers={"Content-Type": "text/plain"}), Fault.UNSUPPORTED_MEDIA)
    assert_error(room.post(b" " * 300_001), Fault.TOO_LARGE)


def test_missing_rights(hub: Hub) -> None:
    room = hub.room(write=False)
    assert_error(room.post(fakes.body(fakes.indicator(1))), Fault.DENIED)
    assert_error(room.delete("x"), Fault.DENIED)
    room = hub.room(read=False)
    for tail in ("objects/", "manifest/", "objects/x/", "objects/x/versions/"):
        assert_error(room.get(tail), Fault.DENIED)


def test_the_field_at_fault_is_named(seed: Room) -> None:
    for name, value in (("limit", "0"), ("added_after", "x"), ("version", "x"), ("next", "x")):
        field = f"match[{name}]" if name == "version" else name
        assert data(seed.get(**{name: value}))["details"] == {"field": field}


@pytest.mark.parametrize("path", ["/nowhere", "/hub/none/", "/hub/collections/a/b/", "/apis/"])
def test_addresses_that_nobody_serves(hub: Hub, path: str) -> None:
    for account in ("publisher", "", "nobody"):
        assert_error(hub.get(path, account=account), Fault.ABSENT)


@pytest.mark.parametrize(
    "address", [name for name, (method, _) in ADDRESSES.items() if method == "GET"]
)
def test_head_is_get_without_the_body(hub: Hub, places: dict[str, str], address: str) -> None:
    path = ADDRESSES[address][1].format(**places)
    for headers in ({}, {"Accept-Encoding": "gzip"}, {"Accept": "text/html"}):
        whole = hub.ask("GET", path, headers=headers)
        head = hub.ask("HEAD", path, headers=headers)
        assert head.status_code == whole.status_code
        assert head.data == b""
        same = {k: v for k, v in whole.headers.items() if k != "X-Request-ID"}
        length = int(same.pop("Content-Length"))
        found = {k: v for k, v in head.headers.items() if k != "X-Request-ID"}
        # The id of a request is part of an error, and so is its length.
        assert abs(int(found.pop("Content-Length")) - length) <= (16 if "Accept" in headers else 0)
        assert found == same


def test_head_of_a_page_has_its_dates(seed: Room, hub: Hub) -> None:
    head = hub.ask("HEAD", f"{seed.url}objects/", query_string={"limit": "3"})
    page = seed.get(limit=3)
    for name in ("X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last", "Content-Length"):
        assert head.headers[name] == page.headers[name]


@every_address
def test_options_tells_the_methods(hub: Hub, places: dict[str, str], address: str) -> None:
    path = ADDRESSES[address][1]
    allowed = {method for method, known in ADDRESSES.values() if known == path}
    answer = hub.ask("OPTIONS", path.format(**places))
    assert answer.status_code == 200
    named = set(answer.headers["Allow"].replace(" ", "").split(","))
    assert named == allowed | {"HEAD", "OPTIONS"}


@pytest.mark.parametrize("requirement", ["CN-03", "CN-04", "CN-05", "CN-06", "CN-07", "CN-08"])
def test_private_answers_are_not_cached(
    hub: Hub, addresses: dict[str, str], requirement: str
) -> None:
    answer = hub.get(addresses[requirement])
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Authorization" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "name", [pytest.param("shared", id="shared"), pytest.param(str(fakes.uuid_of(1)), id="id")]
)
def test_a_missing_slash_is_no_redirect(hub: Hub, name: str) -> None:
    answer = hub.get(f"/hub/collections/{name}")
    assert answer.status_code == 200
    assert data(answer)["alias"] == "shared"


def test_ids_are_case_sensitive(seed: Room) -> None:
    assert seed.get(f"objects/{sample.VERSIONED.upper()}/").status_code == 404


def test_a_query_that_is_not_understood_says_where_in_both_languages(hub: Hub) -> None:
    with hub.app.test_request_context("/api/v1/search"):
        g.request_id = "4f1c2a9be07d5c36"
        answer = errors.answer(QueryError("similar-field", 5, 11, field="domian", near="domain"))
    assert answer.status_code == 400
    assert data(answer)["error_code"] == "bad-query"
    assert data(answer)["description"].startswith("There is no field domian. Did you mean")
    assert data(answer)["details"] == {
        "field": "q",
        "key": "similar-field",
        "position": 5,
        "length": 6,
        "en": data(answer)["description"],
        "vi": "Không có trường domian. Có phải ý bạn là domain? Để tìm chính đoạn văn bản này, "
        "hãy dùng ngoặc kép.",
    }
