"""The values of an indicator on which a device can act: those of a pattern of plain equalities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.language.values import detect, read
from hub.stix.literals import Path, values
from hub.stix.observables import field_at
from hub.stix.pattern import judge

_HEX = re.compile(r"[0-9a-f]+")
_SIGNS = re.compile(r"[^a-z0-9]")
_HASH_OF = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}


class Equal(NamedTuple):
    """One value of which the pattern says that it is enough to see it."""

    field: str
    """Of the query language, such as `domain`"""
    key: str
    """Its canonical spelling"""
    text: str
    """As the pattern spells it"""


def algorithm(key: str) -> str:
    """Which hash it is by its length, such as `sha256`; empty: none that is known."""
    return _HASH_OF.get(len(key), "") if _HEX.fullmatch(key) else ""


def equalities(obj: Mapping[str, Any]) -> list[Equal] | None:
    """The values of an indicator's pattern.

    Returns:
        None: it says more than that one of some values is seen, or says it in another language.
    """
    pattern = obj.get("pattern")
    if not isinstance(pattern, str) or obj.get("pattern_type", "stix") != "stix":
        return None
    # Only what was written for 2.0 says nothing of a type of pattern.
    verdict = judge(pattern, "2.1" if "pattern_type" in obj else "2.0")
    if not (verdict.ok and verdict.plain):
        return None
    found: dict[tuple[str, str], Equal] = {}
    for (path, _), text in values(pattern, verdict.places):
        field = field_at(path)
        if field == "hash" and not _is_of_file(path, text):
            field = "value"
        if field is not None and (equal := _equal(field, text)):
            found.setdefault((equal.field, equal.key), equal)
    return list(found.values())


def _is_of_file(path: Path, text: str) -> bool:
    """Whether it is the usual hash of a whole file, and as long as its name says.

    Certificates, sections and imports have hashes that look the same, and so do other algorithms.
    """
    if path[0] == "x509-certificate" or "extensions" in path or path[-2] != "hashes":
        return False
    return _SIGNS.sub("", path[-1].lower()) == algorithm(read("hash", text) or "")


def _equal(field: str, text: str) -> Equal | None:
    if field and (key := read(field, text)):
        return Equal(field, key, text)
    terms = detect(text)
    return Equal(terms[0].field, terms[0].key, text) if terms else None
