"""What people call objects, and the vocabularies that their properties take words from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

VOCABULARIES: Mapping[str, str] = MappingProxyType(
    {
        "account_type": "account-type-ov",
        "architecture_execution_envs": "processor-architecture-ov",
        "capabilities": "malware-capabilities-ov",
        "context": "grouping-context-ov",
        "encryption_algorithm": "encryption-algorithm-enum",
        "identity_class": "identity-class-ov",
        "implementation_languages": "implementation-language-ov",
        "indicator_types": "indicator-type-ov",
        "infrastructure_types": "infrastructure-type-ov",
        "malware_types": "malware-type-ov",
        "opinion": "opinion-enum",
        "pattern_type": "pattern-type-ov",
        "personal_motivations": "attack-motivation-ov",
        "primary_motivation": "attack-motivation-ov",
        "region": "region-ov",
        "report_types": "report-type-ov",
        "resource_level": "attack-resource-level-ov",
        "result": "malware-result-ov",
        "secondary_motivations": "attack-motivation-ov",
        "sectors": "industry-sector-ov",
        "sophistication": "threat-actor-sophistication-ov",
        "threat_actor_types": "threat-actor-type-ov",
        "tool_types": "tool-type-ov",
    }
)
"""Vocabularies by property. `roles` has one for a threat actor alone."""


def title_of(obj: Mapping[str, Any]) -> str:
    """What people call an object; empty when nothing in it can stand for it."""
    for name in _TITLES:
        value = obj.get(name)
        if type(value) is str and value.strip():
            return value
    if type(obj.get("number")) is int:
        return f"AS{obj['number']}"
    inside = obj.get("hashes", obj.get("definition"))
    texts = inside.values() if type(inside) is dict else ()
    return next((text for text in texts if type(text) is str), "")


_TITLES = (
    "name",
    "value",
    "abstract",
    "path",
    "key",
    "subject",
    "display_name",
    "account_login",
    "user_id",
    "command_line",
    "url",
    "product",
    "serial_number",
    "content",
    "pattern",
    "opinion",
    "relationship_type",
)
"""Properties that stand for an object, the best first"""
