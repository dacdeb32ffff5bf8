r"""The terms of an object: what the extended match filters can find it by.

An object's terms are one text of lines `field=value`, with a line feed before, between and after
them. `instr(terms, '\nfield=value\n')` in SQL is then an exact, case-sensitive match of one value.

The fields are those of the TAXII 2.1 interoperability filters: properties at the top level
(tiers 1 and 2), properties at any depth below it (tier 3), `tlp`, `relationships-all`, and bounds
on numbers and instants. `modified-gte` and `modified-lte` need no term: the version says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from hub.model.clock import parse_us
from hub.model.tlp import Tlp
from hub.stix.instant import instant_us
from hub.stix.marking import tlp_of
from hub.stix.walk import REF_ENDINGS


class Kind(StrEnum):
    """How the value of a filter is read."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TLP = "tlp"
    TIMESTAMP = "timestamp"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMBERS = frozenset({"confidence", "dst_port", "number", "src_port"})
_INSTANTS = ("valid_from", "valid_until")
_TIER_1 = _names(
    """account_type context data_type encryption_algorithm identity_class name opinion pattern
    pattern_type primary_motivation region relationship_type resource_level result sophistication
    subject value"""
)
_TIER_2 = _names(
    """aliases architecture_execution_envs capabilities extension_types implementation_languages
    indicator_types infrastructure_types labels malware_types personal_motivations report_types
    roles secondary_motivations sectors threat_actor_types tool_types"""
)
NESTED = _names(
    """address_family external_id MD5 SHA-1 SHA-256 SHA-512 SHA3-256 SHA3-512 SSDEEP TLSH
    integrity_level pe_type phase_name service_status service_type socket_type source_name
    start_type"""
)
"""Properties that are found at any depth below the top level (tier 3)."""

_TOP_LEVEL = _NUMBERS | _TIER_1 | _TIER_2 | {*_INSTANTS}
_SCALARS = frozenset({str, int, bool})
_LONGEST_VALUE = 24
_DIGEST_BYTES = 8
_INT64 = range(-(2**63), 2**63)


def _match_fields() -> dict[str, Kind]:
    fields = dict.fromkeys(_TIER_1 | _TIER_2 | NESTED | {"relationships-all"}, Kind.STRING)
    fields |= dict.fromkeys(_NUMBERS, Kind.INTEGER)
    fields |= {"revoked": Kind.BOOLEAN, "tlp": Kind.TLP}
    for bound in ("gte", "lte"):
        fields |= {f"{name}-{bound}": Kind.INTEGER for name in _NUMBERS}
        fields |= {f"{name}-{bound}": Kind.TIMESTAMP for name in ("modified", *_INSTANTS)}
    return fields


MATCH_FIELDS: Mapping[str, Kind] = MappingProxyType(_match_fields())
"""The names that may stand in `match[...]` beside id, type, version and spec_version."""


def parse(field: str, text: str) -> str | int:
    """The value of one filter, ready for `term` or for a bound.

    Args:
        field: A key of `MATCH_FIELDS`.
        text: One of the comma-separated values of the query.

    Returns:
        Text, an integer, or an instant in microseconds.

    Raises:
        ValueError: The text is no value of that field.
    """
    kind = MATCH_FIELDS[field]
    if kind is Kind.INTEGER:
        return _integer(text)
    if kind is Kind.TIMESTAMP:
        return parse_us(text)
    if kind is Kind.TLP:
        return Tlp.named(text).text
    if kind is Kind.BOOLEAN and text not in {"true", "false"}:
        raise ValueError(text)
    return text


def term(field: str, value: str | int) -> str:
    """One line of the terms, without line feeds; the same for an object and for a filter.

    Terms stand in every record, between the reader and the bytes: long values are digested.
    """
    if type(value) is not str:
        return f"{field}={str(value).lower()}"
    if len(value) > _LONGEST_VALUE:
        digest = blake2b(value.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES)
        return f"{field}=#{digest.hexdigest()}"
    if "\n" in value or "\r" in value:
        value = value.replace("\n", " ").replace("\r", " ")
    return f"{field}={value}"


def number(terms: str, field: str) -> int | None:
    """The value of a numeric field in the terms of one object; None: it has none."""
    start = terms.find(f"\n{field}=")
    if start < 0:
        return None
    start += len(field) + 2
    try:
        return _integer(terms[start : terms.find("\n", start)])
    except ValueError:
        return None


def write(obj: Mapping[str, Any], members: Iterable[tuple[str, Any]], *, revocable: bool) -> str:
    """The terms of an object.

    Args:
        obj: A decoded object.
        members: What `hub.stix.walk.members` found in it for `NESTED`.
        revocable: Its type has `revoked`; where that is absent it means false.
    """
    lines: list[str] = []
    for name in obj:
        if name in _TOP_LEVEL:
            _add(lines, name, obj[name])
    for name, value in members:
        if name in NESTED:
            _add(lines, name, value)
        elif value and name.endswith(REF_ENDINGS):
            _add(lines, "relationships-all", value)
    if revocable:
        lines.append("revoked=true" if obj.get("revoked") is True else "revoked=false")
    colours = tlp_of(obj)
    if colours:
        lines += [f"tlp={colour.text}" for colour in sorted(colours)]
    return "\n".join(("", *dict.fromkeys(lines), "")) if lines else ""


def _add(lines: list[str], field: str, value: Any) -> None:
    if field in _INSTANTS:
        value = instant_us(value)
    if type(value) in _SCALARS:
        lines.append(term(field, value))
    elif type(value) is list:
        lines += [term(field, item) for item in value if type(item) in _SCALARS]


def _integer(text: str) -> int:
    # int() alone would take "1_0", " 1" and digits of any script.
    if not text.isascii() or not text.removeprefix("-").isdigit():
        raise ValueError(text)
    value = int(text[:20])
    if value not in _INT64 or len(text) > 20:  # noqa: PLR2004 - the longest 64-bit number
        raise ValueError(text)
    return value
