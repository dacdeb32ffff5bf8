"""Makes STIX 2.1 objects out of values and of what people say about them.

The same `Making` gives the same bytes: ids are made of its seed, and all dates are its instant. So
what is made twice is published once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from hub.language.fold import INVISIBLE
from hub.model.clock import format_us
from hub.model.intake import Item
from hub.model.tlp import Tlp
from hub.stix.marking import COLOUR_OF

MARKING_OF: Mapping[Tlp, str] = MappingProxyType(
    # The ids of TLP 2.0 come last in the table, and win.
    {colour: marking for marking, colour in COLOUR_OF.items()}
)
"""The marking-definition of each colour in TLP 2.0"""

_HASHES = {32: "MD5", 40: "SHA-1", 56: "SHA-224", 64: "SHA-256", 96: "SHA-384", 128: "SHA-512"}
_PATHS = {
    "domain": "domain-name:value",
    "url": "url:value",
    "email": "email-addr:value",
    "file": "file:name",
    "mac": "mac-addr:value",
    "registry": "windows-registry-key:key",
    "mutex": "mutex:name",
}
_ATTACK = "https://attack.mitre.org/techniques/"
_SECTOR_NAME = 1_000


class Making(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about all the objects that are made."""

    seed: uuid.UUID
    """Their ids are made of it"""
    made_us: int
    """Their `created`, `modified` and, if nothing else is said, `valid_from`"""
    creator: str
    """identity--UUID of the organisation"""
    tlp: Tlp
    title: str = ""
    text: str = ""
    group: str = "report"
    """Type of the object that names them all, if there is a title: report or incident"""
    types: tuple[str, ...] = ()
    """Of the indicators (indicator-type-ov)"""
    labels: tuple[str, ...] = ()
    confidence: int | None = None
    references: tuple[str, ...] = ()
    """Addresses of where to read more about an indicator, vulnerability or technique"""
    valid_from_us: int = 0
    """0: from the instant it is made"""
    valid_until_us: int = 0
    """0: without end"""
    sector: str = ""
    """Whom an incident befell (industry-sector-ov)"""
    severity: str = ""
    """Of an incident"""
    since_us: int = 0
    """When an incident began; 0: not said"""


def pattern_of(item: Item) -> str | None:
    """The pattern that finds a value; None: there is none for its kind."""
    if item.field == "hash":
        name = _HASHES.get(len(item.key))
        return f"[file:hashes.'{name}' = {quoted(item.value)}]" if name else None
    if item.field == "ip":
        version = "ipv6" if ":" in item.key else "ipv4"
        return f"[{version}-addr:value = {quoted(item.value)}]"
    if item.field == "asn":
        return f"[autonomous-system:number = {int(item.key)}]"
    path = _PATHS.get(item.field)
    return f"[{path} = {quoted(item.value)}]" if path else None


def quoted(text: str) -> str:
    """A text as a string of the pattern language (STIX 2.1 section 9.3)."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def makes(item: Item) -> bool:
    """Whether an object can be made of a value."""
    return item.field in {"cve", "attack"} or pattern_of(item) is not None


def compose(making: Making, items: list[Item]) -> list[bytes]:
    """The objects as JSON, each behind those that it names.

    Args:
        making: What is said of all of them.
        items: Values of which objects can be made (`makes`), each once.
    """
    objects = [_of_item(_told(making, item), item) for item in items]
    grouped = [*objects, *_group(making, objects)]
    return [msgspec.json.encode(obj) for obj in grouped]


def _told(making: Making, item: Item) -> Making:
    """What is said of one value; its own source knows better than what holds for all."""
    return msgspec.structs.replace(
        making,
        confidence=making.confidence if item.confidence is None else item.confidence,
        references=(*making.references, *item.references),
        valid_from_us=item.seen_us or making.valid_from_us,
    )


def _of_item(making: Making, item: Item) -> dict[str, Any]:
    note = {"description": item.note} if item.note else {}
    more = [{"source_name": _site(url), "url": url} for url in making.references]
    if item.field == "cve":
        return _make(making, "vulnerability", item.key) | {
            "name": item.value,
            **note,
            "external_references": [{"source_name": "cve", "external_id": item.value}, *more],
        }
    if item.field == "attack":
        address = _ATTACK + item.value.replace(".", "/")
        return _make(making, "attack-pattern", item.key) | {
            "name": item.value,
            **note,
            "external_references": [
                {"source_name": "mitre-attack", "external_id": item.value, "url": address},
                *more,
            ],
        }
    return _indicator(making, item) | note | ({"external_references": more} if more else {})


def _site(url: str) -> str:
    """What to call an address: its host."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2] or url


