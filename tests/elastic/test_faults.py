"""What a search answers when the cluster does not: the reason, soon, and never a wrong number."""

from __future__ import annotations

import base64
import ipaddress
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from hub.errors import Fault, HubError
from hub.model.search import EVERYTHING, AllOf, AnyOf, Has, Not, Term, Words
from hub.model.search import Node as Query
from hub.service.keys import new_key
from hub.store.elastic.client import Place
from hub.store.elastic.finder import ElasticFinder
from hub.store.sqlite import SqliteStore
from tests.conformance.builders import SEES_ALL, publish
from tests.conformance.find_worlds import made
from tests.elastic.copies import Copy, copy_of
from tests.elastic.front import Front, front_of
from tests.elastic.node import Node
from tests.fakes import open_store

KEY = base64.b64encode(b"id:secret").decode()
MALWARE = Has("type", ("malware",))
FULL = b'{"error":{"type":"es_rejected_execution_exception","reason":"queue"},"status":429}'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_store(tmp_path / "hub.sqlite")
    publish(opened, *[made("malware", n, 0, name=f"Emotet {n}", is_family=True) for n in range(9)])
    yield opened
    opened.close()


@pytest.fixture
def copy(store: SqliteStore, elastic_url: str, elastic_prefix: str) -> Iterator[Copy]:
    with copy_of(store, elastic_url, elastic_prefix) as made_copy:
        made_copy.settle()
        yield made_copy


@pytest.fixture
def front(copy: Copy, elastic_url: str) -> Iterator[Front]:
    with front_of(elastic_url) as server:
        yield server


@pytest.fixture
def finder(front: Front, store: SqliteStore, elastic_prefix: str) -> Iterator[ElasticFinder]:
    """By way of `front`."""
    opened = ElasticFinder(store, Place((front.url,), timeout_s=1), elastic_prefix)
    yield opened
    opened.close()


def asked(finder: ElasticFinder, node: Query = MALWARE) -> dict[str, object]:
    """Every kind of question, with its answer or its error."""
    questions = {
        "find": lambda: finder.find(SEES_ALL, node, 0, 3),
        "count": lambda: finder.count(SEES_ALL, node),
        "facets": lambda: finder.facets(SEES_ALL, node, ["type"], 3),
        "histogram": lambda: finder.histogram(SEES_ALL, node, "added", 1_000_000),
        "suggest": lambda: finder.suggest(SEES_ALL, "type", "m", 3),
        "summaries": lambda: finder.summaries(SEES_ALL, [Term("type", "malware")]),
    }
    found: dict[str, object] = {}
    for name, question in questions.items():
        try:
            found[name] = question()
        except HubError as error:
            found[name] = error
    return found


def all_down(found: dict[str, object], reason: str) -> None:
    for name, answer in found.items():
        assert isinstance(answer, HubError), (name, answer)
        assert answer.fault is Fault.SEARCH_DOWN, (name, answer.reason)
        assert reason in answer.reason, (name, answer.reason)


ANSWERS = {
    "breaker": (429, FULL, "too much to do"),
    "key": (401, b'{"error":{"type":"security_exception"},"status":401}', "refuses the hub's key"),
    "rights": (
        403,
        b'{"error":{"type":"security_exception"},"status":403}',
        "refuses the hub's key",
    ),
    "failed": (500, b'{"error":{"type":"null_pointer_exception"},"status":500}', "failed"),
    "no shards": (
        503,
        b'{"error":{"type":"search_phase_execution_exception"},"status":503}',
        "failed",
    ),
    "not understood": (
        400,
        b'{"error":{"type":"parsing_exception"},"status":400}',
        "not understand",
    ),
    "no JSON": (200, b"<html>", "cannot be understood"),
}


@pytest.mark.parametrize(("status", "body", "reason"), ANSWERS.values(), ids=ANSWERS)
def test_what_the_cluster_refuses_is_told(
    finder: ElasticFinder, front: Front, status: int, body: bytes, reason: str
) -> None:
    front.meddler = lambda *_: (status, body)
    all_down(asked(finder), reason)
    assert reason in finder.reach().trouble
    front.meddler = lambda *_: None
    assert finder.count(SEES_ALL, MALWARE) == 9


def test_a_moment_of_too_much_is_waited_out(finder: ElasticFinder, front: Front) -> None:
    left = [2]  # the library itself sends twice

    def busy(*_: object) -> tuple[int, bytes] | None:
        left[0] -= 1
        return (429, FULL) if left[0] >= 0 else None

    front.meddler = busy
    assert finder.count(SEES_ALL, MALWARE) == 9


