"""Sample STIX objects; `changes` override members, and `None` takes one away."""

from __future__ import annotations

import json
from typing import Any

from hub.model.record import Candidate, Refusal
from hub.stix.check import check

UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
SCO_UUID = "f1e2d3c4-0000-5000-8000-000000000001"
MOMENT = "2026-01-31T08:00:00.000Z"
LATER = "2026-02-01T08:00:00.000Z"
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"


def _made(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in (members | changes).items() if v is not None}


def versioned(kind: str, **changes: Any) -> dict[str, Any]:
    """An object of a type that has versions."""
    members = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{UUID}"}
    return _made(members | {"created": MOMENT, "modified": MOMENT, "name": "Thử"}, changes)


def indicator(**changes: Any) -> dict[str, Any]:
    members = {"pattern": "[file:name = 'a']", "pattern_type": "stix", "valid_from": MOMENT}
    return versioned("indicator", **(members | changes))


def relationship(**changes: Any) -> dict[str, Any]:
    ends = {"source_ref": f"indicator--{UUID}", "target_ref": f"malware--{UUID}"}
    return versioned(
        "relationship", **({"name": None, "relationship_type": "uses"} | ends | changes)
    )


def observable(kind: str, **changes: Any) -> dict[str, Any]:
    """A cyber-observable object of STIX 2.1."""
    return _made({"type": kind, "spec_version": "2.1", "id": f"{kind}--{SCO_UUID}"}, changes)


def encoded(obj: Any) -> bytes:
    return json.dumps(obj, ensure_ascii=False).encode()


def judged(obj: Any) -> Candidate | Refusal:
    return check(encoded(obj), "objects[3]")


def accepted(obj: Any) -> Candidate:
    item = judged(obj)
    assert isinstance(item, Candidate), item
    return item
