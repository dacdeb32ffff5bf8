"""A MISP event becomes STIX 2.1 objects, and a list of what of it did not.

- misp-stix makes the objects. What it has no place for (comments of what is not for detection,
  values of odd types, attributes of MISP objects) is added to them as `x_misp_*`, so that the event
  can be given out again as it was (`connectors.misp.making`).
- The same event gives the same bytes. Organisations and galaxy clusters, which many events name,
  have one version: else each event would renew them, and hide what their own source says of them.
- TLP tags become the markings of TLP 2.0: the stricter of the event's and the attribute's. Objects
  of public galaxies are not marked; those of own clusters are, as the event is.
- An attribute that is not for detection (`to_ids`) has no indicator. One that no longer is, or that
  was deleted, is in `Read.gone`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from connectors.found import Found, Left
from connectors.misp.convert import convert
from connectors.misp.repair import Choice, Event, repair
from connectors.misp.values import attribute_of, carrier_of, uuid_of
from hub.intake.misp import items_of
from hub.model.intake import Item
from hub.model.record import Refusal
from hub.model.tlp import Tlp
from hub.stix.check import check
from hub.stix.compose import MARKING_OF

SHARED_VERSION = "2000-01-01T00:00:00.000Z"
"""Of what several events name; older than anything that says more about it"""

_GROUPS = {"grouping", "report"}
_SHARED = {"identity", "marking-definition"}
_RULES = {"yara", "sigma", "snort", "suricata", "pcre"}
_LONGEST_GIVEN = 120
_EVENT_WORDS = ("date", "threat_level_id", "analysis")
_OBJECT_WORDS = ("type", "object_relation", "value", "category", "to_ids", "comment", "uuid")


class Read(NamedTuple):
    """What was made of an event."""

    found: tuple[Found, ...] = ()
    left: tuple[Left, ...] = ()
    gone: tuple[str, ...] = ()
    """Ids of objects that an earlier state of the event may have had, and this one has not"""


def read(given: Mapping[str, Any], choice: Choice = Choice()) -> Read:  # noqa: B008 - immutable
    """The objects of an event.

    Args:
        given: As MISP gives it out: what is below the key `Event`.
        choice: What of it is wanted.
    """
    event, left_behind = repair(given, choice)
    if event is None:
        return Read(left=left_behind)
    origin = f"MISP event {event.body['uuid']}"
    converted = convert(event.body)
    left = [
        *left_behind,
        *(Left(n, f"could not be converted: {r}", origin) for n, r in converted.broken),
    ]
    if not any(event.body.get(key) for key in ("Attribute", "Object", "EventReport", "Galaxy")):
        left.append(Left(event.body["info"][:_LONGEST_GIVEN], "event without content", origin))
        return Read((), tuple(left), _gone(event, {}))
    made = _Made(event, converted.objects)
    left += (Left(given, reason, origin) for given, reason in made.losses())
    found = []
    for obj in made.objects.values():
        raw = msgspec.json.encode(obj)
        verdict = check(raw, "it")
        if isinstance(verdict, Refusal):
            left.append(Left(f"{obj['id']}: {verdict.reason}", "object that is not valid", origin))
        else:
            found.append(Found(raw, origin, item=made.item_of(obj)))
    return Read(tuple(found), tuple(left), _gone(event, made.objects))


class _Made:
    """The objects of one event, made complete."""

    def __init__(self, event: Event, objects: list[dict[str, Any]]) -> None:
        self._event = event
        self.objects: dict[str, dict[str, Any]] = {}
        for obj in objects:
            self.objects.setdefault(obj["id"], obj)
        self._by_uuid: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for object_id, obj in self.objects.items():
            self._by_uuid[uuid_of(object_id)].append(obj)
        self._attributes = {a["uuid"]: a for a in event.body["Attribute"]}
        self._things = {o["uuid"]: o for o in event.body["Object"]}
        self._clusters = dict(_clusters(event.body))
        self._complete()

    def _complete(self) -> None:
        for attribute in self._attributes.values():
            self._complete_attribute(attribute)
        for thing in self._things.values():
            self._complete_object(thing)
        for obj in self.objects.values():
            if obj["type"] == "identity" or uuid_of(obj["id"]) in self._clusters:
                if "modified" in obj:
                    obj |= {"created": SHARED_VERSION, "modified": SHARED_VERSION}
            elif obj["type"] in _GROUPS:
                words = {key: self._event.body.get(key) for key in _EVENT_WORDS}
                obj |= {f"x_misp_{key}": word for key, word in words.items() if word}
            if (colour := self._colour(obj)) is not None:
                obj["object_marking_refs"] = [MARKING_OF[colour]]

    def _complete_attribute(self, attribute: Mapping[str, Any]) -> None:
        objects = self._by_uuid.get(attribute["uuid"], [])
        for obj in objects:
            # misp-stix puts rules of other languages into brackets, as if they were STIX patterns.
            if obj["type"] == "indicator" and obj["pattern_type"] in _RULES:
                obj["pattern"] = attribute["value"]
        carrier = carrier_of(objects)
        if carrier is None or not isinstance(carrier, dict):
            return
        seen = attribute_of(list(objects))
        for key, default in (("type", ""), ("value", ""), ("category", ""), ("comment", "")):
            said = attribute.get(key, default)
            if said and (seen is None or getattr(seen, key) != said):
                carrier[f"x_misp_{key}"] = said
        if (to_ids := attribute.get("to_ids")) is not None:
            rule = any(obj["type"] == "indicator" for obj in objects)
            if to_ids is not rule:
                carrier["x_misp_to_ids"] = to_ids

    def _complete_object(self, thing: Mapping[str, Any]) -> None:
        carrier = carrier_of(self._by_uuid.get(thing["uuid"], []))
        if not isinstance(carrier, dict):
            return
        carrier["x_misp_name"] = thing["name"]
        carrier["x_misp_meta_category"] = thing["meta-category"]
        carrier["x_misp_attributes"] = [
            {key: a[key] for key in (*_OBJECT_WORDS, "data") if a.get(key) not in {None, ""}}
            for a in thing["Attribute"]
        ]
        if thing.get("comment") and carrier.get("description") != thing["comment"]:
            carrier["x_misp_comment"] = thing["comment"]

    def _colour(self, obj: Mapping[str, Any]) -> Tlp | None:
        """The marking of an object; None: it is public, or the event says nothing."""
        own = uuid_of(obj["id"])
        whole = self._event.colours.get(self._event.body["uuid"])
        if obj["type"] in _SHARED or self._clusters.get(own):
            return None
        owners = [own]
        if obj["type"] not in _GROUPS:
            owners += [uuid_of(ref) for ref in _references(obj)]
        owners += [
            a["uuid"] for o in owners if o in self._things for a in self._things[o]["Attribute"]
        ]
        colours = [self._event.colours[o] for o in owners if o in self._event.colours]
        return max([*colours, *([] if whole is None else [whole])], default=None)

    def item_of(self, obj: Mapping[str, Any]) -> Item | None:
        """The value behind an object, if it is a single one."""
        attribute = self._attributes.get(uuid_of(obj["id"]))
        if attribute is None:
            return None
        items = [*items_of(attribute["type"], attribute["value"], "", detects=True)]
        return items[0] if len(items) == 1 else None

    def losses(self) -> Iterator[tuple[str, str]]:
        """What was in the event and is in no object, with the reason."""
        for attribute in self._attributes.values():
            found = self._by_uuid.get(attribute["uuid"], [])
            seen = attribute_of(list(found))
            if not found:
                yield _shown(attribute), "attribute of which no object is made"
            elif seen is None or seen.value != attribute["value"]:
                yield _shown(attribute), "value that does not stand in what was made"
            yield from self._lost_context(attribute)
        for thing in self._things.values():
            if carrier_of(self._by_uuid.get(thing["uuid"], [])) is None:
                yield f"{thing['uuid']} {thing['name']}", "MISP object of which none is made"
        yield from self._lost_context(self._event.body)

    def _lost_context(self, owner: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Tags and galaxies of the event or of an attribute."""
        own = [label for obj in self._by_uuid[owner["uuid"]] for label in obj.get("labels", ())]
        of_clusters = {
            label
            for found in self._clusters
            for obj in self._by_uuid.get(found, ())
            for label in obj.get("labels", ())
        }
        for tag in owner.get("Tag", ()):
            if tag["name"] not in own and tag["name"] not in of_clusters:
                yield tag["name"], "tag that has no place"
        for galaxy in owner.get("Galaxy", ()):
            for cluster in galaxy["GalaxyCluster"]:
                if not self._by_uuid.get(cluster["uuid"]):
                    yield cluster["tag_name"], "galaxy cluster of which no object is made"


