"""What STIX objects say in terms of MISP: types, values, categories, and whether to detect.

Objects that came from MISP carry its words in labels (`misp:type="md5"`), as misp-stix writes them,
and their UUIDs in their ids. What STIX has no place for stands in properties `x_misp_*`, which
`connectors.misp.events` adds and this module reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from hub.model.clock import parse_us
from hub.stix.literals import Sense, values
from hub.stix.pattern import judge

Object = Mapping[str, Any]

CATEGORY_OF: Mapping[str, str] = MappingProxyType(
    {
        "AS": "Network activity",
        "campaign-name": "Attribution",
        "domain": "Network activity",
        "domain|ip": "Network activity",
        "email": "Social network",
        "email-dst": "Network activity",
        "email-src": "Payload delivery",
        "email-subject": "Payload delivery",
        "filename": "Payload delivery",
        "hostname": "Network activity",
        "ip-dst": "Network activity",
        "ip-dst|port": "Network activity",
        "ip-src": "Network activity",
        "link": "External analysis",
        "mac-address": "Network activity",
        "mutex": "Artifacts dropped",
        "regkey": "Persistence mechanism",
        "snort": "Network activity",
        "text": "Other",
        "uri": "Network activity",
        "url": "Network activity",
        "vulnerability": "External analysis",
        "x509-fingerprint-md5": "Network activity",
        "x509-fingerprint-sha1": "Network activity",
        "x509-fingerprint-sha256": "Network activity",
    }
)
"""The category of a type where nothing says another; all else is "Payload delivery"."""

TYPE_OF: Mapping[str, str] = MappingProxyType(
    {
        "autonomous-system:number": "AS",
        "domain-name:resolves_to_refs.*.value": "ip-dst",
        "domain-name:value": "domain",
        "email-addr:value": "email",
        "email-message:from_ref.value": "email-src",
        "email-message:sender_ref.value": "email-src",
        "email-message:subject": "email-subject",
        "email-message:to_refs.*.value": "email-dst",
        "file:name": "filename",
        "ipv4-addr:value": "ip-dst",
        "ipv6-addr:value": "ip-dst",
        "mac-addr:value": "mac-address",
        "mutex:name": "mutex",
        "network-traffic:dst_ref.value": "ip-dst",
        "network-traffic:src_ref.value": "ip-src",
        "url:value": "url",
        "windows-registry-key:key": "regkey",
    }
)
"""The type of the value in a place, where nothing says another; hashes have `hash_type`."""

_HASHES = {
    name.upper().replace("-", ""): name
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "ssdeep", "tlsh")
} | {"SHA3256": "sha3-256", "SHA3512": "sha3-512", "IMPHASH": "imphash"}
_ADDRESSES = (
    "ipv4-addr:value",
    "ipv6-addr:value",
    "network-traffic:dst_ref.value",
    "network-traffic:src_ref.value",
    "domain-name:resolves_to_refs.*.value",
)
_MAILBOXES = (
    "email-addr:value",
    "email-message:from_ref.value",
    "email-message:to_refs.*.value",
)
_PLACES: Mapping[str, tuple[str, ...]] = {
    "AS": ("autonomous-system:number",),
    "campaign-name": ("campaign:name",),
    "domain": ("domain-name:value",),
    "email": _MAILBOXES,
    "email-attachment": ("file:name", "email-message:body_multipart.*.body_raw_ref.name"),
    "email-body": ("email-message:body",),
    "email-dst": _MAILBOXES,
    "email-message-id": ("email-message:message_id",),
    "email-reply-to": (
        "email-message:additional_header_fields.Reply-To",
        "email-message:additional_header_fields.reply_to",
    ),
    "email-src": _MAILBOXES,
    "email-subject": ("email-message:subject",),
    "email-x-mailer": (
        "email-message:additional_header_fields.X-Mailer",
        "email-message:additional_header_fields.x_mailer",
    ),
    "filename": ("file:name",),
    "hostname": ("domain-name:value",),
    "ip": _ADDRESSES,
    "ip-dst": _ADDRESSES,
    "ip-src": _ADDRESSES,
    "link": ("url:value",),
    "mac-address": ("mac-addr:value",),
    "mutex": ("mutex:name",),
    "port": ("network-traffic:dst_port", "network-traffic:src_port"),
    "regkey": ("windows-registry-key:key",),
    "uri": ("url:value",),
    "url": ("url:value",),
    "value": ("windows-registry-key:values.*.data", "windows-registry-key:values.data"),
    "vulnerability": ("vulnerability:name",),
}
_LABEL = re.compile(r'misp:(type|category|name|meta-category)="(.*)"', re.DOTALL)
_HASH = re.compile(r"(.*:hashes\.)(.*)", re.DOTALL)
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_MORE_THAN_A_LIST = re.compile(
    r"\b(?:AND|NOT|FOLLOWEDBY|WITHIN|REPEATS|START|STOP|LIKE|MATCHES|EXISTS|ISSUBSET|ISSUPERSET)\b"
    r"|[<>!]"
)
_ORDER = ("indicator", "observed-data", "x-misp-attribute", "x-misp-object")
_RULES = {"yara": "yara", "sigma": "sigma", "snort": "snort", "suricata": "snort"}


class Attribute(NamedTuple):
    """One attribute, in MISP's words."""

    uuid: str
    type: str
    category: str
    value: str
    to_ids: bool
    comment: str = ""
    timestamp: int = 0
    """Seconds since 1970"""


