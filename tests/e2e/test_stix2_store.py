"""stix2's TAXIICollectionSource, Sink and Store over a served hub."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stix2
from taxii2client.v21 import Collection

from tests import fakes
from tests.e2e.serving import Room, Server

NAME = "Chiến dịch lừa đảo qua thư điện tử"
TEXT = "Kẻ tấn công giả mạo cơ quan thuế; tệp đính kèm “hóa đơn điện tử” chứa mã độc."


@pytest.fixture
def collection(room: Room) -> Iterator[Collection]:
    with Collection(room.url, user="publisher", password=fakes.PASSWORD) as opened:
        yield opened


@pytest.fixture
def store(collection: Collection) -> stix2.TAXIICollectionStore:
    return stix2.TAXIICollectionStore(collection, items_per_page=2)


def versions(count: int) -> list[stix2.v21.Campaign]:
    """One campaign and its later versions."""
    first = stix2.v21.Campaign(
        name=NAME,
        description=TEXT,
        created="2024-01-01T00:00:00.000Z",
        modified="2024-01-01T00:00:00.000Z",
    )
    made = [first]
    for day in range(2, count + 1):
        modified = f"2024-01-{day:02}T00:00:00.123456Z"
        made.append(made[-1].new_version(name=f"{NAME} ({day})", modified=modified))
    return made


def test_an_object_in_vietnamese_comes_back(store: stix2.TAXIICollectionStore) -> None:
    (campaign,) = versions(1)
    store.add(campaign)
    found = store.get(campaign.id)
    assert found.serialize() == campaign.serialize()
    assert (found.name, found.description) == (NAME, TEXT)


def test_versions(store: stix2.TAXIICollectionStore) -> None:
    made = versions(5)
    store.add([made[2], made[0], made[4], made[1], made[3]])
    assert store.get(made[0].id).name == made[-1].name
    found = store.all_versions(made[0].id)
    assert {item.serialize() for item in found} == {item.serialize() for item in made}


def test_queries(store: stix2.TAXIICollectionStore) -> None:
    (campaign,) = versions(1)
    malware = stix2.v21.Malware(name="Mã độc", is_family=True, labels=["thử nghiệm"])
    uses = stix2.v21.Relationship(campaign, "uses", malware)
    address = stix2.v21.IPv4Address(value="192.0.2.1")
    store.add([campaign, malware, uses, address, stix2.TLP_GREEN])
    assert len(store.query()) == 5
    assert store.query([stix2.Filter("type", "=", "malware")]) == [malware]
    assert store.query([stix2.Filter("name", "=", NAME)]) == [campaign]
    assert store.query([stix2.Filter("type", "=", "tool")]) == []
    found = store.query(
        [stix2.Filter("type", "=", "campaign"), stix2.Filter("name", "contains", "thư điện tử")]
    )
    assert found == [campaign]
    assert store.relationships(campaign) == [uses]
    assert store.related_to(campaign) == [malware]
    assert store.query([stix2.Filter("type", "in", ["ipv4-addr", "malware"])]) == [
        *(malware, address)
    ]


def test_bundles_and_text(store: stix2.TAXIICollectionStore) -> None:
    made = versions(3)
    other = stix2.v21.Identity(name="Trung tâm An ninh mạng", identity_class="organization")
    store.add(stix2.v21.Bundle(other, made[0]))
    store.add(made[1].serialize())
    store.add(dict(made[2]))
    assert len(store.all_versions(made[0].id)) == 3
    assert store.get(other.id) == other


def test_what_is_missing_is_none(store: stix2.TAXIICollectionStore) -> None:
    assert store.get("campaign--6f6e9b44-5a31-4d7a-8b8e-8e4f4d2a0001") is None
    assert store.all_versions("campaign--6f6e9b44-5a31-4d7a-8b8e-8e4f4d2a0001") == []


def test_a_sink_needs_the_right_to_write(server: Server) -> None:
    url = f"{server.url}/hub/collections/{fakes.collection('bulletins').id}/"
    with Collection(url, user="partner", password=fakes.PASSWORD) as read_only:
        stix2.TAXIICollectionSource(read_only)
        with pytest.raises(stix2.datastore.DataSourceError):
            stix2.TAXIICollectionSink(read_only)


def test_stix_2_0_stays_stix_2_0(store: stix2.TAXIICollectionStore) -> None:
    old = stix2.v20.Campaign(name=NAME, description=TEXT)
    store.add(old)
    found = store.get(old.id, version="2.0")
    assert found.serialize() == old.serialize()
    assert "spec_version" not in found
