"""Takes JSON apart into its entries, one by one, and each entry into cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from connectors.errors import NotUnderstood

KEY = "@key"
"""The name under which an entry stood in an object, as a field of it"""
EVERY = "*"
_DEEPEST = 4
_MOST_FIELDS = 64
_RAW = msgspec.json.Decoder(msgspec.Raw)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_BOM = b"\xef\xbb\xbf"
_LONGEST = 200


class Unread(NamedTuple):
    """An entry that no number or text can be made of; the others of its document can."""

    text: str
    """How it begins"""


def entries_of(body: bytes, items: str, name: str) -> Iterator[Any]:
    """The entries of a document, or of JSON lines, each decoded when it is its turn.

    Args:
        body: The document.
        items: Where they are: names with dots between, `*` for every entry; empty: the document
            itself is the list.
        name: Of the document, for errors.

    Raises:
        NotUnderstood: It is no whole JSON, or they are not there.
    """
    body = body.removeprefix(_BOM).strip()
    try:
        _RAW.decode(body)
    except RecursionError as error:
        raise NotUnderstood(
            f"{name} is nested too deeply", remedy="Check what is there."
        ) from error
    except msgspec.DecodeError as error:
        lines = [line for line in body.split(b"\n") if line.strip()]
        if items or len(lines) < 2 or not _are_whole(lines):  # noqa: PLR2004 - one is a document
            said = str(error).removeprefix("JSON is malformed: ")
            raise NotUnderstood(
                f"{name} is no whole JSON: {said}", remedy="It may be cut short."
            ) from error
        return (_decoded(line, "") for line in lines)
    steps = [step for step in items.split(".") if step]
    return (_decoded(raw, key) for key, raw in _found(body, steps, name))


def _are_whole(lines: Sequence[bytes]) -> bool:
    try:
        for line in lines:
            _RAW.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _decoded(raw: bytes, key: str) -> Any:
    try:
        entry = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unread(raw[:_LONGEST].decode("utf-8", "replace"))
    return {KEY: key} | entry if key and isinstance(entry, dict) else entry


def _found(body: bytes, steps: Sequence[str], name: str) -> Iterator[tuple[str, bytes]]:
    """The entries at a place, each with the name it stood under."""
    places = [("", body)]
    for step in steps:
        inner = [found for key, raw in places for found in _below(raw, step, key)]
        if not inner:
            raise NotUnderstood(
                _missing(name, step, places[0][1]), remedy="Say in `items` where the entries are."
            )
        places = inner
    for key, raw in places:
        if raw.startswith(b"["):
            yield from ((key, bytes(item)) for item in _LIST.decode(raw))
        else:
            yield key, raw


def _below(raw: bytes, step: str, key: str) -> Iterator[tuple[str, bytes]]:
    if raw.startswith(b"[") and step == EVERY:
        yield from ((key, bytes(item)) for item in _LIST.decode(raw))
    elif raw.startswith(b"{"):
        members = _MEMBERS.decode(raw)
        if step == EVERY:
            yield from ((own, bytes(item)) for own, item in members.items())
        elif step in members:
            yield key, bytes(members[step])


def _missing(name: str, step: str, raw: bytes) -> str:
    if not raw.startswith(b"{"):
        return f"{name} has no object in which {step!r} could be, which `items` names"
    names = ", ".join(list(_MEMBERS.decode(raw))[:20])
    return f"{name} has nothing at {step!r}, which `items` names; there is {names or '-'}"


def fields_of(entries: Sequence[Any]) -> list[str]:
    """The names of the fields of entries, in their order; those of inner objects with dots."""
    names: dict[str, None] = {}
    for entry in entries:
        names |= dict.fromkeys(_names(entry, "", 0))
    return list(names)[:_MOST_FIELDS]


def _names(value: Any, above: str, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for name, inner in value.items():
            yield from _names(inner, f"{above}.{name}" if above else name, depth + 1)
    else:
        yield above


def cells_of(entry: Any, fields: Sequence[str]) -> list[str]:
    """The cells of an entry: what its fields have, as text; lists with line feeds between."""
    return [_cell(_at(entry, field)) for field in fields]


def _at(entry: Any, field: str) -> Any:
    if not field or (isinstance(entry, dict) and field in entry):
        return entry[field] if field else entry
    for step in field.split("."):
        entry = entry.get(step) if isinstance(entry, dict) else None
    return entry


def _cell(value: Any) -> str:
    match value:
        case str():
            return value
        case bool() | None | dict():
            return ""
        case list():
            return "\n".join(filter(None, map(_cell, value)))
        case _:
            return str(value)