def _indicator(making: Making, item: Item) -> dict[str, Any]:
    from_us = making.valid_from_us or making.made_us
    made = _make(making, "indicator", f"{item.field} {item.key}") | {
        "name": item.value,
        "pattern": pattern_of(item),
        "pattern_type": "stix",
        "valid_from": instant(from_us),
    }
    if making.types:
        made["indicator_types"] = list(making.types)
    if making.valid_until_us > from_us:
        made["valid_until"] = instant(making.valid_until_us)
    return made


def _group(making: Making, objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The report or incident, and what leads from it to the objects."""
    if not making.title:
        return
    said = {"name": making.title, **({"description": making.text} if making.text else {})}
    if making.group == "incident":
        yield from _incident(making, said, objects)
    elif objects:
        yield (
            _make(making, "report", "group")
            | said
            | {
                "report_types": ["threat-report"],
                "published": instant(making.made_us),
                "object_refs": [obj["id"] for obj in objects],
            }
        )


def _incident(
    making: Making, said: dict[str, str], objects: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    labels = [*making.labels, *([f"severity:{making.severity}"] if making.severity else [])]
    if making.since_us:
        began = f"{instant(making.since_us)[:16].replace('T', ' ')} UTC"
        said["description"] = "\n\n".join(filter(None, [said.get("description"), began]))
    incident = _make(making, "incident", "group") | said
    if labels:
        incident["labels"] = labels
    yield incident
    if making.sector:
        victim = _make(making, "identity", "victim") | {
            "name": making.sector[:_SECTOR_NAME],
            "identity_class": "class",
            "sectors": [making.sector],
        }
        yield victim
        yield _link(making, incident, victim)
    for obj in objects:
        yield _link(making, obj, incident)


def _link(making: Making, source: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    return _make(making, "relationship", f"{source['id']} {target['id']}") | {
        "relationship_type": "related-to",
        "source_ref": source["id"],
        "target_ref": target["id"],
    }


def _make(making: Making, kind: str, key: str) -> dict[str, Any]:
    """What all objects have. The key tells it from others of its type."""
    made = uuid.uuid5(making.seed, f"{kind} {key}")
    at = instant(making.made_us)
    obj: dict[str, Any] = {
        "type": kind,
        "spec_version": "2.1",
        # Nobody else can make the same id, as the seed is random.
        "id": f"{kind}--{uuid.UUID(bytes=made.bytes, version=4)}",
        "created_by_ref": making.creator,
        "created": at,
        "modified": at,
        "object_marking_refs": [MARKING_OF[making.tlp]],
    }
    if making.labels and kind not in {"identity", "relationship"}:
        obj["labels"] = list(making.labels)
    if making.confidence is not None and kind not in {"identity", "relationship"}:
        obj["confidence"] = making.confidence
    return obj


def instant(at_us: int) -> str:
    """A timestamp with three digits, as STIX asks for at least."""
    return f"{format_us(at_us)[:-4]}Z"


def plain(text: str) -> str:
    """A text of a form without what cannot be seen and without blanks around it."""
    return INVISIBLE.sub("", text.replace("\r\n", "\n")).strip()
