"""What search finds an object by: its values, keywords, numbers and words.

* Any object that passed the gate has a document; what is of an odd shape counts as words or not
  at all.
* Values come from observables, on their own or inside of observed-data, and from patterns in the
  STIX language. Free text is not searched for values: they are words in it.
* Words are all other texts, at any depth, but for what nobody reads: ids, references, timestamps,
  names of types, hashes, and bytes as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from hub.language.fields import VALUES
from hub.language.fold import join
from hub.language.values import MAX_KEY, read
from hub.model.search import Document, Term
from hub.stix.instant import instant_us
from hub.stix.literals import Compared
from hub.stix.observables import of_hashes, of_object, of_pattern
from hub.stix.walk import REF_ENDINGS

_INSTANTS = ("created", "modified", "valid_from", "valid_until")
_NAMES = ("name", "aliases", "x_mitre_aliases", "x_opencti_aliases")
_KEYWORDS = {
    "labels": "label",
    "roles": "label",
    "sectors": "sector",
    "relationship_type": "relation",
    "pattern_type": "language",
    "type": "type",
}
_NO_LABELS = "extension_types"
_HAS = {name: Term("has", name) for name in VALUES}
_REVOKED = (Term("revoked", "false"), Term("revoked", "true"))
# Members whose text is no word, at any depth.
_MUTE = frozenset(
    [
        "type",
        "id",
        "spec_version",
        "created",
        "modified",
        "valid_from",
        "valid_until",
        "hashes",
        "payload_bin",
        "granular_markings",
        "pattern_type",
        "pattern_version",
        "revoked",
        "lang",
        "extension_type",
    ]
)
_LONGEST_PLANNED = 1000
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_CODE = re.compile(r"[0-9A-Fa-f]{32,}|[A-Za-z0-9+/=_-]{256,}")
_SHORTEST_CODE = 20
_CONFIDENCE = range(-(2**63), 2**63)


def document(
    obj: Mapping[str, Any],
    members: Iterable[tuple[str, Any]],
    literals: list[tuple[Compared, str]] | None,
) -> Document:
    """The document of an object.

    Args:
        obj: An object that passed the gate.
        members: What `hub.stix.walk.members` found in it, for `hashes` among others.
        literals: What its pattern compares; None: it has no pattern in the STIX language.
    """
    names = tuple(obj)
    plan = _plan(names) if len("".join(names)) <= _LONGEST_PLANNED else _plan.__wrapped__(names)
    terms = values_in(obj, members, literals)
    terms.update([_HAS[field] for field in {term.field for term in terms}])
    terms.update(_refs(members))
    _add_keywords(terms, obj, plan.keywords)
    # A pattern is read by its literals; one in another language as text.
    told = [text for _, text in literals or () if _is_read(text)]
    spoken = [obj[name] for name in plan.spoken if literals is None or name != "pattern"]
    return Document(
        terms=frozenset(terms),
        numbers=_numbers(obj),
        name=join([text for name in plan.names for text in _texts(obj[name])]),
        words=join(_words(told, spoken)),
    )


class _Plan(NamedTuple):
    """Which members of an object say what; most objects have the members of another."""

    keywords: tuple[tuple[str, str], ...]
    """Member and field"""
    names: tuple[str, ...]
    spoken: tuple[str, ...]
    """Members that may hold words"""


@lru_cache(maxsize=1024)
def _plan(members: tuple[str, ...]) -> _Plan:
    fields = [
        (name, _KEYWORDS.get(name, "label"))
        for name in members
        if name in _KEYWORDS or (name.endswith("_types") and name != _NO_LABELS)
    ]
    names = tuple(name for name in _NAMES if name in members)
    spoken = (name for name in members if name not in names and _is_spoken(name))
    return _Plan(tuple(fields), names, tuple(spoken))


def _is_spoken(name: str) -> bool:
    return name not in _MUTE and not ("_ref" in name and name.endswith(REF_ENDINGS))


def values_in(
    obj: Mapping[str, Any],
    members: Iterable[tuple[str, Any]],
    literals: list[tuple[Compared, str]] | None,
) -> set[Term]:
    """The values of an object alone; arguments as of `document`."""
    found: set[Term] = set()
    if literals:
        of_pattern(found, literals)
    of_object(found, obj, obj["type"])
    of_hashes(found, obj.get("hashes"))
    for name, value in members:
        if name == "hashes":
            of_hashes(found, value)
    inside = obj.get("objects")
    for item in inside.values() if type(inside) is dict else ():
        if type(item) is dict:
            of_object(found, item, str(item.get("type")))
    found.update(_ids(obj))
    return found


def _ids(obj: Mapping[str, Any]) -> Iterator[Term]:
    """CVE and ATT&CK ids, from external references and from where they are the name."""
    references = obj.get("external_references")
    for reference in references if type(references) is list else ():
        if type(reference) is dict:
            source, text = reference.get("source_name"), reference.get("external_id")
            if type(source) is str and type(text) is str:
                yield from _id(_named_by(source.lower()), text)
    if obj["type"] == "vulnerability":
        yield from _id("cve", obj.get("name"))
    if "x_mitre_id" in obj:
        yield from _id("attack", obj["x_mitre_id"])


def _named_by(source: str) -> str:
    if source.startswith("mitre-") and source.endswith("attack"):
        return "attack"
    return "cve" if source in {"cve", "nvd"} else ""


def _id(field: str, text: Any) -> Iterator[Term]:
    key = read(field, text) if field and type(text) is str else None
    if key:
        yield Term(field, key)


def _add_keywords(
    found: set[Term], obj: Mapping[str, Any], plan: tuple[tuple[str, str], ...]
) -> None:
    found.add(Term("id", obj["id"].lower()))
    found.add(_REVOKED[obj.get("revoked") is True])
    for name, field in plan:
        for text in _texts(obj[name]):
            _add_keyword(found, field, text)
    if obj["type"] == "indicator" and "pattern_type" not in obj:
        _add_keyword(found, "language", "stix")
    if obj.get("created_by_ref"):
        found.add(Term("creator", obj["created_by_ref"].lower()))
    references = obj.get("external_references")
    for reference in references if type(references) is list else ():
        if type(reference) is dict and type(reference.get("source_name")) is str:
            _add_keyword(found, "source", reference["source_name"])


def _add_keyword(found: set[Term], field: str, text: str) -> None:
    # The caches hold what is short and comes again, whatever is sent.
    term = _common(field, text) if len(text) <= MAX_KEY else _common.__wrapped__(field, text)
    if term.key:
        found.add(term)


@lru_cache(maxsize=8192)
def _common(field: str, text: str) -> Term:
    return Term(field, read(field, text) or "")


def _refs(members: Iterable[tuple[str, Any]]) -> list[Term]:
    return [
        Term("ref", text.lower())
        for name, value in members
        if "_ref" in name and name.endswith(REF_ENDINGS)
        for text in _texts(value)
        if text
    ]


def _numbers(obj: Mapping[str, Any]) -> dict[str, int]:
    numbers = {}
    for name in _INSTANTS:
        if name in obj:
            instant = instant_us(obj[name])
            if instant is not None:
                numbers[name] = instant
    confidence = obj.get("confidence")
    if type(confidence) is int and confidence in _CONFIDENCE:
        numbers["confidence"] = confidence
    return numbers


def _texts(value: Any) -> Iterable[str]:
    if type(value) is str:
        return (value,)
    return [item for item in value if type(item) is str] if type(value) is list else ()


def _words(told: list[str], nodes: list[Any]) -> list[str]:
    """The texts of nodes at any depth, those at the top first."""
    # The list grows while it is read.
    for node in nodes:
        if type(node) is str:
            if len(node) < _SHORTEST_CODE or _is_read(node):
                told.append(node)
        elif type(node) is dict:
            nodes += [value for name, value in node.items() if _is_spoken(name)]
        elif type(node) is list:
            nodes += node
    return told


def _is_read(text: str) -> bool:
    """Whether somebody may read a text: it is no instant, hash, or bytes in hex or base64."""
    return not (_INSTANT.fullmatch(text) or _CODE.fullmatch(text))
