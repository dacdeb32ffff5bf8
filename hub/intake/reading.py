"""Recognises what somebody submits: STIX, a MISP event, a table, or a text."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from hub.errors import Fault, HubError
from hub.intake.gather import MOST_ITEMS, Gathering
from hub.intake.lists import endings
from hub.intake.misp import events_of, take_events
from hub.intake.table import table_of, take_table
from hub.intake.text import decoded
from hub.language.harvest import Sighted, harvest
from hub.model.intake import StixItem, Taken
from hub.model.record import Refusal
from hub.stix.check import check
from hub.stix.envelope import split

MOST_BYTES = 2_000_000
LONGEST_TEXT = 20_000
"""Characters of a text that go along as a description"""
_TABLES = (".csv", ".tsv")
_JSON_MARKS = ('"objects"', '"Event"', '"spec_version"', '"type"')


def take(raw: bytes, *, name: str = "", own_domains: Collection[str] = ()) -> Taken:
    """What was found in a text or file.

    Args:
        raw: As it was pasted or uploaded.
        name: Of the file; empty: there is none.
        own_domains: Domains of the organisations of this hub, in lower case.

    Raises:
        HubError: TOO_LARGE for more than `MOST_BYTES`; BAD_BODY when there is nothing in it, or
            it is broken JSON. The field is `text`.
    """
    if len(raw) > MOST_BYTES:
        raise _bad(
            f"this has {len(raw)} bytes; {MOST_BYTES} are the most",
            "Send it in parts, or with `hub push`.",
            Fault.TOO_LARGE,
        )
    text, encoding = decoded(raw)
    if not text.strip():
        raise _bad("there is nothing in it", "Paste a text, or choose a file.")
    found = _take(text, name.lower(), own_domains)
    return msgspec.structs.replace(found, encoding=encoding)


def _take(text: str, name: str, own_domains: Collection[str]) -> Taken:
    bare = text.strip()
    if bare[0] in "{[":
        found = _decoded_json(bare)
        if events := events_of(found):
            return take_events(events, own_domains)
        raws = _stix_of(bare, found)
        if raws:
            return take_stix(raws)
        if found is not None:
            return take_text(text, own_domains)
    table = table_of(text, named=name.endswith(_TABLES))
    return take_table(text, table, own_domains) if table else take_text(text, own_domains)


def _decoded_json(text: str) -> Any:
    """The document; None: it is no JSON, and does not look as if it should be."""
    try:
        return msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        if text[0] == "{" and any(mark in text for mark in _JSON_MARKS):
            cause = str(error)
            raise _bad(
                f"it begins like JSON and cannot be read: {cause}", "Export it again, whole."
            ) from error
        return None


def _stix_of(text: str, found: Any) -> list[bytes]:
    """The objects of a bundle, an envelope or a list, or the one object, as they came."""
    raw = text.encode("utf-8", "surrogatepass")
    if isinstance(found, dict):
        if isinstance(found.get("objects"), list) and found.get("type", "bundle") == "bundle":
            return split(raw, MOST_ITEMS)
        is_object = isinstance(found.get("type"), str) and "--" in str(found.get("id"))
        return [raw] if is_object else []
    if isinstance(found, list) and all(isinstance(x, dict) and "type" in x for x in found):
        return split(b'{"objects":%b}' % raw, MOST_ITEMS) if found else []
    return []


def take_stix(raws: list[bytes]) -> Taken:
    """STIX objects, each as it came; what cannot be kept is left out with the reason."""
    gathered = Gathering()
    found: dict[tuple[str, str], StixItem] = {}
    for number, raw in enumerate(raws):
        item = check(raw, f"objects[{number}]")
        if isinstance(item, Refusal):
            gathered.leave(item.object_id, "object", detail=item.reason)
        elif (item.object_id, item.version) in found:
            gathered.leave(item.object_id, "duplicate")
        else:
            name = msgspec.json.decode(raw).get("name", "")
            shown = name if isinstance(name, str) else ""
            text = raw.decode()
            found[item.object_id, item.version] = StixItem(text, item.object_id, item.type, shown)
    return Taken("stix", stix=tuple(found.values()), left=gathered.left)


def take_text(text: str, own_domains: Collection[str]) -> Taken:
    """The values of a running text, and the text itself unless it is a mere list of them."""
    gathered = Gathering(own_domains)
    told: set[int] = set()
    for sighted in harvest(text.replace("\r\n", "\n"), endings()):
        gathered.see(sighted)
        told.add(sighted.line)
    along = "" if _is_list(text, gathered, told) else text.strip()
    return Taken(
        "text",
        gathered.items,
        left=gathered.left,
        text=along[:LONGEST_TEXT],
        title=title_of(along),
    )


def _is_list(text: str, gathered: Gathering, told: set[int]) -> bool:
    """Whether a text is a list, one value a line; other lines of a list are not understood."""
    lines = [(n, line.strip()) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    words = [(n, line) for n, line in lines if n not in told]
    if not told or any(len(line.split()) > 1 for _, line in words):
        return False
    if sum(len(line.split()) for _, line in lines) > 2 * len(lines):
        return False
    for number, line in words:
        gathered.see(Sighted("", "", "", line, number))
    return True


def title_of(text: str) -> str:
    """The first line of a text, if it may be a title."""
    first = text.split("\n", 1)[0].strip(" \t#=*\r")
    return first if 0 < len(first) <= 120 and "\n" in text else ""  # noqa: PLR2004 - a line


def _bad(reason: str, remedy: str, fault: Fault = Fault.BAD_BODY) -> HubError:
    return HubError(fault, reason, field="text", remedy=remedy)
