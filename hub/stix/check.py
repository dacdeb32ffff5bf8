"""The gate: one object in, a candidate for the store or a refusal out. No input or output.

* Every input ends as a `Candidate` or a `Refusal`; nothing is raised.
* A candidate carries the very bytes that came. They are one strict JSON object
  (`hub.stix.decode`), whose `type` is a type name and whose `id` is `<type>--<uuid>`.
* Its STIX version is 2.0 or 2.1: as it says, else by its type and its timestamps.
* What has versions has `created` and `modified`, and both are real instants in UTC.
* Every `*_ref` and every entry of `*_refs`, at any depth, is an identifier; only the objects
  inside of observed-data name each other by local keys (STIX 2.0 part 2, section 2.9), and a
  property of somebody's own may hold "" for none.
* A relationship, a sighting and an indicator have what makes them one, and a pattern in the STIX
  language follows its grammar.
* All else is taken as it comes, with warnings (`hub.stix.advice`): unknown types and properties,
  vocabularies, missing names. Whether a reference leads anywhere is not judged at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hub.language.values import MAX_KEY, is_cut, read, show
from hub.model.record import UNVERSIONED, Candidate, Refusal
from hub.model.search import Document, Term
from hub.stix.advice import advise
from hub.stix.decode import Limits, decode
from hub.stix.document import document, values_in
from hub.stix.flaw import Flaw, shown
from hub.stix.ids import is_id, is_id_of, is_type
from hub.stix.instant import instant_us
from hub.stix.literals import Compared, values
from hub.stix.pattern import PatternVerdict, judge
from hub.stix.tables import TypeTable, type_table
from hub.stix.terms import NESTED, write
from hub.stix.walk import REF_ENDINGS, members

__all__ = ["Limits", "check", "document_of", "spelled", "values_of"]

DEFAULT_LIMITS = Limits()
_LONGEST_ECHO = 300
# What an object may raise that would not pass any more.
_PASSED_ONCE = (Flaw, ValueError, TypeError, LookupError, AttributeError)
_WANTED = NESTED | {"hashes"}
_VERSION_FIELDS = ("created", "modified")
# STIX 2.1 sections 4.7, 5.1 and 5.2; STIX 2.0 part 2, sections 2.5, 3.1 and 3.2.
_NEEDED_TEXTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "indicator": {"2.0": ("pattern",), "2.1": ("pattern", "pattern_type", "valid_from")},
    "relationship": dict.fromkeys(
        ("2.0", "2.1"), ("relationship_type", "source_ref", "target_ref")
    ),
    "sighting": dict.fromkeys(("2.0", "2.1"), ("sighting_of_ref",)),
}


def check(raw: bytes, place: str, limits: Limits = DEFAULT_LIMITS) -> Candidate | Refusal:
    """Judges one object.

    Args:
        raw: The bytes of one entry of an envelope.
        place: Where it stood in the request, such as `objects[3]`.
        limits: How large and how deep it may be.

    Returns:
        The candidate, or the first reason why it cannot be kept.
    """
    obj: Mapping[str, Any] = {}
    try:
        obj, digest = decode(raw, limits)
        return _candidate(raw, obj, digest)
    except Flaw as flaw:
        seen = obj or flaw.seen
        version = seen.get("modified", seen.get("created"))
        return Refusal(_echo(seen.get("id")), _echo(version), flaw.reason(place))


def _candidate(raw: bytes, obj: Mapping[str, Any], digest: bytes) -> Candidate:
    kind = _type(obj)
    stix = _stix(obj, kind)
    table = type_table(stix, kind)
    version, version_us = _version(obj, table)
    _check_needed(obj, kind, stix)
    found = _members(obj, kind, table)
    verdict = _verdict(obj, stix) if kind == "indicator" else None
    revocable = "revoked" in table.properties if table else "modified" in obj
    return Candidate(
        raw=raw,
        object_id=obj["id"],
        type=kind,
        version=version,
        version_us=version_us,
        stix=stix,
        digest=digest,
        terms=write(obj, found, revocable=revocable),
        warnings=advise(obj, stix, found, verdict.paths if verdict else ()),
        marking_refs=_marking_refs(obj) if "object_marking_refs" in obj else (),
        granular="granular_markings" in obj,
        document=_document(obj, found, verdict),
    )


def document_of(raw: bytes) -> Document:
    """The document of an object that passed the gate once, out of its bytes.

    It is not judged once more, which would cost as much again. What would not pass any more has
    an empty one.
    """
    try:
        return _document(*_opened(raw))
    except _PASSED_ONCE:
        return Document()


def values_of(raw: bytes) -> set[Term]:
    """The values in the document of an object, for less than all of it."""
    try:
        obj, found, verdict = _opened(raw)
        return values_in(obj, found, _literals(obj, verdict))
    except _PASSED_ONCE:
        return set()


def spelled(raw: bytes, terms: Sequence[Term]) -> list[str]:
    """Values of an object as people write them; of one whose key is cut, the text that it has."""
    cut = {term for term in terms if is_cut(term.key)}
    whole = {term: text for text in _long_texts(raw) for term in _meant(text, cut)} if cut else {}
    return [whole.get(term) or show(term) for term in terms]


def _meant(text: str, terms: set[Term]) -> Iterator[Term]:
    for field in {term.field for term in terms}:
        term = Term(field, read(field, text) or "")
        if term in terms:
            yield term


def _long_texts(raw: bytes) -> Iterator[str]:
    """The texts of an object that are longer than a key."""
    obj, _, verdict = _opened(raw)
    left: list[Any] = [text for _, text in _literals(obj, verdict) or ()]
    left.append(obj)
    while left:
        item = left.pop()
        if type(item) is dict:
            left += item.values()
        elif type(item) is list:
            left += item
        elif type(item) is str and len(item) > MAX_KEY:
            yield item


def _opened(
    raw: bytes,
) -> tuple[dict[str, Any], list[tuple[str, Any]], PatternVerdict | None]:
    """An object, its members of interest, and the verdict on its pattern."""
    obj = msgspec.json.decode(raw)
    kind = _type(obj)
    outside, inside = _sought(obj, kind)
    return obj, outside + inside, _verdict(obj, _stix(obj, kind)) if kind == "indicator" else None


def _literals(
    obj: Mapping[str, Any], verdict: PatternVerdict | None
) -> list[tuple[Compared, str]] | None:
    return values(obj["pattern"], verdict.places) if verdict else None


def _document(
    obj: Mapping[str, Any], found: list[tuple[str, Any]], verdict: PatternVerdict | None
) -> Document:
    return document(obj, found, _literals(obj, verdict))


def _marking_refs(obj: Mapping[str, Any]) -> tuple[str, ...]:
    refs = obj["object_marking_refs"]
    # `_members` has seen that these are identifiers; somebody's lone one stands without a list.
    return tuple(refs) if type(refs) is list else (refs,)


def _type(obj: Mapping[str, Any]) -> str:
    kind = obj.get("type")
    # The id repeats the type, so one look at it settles both.
    if type(kind) is not str or not is_id_of(obj.get("id"), kind):
        raise _unidentified(obj, kind)
    if kind == "bundle":
        raise Flaw("type", "a bundle is not an object", "send its objects in its place")
    return kind


def _unidentified(obj: Mapping[str, Any], kind: Any) -> Flaw:
    if not is_type(kind):
        return Flaw("type", _trouble(obj, "type", "type name"), "use 3 to 250 of a-z, 0-9 and -")
    return Flaw("id", _trouble(obj, "id", f"id of the type {kind}"), f"write it like {kind}--UUID")


def _stix(obj: Mapping[str, Any], kind: str) -> str:
    if "spec_version" in obj:
        stix = obj["spec_version"]
        if type(stix) is not str or stix not in {"2.0", "2.1"}:
            raise Flaw("spec_version", f"{shown(stix)} is not supported", 'write "2.1" or "2.0"')
        return str(stix)
    # Only observables may leave it out in STIX 2.1 (section 3.1), and only they are unversioned.
    table = type_table("2.1", kind)
    if (table is not None and table.observable) or obj.keys().isdisjoint(_VERSION_FIELDS):
        return "2.1"
    return "2.0"


def _version(obj: Mapping[str, Any], table: TypeTable | None) -> tuple[str, int]:
    """Text and instant of the version, the last of `created` and `modified` that there is."""
    text, instant = UNVERSIONED, 0
    for field in _VERSION_FIELDS:
        if field in obj:
            text = obj[field]
            instant = _instant(field, text)
        elif _is_demanded(field, obj, table):
            raise Flaw(field, "it is missing", "write it like 2026-01-31T08:00:00.000Z")
    return text, instant


def _is_demanded(field: str, obj: Mapping[str, Any], table: TypeTable | None) -> bool:
    if table is None:
        # A type of somebody's own is an observable, or has versions like any other object.
        return not obj.keys().isdisjoint(_VERSION_FIELDS)
    return field in table.properties and not table.observable


def _instant(field: str, value: Any) -> int:
    instant = instant_us(value)
    if instant is None:
        problem = f"{shown(value)} is not a UTC timestamp (RFC 3339)"
        raise Flaw(field, problem, "write it like 2026-01-31T08:00:00.000Z")
    return instant


def _check_needed(obj: Mapping[str, Any], kind: str, stix: str) -> None:
    if kind not in _NEEDED_TEXTS:
        return
    for field in _NEEDED_TEXTS[kind][stix]:
        value = obj.get(field)
        if type(value) is not str or not value:
            raise Flaw(
                field,
                _trouble(obj, field, "text"),
                f"objects of type {kind} need it; write a text",
            )


def _verdict(obj: Mapping[str, Any], stix: str) -> PatternVerdict | None:
    """What the grammar says of a pattern in the STIX language."""
    if stix == "2.1" and obj["pattern_type"] != "stix":
        return None
    # STIX 2.1 section 4.7: the pattern may be in the language of another version.
    language = "2.0" if obj.get("pattern_version") == "2.0" else stix
    verdict = judge(obj["pattern"], language)
    if not verdict.ok:
        problem = f"it is not a STIX {language} pattern ({verdict.error})"
        raise Flaw("pattern", problem, "correct it, or name its language in pattern_type")
    return verdict


def _members(obj: Mapping[str, Any], kind: str, table: TypeTable | None) -> list[tuple[str, Any]]:
    """References and other members of interest at any depth; every reference is an identifier."""
    known = table.properties if table else {}
    outside, inside = _sought(obj, kind)
    for name, value in outside:
        if not is_id(value) and name.endswith(REF_ENDINGS):
            _check_reference(name, value, may_be_empty=name not in known)
    return outside + inside


def _sought(
    obj: Mapping[str, Any], kind: str
) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """Members of interest of an object, and of the objects inside of observed-data."""
    inside = obj.get("objects") if kind == "observed-data" else None
    if inside is None:
        return members(obj, _WANTED), []
    local = members({"objects": inside}, _WANTED)
    return (
        members({k: v for k, v in obj.items() if k != "objects"}, _WANTED),
        [(n, v) for n, v in local if not n.endswith(REF_ENDINGS) or is_id(v)],
    )


def _check_reference(name: str, value: Any, *, may_be_empty: bool) -> None:
    several = type(value) is list and name.endswith("_refs")
    for item in value if several else (value,):
        # ATT&CK writes "" for none in properties of its own.
        if not is_id(item) and not (may_be_empty and item == ""):
            raise Flaw(name, f"{shown(item)} is not an id", "write it like indicator--UUID")


def _trouble(obj: Mapping[str, Any], field: str, expected: str) -> str:
    return f"{shown(obj[field])} is no {expected}" if field in obj else "it is missing"


def _echo(value: Any) -> str:
    """What was sent, if it can go into an answer."""
    sane = type(value) is str and 0 < len(value) <= _LONGEST_ECHO and value.isprintable()
    return value if sane else "unknown"
