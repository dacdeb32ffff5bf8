"""Attributes and objects of MISP, made of the STIX objects of one UUID. Plain JSON of the core format.

What came from MISP becomes what it was, under the UUID that it had. What was made here becomes
attributes for detection: an indicator that looks for several values becomes several of them.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.misp.context import uuid_in
from connectors.misp.values import (
    Attribute,
    Object,
    attribute_of,
    carrier_of,
    category_of,
    compared,
    listed,
    observed,
    seconds_of,
    several,
    uuid_of,
    words_of,
)

# What names an event, a type or the like; tags are all the others.
_OWN_LABELS = ("misp:", "Threat-Report")
_GALAXIES: Mapping[str, str] = {"attack-pattern": "mitre-attack-pattern"}
_RELATIONS = {"ip-dst": "ip", "ip-src": "ip"}
_CONTEXT = frozenset({"identity", "marking-definition", "relationship", "sighting", "opinion"})
# These come with those that name them.
_COMPANIONS = frozenset({"observed-data", "note"})


class Terms(NamedTuple):
    """On what terms values leave."""

    refuse: Callable[[str, str], bool]
    """Whether a value of a type may not be given out for detection"""
    mark: Callable[[str], str]
    """The TLP tag of a UUID, if it is not the event's; empty: there is none"""
    clusters: Mapping[str, Sequence[str]]
    """UUID of an attribute to the tags of galaxy clusters that it is linked to"""


class Records:
    """What the objects of an event become.

    Args:
        terms: On what terms.
        left: Counts what is left out, by reason.
    """

    def __init__(self, terms: Terms, left: Counter[str]) -> None:
        self.attributes: list[dict[str, Any]] = []
        self.objects: list[dict[str, Any]] = []
        self.tags: dict[str, None] = {}
        self._terms = terms
        self._left = left

    def add(self, objects: Sequence[Object], alias: Callable[[str], str]) -> None:
        """Take in all objects of one UUID.

        Args:
            objects: At least one.
            alias: The UUID under which another one is given out.
        """
        carrier = carrier_of(objects)
        if carrier is not None and (thing := self._thing(carrier, objects, alias)):
            self.objects.append(thing)
            return
        of_misp = attribute_of(list(objects))
        found = [of_misp] if of_misp else [*self._made(objects)]
        tags = [] if carrier is None else tags_of(carrier)
        for attribute in found:
            if kept := self._written(attribute, tags, alias):
                self.attributes.append(kept)

    def _made(self, objects: Sequence[Object]) -> Iterator[Attribute]:
        """Attributes of objects that were not made of one."""
        rules = [obj for obj in objects if obj["type"] == "indicator"]
        for obj in objects:
            kind = obj["type"]
            if kind == "indicator":
                yield from self._of_indicator(obj)
            elif kind == "vulnerability" and isinstance(obj.get("name"), str):
                yield _attribute(obj, "vulnerability", obj["name"], to_ids=False)
            elif tag := galaxy_tag(obj):
                self._event_tag(tag)
            elif "modified" not in obj and kind not in _CONTEXT:
                if not rules:
                    yield from self._of_observable(obj)
            elif kind not in _CONTEXT | _COMPANIONS:
                self._left["object that MISP has no place for"] += 1

    def _event_tag(self, tag: str) -> None:
        """A galaxy cluster of the event, unless it is one of an attribute."""
        if not any(tag in tags for tags in self._terms.clusters.values()):
            self.tags[tag] = None

    def _of_indicator(self, obj: Object) -> Iterator[Attribute]:
        pairs = listed(obj)
        if "benign" in several(obj, "indicator_types"):
            self._left["benign"] += 1
        elif not pairs:
            self._left["pattern that is more than a list of values"] += 1
        else:
            for kind, value in pairs:
                yield _attribute(obj, kind, value, alone=len(pairs) == 1)

    def _of_observable(self, obj: Object) -> Iterator[Attribute]:
        pairs = observed([obj])
        for kind, value in pairs:
            yield _attribute(obj, kind, value, alone=len(pairs) == 1, to_ids=False)

    def _thing(
        self, carrier: Object, objects: Sequence[Object], alias: Callable[[str], str]
    ) -> dict[str, Any] | None:
        """The object of MISP that these were; None: they were none."""
        said = words_of(objects)
        name = carrier.get("x_misp_name") or said.get("name")
        if not isinstance(name, str) or carrier["type"] == "x-misp-galaxy-cluster":
            return None
        own = uuid_of(carrier["id"])
        at = seconds_of(carrier)
        given = carrier.get("x_misp_attributes")
        parts = _parts(given) if isinstance(given, list) else _guessed(carrier, objects, said)
        kept = [
            {"object_relation": relation} | written
            for relation, attribute in parts
            if (written := self._written(_dated(attribute, own, at), [], alias))
        ]
        if not kept:
            return None
        meta = carrier.get("x_misp_meta_category") or said.get("meta-category") or "misc"
        comment = carrier.get("x_misp_comment") or carrier.get("description") or ""
        return {
            "uuid": alias(own),
            "name": name,
            "meta-category": str(meta),
            "description": "",
            "comment": comment if isinstance(comment, str) else "",
            "timestamp": str(at),
            "Attribute": kept,
            "ObjectReference": [],
        }

    def _written(
        self, found: Attribute, tags: list[str], alias: Callable[[str], str]
    ) -> dict[str, Any] | None:
        if found.to_ids and self._terms.refuse(found.type, found.value):
            self._left["value that everybody has, by the warning lists"] += 1
            return None
        made: dict[str, Any] = {
            "uuid": alias(found.uuid),
            "type": found.type,
            "category": found.category,
            "value": found.value,
            "to_ids": found.to_ids,
            "comment": found.comment,
            "timestamp": str(found.timestamp),
            "disable_correlation": False,
        }
        names = [*tags, *self._terms.clusters.get(found.uuid, ())]
        names += filter(None, [self._terms.mark(found.uuid)])
        return made | ({"Tag": [{"name": name} for name in dict.fromkeys(names)]} if names else {})


