r"""Objects as events in the Common Event Format, version 0: one for each value that an object names.

The header's fields are divided by `|`, the extension's by blanks; what a value holds of these, of
`=`, of `\\` and of line ends is escaped as the format says, and other controls become blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from connectors.sending import Freight
from hub.language.legible import line
from hub.language.values import MAX_KEY, derived, read, show
from hub.language.written import written_url
from hub.model.search import Term
from hub.stix.check import values_of
from hub.stix.equalities import equalities
from hub.stix.naming import title_of

_MICROS = 1000
_USUAL = 5
_HIGHEST = 10
_LONGEST_NAME = 200
_CONTROLS = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_KEYS = {
    "domain": "dhost",
    "url": "request",
    "hash": "fileHash",
    "file": "fname",
    "mac": "dmac",
    "email": "suser",
}
"""Keys of the CEF dictionary by field of the query language, addresses apart"""


class Event(NamedTuple):
    """One line, and what it stands for."""

    freight: Freight
    text: str


def events(freight: Freight) -> Iterator[Event]:
    """The events of an object: one for each of its values, or one without any."""
    obj = msgspec.json.decode(freight.raw)
    found = values_of(freight.raw)
    # The host of a URL is no finding of its own: nobody shall block it for that.
    implied = {each for term in found for each in derived(term)}
    named, urls = sorted(found - implied), _urls(obj)
    values: list[tuple[Term, str] | None]
    values = [(term, urls.get(term) or show(term)) for term in named]
    for value in values or [None]:
        yield Event(freight, _event(obj, freight, value))


def _urls(obj: dict[str, Any]) -> dict[Term, str]:
    """URLs as the object spells them: their keys have lost their case, and may be cut."""
    texts = [obj.get("value"), *(equal.text for equal in equalities(obj) or ())]
    keys = {text: read("url", text) for text in texts if isinstance(text, str)}
    return {Term("url", key): written_url(text, key) for text, key in keys.items() if key}


def _event(obj: dict[str, Any], freight: Freight, value: tuple[Term, str] | None) -> str:
    revoked = obj.get("revoked") is True
    signature = f"{freight.type}.revoked" if revoked else freight.type
    name = line(title_of(obj), _LONGEST_NAME) or freight.type
    head = ["CEF:0", "Incident hub", "incident-hub", "1", signature, name, str(_severity(obj))]
    said = " ".join(f"{key}={escaped(text)}" for key, text in _extension(freight, value))
    return "|".join([head[0], *map(_in_header, head[1:]), said])


def _extension(freight: Freight, value: tuple[Term, str] | None) -> Iterator[tuple[str, str]]:
    yield "rt", str(freight.added_us // _MICROS)
    yield "externalId", freight.object_id
    labelled = [
        ("TLP", str(freight.tlp)),
        ("collection", freight.collection),
        ("publisher", freight.publisher),
        ("version", freight.version),
    ]
    if value:
        yield from _named(*value)
        labelled += [("field", value[0].field), ("value", value[1])]
    for number, (label, text) in enumerate(labelled, 1):
        yield f"cs{number}Label", label
        yield f"cs{number}", text


def _named(term: Term, value: str) -> Iterator[tuple[str, str]]:
    """The key of the dictionary for a value, where it has one; what is cut is no value."""
    if value == term.key and len(value) > MAX_KEY:
        return
    if term.field in _KEYS:
        yield _KEYS[term.field], value
    elif term.field == "ip" and "/" not in value and ":" not in value:
        yield "dst", value
    elif term.field == "ip" and "/" not in value:
        yield "c6a3Label", "Destination IPv6 Address"
        yield "c6a3", value


def _severity(obj: dict[str, Any]) -> int:
    """0 to 10, by the confidence; without one in the middle."""
    confidence = obj.get("confidence")
    if type(confidence) is not int:
        return _USUAL
    return min(max(confidence // _HIGHEST, 0), _HIGHEST)


def _in_header(text: str) -> str:
    flat = _LINE_END.sub(" ", _CONTROLS.sub(" ", text))
    return flat.replace("\\", "\\\\").replace("|", "\\|")


def escaped(text: str) -> str:
    """A value of the extension."""
    flat = _CONTROLS.sub(" ", text).replace("\\", "\\\\").replace("=", "\\=")
    return _LINE_END.sub(r"\\n", flat)
