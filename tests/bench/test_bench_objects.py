"""The benchmark's synthetic objects are valid, reproducible and harmless."""

import hashlib
import ipaddress
import json
import re
import statistics
from collections import Counter

import pytest
import stix2

from .objects import BLOCK, SHARES, Feed, distinct, envelope

COUNT = 2000
DOCUMENTATION = [
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
# RFC 2606
EXAMPLE_DOMAIN = re.compile(r"(^|\.)(example|test|example\.(com|net|org))$")


@pytest.fixture(scope="module")
def raws():
    return Feed(1).raws(0, COUNT)


@pytest.fixture(scope="module")
def objects(raws):
    return [json.loads(raw) for raw in raws]


def test_every_object_passes_the_stix2_library(raws):
    for raw in raws:
        stix2.parse(raw.decode(), allow_custom=False)


def test_equal_seed_and_number_give_equal_bytes_on_every_machine(raws):
    digest = hashlib.sha256(b"\n".join(raws)).hexdigest()

    assert digest == "50e0ae3d2d4b756c519ec1c88c1e157af0d8bd7cb4be3f3d22f399db65992592"
    assert [Feed(1).raw(i) for i in (1999, 0, 777)] == [raws[1999], raws[0], raws[777]]


def test_another_seed_gives_other_objects(raws):
    assert not set(raws) & set(Feed(2).raws(0, COUNT))


def test_each_block_has_the_mix(objects):
    found = Counter(item["type"] for item in objects[:BLOCK])
    expected = dict(SHARES)

    assert found["indicator"] == 600
    assert found["relationship"] == expected["relationship"]
    assert found["url"] == expected["url-observable"]
    assert found["report"] == expected["report"]
    assert sum(found.values()) == BLOCK == 1000


def test_versions_are_unique_and_later_than_the_object_they_follow(objects):
    keys = {(item["id"], item.get("modified")) for item in objects}
    newest = {}
    for item in objects:
        if "modified" in item:
            assert newest.get(item["id"], "") < item["modified"]
            newest[item["id"]] = item["modified"]

    assert len(keys) == COUNT
    assert len({item["id"] for item in objects}) == distinct(0, COUNT) == COUNT - 24


def test_sizes_are_those_of_real_objects(raws):
    sizes = sorted(map(len, raws))

    assert 690 < statistics.median(sizes) < 770
    assert sizes[-1] < 4000


def test_bytes_are_compact_json_in_utf_8(raws, objects):
    for raw, item in zip(raws, objects, strict=True):
        assert json.dumps(item, separators=(",", ":"), ensure_ascii=False).encode() == raw


def test_ids_and_names_can_be_told_without_the_object(objects):
    feed = Feed(1)

    assert [feed.object_id(i) for i in range(COUNT)] == [item["id"] for item in objects]
    for i in feed.numbers("malware", COUNT):
        assert objects[i]["name"] == feed.malware_name(i)


def test_addresses_are_set_aside_for_documentation(raws):
    text = b"\n".join(raws).decode()
    found = set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b|2001:[0-9a-f:]+", text))

    assert len(found) > 100
    for address in found:
        assert any(ipaddress.ip_address(address) in net for net in DOCUMENTATION)


def test_domains_are_set_aside_for_documentation(raws):
    text = b"\n".join(raws).decode()
    found = set(re.findall(r"(?:https?://|@|domain-name:value = ')([^/'\"]+)", text))
    found |= set(re.findall(r'"type":"domain-name".*?"value":"([^"]+)"', text))

    assert len(found) > 300
    for domain in found:
        assert EXAMPLE_DOMAIN.search(domain), domain


def test_all_relations_inside_the_feed_point_to_its_objects(objects):
    known = {item["id"] for item in objects}
    refs = [
        ref
        for item in objects[BLOCK:]
        for ref in (
            item.get("source_ref"),
            item.get("sighting_of_ref"),
            *item.get("object_refs", []),
        )
        if ref
    ]

    assert len(refs) > 300
    assert set(refs) <= known


def test_the_envelope_is_that_of_taxii(raws, objects):
    assert json.loads(envelope(raws)) == {"objects": objects}