def late(_: str, path: str, sent: bytes) -> tuple[int, bytes] | None:
    """The node's answer when a shard ran out of time and partial results were allowed."""
    part = {
        "took": 1,
        "timed_out": True,
        "_shards": {"total": 1, "successful": 1, "failed": 0},
        "hits": {"total": {"value": 3, "relation": "eq"}, "hits": []},
        "aggregations": {},
        "status": 200,
    }
    if "_msearch" in path:
        searches = sent.count(b"\n") // 2
        return 200, json.dumps({"took": 1, "responses": [part] * searches}).encode()
    return (200, json.dumps(part).encode()) if "_search" in path else None


def overdue(*_: object) -> tuple[int, bytes]:
    """The same when partial results are not allowed: an error, and in a list of searches a part."""
    reason = {"type": "query_phase_execution_exception", "reason": "Time exceeded"}
    return 500, json.dumps({"error": {"root_cause": [reason], **reason}, "status": 500}).encode()


def overdue_part(_: str, path: str, sent: bytes) -> tuple[int, bytes] | None:
    if "_msearch" not in path:
        return overdue()
    part = json.loads(overdue()[1])
    return 200, json.dumps({"took": 1, "responses": [part] * (sent.count(b"\n") // 2)}).encode()


@pytest.mark.parametrize("meddler", [late, overdue_part])
def test_what_did_not_come_in_time_is_not_counted(
    finder: ElasticFinder, front: Front, meddler: object
) -> None:
    front.meddler = meddler  # type: ignore[assignment]
    found = asked(finder)
    assert found["count"] is None
    assert found["histogram"] is None
    assert found["facets"] == [("type", None)]
    for name in ("find", "suggest", "summaries"):
        error = found[name]
        assert isinstance(error, HubError), name
        assert error.fault is Fault.BAD_QUERY, name
        assert error.remedy


def test_a_part_of_the_shards_is_not_counted(finder: ElasticFinder, front: Front) -> None:
    def partial(method: str, path: str, sent: bytes) -> tuple[int, bytes] | None:
        status, body = late(method, path, sent) or (0, b"")
        text = body.replace(b'"timed_out": true', b'"timed_out": false')
        return (status, text.replace(b'"failed": 0', b'"failed": 1')) if status else None

    front.meddler = partial
    assert finder.count(SEES_ALL, MALWARE) is None


def nested(depth: int) -> Query:
    node: Query = MALWARE
    for _ in range(depth):
        node = AllOf((AnyOf((Not(AllOf((node, MALWARE))), MALWARE)), MALWARE))
    return node


LARGE = {
    "clauses": AnyOf(tuple(AllOf((Words((f"a{n}",)), Words((f"b{n}",)))) for n in range(40_000))),
    "depth": nested(40),
}


@pytest.mark.parametrize("node", LARGE.values(), ids=LARGE)
def test_a_query_that_is_too_large_is_the_callers_fault(copy: Copy, node: Query) -> None:
    for name, answer in asked(copy.finder, node).items():
        if name not in {"suggest", "summaries"}:  # these take no query
            assert isinstance(answer, HubError), (name, answer)
            assert answer.fault is Fault.BAD_QUERY, (name, answer.reason, answer.__cause__)


def test_as_many_values_as_anybody_asks_for(copy: Copy) -> None:
    many = Has("id", ("malware", *(f"x{n}" for n in range(130_000))))
    assert copy.finder.count(SEES_ALL, AnyOf((many, MALWARE))) == 9
    terms = [Term("value", f"v{n}") for n in range(9_999)]
    found = copy.finder.summaries(SEES_ALL, [*terms, Term("type", "malware")])
    assert [item.records for item in found[:-1]] == [0] * 9_999
    assert found[-1].records == 9


def test_an_end_that_nobody_answers_costs_others_nothing(
    store: SqliteStore, copy: Copy, elastic_prefix: str, owned_elastic: Node
) -> None:
    place = Place((owned_elastic.url,), timeout_s=2)
    finder = ElasticFinder(store, place, elastic_prefix)
    assert finder.count(SEES_ALL, MALWARE) == 9
    owned_elastic.pause()
    try:
        started = time.monotonic()
        with pytest.raises(HubError, match="in time"):
            finder.count(SEES_ALL, MALWARE)
        waited = time.monotonic() - started
        assert waited > 2
        # Six questions, of which each would wait as long; half of that is for a slow machine.
        started = time.monotonic()
        all_down(asked(finder), "in time")
        assert time.monotonic() - started < 3 * waited
    finally:
        owned_elastic.resume()
    time.sleep(2.1)
    owned_elastic.wait()
    assert finder.count(SEES_ALL, MALWARE) == 9
    finder.close()


def test_a_node_that_is_killed_is_told_and_its_return_noticed(
    store: SqliteStore, copy: Copy, elastic_prefix: str, owned_elastic: Node
) -> None:
    finder = ElasticFinder(store, Place((owned_elastic.url,)), elastic_prefix)
    owned_elastic.kill()
    all_down(asked(finder), "cannot be reached")
    assert "cannot be reached" in finder.reach().trouble
    owned_elastic.start()
    end = time.monotonic() + 60
    while finder.reach().trouble:
        assert time.monotonic() < end
        time.sleep(0.2)
    assert finder.count(SEES_ALL, MALWARE) == 9
    finder.close()


def test_progress_is_told_soon_and_stops_nobody(
    front: Front, store: SqliteStore, elastic_prefix: str
) -> None:
    """A balancer asks for it, and would take the hub out."""
    gate = threading.Event()

    def hold(method: str, path: str, _: bytes) -> None:
        if "horizon" in path:
            gate.wait(60)

    front.meddler = hold
    finder = ElasticFinder(store, Place((front.url,), timeout_s=30), elastic_prefix)
    started = time.monotonic()
    assert "in time" in finder.reach().trouble
    assert time.monotonic() - started < 30, "it waits as long as a search does"
    assert finder.count(SEES_ALL, MALWARE) == 9
    gate.set()
    assert not finder.reach().trouble
    finder.close()


def test_only_so_many_wait_at_once(front: Front, store: SqliteStore, elastic_prefix: str) -> None:
    gate, held = threading.Event(), threading.Semaphore(0)

    def hold(*_: object) -> None:
        held.release()
        gate.wait(60)

    front.meddler = hold
    finder = ElasticFinder(store, Place((front.url,), most=2), elastic_prefix)
    threads = [threading.Thread(target=asked, args=(finder,), daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert all(held.acquire(timeout=60) for _ in threads)
    with pytest.raises(HubError, match="too many searches"):
        finder.count(SEES_ALL, MALWARE)
    gate.set()
    for thread in threads:
        thread.join()
    assert finder.count(SEES_ALL, MALWARE) == 9
    finder.close()


def authority(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """A CA and a certificate of it for 127.0.0.1: files of the CA, the certificate, the key."""
    now, ca_key, key = datetime.now(UTC), new_key(), new_key()
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
    )
    ca = (
        start.subject_name(issuer)
        .serial_number(1)
        .public_key(ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = (
        start.subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "es")]))
        .serial_number(2)
        .public_key(key.public_key())
        .add_extension(host, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    files = (folder / f"{name}-ca.pem", folder / f"{name}.pem", folder / f"{name}.key")
    files[0].write_bytes(ca.public_bytes(Encoding.PEM))
    files[1].write_bytes(leaf.public_bytes(Encoding.PEM))
    files[2].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


class TestTls:
    def test_a_key_and_a_ca(
        self, store: SqliteStore, copy: Copy, tmp_path: Path, elastic_url: str, elastic_prefix: str
    ) -> None:
        ca, *certificate = authority(tmp_path, "mine")
        stranger, *_ = authority(tmp_path, "other")
        with front_of(elastic_url, key=KEY, certificate=tuple(certificate)) as front:  # type: ignore[arg-type]
            assert front.url.startswith("https:")
            good = ElasticFinder(store, Place((front.url,), KEY, str(ca)), elastic_prefix)
            assert good.count(SEES_ALL, MALWARE) == 9
            assert good.reach().trouble == ""
            before = len(front.seen)
            cases = {
                "certificate of the search engine cannot be verified": Place(
                    (front.url,), KEY, str(stranger)
                ),
                "cannot be verified": Place((front.url,), KEY),
                "refuses the hub's key": Place((front.url,), KEY[::-1], str(ca)),
                "the hub's key": Place((front.url,), "", str(ca)),
            }
            for reason, place in cases.items():
                bad = ElasticFinder(store, place, elastic_prefix)
                all_down(asked(bad), reason)
                assert KEY not in bad.reach().trouble
                bad.close()
            assert len(front.seen) == before, "nothing was let in"
            good.close()

    def test_another_host_than_the_certificates(
        self, store: SqliteStore, copy: Copy, tmp_path: Path, elastic_url: str, elastic_prefix: str
    ) -> None:
        ca, *certificate = authority(tmp_path, "mine")
        with front_of(elastic_url, certificate=tuple(certificate)) as front:  # type: ignore[arg-type]
            url = front.url.replace("127.0.0.1", "localhost")
            finder = ElasticFinder(store, Place((url,), "", str(ca)), elastic_prefix)
            all_down(asked(finder), "cannot be verified")
            assert front.seen == []
            finder.close()


def test_what_answers_is_not_elasticsearch(
    store: SqliteStore, copy: Copy, elastic_prefix: str
) -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b"{}"
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    finder = ElasticFinder(
        store, Place((f"http://127.0.0.1:{server.server_port}",)), elastic_prefix
    )
    with pytest.raises(HubError, match="not Elasticsearch"):
        finder.find(SEES_ALL, EVERYTHING, 0, 1)
    finder.close()
    server.shutdown()
    server.server_close()
