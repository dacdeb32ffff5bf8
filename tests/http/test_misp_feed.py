"""The hub as a feed of MISP: as MISP reads it, with PyMISP and with the hub's own connector as readers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pymisp import MISPEvent
from pymisp.tools import feed_meta_generator
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from connectors.misp.events import read
from connectors.misp.feed import CONNECTOR, SETTINGS
from hub.intake.misp import events_of
from hub.model.party import Token
from hub.model.tlp import Tlp
from hub.service.credentials import digest
from tests import fakes
from tests.connectors.misp import samples
from tests.connectors.misp.samples import attribute, event, uuid_of
from tests.connectors.misp.test_corpus import files, told
from tests.connectors.misp.test_corpus import opened as opened_file
from tests.http.asking import Hub, Room
from tests.http.pieces import REF_OF
from tests.http.searching import indicator, opened

SECRET = "hub_feeds-".ljust(47, "x")
REFUSED = 0
"""Values of these events that warning lists or the breadth of what they name forbid"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    clock = fakes.Clock(fakes.START_US + 60_000_000)
    with opened(tmp_path_factory.mktemp("misp"), clock) as made:
        made.put(Token("feeds", "publisher", digest(SECRET), 2**62, purpose="export"))
        yield made


@pytest.fixture
def room(hub: Hub) -> Room:
    return hub.room()


def pull(room: Room, name: str, headers: dict[str, str] | None = None) -> TestResponse:
    sent = {"Authorization": f"Bearer {SECRET}"} | (headers or {})
    path = f"/export/collections/{room.collection.alias}/misp/{name}"
    return room.hub.get(path, account="", headers=sent)


def feed(room: Room) -> dict[str, Any]:
    """All events, as MISP reads them: the manifest, and then each."""
    manifest = json.loads(pull(room, "manifest.json").data)
    return {name: json.loads(pull(room, f"{name}.json").data)["Event"] for name in manifest}


def values(found: dict[str, Any]) -> set[str]:
    return {a["value"] for made in found.values() for a in made["Attribute"]}


def sent(number: int, *attributes: dict[str, Any], **changes: Any) -> list[Any]:
    """The objects of an event of MISP."""
    found = read(event(number, *attributes, **changes)).found
    return [msgspec.json.decode(each.raw) for each in found]


def test_an_event_of_misp_comes_out_as_it_was(room: Room) -> None:
    old = attribute(1, "domain", "bad-thing.example", comment="C2")
    context = attribute(
        2, "link", "https://example.org/x", to_ids=False, category="External analysis"
    )
    room.add(*sent(1, old, context))
    [made] = feed(room).values()
    assert made["uuid"] == uuid_of(1_000_001)
    assert made["Orgc"] == {"name": "CERT A", "uuid": samples.ORG}
    keys = ("uuid", "type", "category", "value", "to_ids", "comment", "timestamp")
    assert [{k: a[k] for k in keys} for a in made["Attribute"]] == [
        {k: a[k] for k in keys} for a in (old, context)
    ]


def test_pymisp_agrees_with_manifest_and_hashes(room: Room, tmp_path: Path) -> None:
    room.add(
        *sent(1, attribute(1, "domain", "aa-bad.example"), attribute(2, "ip-dst", "203.0.113.9"))
    )
    room.add(indicator(3, "[domain-name:value = 'cc-bad.example']"))
    found = feed(room)
    assert len(found) == 2
    for name, made in found.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"Event": made}), encoding="utf-8")
        MISPEvent().load({"Event": dict(made)})
    feed_meta_generator(tmp_path)
    theirs = json.loads((tmp_path / "manifest.json").read_bytes())
    ours = json.loads(pull(room, "manifest.json").data)
    assert {n: (a["info"], str(a["timestamp"])) for n, a in ours.items()} == {
        n: (a["info"], str(a["timestamp"])) for n, a in theirs.items()
    }
    hashes = pull(room, "hashes.csv")
    assert hashes.headers["Content-Type"].startswith("text/csv")
    assert sorted(hashes.data.decode().split()) == sorted(
        (tmp_path / "hashes.csv").read_text(encoding="ascii").split()
    )