def _clusters(event: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """UUIDs of all galaxy clusters, and whether they are public ones."""
    things = [a for o in event["Object"] for a in o["Attribute"]]
    for owner in (event, *event["Attribute"], *things):
        for galaxy in owner.get("Galaxy", ()):
            for cluster in galaxy["GalaxyCluster"]:
                yield cluster["uuid"], cluster["default"]


def _references(obj: Mapping[str, Any]) -> Iterator[str]:
    for key, value in obj.items():
        if key.endswith("_ref") and isinstance(value, str):
            yield value
        elif key.endswith("_refs") and isinstance(value, list):
            yield from value


def _gone(event: Event, made: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of what the deleted parts had become, and of indicators that are none any more."""
    gone = [f"{kind}--{event.body['uuid']}" for kind in sorted(_GROUPS)]
    gone += [
        object_id
        for attribute in event.body["Attribute"]
        if attribute.get("to_ids") is False
        and (object_id := f"indicator--{attribute['uuid']}") not in made
    ]
    if event.deleted is not None:
        records = [*event.deleted["Attribute"], *event.deleted["Object"]]
        uuids = {record["uuid"] for record in records}
        for obj in convert(event.deleted).objects:
            ends = {uuid_of(ref) for ref in _references(obj)} | {uuid_of(obj["id"])}
            if obj["type"] not in _GROUPS and uuids & ends:
                gone.append(obj["id"])
    return tuple(dict.fromkeys(object_id for object_id in gone if object_id not in made))


def _shown(attribute: Mapping[str, Any]) -> str:
    return f"{attribute['uuid']} {attribute['type']} {attribute['value']}"[:_LONGEST_GIVEN]
