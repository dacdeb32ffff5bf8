"""What objects and their properties are called.

Labels of properties are English texts of the console's catalogues, in which all of them stand.
"""

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

_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "cpe": "CPE",
        "cwd": "Working directory",
        "dst_byte_count": "Bytes to destination",
        "dst_packets": "Packets to destination",
        "dst_payload_ref": "Payload to destination",
        "dst_port": "Destination port",
        "dst_ref": "Destination",
        "first_observed": "First observed",
        "goals": "Goals",
        "gid": "Group number",
        "hashes": "Hashes",
        "is_dir": "Is a directory",
        "is_family": "Is a family",
        "mime_type": "MIME type",
        "number_observed": "Times observed",
        "object_refs": "About",
        "pid": "Process number",
        "rir": "Regional registry",
        "rule_type": "Rule type",
        "spec_version": "STIX version",
        "src_byte_count": "Bytes from source",
        "src_packets": "Packets from source",
        "src_payload_ref": "Payload from source",
        "src_port": "Source port",
        "src_ref": "Source",
        "source_ref": "From",
        "swid": "SWID tag",
        "target_ref": "To",
        "tool_version": "Version",
        "url": "URL",
        "version": "Version",
        "where_sighted_refs": "Seen at",
    }
)
def label_of(name: str) -> str:
    """What a property of the specification is called, in English: a text of the catalogues."""
    if name in _LABELS:
        return _LABELS[name]
    bare = name.removesuffix("_refs").removesuffix("_ref").replace("_", " ")
    return bare[:1].upper() + bare[1:]


def title_of(obj: Mapping[str, Any]) -> str:
    """What people call an object; empty when nothing in it can stand for it."""
    for name in _TITLES:
        value = obj.get(name)
        if type(value) is str and value.strip():
            return value
    number, hashes = obj.get("number"), obj.get("hashes")
    if type(number) is int:
        return f"AS{number}"
    if type(hashes) is dict:
        return next((text for text in hashes.values() if type(text) is str), "")
    return ""


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