def test_nothing_above_green_leaves_and_it_is_counted(room: Room) -> None:
    marked = [
        indicator(
            n, f"[domain-name:value = 'of-{tlp.name.lower()}.example']", object_marking_refs=[ref]
        )
        for n, (tlp, ref) in enumerate(REF_OF.items())
        if tlp in {Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT}
    ]
    room.add(*marked)
    assert values(feed(room)) == {"of-clear.example", "of-green.example"}
    left = pull(room, "manifest.json").headers["Hub-Left-Out"]
    assert left == "marking=2"


def test_what_a_warning_list_knows_is_refused(room: Room) -> None:
    room.add(
        indicator(1, "[ipv4-addr:value = '8.8.8.8']"),
        indicator(2, "[domain-name:value = 'fine.example']"),
    )
    assert values(feed(room)) == {"fine.example"}


def test_old_indicators_stay_as_misp_ages_them_itself(room: Room) -> None:
    # Six years old: a file for a firewall has it no more.
    room.add(*sent(1, attribute(1, "domain", "old.example", timestamp="1500000000")))
    assert values(feed(room)) == {"old.example"}


def test_what_is_unchanged_costs_no_file(room: Room) -> None:
    room.add(*sent(1, attribute(1, "domain", "aa-bad.example")))
    tag = pull(room, "manifest.json").headers["ETag"]
    assert pull(room, "manifest.json", {"If-None-Match": tag}).status_code == 304
    room.add(*sent(2, attribute(2, "domain", "bb-bad.example")))
    assert pull(room, "manifest.json", {"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    "name", [f"{uuid_of(77)}.json", "x.json", "../manifest.json", "manifest.json.json", ""]
)
def test_what_is_not_there_is_said(room: Room, name: str) -> None:
    room.add(*sent(1, attribute(1, "domain", "aa-bad.example")))
    answer = pull(room, name)
    assert answer.status_code == 404
    assert answer.get_json()["title"]


def test_who_may_not_read_the_collection_sees_no_feed(hub: Hub) -> None:
    room = hub.room(read=False)
    room.add(*sent(1, attribute(1, "domain", "aa-bad.example")))
    assert pull(room, "manifest.json").status_code == 404
    assert hub.get(
        f"/export/collections/{room.collection.alias}/misp/manifest.json",
        account="",
        headers={"Authorization": None},
    ).status_code in {401, 404}


def test_another_hub_reads_the_feed_over_http(room: Room, tmp_path: Path) -> None:
    """The connector for MISP feeds, over real HTTP with the token of the export."""
    room.add(
        *sent(
            1,
            attribute(1, "domain", "aa-bad.example"),
            attribute(2, "md5", "b" * 32, category="Payload delivery"),
        )
    )
    server = make_server("127.0.0.1", 0, room.hub.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        (tmp_path / "token").write_text(SECRET, encoding="ascii")
        url = f"http://127.0.0.1:{server.server_port}/export/collections/{room.collection.alias}/misp/"
        settings = msgspec.convert({"url": url, "token": f"file:{tmp_path / 'token'}"}, SETTINGS)
        run = samples.run(tmp_path)
        batches = [*CONNECTOR.collect(settings, {}, run)]
        again = [*CONNECTOR.collect(settings, batches[-1].state, run)]
    finally:
        server.shutdown()
        thread.join(10)
    found = {msgspec.json.decode(each.raw)["id"] for b in batches for each in b.found}
    assert {f"indicator--{uuid_of(1)}", f"indicator--{uuid_of(2)}"} <= found
    assert [left for b in batches for left in b.left] == []
    assert again == []


def test_real_events_leave_by_the_door_as_they_came(room: Room, corpus: Path) -> None:
    """What a warning list knows comes out as context; everything else as it was."""
    events = [each for path in files(corpus) for each in events_of(opened_file(path))]
    for each in events:
        objects = [msgspec.json.decode(found.raw) for found in read(each).found]
        for start in range(0, len(objects), 500):
            room.add(*objects[start : start + 500])
    found = json.loads(pull(room, "manifest.json").data)
    assert set(found) == {each["uuid"] for each in events}
    refused = 0
    for each in events:
        made = told(json.loads(pull(room, f"{each['uuid']}.json").data)["Event"])
        for name, was in told(each).items():
            assert made[name][:3] == was[:3]
            if made[name] != was:
                assert (was.to_ids, made[name].to_ids) == (True, False)
                refused += 1
    assert refused == REFUSED
