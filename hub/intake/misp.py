"""MISP events, as MISP exports them: attributes become values.

What has no place in an indicator is left out and said: galaxies, attachments, types of which
nothing can be made. An attribute that is not for detection (`to_ids`) is not published unless it
is chosen. Sightings, correlations and proposals of an event are not read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from hub.intake.gather import Gathering
from hub.language.harvest import shown_value
from hub.language.refang import refang
from hub.language.values import read
from hub.model.intake import Item, Taken
from hub.model.search import Term
from hub.model.tlp import Tlp

_FIELD_OF: Mapping[str, str] = {
    "AS": "asn",
    "domain": "domain",
    "email": "email",
    "email-dst": "email",
    "email-reply-to": "email",
    "email-src": "email",
    "filename": "file",
    "hostname": "domain",
    "ip-dst": "ip",
    "ip-src": "ip",
    "mac-address": "mac",
    "md5": "hash",
    "mutex": "mutex",
    "regkey": "registry",
    "sha1": "hash",
    "sha224": "hash",
    "sha256": "hash",
    "sha384": "hash",
    "sha512": "hash",
    "uri": "url",
    "url": "url",
    "vulnerability": "cve",
}
"""What an attribute of a type, or of the part of a composite type, is"""
_FILES = frozenset({"attachment", "malware-sample"})
_TLP = re.compile(r"tlp:([a-z+]+)", re.IGNORECASE)
_LONGEST_NOTE = 1_000


def events_of(found: Any) -> list[Mapping[str, Any]]:
    """The events of a decoded JSON document; none: it has none."""
    entries = found.get("response", [found]) if isinstance(found, Mapping) else found
    if isinstance(entries, Mapping):
        entries = [entries]
    if not isinstance(entries, list):
        return []
    events = [entry.get("Event") for entry in entries if isinstance(entry, Mapping)]
    return [event for event in events if isinstance(event, Mapping)]


def take_events(events: list[Mapping[str, Any]], own_domains: Collection[str]) -> Taken:
    """The values of MISP events."""
    gathered = Gathering(own_domains)
    for event in events:
        for attribute in _attributes(event):
            _take(gathered, attribute)
        for galaxy in _dicts(event.get("Galaxy")):
            gathered.leave(_text(galaxy.get("name")), "galaxy")
    titles = [_text(event.get("info")) for event in events]
    colour = max(filter(None, (_colour(event) for event in events)), default=None)
    return Taken(
        "misp",
        gathered.items,
        left=gathered.left,
        title="; ".join(filter(None, titles))[:_LONGEST_NOTE],
        tlp=colour.text if colour is not None else "",
    )


def _attributes(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _dicts(event.get("Attribute"))
    for thing in _dicts(event.get("Object")):
        yield from _dicts(thing.get("Attribute"))


def _take(gathered: Gathering, attribute: Mapping[str, Any]) -> None:
    kind, value = _text(attribute.get("type")), _text(attribute.get("value"))
    if attribute.get("deleted") is True:
        gathered.leave(value or kind, "deleted")
    elif kind in _FILES:
        gathered.leave(f"{kind}: {value}", "attachment")
    elif not any(part in _FIELD_OF for part in kind.split("|")):
        gathered.leave(kind, "kind")
    else:
        note = _text(attribute.get("comment"))[:_LONGEST_NOTE]
        for item in items_of(kind, value, note, detects=attribute.get("to_ids") is not False):
            if item is None:
                gathered.leave(f"{kind}: {value}", "invalid")
            else:
                gathered.add(item)


def items_of(kind: str, value: str, note: str, *, detects: bool) -> Iterator[Item | None]:
    """The values of an attribute; None for one that cannot be read.

    Composite types hold several, such as `filename|md5`; `ip-dst|port` an address alone.
    """
    kinds = kind.split("|")
    for part, text in zip(kinds, value.split("|", len(kinds) - 1), strict=False):
        field = "ip" if part == "ip" else _FIELD_OF.get(part)
        if field is None:
            continue
        item = item_in(field, text)
        # Beside its hash, the name of a file says nothing on its own.
        if item and field == "file" and len(kinds) > 1:
            continue
        yield item and Item(
            item.field,
            item.key,
            item.value,
            note=note,
            concerns=() if detects else ("no-detection",),
        )


def item_in(field: str, text: str) -> Item | None:
    """A value of a known field; None: it is none."""
    if field in {"registry", "mutex"}:
        bare = text.strip()
        return Item(field, bare.lower(), bare) if bare else None
    key = read(field, text)
    if key is None or not _is_certain(field, key):
        return None
    return Item(field, key, shown_value(Term(field, key), refang(text)))


def _is_certain(field: str, key: str) -> bool:
    """Whether a key of a hash is one; the hub reads other texts there as they are."""
    return field != "hash" or re.fullmatch(r"[0-9a-f]{32,128}", key) is not None


def _colour(event: Mapping[str, Any]) -> Tlp | None:
    """The strictest marking of an event's tags."""
    found = []
    for tag in _dicts(event.get("Tag")):
        match = _TLP.fullmatch(_text(tag.get("name")))
        if match and match[1].upper().replace("+", "_") in {*Tlp.__members__, "WHITE"}:
            found.append(Tlp.named(match[1]))
    return max(found, default=None)


def _dicts(found: Any) -> Iterator[Mapping[str, Any]]:
    return (
        (item for item in found if isinstance(item, Mapping))
        if isinstance(found, list)
        else iter(())
    )


def _text(found: Any) -> str:
    return " ".join(found.split()) if isinstance(found, str) else ""
