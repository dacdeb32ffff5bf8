"""Reads the bytes of one object as strict JSON (RFC 8259, I-JSON RFC 7493), and names what is not.

* Refused: bytes that are not UTF-8, NaN and Infinity, numbers beyond a double, lone surrogates,
  NUL in any string, a name that comes twice in one object, too many bytes, too much nesting.
* Equal content has an equal digest, whatever its white space, escapes and order of members;
  numbers count as equal when they are the same integer or the same double.
"""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from typing import Any

import msgspec

from hub.stix.flaw import Flaw, printable, shown
from hub.stix.walk import depth_of, texts

_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder(order="sorted")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Limits(msgspec.Struct, frozen=True):
    """How much one object may be."""

    object_bytes: int = 2_000_000
    depth: int = 64
    """Objects and lists in each other, the object itself included."""


def decode(raw: bytes, limits: Limits) -> tuple[dict[str, Any], bytes]:
    """The object that the bytes say, and the digest of its content (16 bytes).

    Raises:
        Flaw: It breaks one of the rules above, or is not a JSON object.
    """
    if len(raw) > limits.object_bytes:
        raise Flaw("", f"it is larger than {limits.object_bytes} bytes", "send a smaller object")
    try:
        obj = _DECODER.decode(raw)
    except RecursionError:
        raise _too_deep(limits) from None
    except ValueError as error:
        raise _unreadable(raw, error) from None
    if type(obj) is not dict:
        raise Flaw("", f"{shown(obj)} is not a JSON object", "send a STIX object here")
    # Brackets in strings only make the count larger, and the walk then tells.
    brackets = raw.count(b"{") + raw.count(b"[")
    if brackets > limits.depth and depth_of(obj) > limits.depth:
        raise _too_deep(limits)
    canonical = _ENCODER.encode(obj)
    # Escapes below U+0100 may hide a NUL, or a colon from the count of members.
    escaped = b"\\" in raw and b"\\u00" in raw
    if escaped:
        _check_nul(obj)
    # The canonical form has each member once, so a surplus of colons is one that came twice.
    if escaped or raw.count(b":") != canonical.count(b":"):
        json.loads(raw, object_pairs_hook=_without_twins)
    return obj, blake2b(canonical, digest_size=16).digest()


def _check_nul(obj: dict[str, Any]) -> None:
    for field, text in texts(obj):
        if "\0" in text:
            raise Flaw(field, "it holds the character U+0000", "remove it", seen=obj)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise Flaw(name, "it is named twice in one object", "send each member once")
        members[name] = value
    return members


def _unreadable(raw: bytes, error: ValueError) -> Flaw:
    """Why the strict parser refused, as exactly as the tolerant one of Python can tell."""
    constants: list[str] = []
    try:
        seen = json.loads(raw.decode(), strict=False, parse_constant=constants.append)
    except UnicodeDecodeError as fault:
        return Flaw("", f"it is not UTF-8 at byte {fault.start}", "encode it as UTF-8")
    except (ValueError, RecursionError):
        return _invalid(error, {})
    if type(seen) is not dict:
        seen = {}
    if constants:
        return Flaw("", f"{constants[0]} is not a JSON number", "leave it out", seen=seen)
    for field, text in texts(seen):
        if _SURROGATE.search(text):
            return Flaw(field, "it holds half a surrogate pair", "send the character", seen=seen)
    return _invalid(error, seen)


def _invalid(error: ValueError, seen: dict[str, Any]) -> Flaw:
    # The parser's own place would say "$[...]".
    cause = printable(str(error).partition(" - at ")[0])
    return Flaw("", f"it is not valid JSON ({cause})", "correct it", seen=seen)


def _too_deep(limits: Limits) -> Flaw:
    return Flaw("", f"it is nested more than {limits.depth} levels deep", "flatten it")
