"""Brings an event of MISP into a form that can be converted, and says what that leaves behind.

Events come from many tools: keys are missing, galaxy clusters have empty UUIDs, times are texts or
numbers. What can be made good is made good in the same way each time, so that the same event gives
the same bytes; what cannot is left out and said, and the rest of the event goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from connectors.found import Left
from connectors.misp.context import (
    Context,
    day_in,
    dicts_in,
    is_deleted,
    seconds_in,
    text_in,
    uuid_in,
)
from hub.model.tlp import Tlp

_LONGEST_GIVEN = 200
_INHERITED = "5"
_EVENT_TEXTS = ("date", "threat_level_id", "analysis", "extends_uuid")


class Event(NamedTuple):
    """An event that can be converted."""

    body: dict[str, Any]
    """As MISP's core format has it, with all that is needed and nothing deleted"""
    deleted: dict[str, Any] | None
    """An event of what was deleted in it; None: nothing was"""
    colours: Mapping[str, Tlp]
    """UUID of the event, an attribute or an object, to the strictest marking that it carries"""


class Choice(NamedTuple):
    """What of an event is wanted."""

    files: bool = False
    """The bytes of attachments, too"""
    detection_only: bool = False
    """Only attributes that are for detection (`to_ids`), and MISP objects whole"""
    distributions: frozenset[str] | None = None
    """Distributions of MISP, as it numbers them, of what may leave it; None: all"""
    made_us: int = 0
    """The instant of what has no date"""


