"""Deliveries to a MISP, to a stand-in on loopback (`tests.connectors.misp.server`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.errors import LoginNeeded, Unreachable, Unsafe
from connectors.misp.events import read
from connectors.misp.send import CHANNEL, SENDER, SETTINGS
from connectors.net import Limits, Net
from connectors.senders import sending
from connectors.sending import Freight, Parcel, Receipt
from hub.model.tlp import Tlp
from tests.connectors.misp.samples import attribute, event, uuid_of
from tests.connectors.misp.server import KEY, Answer, MispServer, misp
from tests.connectors.sending.parcels import freight, parcel, trip

OURS = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MispServer]:
    (tmp_path / "key").write_text(KEY, encoding="ascii")
    with misp(tmp_path) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def send(server: MispServer, folder: Path, given: Parcel, **settings: Any) -> Receipt:
    target = {
        "url": server.url,
        "key": f"file:{folder / 'key'}",
        "organisation": "Hub",
        "organisation_uuid": OURS,
    }
    way = trip(folder, ca_file=server.ca_file)._replace(secret=_secret)
    return SENDER.send(msgspec.convert(target | settings, SETTINGS), given, way)


def _secret(reference: str) -> str:
    return Path(reference.removeprefix("file:")).read_text(encoding="ascii")


def loads(given: dict[str, Any]) -> tuple[Freight, ...]:
    """An event of MISP as this hub would send it."""
    found = [(json.loads(each.raw), each.raw) for each in read(given).found]
    return tuple(
        freight(1)._replace(
            raw=raw, object_id=obj["id"], type=obj["type"], version=obj.get("modified", "")
        )
        for obj, raw in found
    )


def writes(server: MispServer) -> list[str]:
    """Requests that change something."""
    verbs = ("add", "edit", "delete", "publish")
    paths = [asked.path for asked in server.asked]
    return [path for path in paths if path.split("/")[1] in verbs]


def test_it_is_the_sender_of_its_name() -> None:
    assert sending("misp").sender is SENDER
    assert CHANNEL.ceiling is Tlp.GREEN


def test_loose_indicators_become_an_event_of_their_day(server: MispServer, folder: Path) -> None:
    receipt = send(server, folder, parcel(freight(1), freight(2)))
    assert (receipt.accepted, receipt.refused) == (2, ())
    [made] = server.events.values()
    assert made["Orgc"]["name"] == "Hub"
    assert made["published"] is True
    assert made["distribution"] == "0"
    assert "tlp:green" in {tag["name"] for tag in made["Tag"]}
    ids = {freight(n).object_id.partition("--")[2] for n in (1, 2)}
    assert {a["uuid"] for a in made["Attribute"]} == ids
    assert all(a["to_ids"] for a in made["Attribute"])


def test_the_same_parcel_twice_changes_nothing(server: MispServer, folder: Path) -> None:
    given = parcel(freight(1), freight(2))
    send(server, folder, given)
    before = json.dumps(server.events)
    server.asked.clear()
    assert send(server, folder, given).accepted == 2
    assert json.dumps(server.events) == before
    assert writes(server) == []


def test_what_came_from_that_misp_does_not_go_round(server: MispServer, folder: Path) -> None:
    own = event(1, attribute(1, "domain", "a.example"), attribute(2, "domain", "b.example"))
    server.put(own)
    before = json.dumps(server.events)
    send(server, folder, parcel(*loads(own)))
    assert json.dumps(server.events) == before
    assert writes(server) == []


def test_a_new_version_updates_and_a_late_one_is_added(server: MispServer, folder: Path) -> None:
    own = event(1, attribute(1, "domain", "a.example"))
    send(server, folder, parcel(*loads(own)))
    late = attribute(2, "domain", "b.example", timestamp="1500000000")
    changed = attribute(1, "domain", "a.example", comment="more", timestamp="1600000100")
    send(server, folder, parcel(*loads(event(1, changed, late))))
    [made] = server.events.values()
    seen = {a["uuid"]: a for a in made["Attribute"]}
    assert seen[uuid_of(1)]["comment"] == "more"
    assert uuid_of(2) in seen
    assert int(made["timestamp"]) > 1_600_000_000


def test_what_comes_late_and_is_older_than_its_event_is_added(
    server: MispServer, folder: Path
) -> None:
    own = event(1, attribute(1, "domain", "a.example"))
    send(server, folder, parcel(*loads(own)))
    late = attribute(2, "domain", "b.example", timestamp="1500000000")
    send(server, folder, parcel(*loads(event(1, attribute(1, "domain", "a.example"), late))))
    [made] = server.events.values()
    assert uuid_of(2) in {a["uuid"] for a in made["Attribute"]}


def test_an_attribute_of_another_event_is_changed_there(server: MispServer, folder: Path) -> None:
    server.put(event(1, attribute(1, "domain", "a.example")))
    later = attribute(1, "domain", "a.example", comment="later", timestamp="1600000100")
    # The indicator comes alone: its event did not change.
    alone = [item for item in loads(event(1, later)) if item.type == "indicator"]
    send(server, folder, parcel(*alone))
    assert list(server.events) == [uuid_of(1_000_001)]
    assert server.events[uuid_of(1_000_001)]["Attribute"][0]["comment"] == "later"


def test_what_is_gone_is_deleted_there(server: MispServer, folder: Path) -> None:
    server.put(event(1, attribute(1, "domain", "a.example")))
    gone = (f"indicator--{uuid_of(1)}", f"indicator--{uuid_of(9)}", f"file--{uuid_of(1)}")
    receipt = send(server, folder, parcel(gone=gone))
    assert (receipt.accepted, receipt.refused) == (0, ())
    assert server.events[uuid_of(1_000_001)]["Attribute"][0]["deleted"] is True


def test_an_event_that_is_refused_is_said_and_the_rest_goes_on(
    server: MispServer, folder: Path
) -> None:
    refused = uuid_of(1_000_001)
    server.fault = lambda asked: (
        Answer({"name": "no", "message": "no"}, 405)
        if asked.path == "events/add" and asked.body.get("uuid") == refused
        else None
    )
    both = [*loads(event(1, attribute(1, "domain", "a.example")))]
    both += loads(event(2, attribute(2, "domain", "b.example")))
    receipt = send(server, folder, parcel(*both))
    assert list(server.events) == [uuid_of(1_000_002)]
    assert f"indicator--{uuid_of(1)}" in {item.object_id for item in receipt.refused}
    assert f"indicator--{uuid_of(2)}" not in {item.object_id for item in receipt.refused}
    assert receipt.accepted + len(receipt.refused) == len(both)


def test_what_misp_cannot_hold_is_counted(server: MispServer, folder: Path) -> None:
    odd = freight(3, pattern="[file:name = 'a' AND file:size > 5]")
    receipt = send(server, folder, parcel(freight(1), odd))
    assert "1 left out: pattern that is more than a list of values" in receipt.note


def test_errors_keep_the_parcel(server: MispServer, folder: Path) -> None:
    server.fault = lambda asked: Answer({}, 503) if asked.path == "events/add" else None
    with pytest.raises(Unreachable):
        send(server, folder, parcel(freight(1)))
    (folder / "key").write_text("wrong-and-secret", encoding="ascii")
    with pytest.raises(LoginNeeded) as raised:
        send(server, folder, parcel(freight(1)))
    assert "wrong-and-secret" not in raised.value.text()
    way = trip(folder)._replace(secret=_secret, net=Net(Limits(ca_file=server.ca_file)))
    target = {"url": server.url, "key": f"file:{folder / 'key'}", "organisation": "Hub"}
    settings = msgspec.convert(target | {"organisation_uuid": OURS}, SETTINGS)
    with pytest.raises(Unsafe):
        SENDER.send(settings, parcel(freight(1)), way)