def tags_of(obj: Object) -> list[str]:
    """The labels of an object that are tags of its event or attribute."""
    labels = (label for label in several(obj, "labels") if isinstance(label, str))
    return [label for label in labels if label and not label.startswith(_OWN_LABELS)]


def galaxy_tag(obj: Object) -> str:
    """The tag of the galaxy cluster that an object is; empty: it is none that MISP knows."""
    for label in several(obj, "labels"):
        if isinstance(label, str) and label.startswith("misp-galaxy:"):
            return label
    for found in several(obj, "external_references"):
        if not isinstance(found, Mapping) or obj["type"] not in _GALAXIES:
            continue
        if found.get("source_name") == "mitre-attack" and found.get("external_id"):
            name = f"{obj.get('name', '')} - {found['external_id']}"
            return f'misp-galaxy:{_GALAXIES[obj["type"]]}="{name}"'
    return ""


def _attribute(
    obj: Object, kind: str, value: str, *, alone: bool = True, to_ids: bool = True
) -> Attribute:
    own = uuid_of(obj["id"])
    name, text = obj.get("name"), obj.get("description")
    said = [t for t in (name, text) if isinstance(t, str) and t and t != value]
    return Attribute(
        # One of several has its own, and the same each time.
        own if alone else str(uuid.uuid5(uuid.UUID(own), f"{kind}|{value}")),
        kind,
        category_of(kind),
        value,
        to_ids,
        " - ".join(said),
        seconds_of(obj),
    )


def _parts(given: list[Any]) -> Iterator[tuple[str, Attribute]]:
    """The attributes of an object, as they were noted on the way in."""
    for part in given:
        if isinstance(part, Mapping) and part.get("type") and part.get("value"):
            kind = str(part["type"])
            yield (
                str(part.get("object_relation") or kind),
                Attribute(
                    uuid_in(part),
                    kind,
                    str(part.get("category") or category_of(kind)),
                    str(part["value"]),
                    part.get("to_ids") is True,
                    str(part.get("comment") or ""),
                ),
            )


def _guessed(
    carrier: Object, objects: Sequence[Object], said: Mapping[str, str]
) -> Iterator[tuple[str, Attribute]]:
    """The attributes of an object of which only the values are known."""
    if "name" not in said:
        return
    rule = carrier["type"] == "indicator"
    pairs = compared(carrier) if rule else observed(objects)
    for kind, value in dict.fromkeys(pairs):
        made = Attribute("", kind, category_of(kind), value, rule)
        yield _RELATIONS.get(kind, kind), made


def _dated(attribute: Attribute, owner: str, at: int) -> Attribute:
    key = f"{attribute.type}|{attribute.value}"
    own = attribute.uuid or str(uuid.uuid5(uuid.UUID(owner), key))
    return attribute._replace(uuid=own, timestamp=at)
