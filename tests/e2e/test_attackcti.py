"""attackcti reads a copy of ATT&CK for ICS from the hub as it reads the original: anonymously."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from attackcti import MitreAttackClient, constants

from tests.e2e.serving import Server

LATEST = "stix21/attack/ics-attack.json"
IDS = (
    constants.ENTERPRISE_ATTACK_COLLECTION_ID,
    constants.MOBILE_ATTACK_COLLECTION_ID,
    constants.ICS_ATTACK_COLLECTION_ID,
)


@pytest.fixture(scope="module")
def bundle(corpus: Path) -> list[dict]:
    """The objects of the newest release."""
    path = corpus / LATEST
    if not path.exists():
        pytest.skip(f"development corpus has no {LATEST}")
    return json.loads(path.read_bytes())["objects"]


@pytest.fixture(scope="module")
def client(server: Server, bundle: list[dict]) -> Iterator[MitreAttackClient]:
    """The client, over public collections with the ids it has built in; they are no UUIDs."""
    rooms = [server.room(id=name, public=True) for name in IDS]
    status = rooms[-1].add(*bundle)
    assert status["failure_count"] == 0
    made = MitreAttackClient(collection_url=f"{server.url}/hub/collections/")
    yield made
    for source in (made.TC_ENTERPRISE_SOURCE, made.TC_MOBILE_SOURCE, made.TC_ICS_SOURCE):
        source.collection.close()


def living(objects: list[dict], kind: str) -> set[str]:
    return {
        item["id"]
        for item in objects
        if item["type"] == kind and not item.get("revoked") and not item.get("x_mitre_deprecated")
    }


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("get_techniques", "attack-pattern"),
        ("get_groups", "intrusion-set"),
        ("get_mitigations", "course-of-action"),
        ("get_malware", "malware"),
        ("get_campaigns", "campaign"),
    ],
)
def test_the_client_finds_what_the_release_holds(
    client: MitreAttackClient, bundle: list[dict], call: str, kind: str
) -> None:
    found = getattr(client.ics, call)()
    assert {item["id"] for item in found} == living(bundle, kind)
    assert len(found) >= 5


def test_one_object(client: MitreAttackClient, bundle: list[dict]) -> None:
    group = next(item for item in bundle if item["type"] == "intrusion-set")
    assert client.TC_ICS_SOURCE.get(group["id"])["name"] == group["name"]
    assert client.TC_ENTERPRISE_SOURCE.get(group["id"]) is None