def uuid_of(object_id: str) -> str:
    """The UUID in an id."""
    return object_id.partition("--")[2]


def several(obj: Object, key: str) -> list[Any]:
    """The entries of a list; none where somebody wrote something else."""
    found = obj.get(key)
    return found if isinstance(found, list) else []


def carrier_of(objects: Iterable[Object]) -> Object | None:
    """Of the objects that one attribute or object became, the one that says most of it."""
    found = [obj for obj in objects if "modified" in obj]
    order = {kind: place for place, kind in enumerate(_ORDER)}
    return min(found, key=lambda obj: order.get(obj["type"], len(order)), default=None)


def words_of(objects: Iterable[Object]) -> dict[str, str]:
    """What the labels of misp-stix say: type and category, or name and meta-category."""
    found: dict[str, str] = {}
    for obj in objects:
        for label in several(obj, "labels"):
            if isinstance(label, str) and (match := _LABEL.fullmatch(label)):
                found.setdefault(match[1], match[2])
    return found


def attribute_of(objects: list[Object]) -> Attribute | None:
    """The attribute of MISP that these objects came from; None: they came from none.

    Args:
        objects: All that have its UUID in their ids.
    """
    carrier = carrier_of(objects)
    said = words_of(objects)
    if carrier is None or not (kind := carrier.get("x_misp_type") or said.get("type")):
        return None
    rule = next((obj for obj in objects if obj["type"] == "indicator"), None)
    value = carrier.get("x_misp_value") or _value(str(kind), objects, rule)
    if not isinstance(value, str) or not value:
        return None
    comment = carrier.get("x_misp_comment", (rule or {}).get("description", ""))
    return Attribute(
        uuid_of(carrier["id"]),
        str(kind),
        str(carrier.get("x_misp_category") or said.get("category") or category_of(str(kind))),
        value,
        bool(carrier.get("x_misp_to_ids", rule is not None)),
        comment if isinstance(comment, str) else "",
        seconds_of(carrier),
    )


def category_of(kind: str) -> str:
    """The category of a type where nothing says another."""
    return CATEGORY_OF.get(kind, "Payload delivery")