def repair(given: Mapping[str, Any], choice: Choice) -> tuple[Event | None, tuple[Left, ...]]:
    """An event that can be converted, and what of the given one is not in it.

    Args:
        given: What is below the key `Event`.
        choice: What of it is wanted.

    Returns:
        No event if it has no UUID of its own.
    """
    name = uuid_in(given)
    if not name:
        shown = text_in(given.get("info"))[:_LONGEST_GIVEN]
        return None, (Left(shown, "event without a UUID", "MISP event"),)
    at = seconds_in(given.get("timestamp")) or day_in(given.get("date"))
    made = _Repair(name, at or str(choice.made_us // 1_000_000), choice)
    return made.event(given), tuple(made.left)


class _Repair:
    def __init__(self, name: str, at: str, choice: Choice) -> None:
        self.left: list[Left] = []
        self._seen: set[str] = set()
        self._name = name
        self._at = at
        self._choice = choice
        self._context = Context(name, at, self._leave)

    def event(self, given: Mapping[str, Any]) -> Event:
        leaves = self._may_leave(given)
        body = self._frame(given, whole=leaves)
        if not leaves:
            self._leave(body["info"], "event whose distribution does not let it leave MISP")
        dropped = {}
        for key, made in (("Attribute", self._attributes), ("Object", self._objects)):
            records = [*dicts_in(given.get(key))]
            wanted = [leaves and self._is_wanted(record) for record in records]
            body[key] = [*made(r for r, keep in zip(records, wanted, strict=True) if keep)]
            dropped[key] = [r for r, keep in zip(records, wanted, strict=True) if not keep]
        self._context.refuse_proposals(given)
        return Event(body, self._deleted(body, dropped), self._context.colours)

    def _deleted(
        self, body: Mapping[str, Any], dropped: Mapping[str, list[Mapping[str, Any]]]
    ) -> dict[str, Any] | None:
        """The dropped records as if they were there, so that it is known what was made of them."""
        spare = _Repair(self._name, self._at, Choice())
        gone: dict[str, Any] = {
            "Attribute": [*spare._attributes(iter(dropped["Attribute"]))],
            "Object": [*spare._objects(iter(dropped["Object"]), whole=True)],
        }
        if not any(gone.values()):
            return None
        frame = ("uuid", "info", "timestamp", "date", "Orgc")
        return {key: body[key] for key in frame if key in body} | gone

    def _frame(self, given: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
        """The event without what is in it."""
        body: dict[str, Any] = {
            "uuid": self._name,
            "info": text_in(given.get("info")) or f"MISP event {self._name}",
            "timestamp": self._at,
        }
        body |= {key: str(given[key]) for key in _EVENT_TEXTS if given.get(key)}
        if not day_in(body.get("date")):
            body["date"] = datetime.fromtimestamp(int(self._at), UTC).date().isoformat()
        if given.get("published") in {True, "1"}:
            body["published"] = True
            body["publish_timestamp"] = seconds_in(given.get("publish_timestamp")) or self._at
        self._add_maker(body, given)
        if whole:
            self._context.add(body, given, self._name)
            body["EventReport"] = [*self._context.reports(given)]
        return body

    def _add_maker(self, body: dict[str, Any], given: Mapping[str, Any]) -> None:
        maker = given.get("Orgc") or given.get("Org")
        name = text_in(maker.get("name")) if isinstance(maker, Mapping) else ""
        if name and isinstance(maker, Mapping):
            body["Orgc"] = {
                "name": name,
                "uuid": uuid_in(maker) or self._context.made_uuid("org", name),
            }

    def _may_leave(self, record: Mapping[str, Any]) -> bool:
        allowed = self._choice.distributions
        said = str(record.get("distribution", _INHERITED))
        return allowed is None or said == _INHERITED or said in allowed

    def _is_wanted(self, record: Mapping[str, Any], *, whole: bool = False) -> bool:
        if is_deleted(record):
            return False
        if not self._may_leave(record):
            shown = text_in(record.get("value")) or text_in(record.get("name"))
            self._leave(shown, "part whose distribution does not let it leave MISP")
            return False
        detects = record.get("to_ids", True) in {True, "1"}
        return whole or "Attribute" in record or detects or not self._choice.detection_only

    def _attributes(self, records: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        for record in records:
            made = self._attribute(record)
            if made and made["uuid"] in self._seen:
                self._leave(f"{made['uuid']} {made['type']}", "UUID that another attribute has")
            elif made:
                self._seen.add(made["uuid"])
                yield made

    def _attribute(self, record: Mapping[str, Any]) -> dict[str, Any] | None:
        kind, value = text_in(record.get("type")), record.get("value")
        shown = str(value) if isinstance(value, str | int | float) else ""
        if not kind or not shown.strip():
            self._leave(f"{uuid_in(record)} {kind}".strip(), "attribute without a type or value")
            return None
        made: dict[str, Any] = {
            "uuid": uuid_in(record) or self._context.made_uuid(kind, shown),
            "type": kind,
            "value": shown,
            "timestamp": seconds_in(record.get("timestamp")) or self._at,
        }
        for key in ("category", "comment", "object_relation", "first_seen", "last_seen"):
            if isinstance(record.get(key), str) and record[key]:
                made[key] = record[key]
        if "to_ids" in record:
            made["to_ids"] = record["to_ids"] in {True, "1"}
        self._add_file(made, record)
        self._context.add(made, record, made["uuid"])
        sightings = [*self._context.sightings(record)]
        return made | {"Sighting": sightings} if sightings else made

    def _add_file(self, made: dict[str, Any], record: Mapping[str, Any]) -> None:
        if not isinstance(record.get("data"), str):
            return
        if self._choice.files:
            made["data"] = record["data"]
        else:
            self._leave(made["value"], "the bytes of an attachment")

    def _objects(
        self, records: Iterator[Mapping[str, Any]], *, whole: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Objects with their attributes.

        Args:
            records: As they came.
            whole: Their deleted attributes are kept, too.
        """
        for record in records:
            name = text_in(record.get("name"))
            found = [
                part
                for part in dicts_in(record.get("Attribute"))
                if whole or self._is_wanted(part, whole=True)
            ]
            attributes = [*self._attributes(iter(found))]
            if not name or not attributes:
                self._leave(
                    f"{uuid_in(record)} {name}".strip(), "object without name or attributes"
                )
                continue
            made: dict[str, Any] = {
                "uuid": uuid_in(record)
                or self._context.made_uuid(name, *(a["value"] for a in attributes)),
                "name": name,
                "meta-category": text_in(record.get("meta-category")) or "misc",
                "timestamp": seconds_in(record.get("timestamp")) or self._at,
                "Attribute": [{"object_relation": a["type"], **a} for a in attributes],
                "ObjectReference": [*self._context.references(record)],
            }
            for key in ("comment", "description", "template_uuid", "first_seen", "last_seen"):
                if isinstance(record.get(key), str) and record[key]:
                    made[key] = record[key]
            if record.get("template_version"):
                made["template_version"] = str(record["template_version"])
            yield made

    def _leave(self, given: str, reason: str) -> None:
        self.left.append(Left(given[:_LONGEST_GIVEN], reason, f"MISP event {self._name}"))
