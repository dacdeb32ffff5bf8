"""Parcels into a collection of another hub, which really serves."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connectors.errors import Absent, LoginNeeded, NotUnderstood, RemoteError
from connectors.taxii.send import SENDER, Target
from hub import policy
from hub.model.party import Caller, Role
from hub.model.query import Query
from tests import fakes
from tests.connectors.sending.parcels import SECRETS, freight, parcel, trip
from tests.connectors.sending.receivers import Hook, Said, second_hub

PARCEL = parcel(freight(1, name="Tên  có dấu"), freight(2))
READER = Caller("reader", "ministry", frozenset({Role.READER}))


@pytest.fixture
def there(tmp_path, monkeypatch):
    monkeypatch.setitem(SECRETS, "env:TOKEN", fakes.token_of("publisher"))
    monkeypatch.setitem(SECRETS, "env:READER", fakes.token_of("reader"))
    with second_hub(tmp_path / "there") as found:
        yield found


def to(url, alias="shared", **changes):
    values = {"token": "env:TOKEN"} | changes
    return Target(url=f"{url}collections/{fakes.collection(alias).id}/", **values)


def held(store, alias="shared"):
    scope = policy.scope(READER, store.directory())
    return store.objects(scope, Query(fakes.KEYS[alias]), -1, 100).raws


def test_bytes_are_equal_over_there_and_a_repetition_changes_nothing(there, tmp_path):
    store, url = there
    for _ in range(2):
        receipt = SENDER.send(to(url), PARCEL, trip(tmp_path))
        assert (receipt.accepted, receipt.refused) == (2, ())
    assert held(store) == [item.raw for item in PARCEL.freight]
    assert len(store.changes(0, 100)) == 2


def test_what_the_other_side_refuses_is_told_by_object(there, tmp_path):
    store, url = there
    bad = freight(3, pattern=7)
    receipt = SENDER.send(to(url), parcel(freight(1), bad, freight(2)), trip(tmp_path))
    assert receipt.accepted == 2
    assert [item.object_id for item in receipt.refused] == [bad.object_id]
    assert "pattern" in receipt.refused[0].reason
    assert held(store) == [freight(1).raw, freight(2).raw]


def test_deletions_go_along_and_what_is_not_there_is_well(there, tmp_path):
    store, url = there
    SENDER.send(to(url), PARCEL, trip(tmp_path))
    gone = (PARCEL.freight[0].object_id, "indicator--99999999-9999-4999-8999-999999999999")
    receipt = SENDER.send(to(url), parcel(gone=gone), trip(tmp_path))
    assert receipt.refused == ()
    assert held(store) == [PARCEL.freight[1].raw]
    SENDER.send(
        to(url, deletions=False), parcel(gone=(PARCEL.freight[1].object_id,)), trip(tmp_path)
    )
    assert len(held(store)) == 1


def test_what_may_not_be_deleted_is_told(there, tmp_path, monkeypatch):
    store, url = there
    monkeypatch.setitem(SECRETS, "env:PARTNER", fakes.token_of("partner"))
    SENDER.send(to(url), PARCEL, trip(tmp_path))
    gone = parcel(gone=(PARCEL.freight[0].object_id,))
    receipt = SENDER.send(to(url, token="env:PARTNER"), gone, trip(tmp_path))
    assert [(r.object_id, r.version) for r in receipt.refused] == [(gone.gone[0], "")]
    assert len(held(store)) == 2


def test_an_audience_is_named_to_the_other_side(there, tmp_path):
    store, url = there
    SENDER.send(to(url, audience=("org:grid",)), PARCEL, trip(tmp_path))
    scope = policy.scope(READER, store.directory())
    [first, *_] = store.changes(0, 10)
    [piece] = store.pick(scope, [first.added_us])
    assert piece.named == {("org", "ministry"), ("org", "grid")}


def test_without_the_right_to_write_the_parcel_is_kept(there, tmp_path):
    _, url = there
    with pytest.raises(LoginNeeded, match="may not be written"):
        SENDER.send(to(url, token="env:READER"), PARCEL, trip(tmp_path))
    with pytest.raises(Absent):
        SENDER.send(to(url, "hidden"), PARCEL, trip(tmp_path))


ONE_OF_TWO = {"success_count": 1, "failure_count": 1}


@contextmanager
def answering(**status):
    """A collection that answers every publish with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._say(200, {"id": "91a7b528", "title": "x", "can_read": True, "can_write": True})

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            told = {"id": "2d086da7", "status": "complete", "total_count": 2, "success_count": 2}
            self._say(202, told | {"failure_count": 0, "pending_count": 0} | status)

        def _say(self, code, found):
            body = json.dumps(found).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/taxii+json;version=2.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Target(url=f"http://127.0.0.1:{server.server_port}/api/collections/91a7b528/")
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("version", [{"version": PARCEL.freight[1].version}, {}])
def test_a_half_that_is_refused_is_told_with_its_reason(version, tmp_path):
    failure = {"id": PARCEL.freight[1].object_id, "message": "no\r\nroom", **version}
    with answering(**ONE_OF_TWO, failures=[failure]) as there:
        receipt = SENDER.send(there, PARCEL, trip(tmp_path))
    assert receipt.accepted == 1
    assert [(r.object_id, r.reason) for r in receipt.refused] == [(failure["id"], "no room")]


@pytest.mark.parametrize(
    "status",
    [
        ONE_OF_TWO,
        {**ONE_OF_TWO, "failures": [None]},
        {**ONE_OF_TWO, "failures": [{"id": "indicator--x", "message": "another"}]},
        {"total_count": 0, "success_count": 0},
        {"total_count": 1, "success_count": 1},
        {"success_count": "2", "failure_count": "0"},
    ],
    ids=str,
)
def test_what_a_status_does_not_count_is_not_taken(status, tmp_path):
    with answering(**status) as there, pytest.raises(NotUnderstood):
        SENDER.send(there, PARCEL, trip(tmp_path))


@pytest.mark.parametrize("said", [Said(200, body=b"<html>"), Said(500), Said(302)])
def test_a_server_that_is_none_raises_errors_of_ours_alone(said, tmp_path):
    hook = Hook()
    try:
        url = hook.url.rpartition("/hook")[0]
        with pytest.raises(RemoteError):
            SENDER.send(to(f"{url}/"), PARCEL, trip(tmp_path))
    finally:
        hook.close()
