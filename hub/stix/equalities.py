"""The values of an indicator on which a device can act: those of a pattern of plain equalities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.language.values import detect, read
from hub.stix.literals import values
from hub.stix.observables import field_at
from hub.stix.pattern import judge


class Equal(NamedTuple):
    """One value of which the pattern says that it is enough to see it."""

    field: str
    """Of the query language, such as `domain`"""
    key: str
    """Its canonical spelling"""
    text: str
    """As the pattern spells it"""


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
        if field is not None and (equal := _equal(field, text)):
            found.setdefault((equal.field, equal.key), equal)
    return list(found.values())


def _equal(field: str, text: str) -> Equal | None:
    if field and (key := read(field, text)):
        return Equal(field, key, text)
    terms = detect(text)
    return Equal(terms[0].field, terms[0].key, text) if terms else None
