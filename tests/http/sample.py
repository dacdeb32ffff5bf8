"""One object of each kind that TAXII treats differently, and the order in which they are added."""

from __future__ import annotations

from typing import Any

from tests import fakes

CREATED = "2024-03-01T08:00:00.000Z"
TLP_AMBER = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
TLP2_GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"


def stix(kind: str, number: int, /, **properties: Any) -> dict[str, Any]:
    """A STIX 2.1 object with versions."""
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{fakes.uuid_of(number)}",
        "created": CREATED,
        "modified": CREATED,
    } | properties


def observable(kind: str, number: int, /, **properties: Any) -> dict[str, Any]:
    """A STIX 2.1 cyber-observable: it has no versions."""
    made = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{fakes.uuid_of(number)}"}
    return made | properties


VERSIONED = f"indicator--{fakes.uuid_of(1)}"
"""Its versions 1, 3, 2 and 4 are added in that order; see `fakes.indicator`."""
V1, V2, V3, V4 = (fakes.indicator(1, version)["modified"] for version in (1, 2, 3, 4))

MALWARE = stix("malware", 2, name="Mã độc mẫu", is_family=True, malware_types=["trojan"])
PRECISE = stix("campaign", 3, name="Chiến dịch", modified="2024-03-01T08:00:00.123456Z")
IDENTITY = stix("identity", 4, name="Trung tâm Mẫu", identity_class="organization")
RELATIONSHIP = stix(
    "relationship",
    5,
    relationship_type="indicates",
    source_ref=VERSIONED,
    target_ref=MALWARE["id"],
)
SIGHTING = stix("sighting", 6, sighting_of_ref=VERSIONED, count=3)
REPORT = stix(
    "report", 7, name="Báo cáo", published=CREATED, object_refs=[VERSIONED], labels=["vn-cert"]
)
LANGUAGE = stix(
    "language-content",
    8,
    object_ref=MALWARE["id"],
    contents={"en": {"name": "Sample malware"}},
)
MARKING = {
    "type": "marking-definition",
    "spec_version": "2.1",
    "id": f"marking-definition--{fakes.uuid_of(9)}",
    "created": CREATED,
    "definition_type": "statement",
    "definition": {"statement": "Chỉ dùng trong diễn tập"},
}
ADDRESS = observable("ipv4-addr", 10, value="192.0.2.1")
DOMAIN = {
    "type": "domain-name",
    "id": f"domain-name--{fakes.uuid_of(11)}",
    "value": "mẫu.example",
}
SOFTWARE = observable("software", 12, name="Sample", version="1.0.0")
EXTENSION = stix(
    "extension-definition",
    13,
    name="Sample extension",
    schema="https://example.org/schema.json",
    version="1.0.0",
    created_by_ref=IDENTITY["id"],
    extension_types=["property-extension"],
)
SECRET = stix("campaign", 14, name="Amber", object_marking_refs=[TLP_AMBER], confidence=85)
OLD_SPEC = {
    "type": "indicator",
    "id": f"indicator--{fakes.uuid_of(15)}",
    "created": CREATED,
    "modified": CREATED,
    "labels": ["malicious-activity"],
    "pattern": "[ipv4-addr:value = '192.0.2.15']",
    "valid_from": CREATED,
}
BOTH_SPECS = f"campaign--{fakes.uuid_of(16)}"
"""Added as STIX 2.0 and as STIX 2.1, under different versions."""
BOTH_2_0 = {
    "type": "campaign",
    "id": BOTH_SPECS,
    "created": CREATED,
    "modified": "2024-03-02T08:00:00.000Z",
    "name": "Old form",
}
BOTH_2_1 = stix("campaign", 16, name="New form")

OTHERS = (RELATIONSHIP, SIGHTING, REPORT, LANGUAGE, ADDRESS, DOMAIN, SOFTWARE, EXTENSION)
ENVELOPES: tuple[tuple[dict[str, Any], ...], ...] = (
    (fakes.indicator(1, 1), MALWARE, PRECISE),
    (fakes.indicator(1, 3), IDENTITY),
    # Each marking has dates of its own in a publish; the definition is TLP:CLEAR, the rest GREEN.
    (MARKING, fakes.indicator(1, 2), *OTHERS),
    (fakes.indicator(1, 4), SECRET, OLD_SPEC, BOTH_2_0, BOTH_2_1),
)
"""What is published, one publish after the other."""

EVERY = [item for envelope in ENVELOPES for item in envelope]
"""All versions, in the order they are added."""
LATEST = [
    item
    for item in EVERY
    if item is not BOTH_2_0 and (item["id"] != VERSIONED or item["modified"] == V4)
]
"""What is read without `match[version]`: the newest version, of the newest STIX version."""
