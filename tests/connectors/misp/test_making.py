"""STIX objects as events of MISP, judged by PyMISP and by the JSON Schema of MISP's core format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pymisp
import pytest
from jsonschema import Draft7Validator
from pymisp import MISPEvent
from pymisp.tools import feed_meta_generator

from connectors.making import Maker as FeedMaker
from connectors.making import Terms
from connectors.misp.events import read
from connectors.misp.feed import CONNECTOR, SETTINGS
from connectors.misp.making import Feed, Given, Listing, Maker, body_of, make
from connectors.misp.values import CATEGORY_OF, TYPE_OF, category_of, type_at
from hub.model.intake import Item
from hub.model.tlp import Tlp
from tests import fakes
from tests.connectors.misp import samples
from tests.connectors.misp.samples import attribute, event, uuid_of

HUB = Maker("Hub", "22222222-2222-4222-8222-222222222222", now_us=1_800_000_000_000_000)
_HASHES = ("MD5", "SHA-1", "SHA-224", "SHA224", "SHA-256", "SHA-384", "SHA-512", "SSDEEP", "TLSH")
_DATA = Path(pymisp.__file__).parent / "data"


def rule(number: int, pattern: str, **changes: Any) -> dict[str, Any]:
    return fakes.indicator(number, pattern=pattern, **changes)


def given(*objects: dict[str, Any], tlp: Tlp = Tlp.GREEN, where: str = "Shared") -> list[Given]:
    return [Given(obj, tlp, where) for obj in objects]


def report(number: int, *objects: dict[str, Any], **changes: Any) -> dict[str, Any]:
    name = f"report--{uuid_of(number)}"
    made = {"type": "report", "spec_version": "2.1", "id": name, "name": f"Report {number}"}
    made |= dict.fromkeys(("created", "modified", "published"), "2026-01-02T00:00:00.000Z")
    return made | {"object_refs": [obj["id"] for obj in objects]} | changes


def listed(feed: Feed) -> Listing:
    listing = Listing()
    for made in feed.events.values():
        listing.add(made)
    return listing


def values(event: dict[str, Any]) -> set[tuple[str, str]]:
    return {(a["type"], a["value"]) for a in event["Attribute"]}


def bare(obj: dict[str, Any]) -> str:
    return str(obj["id"].partition("--")[2])


IP = rule(1, "[ipv4-addr:value = '203.0.113.7']", name="C2", description="seen in May")
DOMAIN = rule(2, "[domain-name:value = 'bad-thing.example']")
HASH = rule(3, f"[file:hashes.'SHA-256' = '{'a' * 64}']")


def test_a_report_with_what_it_names_is_one_event() -> None:
    feed = make(given(IP, DOMAIN, report(7, IP, DOMAIN), HASH), HUB)
    of_report = feed.events[uuid_of(7)]
    assert of_report["info"] == "Report 7"
    assert values(of_report) == {("ip-dst", "203.0.113.7"), ("domain", "bad-thing.example")}
    assert {a["uuid"] for a in of_report["Attribute"]} == {bare(IP), bare(DOMAIN)}
    address = next(a for a in of_report["Attribute"] if a["type"] == "ip-dst")
    assert address["to_ids"] is True
    assert address["category"] == "Network activity"
    assert address["comment"] == "C2 - seen in May"
    assert of_report["Orgc"] == {"name": "Hub", "uuid": HUB.uuid}
    # What stands alone is in the event of its collection and day.
    [loose] = [e for name, e in feed.events.items() if name != uuid_of(7)]
    assert values(loose) == {("sha256", "a" * 64)}
    assert loose["info"] == f"Shared: {HASH['created'][:10]}"
    assert not feed.left


def test_the_same_objects_in_any_order_give_the_same_bytes() -> None:
    objects = given(IP, DOMAIN, report(7, IP), HASH)
    one, two = make(objects, HUB), make(reversed(objects), HUB)
    assert [body_of(e) for e in one.events.values()] == [body_of(e) for e in two.events.values()]
    assert listed(one).manifest() == listed(two).manifest()


def test_a_new_version_keeps_all_uuids() -> None:
    newer = IP | {"modified": "2027-01-01T00:00:00.000Z", "description": "and in June"}
    old, new = make(given(IP), HUB), make(given(IP, newer), HUB)
    assert list(old.events) == list(new.events)
    [[was], [made]] = [[*feed.events.values()] for feed in (old, new)]
    assert [a["uuid"] for a in was["Attribute"]] == [a["uuid"] for a in made["Attribute"]]
    assert int(made["timestamp"]) > int(was["timestamp"])
    assert made["Attribute"][0]["comment"] == "C2 - and in June"


def test_a_list_of_values_is_several_attributes_with_uuids_of_their_own() -> None:
    several = rule(4, "[ipv4-addr:value = '203.0.113.1' OR domain-name:value = 'x.example']")
    [one] = make(given(several), HUB).events.values()
    assert values(one) == {("ip-dst", "203.0.113.1"), ("domain", "x.example")}
    uuids = {a["uuid"] for a in one["Attribute"]}
    assert len(uuids) == 2
    assert bare(several) not in uuids
    [again] = make(given(several), HUB).events.values()
    assert uuids == {a["uuid"] for a in again["Attribute"]}


def test_what_leaves_is_marked_and_what_may_not_is_counted() -> None:
    amber = rule(5, "[domain-name:value = 'secret.example']")
    clear = rule(6, "[domain-name:value = 'open.example']")
    both = [
        *given(amber, tlp=Tlp.AMBER),
        *given(clear, tlp=Tlp.CLEAR),
        *given(report(7, amber, clear)),
    ]
    feed = make(both, HUB)
    assert feed.left == {"marked above TLP:GREEN": 1}
    made = feed.events[uuid_of(7)]
    assert values(made) == {("domain", "open.example")}
    assert {"name": "tlp:green"} in made["Tag"]
    assert made["Attribute"][0]["Tag"] == [{"name": "tlp:clear"}]
    assert b"secret.example" not in b"".join(map(body_of, feed.events.values()))
    # A report above the ceiling is left out, and what it names stands alone.
    feed = make([*given(clear), *given(report(8, clear), tlp=Tlp.RED)], HUB)
    assert uuid_of(8) not in feed.events
    assert [values(e) for e in feed.events.values()] == [{("domain", "open.example")}]


def test_a_ceiling_is_as_it_is_set() -> None:
    [made] = make(given(IP, tlp=Tlp.AMBER), HUB._replace(ceiling=Tlp.AMBER)).events.values()
    assert made["Tag"] == [{"name": "tlp:amber"}]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"revoked": True}, "revoked"),
        ({"valid_until": "2027-01-01T00:00:00.000Z"}, "expired"),
        ({"indicator_types": ["benign"]}, "benign"),
        (
            {"pattern": "[ipv4-addr:value = '8.8.8.8']"},
            "value that everybody has, by the warning lists",
        ),
        (
            {"pattern": "[domain-name:value = 'google.com']"},
            "value that everybody has, by the warning lists",
        ),
        (
            {"pattern": "[file:name = 'a' AND file:size > 5]"},
            "pattern that is more than a list of values",
        ),
        (
            {"pattern": "[ipv4-addr:value ISSUBSET '198.51.100.0/24']"},
            "pattern that is more than a list of values",
        ),
    ],
)
def test_what_is_left_out_is_counted(changes: dict[str, Any], reason: str) -> None:
    feed = make(given(IP | changes), HUB)
    assert feed.left == {reason: 1}
    assert feed.events == {}


def test_words_of_the_pattern_language_inside_a_value_are_no_words() -> None:
    [made] = make(given(rule(1, "[file:name = 'this AND that']")), HUB).events.values()
    assert values(made) == {("filename", "this AND that")}


def test_rules_of_other_languages_are_attributes() -> None:
    text = "rule a { condition: true }"
    [made] = make(given(rule(1, text, pattern_type="yara")), HUB).events.values()
    assert values(made) == {("yara", text)}


def test_techniques_are_tags_of_galaxies() -> None:
    technique = {
        "type": "attack-pattern",
        "id": f"attack-pattern--{uuid_of(30)}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "name": "Phishing",
        "external_references": [{"source_name": "mitre-attack", "external_id": "T1566"}],
    }
    made = make(given(IP, technique, report(7, IP, technique)), HUB).events[uuid_of(7)]
    assert {"name": 'misp-galaxy:mitre-attack-pattern="Phishing - T1566"'} in made["Tag"]


def test_the_cluster_of_an_attribute_is_its_own_tag() -> None:
    galaxy = {
        "uuid": uuid_of(40),
        "name": "Threat Actor",
        "type": "threat-actor",
        "description": "x",
        "GalaxyCluster": [{"uuid": uuid_of(41), "type": "threat-actor", "value": "Sofacy"}],
    }
    own = attribute(1, "domain", "a.example", Galaxy=[galaxy])
    sent = event(1, own, attribute(2, "domain", "b.example"))
    objects = [msgspec.json.decode(found.raw) for found in read(sent).found]
    made = make(given(*objects), HUB).events[sent["uuid"]]
    tag = {"name": 'misp-galaxy:threat-actor="Sofacy"'}
    by_uuid = {a["uuid"]: a for a in made["Attribute"]}
    assert tag in by_uuid[uuid_of(1)]["Tag"]
    assert "Tag" not in by_uuid[uuid_of(2)]
    assert tag not in made["Tag"]


def test_an_incident_has_what_is_linked_to_it() -> None:
    incident = {
        "type": "incident",
        "id": f"incident--{uuid_of(50)}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "name": "Break-in",
        "description": "What happened",
    }
    link = {
        "type": "relationship",
        "id": f"relationship--{uuid_of(51)}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "relationship_type": "related-to",
        "source_ref": IP["id"],
        "target_ref": incident["id"],
    }
    feed = make(given(incident, link, IP), HUB)
    assert list(feed.events) == [uuid_of(50)]
    made = feed.events[uuid_of(50)]
    assert values(made) == {("ip-dst", "203.0.113.7")}
    assert [r["content"] for r in made["EventReport"]] == ["What happened"]


def test_an_object_of_two_reports_has_one_uuid_in_each() -> None:
    later = report(8, IP, created="2026-02-02T00:00:00.000Z")
    feed = make(given(IP, later, report(7, IP)), HUB)
    uuids = [feed.events[uuid_of(n)]["Attribute"][0]["uuid"] for n in (7, 8)]
    assert uuids[0] == bare(IP)
    assert uuids[1] != uuids[0]


@pytest.mark.parametrize("odd", [5, "text", None, [5, None, {}], {"a": 1}, True])
def test_odd_members_of_others_break_nothing(odd: Any) -> None:
    """The door takes objects with odd members: they cost themselves alone."""
    names = ("labels", "external_references", "x_misp_attributes", "x_misp_name", "x_misp_value")
    names += (
        "x_misp_type",
        "x_misp_comment",
        "indicator_types",
        "name",
        "description",
        "x_misp_date",
    )
    for name in names:
        feed = make(given(IP | {name: odd}, report(7, IP, DOMAIN, **{name: odd}), DOMAIN), HUB)
        assert ("domain", "bad-thing.example") in values(feed.events[uuid_of(7)])
        assert listed(feed).manifest()
        assert [*listed(feed).hashes()]
    seen = {"type": "observed-data", "id": f"observed-data--{uuid_of(90)}", "object_refs": odd}
    make(given(seen | {"labels": odd, "modified": "2026-01-01T00:00:00.000Z"}), HUB)


def test_an_observable_inside_of_an_object_of_misp_is_there_once() -> None:
    [name] = [n for n in whole().events if n == uuid_of(1_000_001)]
    made = whole().events[name]
    inside = [a["uuid"] for thing in made["Object"] for a in thing["Attribute"]]
    assert sorted(inside) == [uuid_of(61), uuid_of(62)]
    assert not {a["uuid"] for a in made["Attribute"]} & set(inside)


def whole() -> Feed:
    """A feed of all kinds of things."""
    sent = event(
        1,
        attribute(
            11,
            "filename|md5",
            f"ab.exe|{'b' * 32}",
            category="Payload delivery",
        ),
        attribute(
            12, "link", "https://example.org/report", to_ids=False, category="External analysis"
        ),
        Object=[
            {
                "uuid": uuid_of(60),
                "name": "domain-ip",
                "meta-category": "network",
                "timestamp": "1600000000",
                "Attribute": [
                    attribute(61, "domain", "c.example", object_relation="domain"),
                    attribute(62, "ip-dst", "203.0.113.9", object_relation="ip"),
                ],
            }
        ],
        Tag=[{"name": "tlp:green"}, {"name": "osint"}],
    )
    of_misp = [msgspec.json.decode(found.raw) for found in read(sent).found]
    terms = Terms("sample", f"identity--{uuid_of(70)}", Tlp.GREEN)
    found = FeedMaker(terms, samples.STARTED_US).report(
        "one", "Cảnh báo", "Mô tả", [Item("domain", "d.example", "d.example")], "list.csv"
    )
    made = [msgspec.json.decode(each.raw) for each in found]
    return make(given(IP, HASH, *of_misp, *made, report(7, IP)), HUB)


def test_the_feed_is_one_that_pymisp_would_have_made(tmp_path: Path) -> None:
    """manifest.json and hashes.csv are compared with those of PyMISP's own generator."""
    feed = whole()
    assert len(feed.events) == 4
    for name, made in feed.events.items():
        (tmp_path / f"{name}.json").write_bytes(body_of(made))
    feed_meta_generator(tmp_path)
    theirs = json.loads((tmp_path / "manifest.json").read_bytes())
    ours = json.loads(listed(feed).manifest())
    assert {name: _plain(about) for name, about in ours.items()} == {
        name: _plain(about) for name, about in theirs.items()
    }
    hashes = (tmp_path / "hashes.csv").read_text(encoding="ascii").split()
    assert sorted(set(listed(feed).hashes())) == sorted({f"{line}\n".encode() for line in hashes})


