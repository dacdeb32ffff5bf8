"""The hub as a directory of CSAF 2.0: the schema, the mandatory tests and the connector read it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest
from csaf.csaf.v20 import validate
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from connectors.csaf.provider import CONNECTOR, SETTINGS
from hub.model.party import Token
from hub.model.tlp import Tlp
from hub.service.credentials import digest
from tests import fakes
from tests.connectors.misp import samples
from tests.http.asking import Hub, Room, data
from tests.http.pieces import REF_OF
from tests.tools.ports import free_port

SECRET = "hub_advise-".ljust(47, "x")
ORG = "ministry"
YEAR = fakes.format_us(fakes.START_US)[:4]


@contextmanager
def opened(folder: Path, port: int) -> Iterator[Hub]:
    """A hub that knows the address at which it is served, as it stands in its documents."""
    clock = fakes.Clock(fakes.START_US + 60_000_000)
    text = f"[limits]\nrequests_per_minute = 0\n[server]\nport = {port}\n"
    config = fakes.make_config(folder, text)
    store = fakes.open_store(config.store_path, clock=clock)
    fakes.populate(store)
    with mock.patch("hub.app.now_us", clock):
        made = Hub(config, store)
        made.put(Token("advise", "publisher", digest(SECRET), 2**62, purpose="export"))
        yield made
    store.close()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with opened(tmp_path_factory.mktemp("csaf"), free_port()) as made:
        yield made


@pytest.fixture
def room(hub: Hub) -> Room:
    return hub.room()


def flaw(number: int, cve: str = "", version: int = 0, **changes: Any) -> dict[str, Any]:
    name = cve or f"CVE-2026-{number:05d}"
    return thing("vulnerability", number, version) | {"name": name} | changes


def report(number: int, *refs: str, version: int = 0, **changes: Any) -> dict[str, Any]:
    made = thing("report", number, version)
    said = {"name": f"Advisory {number}", "published": made["created"], "object_refs": [*refs]}
    return made | said | changes


def thing(kind: str, number: int, version: int) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": id_of(kind, number),
        "created": fakes.format_us(fakes.START_US),
        "modified": fakes.format_us(fakes.START_US + version * 1_000_000),
    }


def id_of(kind: str, number: int) -> str:
    return f"{kind}--{fakes.uuid_of(number)}"


def pull(room: Room, name: str, **headers: str) -> TestResponse:
    sent = {"Authorization": f"Bearer {SECRET}"} | headers
    return room.hub.get(
        f"/export/collections/{room.collection.alias}/csaf/{name}", account="", headers=sent
    )


def paths(room: Room) -> list[str]:
    answer = pull(room, "index.txt")
    assert answer.status_code == 200, answer.data
    return answer.data.decode().split()


def document(room: Room, kind: str, number: int) -> dict[str, Any]:
    """A document that the schema and the mandatory tests of CSAF 2.0 find nothing to say about."""
    path = f"{YEAR}/{id_of(kind, number)}.json"
    assert path in paths(room)
    answer = pull(room, path)
    assert answer.status_code == 200, answer.data
    found: dict[str, Any] = json.loads(answer.data)
    assert complaints(found, path) == []
    return found


def complaints(found: dict[str, Any], path: str) -> list[str]:
    told = validate(found, path=path.rpartition("/")[2])
    wrong = [
        f"{result.id}: {result.errors}"
        for result in told.results
        if not result.passed and result.group in {"schema", "profile", "mandatory"}
    ]
    # The mandatory tests are made of what the schema lets through.
    assert wrong or {"schema", "mandatory"} <= {result.group for result in told.results}
    return wrong


def cves(found: dict[str, Any]) -> list[str]:
    return [entry["cve"] for entry in found["vulnerabilities"]]


def test_the_checker_finds_what_is_wrong(room: Room) -> None:
    room.add(flaw(1))
    good = document(room, "vulnerability", 1)
    for number in ("2.0.0", "1"):
        bad = json.loads(json.dumps(good))
        bad["document"]["tracking"]["version"] = number
        assert complaints(bad, "x.json"), number
    bad = json.loads(json.dumps(good))
    bad["document"]["distribution"]["tlp"]["label"] = "CLEAR"
    assert complaints(bad, "x.json")


def test_a_vulnerability_says_what_its_object_says(room: Room) -> None:
    links = [
        {"source_name": "cve", "external_id": "CVE-2026-12345"},
        {"source_name": "vendor", "url": "https://vendor.example/a?b=1#c", "description": "Fix"},
    ]
    room.add(flaw(1, "Heap overflow", lang="en", description="Old.", external_references=links))
    found = document(room, "vulnerability", 1)
    head, (entry,) = found["document"], found["vulnerabilities"]
    assert (head["category"], head["title"], head["lang"]) == ("csaf_base", "Heap overflow", "en")
    assert head["publisher"]["name"] == ORG
    assert head["tracking"]["id"] == id_of("vulnerability", 1)
    assert entry == {
        "cve": "CVE-2026-12345",
        "notes": [{"category": "description", "text": "Old.", "title": ORG}],
        "references": [
            {"category": "external", "summary": "Fix", "url": "https://vendor.example/a?b=1#c"}
        ],
        "title": "Heap overflow",
    }


def test_a_report_holds_its_vulnerabilities_and_no_others(room: Room) -> None:
    room.add(*(flaw(n) for n in (1, 2, 3)), flaw(4, "CVE-2026-00001", description="Also."))
    refs = [id_of("vulnerability", n) for n in (2, 1, 4, 99)]
    room.add(report(7, *refs, description="What to do."))
    found = document(room, "report", 7)
    assert cves(found) == ["CVE-2026-00001", "CVE-2026-00002"]
    assert [note["text"] for note in found["document"]["notes"]] == ["What to do."]
    assert [note["text"] for note in found["vulnerabilities"][0]["notes"]] == ["Also."]
    assert len(paths(room)) == 5


def test_what_does_not_fit_is_counted(room: Room) -> None:
    room.add(flaw(1), flaw(2, "No number"), flaw(3, revoked=True), fakes.indicator(5))
    room.add(report(4, id_of("indicator", 5)))
    assert paths(room) == [f"{YEAR}/{id_of('vulnerability', 1)}.json"]
    assert pull(room, "index.txt").headers["Hub-Left-Out"] == "form=2, revoked=1"


def test_the_strictest_marking_holds_and_nothing_above_green_leaves(room: Room) -> None:
    for n, tlp in enumerate((Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT), 1):
        room.add(flaw(n, object_marking_refs=[REF_OF[tlp]]))
    clear, green = {"object_marking_refs": [REF_OF[Tlp.CLEAR]]}, id_of("vulnerability", 2)
    room.add(report(7, green, id_of("vulnerability", 3), **clear))
    room.add(report(8, id_of("vulnerability", 1), **clear))
    labels = {
        path: json.loads(pull(room, path).data)["document"]["distribution"]["tlp"]["label"]
        for path in paths(room)
    }
    assert labels == {
        f"{YEAR}/{id_of('report', 7)}.json": "GREEN",
        f"{YEAR}/{id_of('report', 8)}.json": "WHITE",
        f"{YEAR}/{id_of('vulnerability', 1)}.json": "WHITE",
        f"{YEAR}/{id_of('vulnerability', 2)}.json": "GREEN",
    }
    assert cves(document(room, "report", 7)) == ["CVE-2026-00002"]
    assert pull(room, "index.txt").headers["Hub-Left-Out"] == "marking=2"
    assert pull(room, f"{YEAR}/{id_of('vulnerability', 3)}.json").status_code == 404


def test_a_change_is_a_new_version_of_all_that_hold_it(room: Room) -> None:
    room.add(flaw(1), report(7, id_of("vulnerability", 1)))
    first = document(room, "report", 7)["document"]["tracking"]
    assert (first["version"], len(first["revision_history"])) == ("1.0.0", 1)
    room.add(flaw(1, version=30, description="New."))
    second = document(room, "report", 7)["document"]["tracking"]
    assert second["version"] == "1.30000000.0"
    assert second["initial_release_date"] == first["initial_release_date"]
    assert second["current_release_date"] == fakes.format_us(fakes.START_US + 30_000_000)
    rows = list(csv.reader(pull(room, "changes.csv").data.decode().splitlines()))
    assert rows == [[path, second["current_release_date"]] for path in paths(room)]


def test_what_changed_last_stands_first(room: Room) -> None:
    room.add(*(flaw(n, version=version) for n, version in ((1, 5), (2, 20), (3, 0))))
    rows = csv.reader(pull(room, "changes.csv").data.decode().splitlines())
    named = [path.rpartition("/")[2].removesuffix(".json") for path, _ in rows]
    assert named == [id_of("vulnerability", n) for n in (2, 1, 3)]


def test_digests_are_those_of_the_document(room: Room) -> None:
    room.add(flaw(1))
    (path,) = paths(room)
    raw = pull(room, path).data
    for name in ("sha256", "sha512"):
        said = pull(room, f"{path}.{name}").data.decode().split()
        assert said == [hashlib.new(name, raw).hexdigest(), path.rpartition("/")[2]]


def test_what_is_unchanged_costs_no_file(room: Room) -> None:
    room.add(flaw(1))
    (path,) = paths(room)
    for name in (path, f"{path}.sha256", "changes.csv", "provider-metadata.json"):
        first = pull(room, name)
        assert not first.headers["ETag"].startswith("W/")
        assert pull(room, name).data == first.data
        assert pull(room, name, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    tag = pull(room, "index.txt").headers["ETag"]
    room.add(flaw(2))
    assert pull(room, "index.txt", **{"If-None-Match": tag}).status_code == 200


HOSTILE = "</script>\u202e\x07\ufeff\U0001f600 \"'\\ {{7*7}} \r\n=cmd()"


def test_hostile_texts_stay_texts(room: Room) -> None:
    urls = (
        *("javascript:alert(1)", "https://a b.example", "https://x.example/%zz", "//x.example"),
        *("https://\u202ex.example", "http://[::1", "https://x.example/" + "a" * 5_000, ""),
        *('https://x.example/"><b>', "https://x.example/ok"),
    )
    links = [{"source_name": HOSTILE, "url": url} for url in urls if url]
    changes = {"description": HOSTILE * 2_000, "lang": "en</b>", "external_references": links}
    room.add(flaw(1, **changes), flaw(2, "CVE-2026-00002", description="\u200b"))
    room.add(report(7, id_of("vulnerability", 1), name=HOSTILE, **changes))
    room.add(report(8, id_of("vulnerability", 1), name="\u200b"))
    found = document(room, "report", 7)
    head = found["document"]
    assert "lang" not in head
    assert not re.search("[\u202e\x07\ufeff]", json.dumps(found, ensure_ascii=False))
    assert [entry["url"] for entry in head["references"][1:]] == ["https://x.example/ok"]
    assert len(head["notes"][0]["text"]) <= 30_000
    assert document(room, "report", 8)["document"]["title"] == id_of("report", 8)
    assert "notes" not in document(room, "vulnerability", 2)["vulnerabilities"][0]


@pytest.mark.parametrize(
    "name",
    [
        f"{YEAR}/{id_of('vulnerability', 77)}.json",
        f"1999/{id_of('vulnerability', 1)}.json",
        f"{YEAR}/{id_of('indicator', 1)}.json",
        f"{YEAR}/{id_of('vulnerability', 1)}.json.md5",
        "../index.txt",
        "",
    ],
)
def test_what_is_not_there_is_said(room: Room, name: str) -> None:
    room.add(flaw(1))
    answer = pull(room, name)
    assert answer.status_code == 404
    assert answer.get_json()["title"]


def test_who_may_not_read_sees_no_directory(hub: Hub) -> None:
    room = hub.room(read=False)
    room.add(flaw(1))
    for name in ("index.txt", f"{YEAR}/{id_of('vulnerability', 1)}.json"):
        assert pull(room, name).status_code == 404


def test_a_vulnerability_of_another_collection_is_in_no_document(hub: Hub, room: Room) -> None:
    hidden = hub.room(read=False)
    hidden.add(flaw(1))
    room.add(flaw(2), report(7, id_of("vulnerability", 1), id_of("vulnerability", 2)))
    room.add(report(8, id_of("vulnerability", 1)))
    assert cves(document(room, "report", 7)) == ["CVE-2026-00002"]
    assert len(paths(room)) == 2
    assert id_of("vulnerability", 1).encode() not in pull(room, paths(room)[0]).data


def test_what_is_hidden_changes_no_byte(tmp_path: Path) -> None:
    """Two hubs: one has more, above the ceiling of the token and in a collection out of reach."""
    answers = [_told(tmp_path / str(n), is_full=n == 1) for n in range(2)]
    assert answers[0] == answers[1]
    statuses = [status for status, _, _ in answers[0].values()]
    assert (statuses.count("200 OK"), statuses.count("404 NOT FOUND")) == (7, 5)


def _told(folder: Path, *, is_full: bool) -> dict[str, tuple[str, list[tuple[str, str]], bytes]]:
    folder.mkdir()
    with opened(folder, 8_799) as hub:
        room, other = hub.room(), hub.room(read=False)
        narrow = digest(SECRET.replace("x", "y"))
        hub.put(Token("narrow", "publisher", narrow, 2**62, ceiling=Tlp.GREEN, purpose="export"))
        amber = {"object_marking_refs": [REF_OF[Tlp.AMBER]]}
        refs = [id_of("vulnerability", n) for n in (1, 2, 3)]
        room.add(flaw(1), report(7, *refs))
        if is_full:
            room.add(flaw(2, version=40, **amber), report(8, *refs, **amber))
            other.add(flaw(3, version=50), report(9, *refs))
        ids = [id_of("vulnerability", n) for n in (1, 2, 3)] + [id_of("report", n) for n in (7, 8)]
        lists = ("index.txt", "changes.csv", "provider-metadata.json")
        more = [f"{YEAR}/{each}.json" for each in ids]
        digests = [f"{more[0]}.sha256", f"{more[3]}.sha512", f"{more[1]}.sha256", "x.txt"]
        bearer = {"Authorization": f"Bearer {SECRET.replace('x', 'y')}"}
        return {name: _shown(pull(room, name, **bearer)) for name in (*lists, *more, *digests)}


def _shown(answer: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    """What follows from the objects; an error has a number of its own each time."""
    raw = re.sub(rb'"error_id":"[0-9a-f]+"', b"", answer.data)
    return answer.status, [h for h in answer.headers if h[0] in SAID], raw


SAID = ("ETag", "Last-Modified", "Hub-Left-Out", "Content-Length", "Content-Type")


def test_a_search_has_a_directory_too(hub: Hub, room: Room) -> None:
    room.add(flaw(1, "CVE-2026-77001"), flaw(2))
    body = json.dumps({"name": "one", "query": "cve:CVE-2026-77001"}).encode()
    plain = {"Accept": "application/json", "Content-Type": "application/json"}
    made = hub.ask("POST", "/api/v1/searches", headers=plain, body=body)
    base = f"/export/searches/{data(made)['id']}/csaf"
    (path,) = hub.get(f"{base}/index.txt").data.decode().split()
    found = json.loads(hub.get(f"{base}/{path}").data)
    assert cves(found) == ["CVE-2026-77001"]
    assert found["document"]["references"][0]["url"] == f"{hub.config.url}{base}/{path}"


@contextmanager
def served(hub: Hub) -> Iterator[None]:
    server = make_server("127.0.0.1", hub.config.server.port, hub.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.mark.parametrize("name", ["provider-metadata.json", ""])
def test_another_hub_reads_the_directory_over_http(room: Room, tmp_path: Path, name: str) -> None:
    """The connector for CSAF, over real HTTP with the token of the export; digests are checked."""
    room.add(flaw(1, "CVE-2026-10001"), flaw(2, "CVE-2026-10002", description="Patch it."))
    room.add(report(7, id_of("vulnerability", 1), id_of("vulnerability", 2), description="Both."))
    (tmp_path / "token").write_text(SECRET, encoding="ascii")
    url = f"{room.hub.config.url}/export/collections/{room.collection.alias}/csaf/{name}"
    settings = msgspec.convert({"url": url, "token": f"file:{tmp_path / 'token'}"}, SETTINGS)
    with served(room.hub):
        run = samples.run(tmp_path)
        batches = [*CONNECTOR.collect(settings, {}, run)]
        again = [*CONNECTOR.collect(settings, batches[-1].state, run)]
    assert [left for batch in batches for left in batch.left] == []
    assert again == []
    objects = [msgspec.json.decode(each.raw) for batch in batches for each in batch.found]
    names = {obj["id"]: obj["name"] for obj in objects if obj["type"] == "vulnerability"}
    assert set(names.values()) == {"CVE-2026-10001", "CVE-2026-10002"}
    (both,) = (o for o in objects if o["type"] == "report" and o["name"] == "Advisory 7")
    assert {names[ref] for ref in both["object_refs"] if ref in names} == set(names.values())
    assert "Both." in both["description"]


def test_the_metadata_claim_no_more_than_is_so(room: Room) -> None:
    room.add(flaw(1, version=5))
    found = json.loads(pull(room, "provider-metadata.json").data)
    base = f"{room.hub.config.url}/export/collections/{room.collection.id}/csaf/"
    assert found["canonical_url"] == f"{base}provider-metadata.json"
    assert found["distributions"] == [{"directory_url": base}]
    assert found["last_updated"] == fakes.format_us(fakes.START_US + 5_000_000)
    assert (found["role"], found["list_on_CSAF_aggregators"]) == ("csaf_publisher", False)
    assert "public_openpgp_keys" not in found
