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
from typing import Any

from hub.language.fields import FIELDS, Kind
from hub.language.fold import join
from hub.language.values import read
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
}
_NO_LABELS = frozenset({"extension_types"})
_HAS = {name: Term("has", name) for name, field in FIELDS.items() if field.kind is Kind.VALUE}
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
_NAMED = frozenset(_NAMES)
_NAMED_OR_PATTERN = _NAMED | {"pattern"}
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
    values = set(_values(obj, members, literals))
    terms = {*values, *_keywords(obj), *_refs(members)}
    terms.update([_HAS[field] for field in {term.field for term in values}])
    # A pattern is read by its literals; one in another language as text.
    told = [text for _, text in literals or () if _is_read(text)]
    skipped = _NAMED if literals is None else _NAMED_OR_PATTERN
    return Document(
        terms=frozenset(terms),
        numbers=_numbers(obj),
        name=join(text for name in _NAMES if name in obj for text in _texts(obj[name])),
        words=join([*told, *_words(obj, skipped)]),
    )


def _values(
    obj: Mapping[str, Any],
    members: Iterable[tuple[str, Any]],
    literals: list[tuple[Compared, str]] | None,
) -> Iterator[Term]:
    if literals:
        yield from of_pattern(literals)
    yield from of_object(obj, obj["type"])
    yield from of_hashes(obj.get("hashes"))
    for name, value in members:
        if name == "hashes":
            yield from of_hashes(value)
    inside = obj.get("objects")
    if type(inside) is dict:
        for item in inside.values():
            if type(item) is dict:
                yield from of_object(item, str(item.get("type")))
    yield from _ids(obj)


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


def _keywords(obj: Mapping[str, Any]) -> Iterator[Term]:
    yield Term("id", obj["id"].lower())
    yield _common("type", obj["type"])
    yield _REVOKED[obj.get("revoked") is True]
    for name, value in obj.items():
        field = _KEYWORDS.get(name) or ("label" if name.endswith("_types") else None)
        if field and name not in _NO_LABELS:
            for text in _texts(value):
                yield from _keyword(field, text)
    if obj["type"] == "indicator" and "pattern_type" not in obj:
        yield _common("language", "stix")
    if obj.get("created_by_ref"):
        yield Term("creator", obj["created_by_ref"].lower())
    references = obj.get("external_references")
    for reference in references if type(references) is list else ():
        if type(reference) is dict and type(reference.get("source_name")) is str:
            yield from _keyword("source", reference["source_name"])


def _keyword(field: str, text: str) -> Iterator[Term]:
    term = _common(field, text)
    if term.key:
        yield term


@lru_cache(maxsize=8192)
def _common(field: str, text: str) -> Term:
    return Term(field, read(field, text) or "")


def _refs(members: Iterable[tuple[str, Any]]) -> Iterator[Term]:
    for name, value in members:
        if name.endswith(REF_ENDINGS):
            for text in _texts(value):
                if text:
                    yield Term("ref", text.lower())


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


def _words(obj: Mapping[str, Any], skipped: frozenset[str]) -> list[str]:
    """The texts of an object but for some members of its own, those at the top first."""
    texts: list[str] = []
    nodes: list[Any] = [{name: value for name, value in obj.items() if name not in skipped}]
    # The list grows while it is read.
    for node in nodes:
        for value in _spoken(node) if type(node) is dict else node:
            if type(value) is str:
                if len(value) < _SHORTEST_CODE or _is_read(value):
                    texts.append(value)
            elif type(value) is dict or type(value) is list:
                nodes.append(value)
    return texts


def _spoken(node: Mapping[str, Any]) -> list[Any]:
    """The members that may hold words."""
    return [
        value
        for name, value in node.items()
        if name not in _MUTE and not ("_ref" in name and name.endswith(REF_ENDINGS))
    ]


def _is_read(text: str) -> bool:
    """Whether somebody may read a text: it is no instant, hash, or bytes in hex or base64."""
    return not (_INSTANT.fullmatch(text) or _CODE.fullmatch(text))
