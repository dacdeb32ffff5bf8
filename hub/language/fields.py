"""The fields of the query language: one table for the parser, the engines and the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Kind(StrEnum):
    """How the value of a field is read, and which comparisons it knows."""

    VALUE = "value"
    """An observable in any spelling, defanged or not; exact, or a beginning with `*`"""
    KEYWORD = "keyword"
    """A word of a vocabulary or an id; exact, or a beginning with `*`; case does not matter"""
    TEXT = "text"
    """Words, a phrase in quotes, or a beginning with `*`"""
    INSTANT = "instant"
    """A date, whole or in part; ranges and comparisons"""
    NUMBER = "number"
    """A whole number; ranges and comparisons"""
    TLP = "tlp"
    """A marking; ranges and comparisons by strictness"""


class Field(NamedTuple):
    """One field."""

    kind: Kind
    meaning: str
    facet: bool = False
    """Whether its values are counted beside a list of results, and suggested"""


FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "ip": Field(Kind.VALUE, "IPv4 or IPv6 address or network; a network finds what is in it"),
        "domain": Field(Kind.VALUE, "domain name; finds what is below it as well"),
        "url": Field(Kind.VALUE, "URL"),
        "hash": Field(Kind.VALUE, "hash of a file, whatever the algorithm"),
        "email": Field(Kind.VALUE, "e-mail address"),
        "file": Field(Kind.VALUE, "name of a file"),
        "cve": Field(Kind.VALUE, "CVE id", facet=True),
        "attack": Field(Kind.VALUE, "id of an ATT&CK technique, group, software", facet=True),
        "asn": Field(Kind.VALUE, "number of an autonomous system"),
        "mac": Field(Kind.VALUE, "MAC address"),
        "value": Field(Kind.VALUE, "any other observable: mutex, registry key, account, ..."),
        "has": Field(Kind.KEYWORD, "holds values of this field, such as has:cve", facet=True),
        "id": Field(Kind.KEYWORD, "STIX id of the object"),
        "ref": Field(Kind.KEYWORD, "STIX id that the object refers to"),
        "type": Field(Kind.KEYWORD, "STIX type", facet=True),
        "creator": Field(Kind.KEYWORD, "STIX id of who created it (created_by_ref)"),
        "publisher": Field(Kind.KEYWORD, "organisation that published it here", facet=True),
        "collection": Field(Kind.KEYWORD, "collection, by alias or id", facet=True),
        "label": Field(Kind.KEYWORD, "labels and the types of its vocabulary", facet=True),
        "sector": Field(Kind.KEYWORD, "sectors", facet=True),
        "relation": Field(Kind.KEYWORD, "relationship_type", facet=True),
        "source": Field(Kind.KEYWORD, "name of an external source", facet=True),
        "language": Field(Kind.KEYWORD, "language of its pattern (pattern_type)", facet=True),
        "revoked": Field(Kind.KEYWORD, "true or false"),
        "name": Field(Kind.TEXT, "names and aliases"),
        "text": Field(Kind.TEXT, "every text of the object, names included"),
        "tlp": Field(Kind.TLP, "effective marking", facet=True),
        "confidence": Field(Kind.NUMBER, "confidence, 0 to 100"),
        "added": Field(Kind.INSTANT, "when the hub took it"),
        "created": Field(Kind.INSTANT, "when it was created"),
        "modified": Field(Kind.INSTANT, "when it was last modified"),
        "valid_from": Field(Kind.INSTANT, "from when it is valid"),
        "valid_until": Field(Kind.INSTANT, "until when it is valid"),
    }
)

VALUES = tuple(name for name, field in FIELDS.items() if field.kind is Kind.VALUE)
"""Observables"""

INSTANTS = tuple(name for name, field in FIELDS.items() if field.kind is Kind.INSTANT)
"""In microseconds"""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "md5": "hash",
        "sha1": "hash",
        "sha256": "hash",
        "sha512": "hash",
        "net": "ip",
        "host": "domain",
        "mail": "email",
        "technique": "attack",
        "org": "publisher",
    }
)
"""Other names of fields"""
