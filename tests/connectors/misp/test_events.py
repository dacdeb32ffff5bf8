"""What an event becomes, and what is said of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from misp_stix_converter import MISPtoSTIX21Parser

from connectors.misp.events import SHARED_VERSION, Read, read
from connectors.misp.repair import Choice
from hub.model.tlp import Tlp
from hub.stix.compose import MARKING_OF
from tests.connectors.misp.samples import ORG, attribute, event, objects, uuid_of

GALAXY = {
    "uuid": "698774c7-8022-42c4-917f-8d6e4f06ada3",
    "name": "Threat Actor",
    "type": "threat-actor",
    "description": "Known actors",
    "GalaxyCluster": [
        {
            "uuid": "827c17e0-c3f5-4ad1-a4f4-30a40ed0a2d3",
            "type": "threat-actor",
            "value": "El Machete",
            "tag_name": 'misp-galaxy:threat-actor="El Machete"',
            "description": "An actor",
            "meta": {"synonyms": ["Machete"]},
        }
    ],
}


def made(given: dict[str, Any], **choice: Any) -> dict[str, dict[str, Any]]:
    return {obj["id"]: obj for obj in objects(read(given, Choice(**choice)).found)}


def reasons(result: Read) -> list[str]:
    return [left.reason for left in result.left]


def test_the_same_event_gives_the_same_bytes() -> None:
    given = event(1, attribute(1, "domain", "evil.example"), Galaxy=[GALAXY])
    assert read(given) == read(given)
    assert read(given).found


def test_what_has_no_date_and_no_uuid_gets_the_same_each_time() -> None:
    bare = {"type": "md5", "value": "a" * 32, "category": "Payload delivery"}
    given = {"uuid": uuid_of(9), "info": "bare", "Attribute": [bare]}
    one, two = (read(given, Choice(made_us=1_700_000_000_000_000)) for _ in range(2))
    assert one == two
    dated = [obj for obj in objects(one.found) if obj["type"] == "grouping"]
    assert [obj["modified"] for obj in dated] == ["2023-11-14T22:13:20.000Z"]


def test_an_attribute_for_detection_is_an_indicator_and_one_for_context_is_none() -> None:
    found = made(
        event(
            1,
            attribute(1, "domain", "a.example"),
            attribute(2, "domain", "b.example", to_ids=False),
        )
    )
    assert f"indicator--{uuid_of(1)}" in found
    assert f"indicator--{uuid_of(2)}" not in found
    assert found[f"observed-data--{uuid_of(2)}"]["object_refs"] == [f"domain-name--{uuid_of(2)}"]


def test_what_is_no_longer_for_detection_or_deleted_is_gone() -> None:
    given = event(
        1,
        attribute(1, "domain", "a.example", to_ids=False),
        attribute(2, "domain", "b.example", deleted=True),
        attribute(3, "domain", "c.example"),
    )
    gone = read(given).gone
    assert f"indicator--{uuid_of(1)}" in gone
    assert {
        f"{kind}--{uuid_of(2)}" for kind in ("indicator", "observed-data", "domain-name")
    } <= set(gone)
    assert not [name for name in gone if uuid_of(3) in name]
    # An event is a grouping before it is published and a report after.
    assert f"grouping--{given['uuid']}" in gone
    assert f"report--{given['uuid']}" not in gone


def test_tlp_tags_are_the_markings_of_the_hub_and_the_stricter_counts() -> None:
    given = event(
        1,
        attribute(1, "domain", "a.example"),
        attribute(2, "domain", "b.example", Tag=[{"name": "tlp:amber+strict"}]),
        attribute(3, "domain", "c.example", Tag=[{"name": "TLP:WHITE"}]),
        Tag=[{"name": "tlp:green"}, {"name": "osint"}],
    )
    found = made(given)

    def marked(name: str) -> list[str]:
        refs: list[str] = found[name].get("object_marking_refs", [])
        return refs

    assert marked(f"indicator--{uuid_of(1)}") == [MARKING_OF[Tlp.GREEN]]
    for kind in ("indicator", "observed-data", "domain-name"):
        assert marked(f"{kind}--{uuid_of(2)}") == [MARKING_OF[Tlp.AMBER_STRICT]]
    assert marked(f"indicator--{uuid_of(3)}") == [MARKING_OF[Tlp.GREEN]]
    assert marked(f"report--{given['uuid']}") == [MARKING_OF[Tlp.GREEN]]
    links = [obj for obj in found.values() if obj["type"] == "relationship"]
    secret = [obj for obj in links if uuid_of(2) in obj["source_ref"]]
    assert secret
    assert all(obj["object_marking_refs"] == [MARKING_OF[Tlp.AMBER_STRICT]] for obj in secret)
    assert not [obj for obj in found.values() if obj["type"] == "marking-definition"]
    assert "osint" in found[f"report--{given['uuid']}"]["labels"]


def test_a_tag_of_tlp_that_is_no_colour_counts_as_red() -> None:
    result = read(event(1, attribute(1, "domain", "a.example"), Tag=[{"name": "tlp:ex:chr"}]))
    marked = {ref for obj in objects(result.found) for ref in obj.get("object_marking_refs", ())}
    assert marked == {MARKING_OF[Tlp.RED]}
    assert "tag of TLP that is no colour; it counts as TLP:RED" in reasons(result)


def test_objects_that_events_share_have_one_version() -> None:
    given = event(
        1, attribute(1, "domain", "a.example"), Galaxy=[GALAXY], Tag=[{"name": "tlp:red"}]
    )
    later = given | {"timestamp": "1700000000"}
    for name in (f"identity--{ORG}", "threat-actor--827c17e0-c3f5-4ad1-a4f4-30a40ed0a2d3"):
        assert made(given)[name]["modified"] == SHARED_VERSION
        assert made(given)[name] == made(later)[name]
        # They say nothing of this event, and stay readable for who sees another.
        assert "object_marking_refs" not in made(given)[name]


def test_an_own_galaxy_cluster_is_marked_as_the_event() -> None:
    own = {**GALAXY, "GalaxyCluster": [{**GALAXY["GalaxyCluster"][0], "default": False}]}  # type: ignore[index]
    given = event(1, attribute(1, "domain", "a.example"), Galaxy=[own], Tag=[{"name": "tlp:red"}])
    found = made(given)["threat-actor--827c17e0-c3f5-4ad1-a4f4-30a40ed0a2d3"]
    assert found["object_marking_refs"] == [MARKING_OF[Tlp.RED]]


def test_a_galaxy_without_a_uuid_is_repaired_and_said() -> None:
    broken = {**GALAXY, "uuid": "", "GalaxyCluster": [{**GALAXY["GalaxyCluster"][0], "uuid": ""}]}  # type: ignore[index]
    result = read(event(1, attribute(1, "domain", "a.example"), Galaxy=[broken]))
    actors = [obj for obj in objects(result.found) if obj["type"] == "threat-actor"]
    assert [obj["name"] for obj in actors] == ["El Machete"]
    assert "UUID of a galaxy cluster: one was made from its name" in reasons(result)
    assert f"indicator--{uuid_of(1)}" in made(event(1, attribute(1, "domain", "a.example")))


def test_what_cannot_be_carried_is_listed() -> None:
    given = event(
        1,
        attribute(1, "domain", "a.example", ShadowAttribute=[{"value": "b.example"}]),
        attribute(2, "no-such-type", "x"),
        attribute(3, "domain", ""),
        attribute(
            4,
            "attachment",
            "a.pdf",
            data="aGVsbG8=",
            category="Payload delivery",
            Sighting=[{"uuid": uuid_of(50), "type": "2", "date_sighting": "1600000000"}],
        ),
        ShadowAttribute=[{"value": "c.example"}],
        Galaxy=[{"name": "empty", "type": "x", "GalaxyCluster": []}],
    )
    result = read(given)
    assert sorted(reasons(result)) == [
        "attribute of which no object is made",
        "attribute without a type or value",
        "galaxy without a type or clusters",
        "proposal, which nobody has accepted yet",
        "proposal, which nobody has accepted yet",
        "sighting of a kind that STIX has not",
        "the bytes of an attachment",
    ]
    [lost] = [left for left in result.left if left.reason.startswith("attribute of")]
    assert lost.given == f"{uuid_of(2)} no-such-type x"
    assert lost.origin == f"MISP event {given['uuid']}"
    assert f"indicator--{uuid_of(1)}" in {obj["id"] for obj in objects(result.found)}


def test_the_bytes_of_attachments_come_only_when_asked_for() -> None:
    given = event(
        1, attribute(1, "attachment", "a.pdf", data="aGVsbG8=", category="Payload delivery")
    )
    assert not [obj for obj in made(given).values() if obj["type"] == "artifact"]
    kept = [obj for obj in made(given, files=True).values() if obj["type"] == "artifact"]
    assert [obj["payload_bin"] for obj in kept] == ["aGVsbG8="]


@pytest.mark.parametrize(
    "broken",
    [
        {"EventReport": [{"uuid": uuid_of(7), "name": "r", "content": "@[attribute](x"}]},
        {"Tag": ["text", None, {"name": 5}]},
        {
            "Galaxy": [
                {
                    "type": "threat-actor",
                    "GalaxyCluster": [{"value": "x", "meta": {"a": {"b": 1}}}],
                }
            ]
        },
        {"Object": [{"name": "file", "Attribute": "none"}, 7]},
        {"Orgc": {"name": 5}},
        {"timestamp": "never", "date": "2020-13-77"},
        {
            "Attribute": [
                {"type": 1},
                None,
                "x",
                attribute(1, "domain", "a.example", Galaxy=[{"type": ""}]),
            ]
        },
    ],
)
def test_a_broken_part_costs_nothing_but_itself(broken: dict[str, Any]) -> None:
    given = event(1, attribute(1, "domain", "a.example")) | broken
    names = {obj["id"] for obj in objects(read(given).found)}
    assert f"indicator--{uuid_of(1)}" in names


@pytest.mark.parametrize(
    ("given", "lost"),
    [
        (event(1, attribute(1, "domain", "a.example"), Galaxy=[GALAXY]), "galaxies"),
        (
            event(1, attribute(1, "domain", "a.example"), attribute(2, "domain", "b.example")),
            uuid_of(2),
        ),
    ],
)
def test_a_part_that_the_converter_stumbles_over_is_left_out(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], lost: str
) -> None:
    original = MISPtoSTIX21Parser.parse_misp_event

    def stumble(self: Any, found: Any) -> None:
        values = [each["value"] for each in found["Event"].get("Attribute", ())]
        if found["Event"].get("Galaxy") or "b.example" in values:
            raise KeyError("uuid")
        original(self, found)

    monkeypatch.setattr(MISPtoSTIX21Parser, "parse_misp_event", stumble)
    result = read(given)
    assert (lost, "could not be converted: KeyError") in [each[:2] for each in result.left]
    assert f"indicator--{uuid_of(1)}" in {obj["id"] for obj in objects(result.found)}


def test_what_stix_has_no_place_for_stands_beside_it() -> None:
    found = made(event(1, attribute(1, "domain", "a.example", to_ids=False, comment="seen at B")))
    assert found[f"observed-data--{uuid_of(1)}"]["x_misp_comment"] == "seen at B"
    rules = made(
        event(1, attribute(1, "yara", "rule a { condition: true }", category="Payload delivery"))
    )
    assert rules[f"indicator--{uuid_of(1)}"]["pattern"] == "rule a { condition: true }"


def test_values_are_there_for_warning_lists_where_they_are_single() -> None:
    given = event(
        1,
        attribute(1, "ip-dst", "8.8.8.8"),
        attribute(2, "domain|ip", "a.example|8.8.8.8"),
        attribute(3, "filename|md5", f"a.exe|{'a' * 32}", category="Payload delivery"),
    )
    items = {f.raw.split(b'"id":"')[1].split(b'"')[0].decode(): f.item for f in read(given).found}
    single = items[f"indicator--{uuid_of(1)}"]
    assert single is not None
    assert (single.field, single.key) == ("ip", "8.8.8.8")
    assert items[f"indicator--{uuid_of(2)}"] is None
    hashed = items[f"indicator--{uuid_of(3)}"]
    assert hashed is not None
    assert hashed.field == "hash"


def test_a_distribution_that_does_not_let_it_leave_keeps_it_in_misp() -> None:
    allowed = frozenset({"1", "2", "3"})
    given = event(
        1,
        attribute(1, "domain", "a.example"),
        attribute(2, "domain", "b.example", distribution="0"),
    )
    result = read(given, Choice(distributions=allowed))
    names = {obj["id"] for obj in objects(result.found)}
    assert f"indicator--{uuid_of(1)}" in names
    assert f"indicator--{uuid_of(2)}" not in names
    assert f"indicator--{uuid_of(2)}" in result.gone
    closed = read(given | {"distribution": "4"}, Choice(distributions=allowed))
    assert not closed.found
    assert f"indicator--{uuid_of(1)}" in closed.gone
    assert f"report--{given['uuid']}" in closed.gone
    assert "event whose distribution does not let it leave MISP" in reasons(closed)


def test_only_what_is_for_detection_when_that_is_asked_for() -> None:
    given = event(
        1, attribute(1, "domain", "a.example"), attribute(2, "domain", "b.example", to_ids=False)
    )
    result = read(given, Choice(detection_only=True))
    names = {obj["id"] for obj in objects(result.found)}
    assert f"indicator--{uuid_of(1)}" in names
    assert not [name for name in names if uuid_of(2) in name]
    assert f"observed-data--{uuid_of(2)}" in result.gone


def test_a_uuid_that_is_there_twice_counts_once() -> None:
    result = read(
        event(1, attribute(1, "domain", "a.example"), attribute(1, "domain", "b.example"))
    )
    found = {obj["id"]: obj for obj in objects(result.found)}
    assert found[f"domain-name--{uuid_of(1)}"]["value"] == "a.example"
    assert reasons(result) == ["UUID that another attribute has"]


def test_what_is_no_event_is_said() -> None:
    result = read({"info": "no uuid"})
    assert (result.found, reasons(result)) == ((), ["event without a UUID"])
    empty = read(event(1))
    assert (empty.found, reasons(empty)) == ((), ["event without content"])
