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
from hub.language.values import derived, show
from hub.model.search import Term
from hub.stix.check import values_of
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
    named: list[Term | None] = [*sorted(found - implied)]
    for term in named or [None]:
        yield Event(freight, _event(obj, freight, term))


def _event(obj: dict[str, Any], freight: Freight, term: Term | None) -> str:
    revoked = obj.get("revoked") is True
    signature = f"{freight.type}.revoked" if revoked else freight.type
    name = line(title_of(obj), _LONGEST_NAME) or freight.type
    head = ["CEF:0", "Incident hub", "incident-hub", "1", signature, name, str(_severity(obj))]
    said = " ".join(f"{key}={escaped(value)}" for key, value in _extension(freight, term))
    return "|".join([head[0], *map(_in_header, head[1:]), said])


def _extension(freight: Freight, term: Term | None) -> Iterator[tuple[str, str]]:
    yield "rt", str(freight.added_us // _MICROS)
    yield "externalId", freight.object_id
    labelled = [
        ("TLP", str(freight.tlp)),
        ("collection", freight.collection),
        ("publisher", freight.publisher),
        ("version", freight.version),
    ]
    if term:
        yield from _named(term)
        labelled += [("field", term.field), ("value", show(term))]
    for number, (label, value) in enumerate(labelled, 1):
        yield f"cs{number}Label", label
        yield f"cs{number}", value


def _named(term: Term) -> Iterator[tuple[str, str]]:
    """The key of the dictionary for a value, where it has one."""
    value = show(term)
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