def _plain(about: dict[str, Any]) -> dict[str, Any]:
    tags = sorted(tag["name"] for tag in about["Tag"])
    said = {key: str(value) for key, value in about.items() if key not in {"Tag", "Orgc"}}
    return {**said, "Tag": tags, "Orgc": {k: about["Orgc"][k] for k in ("name", "uuid")}}


def test_pymisp_loads_every_event() -> None:
    for made in whole().events.values():
        loaded = MISPEvent()
        loaded.load(body_of(made), validate=False)
        assert str(loaded.uuid) == made["uuid"]
        assert {str(a.uuid) for a in loaded.attributes} == {a["uuid"] for a in made["Attribute"]}
        assert len(loaded.objects) == len(made.get("Object", ()))


def test_events_follow_the_json_schema_of_the_core_format() -> None:
    """The schema that PyMISP carries is older than objects and reports: those are set aside."""
    schema = json.loads((_DATA / "schema.json").read_bytes())
    validator = Draft7Validator(schema)
    for made in whole().events.values():
        shown = {k: v for k, v in made.items() if k not in {"Object", "EventReport"}}
        faults = [error.message for error in validator.iter_errors({"Event": shown})]
        assert faults == []


def test_every_type_has_a_category_that_misp_allows() -> None:
    known = json.loads((_DATA / "describeTypes.json").read_bytes())["result"]
    allowed = known["category_type_mappings"]
    kinds = {*TYPE_OF.values(), *CATEGORY_OF, "yara", "sigma", "snort", "vulnerability"}
    kinds |= {type_at(f"file:hashes.{name}") for name in _HASHES}
    kinds |= {type_at(f"x509-certificate:hashes.{name}") for name in ("MD5", "SHA-1", "SHA-256")}
    assert "" not in kinds
    assert [kind for kind in sorted(kinds) if kind not in allowed[category_of(kind)]] == []


def test_the_hub_reads_its_own_feed(tmp_path: Path) -> None:
    """Out as a feed and in again: the same values, for detection or not."""
    feed = whole()
    (tmp_path / "own").mkdir()
    for name, made in feed.events.items():
        (tmp_path / "own" / f"{name}.json").write_bytes(body_of(made))
    (tmp_path / "own" / "manifest.json").write_bytes(listed(feed).manifest())
    settings = msgspec.convert({"path": "own"}, SETTINGS)
    batches = [*CONNECTOR.collect(settings, {}, samples.run(tmp_path))]
    assert [left for batch in batches for left in batch.left] == []
    objects = [msgspec.json.decode(f.raw) for batch in batches for f in batch.found]
    again = make(given(*objects), HUB)
    assert {n: values(e) for n, e in again.events.items()} == {
        n: values(e) for n, e in feed.events.items()
    }
