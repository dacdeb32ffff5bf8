"""What hangs on events, attributes and objects of MISP, in a form that can be converted."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from hub.model.tlp import Tlp

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TLP = re.compile(r"tlp:(clear|white|green|amber|amber\+strict|red)", re.IGNORECASE)
_UNMARKED_TLP = re.compile(r"tlp:", re.IGNORECASE)
_SIGHTINGS = {"0", "1"}
_LATEST = 32_503_680_000


class Context:
    """Reads what hangs on the parts of one event.

    Args:
        event: Its UUID.
        at: Seconds since 1970, for what has no date.
        leave: Told what is left out, and why.
    """

    def __init__(self, event: str, at: str, leave: Callable[[str, str], None]) -> None:
        self.colours: dict[str, Tlp] = {}
        self._event = event
        self._at = at
        self._leave = leave

    def made_uuid(self, *parts: str) -> str:
        """The UUID of a part that has none: the same each time."""
        return str(uuid.uuid5(uuid.UUID(self._event), "\0".join(parts)))

    def references(self, record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What leads from an object to others."""
        for found in dicts_in(record.get("ObjectReference")):
            target = text_in(found.get("referenced_uuid")).lower()
            relation = text_in(found.get("relationship_type")) or "related-to"
            if is_deleted(found):
                continue
            if not _UUID.fullmatch(target):
                self._leave(relation, "reference of an object to nothing")
                continue
            source = uuid_in(record)
            yield {
                "uuid": uuid_in(found) or self.made_uuid("reference", source, relation, target),
                "object_uuid": source,
                "referenced_uuid": target,
                "relationship_type": relation,
                "timestamp": seconds_in(found.get("timestamp")) or self._at,
            }

    def reports(self, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Texts of an event."""
        for found in dicts_in(given.get("EventReport")):
            content, name = found.get("content"), text_in(found.get("name"))
            if is_deleted(found):
                continue
            if not isinstance(content, str) or not content:
                self._leave(name, "report of an event without a text")
                continue
            yield {
                "uuid": uuid_in(found) or self.made_uuid("report", content),
                "name": name or "Report",
                "content": content,
                "timestamp": seconds_in(found.get("timestamp")) or self._at,
            }

    def sightings(self, record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """That somebody saw an attribute, or that it is a false positive."""
        for found in dicts_in(record.get("Sighting")):
            kind = str(found.get("type", "0"))
            at = seconds_in(found.get("date_sighting"))
            if kind not in _SIGHTINGS or not uuid_in(found) or not at:
                self._leave(text_in(record.get("value")), "sighting of a kind that STIX has not")
                continue
            made: dict[str, Any] = {
                "uuid": uuid_in(found),
                "type": kind,
                "date_sighting": at,
            }
            who = found.get("Organisation")
            if isinstance(who, Mapping) and uuid_in(who) and text_in(who.get("name")):
                made["Organisation"] = {"uuid": uuid_in(who), "name": text_in(who.get("name"))}
            if text_in(found.get("source")):
                made["source"] = text_in(found.get("source"))
            yield made

    def add(self, made: dict[str, Any], given: Mapping[str, Any], owner: str) -> None:
        """Tags and galaxies; those of TLP become markings."""
        names = [text_in(tag.get("name")) for tag in dicts_in(given.get("Tag"))]
        for name in names:
            if match := _TLP.fullmatch(name):
                colour = Tlp.named(match[1])
                self.colours[owner] = max(colour, self.colours.get(owner, colour))
            elif _UNMARKED_TLP.match(name):
                self.colours[owner] = Tlp.RED
                self._leave(name, "tag of TLP that is no colour; it counts as TLP:RED")
        tags = [{"name": n} for n in dict.fromkeys(names) if n and not _UNMARKED_TLP.match(n)]
        if tags:
            made["Tag"] = tags
        if galaxies := [*self._galaxies(given)]:
            made["Galaxy"] = galaxies

    def _galaxies(self, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for found in dicts_in(given.get("Galaxy")):
            clusters = [*self._clusters(found)]
            kind = text_in(found.get("type"))
            if not kind or not clusters:
                self._leave(text_in(found.get("name")), "galaxy without a type or clusters")
                continue
            yield {
                "uuid": uuid_in(found) or self.made_uuid("galaxy", kind),
                "name": text_in(found.get("name")) or kind,
                "type": kind,
                "description": text_in(found.get("description")),
                "GalaxyCluster": clusters,
            }

    def _clusters(self, galaxy: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        kind = text_in(galaxy.get("type"))
        for found in dicts_in(galaxy.get("GalaxyCluster")):
            value = text_in(found.get("value"))
            if not value:
                self._leave(kind, "galaxy cluster without a value")
                continue
            if not uuid_in(found):
                self._leave(value, "UUID of a galaxy cluster: one was made from its name")
            meta = found.get("meta")
            yield {
                # The same cluster is the same in every event.
                "uuid": uuid_in(found) or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{value}")),
                "type": text_in(found.get("type")) or kind,
                "value": value,
                "tag_name": text_in(found.get("tag_name")) or f'misp-galaxy:{kind}="{value}"',
                "description": str(found.get("description") or value),
                "default": found.get("default") not in {False, "0"},
                "meta": dict(meta) if isinstance(meta, Mapping) else {},
            }

    def refuse_proposals(self, given: Mapping[str, Any]) -> None:
        """Say what proposals there are."""
        owners = [given, *dicts_in(given.get("Attribute")), *dicts_in(given.get("Object"))]
        for owner in owners:
            for found in dicts_in(owner.get("ShadowAttribute")):
                self._leave(text_in(found.get("value")), "proposal, which nobody has accepted yet")


def uuid_in(record: Mapping[str, Any]) -> str:
    """The UUID of a record in lower case; empty: it has none."""
    found = record.get("uuid")
    return found.lower() if isinstance(found, str) and _UUID.fullmatch(found) else ""


def is_deleted(record: Mapping[str, Any]) -> bool:
    """Whether MISP has deleted it, and keeps it to tell others so."""
    return record.get("deleted") in {True, "1"}


def seconds_in(found: Any) -> str:
    """A time of MISP as whole seconds since 1970; empty: it is none."""
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    return text if re.fullmatch(r"[1-9][0-9]{0,10}", text) and int(text) < _LATEST else ""


def day_in(found: Any) -> str:
    """A date as whole seconds since 1970; empty: it is none."""
    try:
        at = datetime.strptime(text_in(found), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return ""
    return seconds_in(int(at.timestamp()))


def dicts_in(found: Any) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a list; nothing if it is none."""
    entries = found if isinstance(found, list) else ()
    return (entry for entry in entries if isinstance(entry, Mapping))


def text_in(found: Any) -> str:
    """A text on one line; empty: it is none."""
    return " ".join(found.split()) if isinstance(found, str) else ""
