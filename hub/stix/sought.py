"""The values that an indicator looks for, without what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.language.values import detect, read
from hub.model.search import Term
from hub.stix.literals import Compared, Sense, values
from hub.stix.observables import field_at
from hub.stix.pattern import judge

_WILDCARDS = frozenset("%_")


def sought(obj: Mapping[str, Any]) -> tuple[list[Term], bool]:
    """Each value of a pattern in the STIX language, and whether it looks for nothing else.

    Args:
        obj: An indicator that passed the gate.

    Returns:
        The values in their order; False when it compares something that is no value as well, or
        excludes or describes values. Of a pattern in another language: nothing, and False.
    """
    if obj.get("pattern_type", "stix") != "stix":
        return [], False
    language = "2.1" if obj.get("spec_version") == "2.1" else "2.0"
    verdict = judge(obj["pattern"], str(obj.get("pattern_version", language)))
    found = values(obj["pattern"], verdict.places) if verdict.ok else []
    terms = [_term(compared, text) for compared, text in found]
    return [term for term in terms if term], bool(terms) and all(terms)


def _term(compared: Compared, text: str) -> Term | None:
    path, sense = compared
    is_value = sense is Sense.IS or (sense is Sense.LIKE and _WILDCARDS.isdisjoint(text))
    field = field_at(path) if is_value else None
    if field is None:
        return None
    key = read(field, text) if field else None
    return Term(field, key) if key else next(iter(detect(text)), None)