def seconds_of(obj: Object) -> int:
    """The version of an object in seconds since 1970, as MISP counts."""
    try:
        return max(0, parse_us(obj["modified"]) // 1_000_000)
    except (KeyError, TypeError, ValueError):
        return 0


def day_of(seconds: int) -> str:
    """The day of a time, as MISP writes it."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def listed(indicator: Object) -> list[tuple[str, str]] | None:
    """Types and values of an indicator that looks for any of them; None: it says more than that.

    Rules in other languages are one value of their type.
    """
    pattern, language = indicator.get("pattern"), indicator.get("pattern_type", "stix")
    if not isinstance(pattern, str):
        return None
    if language in _RULES:
        return [(_RULES[language], pattern)]
    if language != "stix" or _MORE_THAN_A_LIST.search(_STRING.sub("''", pattern)):
        return None
    found = [(type_at(place), text) for place, text in _literals(indicator)]
    if not all(kind for kind, _ in found):
        return None
    return [(kind, _shown(kind, text)) for kind, text in dict.fromkeys(found)]


def compared(indicator: Object) -> list[tuple[str, str]]:
    """Types and values of a pattern, whatever it says of them."""
    found = [(type_at(place), text) for place, text in _literals(indicator)]
    return [(kind, _shown(kind, text)) for kind, text in found if kind]


def type_at(place: str) -> str:
    """The type of the value in a place, such as `file:hashes.MD5`; empty: there is none."""
    match = _HASH.fullmatch(place)
    if match is None:
        return TYPE_OF.get(place, "")
    name = _HASHES.get(_hash_name(match[2]), "")
    if match[1] == "x509-certificate:hashes." and name in {"md5", "sha1", "sha256"}:
        return f"x509-fingerprint-{name}"
    return name if match[1] == "file:hashes." else ""


def observed(objects: Iterable[Object]) -> list[tuple[str, str]]:
    """Types and values of observables on their own."""
    places = [pair for obj in objects if "modified" not in obj for pair in _flat(obj)]
    return [(type_at(place), _shown(type_at(place), v)) for place, v in places if type_at(place)]


def _value(kind: str, objects: list[Object], rule: Object | None) -> str:
    if rule is not None and kind == rule.get("pattern_type"):
        return str(rule.get("pattern", ""))
    places: dict[str, str] = {}
    for obj in objects:
        for place, text in _flat(obj):
            places.setdefault(_normal(place), text)
    for place, text in _literals(rule or {}):
        places.setdefault(_normal(place), text)
    parts = [_part(part, places) for part in kind.split("|")]
    return "|".join(parts) if all(parts) else ""


def _part(part: str, places: Mapping[str, str]) -> str:
    bare = part.removeprefix("x509-fingerprint-")
    group = "file" if bare == part else "x509-certificate"
    wanted = _PLACES.get(part) or (f"{group}:hashes.{_hash_name(bare)}",)
    found = next((places[place] for place in wanted if place in places), "")
    return _shown(part, found)


def _shown(kind: str, text: str) -> str:
    return f"AS{text}" if kind == "AS" and text.isdigit() else text


def _normal(place: str) -> str:
    match = _HASH.fullmatch(place)
    return f"{match[1]}{_hash_name(match[2])}" if match else place


def _hash_name(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _literals(indicator: Object) -> Iterator[tuple[str, str]]:
    """Places and values of a pattern in the STIX language."""
    pattern = indicator.get("pattern")
    if not isinstance(pattern, str) or indicator.get("pattern_type", "stix") != "stix":
        return
    verdict = judge(pattern, "2.1")
    if verdict.ok:
        for place, text in values(pattern, verdict.places):
            if place.sense is Sense.IS:
                yield f"{place.path[0]}:{'.'.join(place.path[1:])}", text


def _flat(obj: Object) -> Iterator[tuple[str, str]]:
    for key, value in obj.items():
        if key not in {"id", "type", "spec_version"}:
            for path, text in _leaves(key, value):
                yield f"{obj['type']}:{path}", text


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _leaves(f"{path}.{key}", below)
    elif isinstance(value, list):
        for below in value:
            yield from _leaves(f"{path}.*", below)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield path, str(value)
