"""Objects of the worlds that refer to others, or say something about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

RELATION, REPORT, SIGHTING, OPINION, PATTERN, NOTE, FLAW = range(9, 16)
KINDS = {
    RELATION: "relationship",
    REPORT: "report",
    SIGHTING: "sighting",
    OPINION: "opinion",
    PATTERN: "attack-pattern",
    NOTE: "note",
    FLAW: "vulnerability",
}
"""By number of the piece"""

CAMPAIGN, OTHER, INDICATOR = 1, 2, 7
"""Pieces of `tests.http.pieces` that they refer to"""

_INSTANT = "2023-11-14T00:00:00.000Z"


def members(number: int, text: str, id_of: Callable[[int], str]) -> dict[str, Any]:
    """What such an object says beside what all objects say; with `text` it is another."""
    one, other = id_of(CAMPAIGN), id_of(OTHER if text == "a" else INDICATOR)
    said: dict[int, dict[str, Any]] = {
        RELATION: {"relationship_type": "related-to", "source_ref": one, "target_ref": other},
        REPORT: {
            "name": f"report {text}",
            "published": _INSTANT,
            "object_refs": [one, id_of(PATTERN), id_of(FLAW), other],
            "external_references": [_attack("T1566" if text == "a" else "T1059")],
        },
        SIGHTING: {"sighting_of_ref": id_of(INDICATOR), "count": 1 if text == "a" else 2},
        OPINION: {"opinion": "agree" if text == "a" else "disagree", "object_refs": [one]},
        PATTERN: {
            "name": f"pattern {text}",
            "kill_chain_phases": [
                {"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}
            ],
            "external_references": [_attack("T1566")],
        },
        NOTE: {"content": f"note {text}", "object_refs": [one, other]},
        FLAW: {
            "name": f"flaw {text}",
            "external_references": [{"source_name": "cve", "external_id": "CVE-2023-1234"}],
        },
    }
    return said[number]


def _attack(number: str) -> dict[str, str]:
    return {"source_name": "mitre-attack", "external_id": number}
