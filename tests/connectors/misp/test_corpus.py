"""Real events: in, through the door of a real store, and out again as they were.

Skipped where the development corpus is not beside the checkout.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from pymisp import MISPEvent

from connectors.misp.events import read
from connectors.misp.making import Given, Maker, body_of, make
from hub import policy
from hub.intake.misp import events_of
from hub.model.party import Caller, Collection
from hub.model.query import Query, Scope
from hub.model.tlp import Tlp
from hub.service.publish import Publisher
from hub.stix.check import Limits
from hub.store.sqlite import SqliteStore
from tests import fakes

MAKER = Maker("Hub", "11111111-1111-4111-8111-111111111111", refuse=lambda _, __: False)
EVENTS, ATTRIBUTES = 29, 1_704
_PAGE = 1_000


class Told(NamedTuple):
    type: str
    category: str
    value: str
    to_ids: bool
    comment: str


def opened(path: Path) -> Any:
    raw = path.read_bytes()
    return msgspec.json.decode(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def files(corpus: Path) -> list[Path]:
    folder = corpus / "misp" / "eset"
    if not folder.is_dir():
        pytest.skip("../shared/data/misp/eset not present")
    return sorted(folder.iterdir())


def told(event: Any) -> dict[str, Told]:
    inside = [a for thing in event.get("Object", ()) for a in thing["Attribute"]]
    return {
        a["uuid"]: Told(
            a["type"], a["category"], a["value"], a["to_ids"] is True, a.get("comment") or ""
        )
        for a in (*event.get("Attribute", ()), *inside)
    }


@pytest.fixture(scope="module")
def events(corpus: Path) -> list[Any]:
    """The events of all files."""
    return [event for path in files(corpus) for event in events_of(opened(path))]


def published(store: SqliteStore, raws: list[bytes]) -> list[Given]:
    """What a reader sees after it was published through the door."""
    directory = fakes.populate(store)
    account = directory.accounts["publisher"]
    scope = policy.scope(Caller("publisher", account.org, account.roles), directory)
    collection = directory.collections[fakes.KEYS["shared"]]
    door = Publisher(store, Limits())
    for start in range(0, len(raws), _PAGE):
        status = door.publish(scope, collection, raws[start : start + _PAGE])
        assert [v for v in status.verdicts if v.outcome == "failure"] == []
    return [*_seen(store, scope, collection)]


def _seen(store: SqliteStore, scope: Scope, collection: Collection) -> Iterator[Given]:
    after = -1
    while True:
        page = store.objects(scope, Query(collection.key), after, _PAGE)
        for raw in page.raws:
            yield Given(msgspec.json.decode(raw), Tlp.CLEAR, collection.title)
        if not page.more:
            return
        after = page.last_us


def test_the_corpus_is_what_it_was(events: list[Any]) -> None:
    assert len(events) == EVENTS
    assert sum(len(told(event)) for event in events) == ATTRIBUTES


def test_a_file_that_is_no_event_holds_none(corpus: Path) -> None:
    assert [path.name for path in files(corpus) if not events_of(opened(path))] == [
        "dnsbirthday__rqz-dnsduvel_blocklist.json"
    ]


def test_real_events_come_out_as_they_went_in(store: SqliteStore, events: list[Any]) -> None:
    reads = [read(event) for event in events]
    feed = make(published(store, [found.raw for each in reads for found in each.found]), MAKER)
    # What was not carried is printed, so that a reader of the test sees that it is nothing.
    losses = Counter(left.reason for each in reads for left in each.left)
    print(f"lost on the way in: {dict(losses)}; on the way out: {dict(feed.left)}")
    assert not losses
    assert not feed.left
    assert {event["uuid"] for event in events} == set(feed.events)
    for event in events:
        made = feed.events[event["uuid"]]
        assert told(made) == told(event)
        assert made["info"] == event["info"].strip()
        assert made["date"] == event["date"]
        assert made["Orgc"] == {"name": event["Orgc"]["name"], "uuid": event["Orgc"]["uuid"]}
        tags = {tag["name"] for tag in event.get("Tag", ())}
        assert tags <= {tag["name"] for tag in made["Tag"]}


def test_pymisp_reads_what_comes_out(events: list[Any]) -> None:
    """An independent reader: PyMISP loads each event, and sees the same attributes."""
    found = [found for event in events for found in read(event).found]
    given = [Given(msgspec.json.decode(each.raw), Tlp.CLEAR, "Shared") for each in found]
    for event in make(given, MAKER).events.values():
        loaded = MISPEvent()
        loaded.load(body_of(event))
        inside = [a for thing in loaded.objects for a in thing.attributes]
        assert {str(a.uuid) for a in (*loaded.attributes, *inside)} == set(told(event))


def test_bundles_of_misp_stix_become_events(corpus: Path, events: list[Any]) -> None:
    """Bundles that somebody else converted hold no comments of what is not for detection."""
    folder = corpus / "stix21" / "misp-eset"
    if not folder.is_dir():
        pytest.skip("../shared/data/stix21/misp-eset not present")
    bundles = [opened(path) for path in sorted(folder.iterdir())]
    given = [Given(obj, Tlp.CLEAR, "Shared") for each in bundles for obj in each["objects"]]
    feed = make(given, MAKER)
    known = {event["uuid"]: told(event) for event in events}
    assert set(feed.events) == set(known)
    # MISP objects lose the UUIDs and names of their attributes, which misp-stix does not write.
    flat = {name: {a["uuid"] for a in event["Attribute"]} for name, event in feed.events.items()}
    for event in events:
        own = {a["uuid"]: known[event["uuid"]][a["uuid"]] for a in event.get("Attribute", ())}
        seen = {name: a for name, a in told(feed.events[event["uuid"]]).items() if name in own}
        assert flat[event["uuid"]] == set(own)
        for name, attribute in own.items():
            assert seen[name][:3] == attribute[:3]
            assert seen[name].comment in {attribute.comment, ""}


def test_a_damaged_attribute_is_seen(events: list[Any]) -> None:
    """The comparison above can fail: one value that differs is one difference."""
    event = next(event for event in events if event.get("Attribute"))
    first = event["Attribute"][0]
    other = event | {"Attribute": [{**first, "value": "0" * 32}, *event["Attribute"][1:]]}
    given = [Given(msgspec.json.decode(f.raw), Tlp.CLEAR, "Shared") for f in read(other).found]
    made = told(make(given, MAKER).events[event["uuid"]])
    assert [name for name, said in told(event).items() if made[name] != said] == [first["uuid"]]
