"""Takes a TAXII envelope or a STIX bundle apart, without touching the bytes of its objects.

One value that is no JSON (NaN, a lone surrogate) must not cost the sender the whole request:
what the strict parser cannot split is split once more by a patient one, so that only the object
that holds the fault is refused, by `hub.stix.check`.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import cast

import msgspec

from hub.errors import Fault, HubError

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_PATIENT = json.JSONDecoder(strict=False)
_COMMAS = 40
_FEW = 10_000
_BLANKS = re.compile(r"[ \t\r\n]*")
_OTHER_ENCODINGS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def split(body: bytes, most: int | None = None) -> list[bytes]:
    """The bytes of each object of a request body, exactly as they came.

    Args:
        body: `{"objects": [...]}` (TAXII 2.1 section 3.7) or a bundle (STIX 2.1 section 8).
        most: How many objects it may hold; None: any number.

    Returns:
        One slice for each entry of `objects`, whatever it is; at least one.

    Raises:
        HubError: BAD_BODY. It is not JSON in UTF-8, is nested too deeply, names a member twice,
            or has no list `objects` with at least one entry. TOO_LARGE. It has more than `most`.
    """
    # Real objects have about 20 commas each. What has many times more is not taken apart at all:
    # a list of millions of nothings would take gigabytes only to be counted.
    if most is not None and body.count(b",") > _COMMAS * max(most, _FEW):
        raise _too_many(most)
    try:
        items = _fast(body)
    except RecursionError:
        raise _bad("it is nested too deeply", "Flatten it.") from None
    if not items:
        raise _bad(
            "`objects` is empty, and an envelope must carry at least one object",
            "Send one object or more.",
            field="objects",
        )
    if most is not None and len(items) > most:
        raise _too_many(most)
    return items


def _fast(body: bytes) -> list[bytes]:
    try:
        members = _MEMBERS.decode(body)
    except msgspec.ValidationError:
        raise _bad("it is not a JSON object", 'Send {"objects": [...]}.') from None
    except ValueError:
        return _patient(body)
    # Each member has one colon of its own, so a surplus means that a name came twice (or that
    # a name holds a colon, which the patient parser tells apart).
    if body.count(b":") != len(members) + sum(bytes(v).count(b":") for v in members.values()):
        return _patient(body)
    objects = members.get("objects")
    if objects is None:
        raise _no_objects()
    try:
        return [bytes(item) for item in _ITEMS.decode(objects)]
    except msgspec.ValidationError:
        raise _not_a_list() from None


def _patient(body: bytes) -> list[bytes]:
    if body.startswith(_OTHER_ENCODINGS) or b"\x00" in body[:4]:
        raise _bad("it is not UTF-8 without a byte order mark", "Encode it as plain UTF-8.")
    text = body.decode("utf-8", "surrogateescape")
    try:
        return _slices(text)
    except ValueError as error:
        raise _bad(f"it is not valid JSON: {_position(error)}", "Correct it.") from None


def _slices(text: str) -> list[bytes]:
    members: dict[str, tuple[int, int]] = {}
    for name, start, end in _entries(text, _past_blanks(text, 0), "{}", whole=True):
        if name in members:
            raise _bad(f"it names `{name[:80]}` twice", "Send each member once.", field=name[:80])
        members[name] = start, end
    if "objects" not in members:
        raise _no_objects()
    start, _ = members["objects"]
    if text[start] != "[":
        raise _not_a_list()
    return [
        text[a:b].encode("utf-8", "surrogateescape") for _, a, b in _entries(text, start, "[]")
    ]


def _entries(
    text: str, at: int, brackets: str, *, whole: bool = False
) -> Iterator[tuple[str, int, int]]:
    """Name and span of each entry of the object or list that starts at a place of the text."""
    _expect(text, at, brackets[0])
    at = _past_blanks(text, at + 1)
    more = text[at : at + 1] != brackets[1]
    while more:
        name = ""
        if brackets == "{}":
            _expect(text, at, '"')
            name, at = _PATIENT.raw_decode(text, at)
            at = _past_blanks(text, _expect(text, _past_blanks(text, at), ":"))
        _, end = _PATIENT.raw_decode(text, at)
        yield name, at, end
        at = _past_blanks(text, end)
        more = text[at : at + 1] == ","
        if more:
            at = _past_blanks(text, at + 1)
    at = _expect(text, at, brackets[1])
    if whole and _past_blanks(text, at) != len(text):
        raise json.JSONDecodeError("something follows the envelope", text, at)


def _expect(text: str, at: int, char: str) -> int:
    if text[at : at + 1] != char:
        raise json.JSONDecodeError(f"`{char}` is expected", text, at)
    return at + 1


def _past_blanks(text: str, at: int) -> int:
    return cast("re.Match[str]", _BLANKS.match(text, at)).end()


def _position(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "a number is too long"


def _too_many(most: int) -> HubError:
    return HubError(
        Fault.TOO_LARGE,
        f"the envelope holds too many objects or members; {most} objects are the most",
        field="objects",
        remedy="Split it into several envelopes.",
    )


def _no_objects() -> HubError:
    return _bad("`objects` is missing", 'Send {"objects": [...]}.', field="objects")


def _not_a_list() -> HubError:
    return _bad("`objects` is not a list", 'Send {"objects": [...]}.', field="objects")


def _bad(problem: str, remedy: str, *, field: str = "") -> HubError:
    return HubError(
        Fault.BAD_BODY, f"The body cannot be read: {problem}.", field=field, remedy=remedy
    )
