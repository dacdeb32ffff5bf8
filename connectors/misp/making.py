"""STIX objects become events of MISP, as a feed of MISP has them. Needs no package of MISP.

- A report, a grouping or an incident with what belongs to it is one event; what stands alone is
  one event for each collection and day. The same objects give the same bytes.
- Events and attributes keep the UUIDs of the objects that they were made of, and those that came
  from MISP the ones that they had there: MISP updates what it knows and doubles nothing.
- A feed of MISP tells whoever reads it nothing about who may read it, so nothing above the ceiling
  goes in. What is left out is counted, with the reason.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from connectors.misp.context import uuid_in
from connectors.misp.records import Records, Terms, galaxy_tag, tags_of
from connectors.misp.values import day_of, seconds_of, several, uuid_of, words_of
from hub.intake.concerns import weighed
from hub.intake.misp import items_of
from hub.model.tlp import Tlp
from hub.stix.instant import instant_us

CEILING = Tlp.GREEN
"""The strictest marking that a feed may hold"""

_SPACE = uuid.UUID("3c0f6a52-0a8d-5f2e-9a57-6b3f6f0f2a9e")
_GROUPS = ("report", "grouping", "incident")
_EVENT_REPORT = 'misp:data-layer="Event Report"'
_UNDEFINED, _COMPLETED = "4", "2"
_MANIFEST = ("Orgc", "Tag", "info", "date", "analysis", "threat_level_id", "timestamp")
_NO_HARM = frozenset({"documentation"})
_LONGEST_INFO = 500

Event = dict[str, Any]


class Given(NamedTuple):
    """One object that may leave."""

    obj: Mapping[str, Any]
    tlp: Tlp
    """Its effective marking"""
    collection: str
    """Title of its collection"""


class Maker(NamedTuple):
    """Who gives events out, and on what terms."""

    name: str
    """Of the organisation behind events that nobody else signed"""
    uuid: str
    ceiling: Tlp = CEILING
    now_us: int = 0
    """What ended before is left out; 0: nothing is"""
    refuse: Callable[[str, str], bool] | None = None
    """Whether a value of a type of MISP may not be given out for detection; None: `warned`"""


class Feed(NamedTuple):
    """Events by UUID, and how many objects are in none of them, by reason."""

    events: dict[str, Event]
    left: Counter[str]


class Listing:
    """What a feed says of all its events beside them; the events themselves are not kept."""

    def __init__(self) -> None:
        self._heads: dict[str, dict[str, Any]] = {}
        self._hashes: dict[str, list[bytes]] = {}

    def add(self, event: Event) -> None:
        """Take in an event, in the place of one of the same UUID."""
        name = event["uuid"]
        self._heads[name] = {key: event[key] for key in _MANIFEST}
        things = [a for thing in event.get("Object", ()) for a in thing["Attribute"]]
        self._hashes[name] = [
            hashlib.md5(part.encode(), usedforsecurity=False).digest()
            for attribute in (*event["Attribute"], *things)
            for part in _hashed(attribute)
        ]

    def manifest(self) -> bytes:
        """manifest.json: what MISP reads first."""
        return msgspec.json.encode(dict(sorted(self._heads.items())))

    def hashes(self) -> Iterator[bytes]:
        """The lines of hashes.csv, by which MISP finds values in a feed without its events."""
        for name, digests in sorted(self._hashes.items()):
            yield from (f"{digest.hex()},{name}\n".encode() for digest in digests)


def body_of(event: Event) -> bytes:
    """The file UUID.json of an event."""
    return msgspec.json.encode({"Event": event})


def warned(kind: str, value: str) -> bool:
    """Whether a value is one that everybody has: a private address, a known good site."""
    for item in items_of(kind, value, "", detects=True):
        if item is not None and not _NO_HARM.issuperset(weighed(item, ()).concerns):
            return True
    return False


def make(given: Iterable[Given], maker: Maker) -> Feed:
    """The events of objects.

    Args:
        given: What the reader may see; of several versions of an object the newest counts.
        maker: Who gives them out.
    """
    left: Counter[str] = Counter()
    events = {event["uuid"]: event for event in each(given, maker, left)}
    return Feed(dict(sorted(events.items())), left)


def each(given: Iterable[Given], maker: Maker, left: Counter[str]) -> Iterator[Event]:
    """The events of objects, one at a time; of two of the same UUID the second counts.

    Args:
        given: As for `make`; all of them are in memory until the last event is made.
        maker: Who gives them out.
        left: Counts what is in no event, by reason.
    """
    making = _Making(maker, left)
    for one in given:
        making.take(one)
    return making.events()


class _Making:
    def __init__(self, maker: Maker, left: Counter[str]) -> None:
        self._maker = maker
        self._left = left
        self._given: dict[str, Given] = {}
        self._by_uuid: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._taken: set[str] = set()
        self._clusters: dict[str, list[str]] = defaultdict(list)
        self._relations: list[Mapping[str, Any]] = []

    def take(self, one: Given) -> None:
        if reason := self._reason(one):
            self._left[reason] += 1
            return
        known = self._given.get(one.obj["id"])
        if known is None or seconds_of(known.obj) <= seconds_of(one.obj):
            self._given[one.obj["id"]] = one

    def _reason(self, one: Given) -> str:
        if one.tlp > self._maker.ceiling:
            return f"marked above {self._maker.ceiling}"
        if one.obj.get("revoked") is True:
            return "revoked"
        ends = one.obj.get("valid_until")
        end_us = instant_us(ends) if isinstance(ends, str) else None
        return "expired" if end_us is not None and end_us <= self._maker.now_us else ""

    def events(self) -> Iterator[Event]:
        self._sort()
        yield from filter(None, map(self._grouped, self._groups()))
        for (collection, day), members in sorted(self._loose().items()):
            name = str(uuid.uuid5(_SPACE, f"{self._maker.uuid}\0{collection}\0{day}"))
            frame = _frame(self._maker, name, f"{collection}: {day}", day)
            if event := self._filled(frame, members, Tlp.CLEAR):
                yield event

    def _sort(self) -> None:
        """What belongs to one UUID, and to which clusters it is linked."""
        for one in self._given.values():
            if one.obj["type"] not in _GROUPS and one.obj["type"] != "relationship":
                self._by_uuid[uuid_of(one.obj["id"])].append(one.obj)
        for name in self._inside():
            if all("modified" not in obj for obj in self._by_uuid.get(name, ())):
                self._by_uuid.pop(name, None)
        everything = (one.obj for one in self._given.values())
        self._relations = [obj for obj in everything if obj["type"] == "relationship"]
        for obj in self._relations:
            target = self._given.get(obj["target_ref"])
            if target is not None and (tag := galaxy_tag(target.obj)):
                self._clusters[uuid_of(obj["source_ref"])].append(tag)

    def _inside(self) -> set[str]:
        """UUIDs of observables that say no more than the attributes of an object of MISP."""
        found = set()
        for one in self._given.values():
            parts = several(one.obj, "x_misp_attributes")
            found |= {uuid_in(part) for part in parts if isinstance(part, Mapping)}
            if one.obj["type"] == "observed-data" and words_of([one.obj]):
                own = uuid_of(one.obj["id"])
                found |= {uuid_of(str(ref)) for ref in several(one.obj, "object_refs")} - {own}
        return found

    def _groups(self) -> list[Given]:
        """Those that name others, the oldest first: who named an object first keeps its UUID."""
        found = [one for one in self._given.values() if one.obj["type"] in _GROUPS]
        return sorted(found, key=lambda one: (str(one.obj.get("created")), one.obj["id"]))

    def _grouped(self, group: Given) -> Event | None:
        obj, name = group.obj, uuid_of(group.obj["id"])
        at = seconds_of(obj)
        info = str(obj.get("name") or obj["id"])[:_LONGEST_INFO]
        frame = _frame(self._maker, name, info, str(obj.get("x_misp_date") or day_of(at)))
        frame["threat_level_id"] = str(obj.get("x_misp_threat_level_id") or _UNDEFINED)
        frame["analysis"] = str(obj.get("x_misp_analysis") or _COMPLETED)
        frame["timestamp"] = str(at)
        frame["Orgc"] = self._signed(obj)
        frame["Tag"] = [{"name": tag} for tag in tags_of(obj)]
        frame["EventReport"] = [*self._reports(obj)]
        frame["Attribute"] = [*_links(obj)]
        return self._filled(frame, self._members(obj), group.tlp)

    def _members(self, obj: Mapping[str, Any]) -> list[str]:
        refs = [ref for ref in several(obj, "object_refs") if isinstance(ref, str)]
        for relation in self._relations if obj["type"] == "incident" else ():
            ends = [relation["source_ref"], relation["target_ref"]]
            if obj["id"] in ends:
                refs += ends
        own = uuid_of(obj["id"])
        return [u for u in dict.fromkeys(map(uuid_of, refs)) if u != own and u in self._by_uuid]

    def _loose(self) -> dict[tuple[str, str], list[str]]:
        """What no event names, by collection and day."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        named = {
            uuid_of(str(ref))
            for obj in self._given.values()
            if obj.obj["type"] == "observed-data"
            for ref in several(obj.obj, "object_refs")
        }
        for name in sorted(self._by_uuid):
            if name in self._taken:
                continue
            first = self._by_uuid[name][0]
            # An observable comes with its observation, which has a date.
            dated = next((o for o in self._by_uuid[name] if "created" in o), None)
            if dated is None and name in named:
                continue
            day = str((dated or {}).get("created", "undated"))[:10]
            found[self._given[first["id"]].collection, day].append(name)
        return found

    def _filled(self, frame: Event, members: list[str], tlp: Tlp) -> Event | None:
        """The event with its members; None: nothing is in it."""
        name = frame["uuid"]
        colours = {m: max(self._given[o["id"]].tlp for o in self._by_uuid[m]) for m in members}
        # A loose event is marked as the strictest of what is in it.
        whole = max([tlp, *(colours.values() if not frame["Orgc"].get("signed") else ())])
        records = Records(
            Terms(
                self._maker.refuse or warned,
                lambda u: _tag(colours[u]) if colours.get(u, whole) != whole else "",
                self._clusters,
            ),
            self._left,
        )
        taken = self._taken.intersection(members)
        for member in members:
            if any(_EVENT_REPORT in several(o, "labels") for o in self._by_uuid[member]):
                continue
            records.add(
                self._by_uuid[member],
                lambda u, again=member in taken: _again(name, u) if again else u,  # type: ignore[misc]
            )
        self._taken.update(members)
        frame["Orgc"].pop("signed", None)
        frame["Attribute"] += records.attributes
        frame["Object"] = records.objects
        self._refer(frame)
        names = [tag["name"] for tag in frame["Tag"]] + [*records.tags, _tag(whole)]
        frame["Tag"] = [{"name": tag} for tag in dict.fromkeys(names)]
        if not (frame["Attribute"] or frame["Object"] or frame["EventReport"]):
            return None
        times = [a["timestamp"] for a in (*frame["Attribute"], *frame["Object"])]
        newest = max(map(int, [frame["timestamp"], *times]))
        frame["timestamp"] = frame["publish_timestamp"] = str(newest)
        return {
            key: frame[key] for key in frame if frame[key] or key not in {"Object", "EventReport"}
        }

    def _signed(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """The organisation that an event is of; signed: its own marking counts for the whole."""
        maker = self._given.get(str(obj.get("created_by_ref")))
        if maker is None or not maker.obj.get("name"):
            return {"name": self._maker.name, "uuid": self._maker.uuid, "signed": True}
        return {"name": maker.obj["name"], "uuid": uuid_of(maker.obj["id"]), "signed": True}

    def _reports(self, obj: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Texts of the event: its notes, and its own description."""
        for name in self._members(obj):
            for note in self._by_uuid[name]:
                if _EVENT_REPORT in several(note, "labels"):
                    yield {
                        "uuid": name,
                        "name": str(note.get("abstract") or "Report"),
                        "content": str(note.get("content") or ""),
                        "timestamp": str(seconds_of(note)),
                    }
        if isinstance(obj.get("description"), str) and obj["description"]:
            yield {
                "uuid": _again(uuid_of(obj["id"]), "description"),
                "name": str(obj.get("name") or "Report"),
                "content": obj["description"],
                "timestamp": str(seconds_of(obj)),
            }

    def _refer(self, frame: Event) -> None:
        """What leads from objects of the event to others in it."""
        things = {thing["uuid"]: thing for thing in frame["Object"]}
        inside = {*things, *(a["uuid"] for a in frame["Attribute"])}
        if not things:
            return
        for obj in self._relations:
            source, target = uuid_of(obj["source_ref"]), uuid_of(obj["target_ref"])
            if source in things and target in inside and source != target:
                things[source]["ObjectReference"].append(
                    {
                        "uuid": uuid_of(obj["id"]),
                        "object_uuid": source,
                        "referenced_uuid": target,
                        "relationship_type": obj["relationship_type"],
                        "timestamp": str(seconds_of(obj)),
                    }
                )


def _frame(maker: Maker, name: str, info: str, day: str) -> Event:
    return {
        "uuid": name,
        "info": info,
        "date": day if day != "undated" else day_of(0),
        "threat_level_id": _UNDEFINED,
        "analysis": _COMPLETED,
        "published": True,
        "timestamp": "0",
        "publish_timestamp": "0",
        "Orgc": {"name": maker.name, "uuid": maker.uuid},
        "Tag": [],
        "Attribute": [],
        "Object": [],
        "EventReport": [],
    }


def _links(obj: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The sources that a report names."""
    own, at = uuid_of(obj["id"]), str(seconds_of(obj))
    for found in several(obj, "external_references"):
        url = found.get("url") if isinstance(found, Mapping) else None
        if isinstance(url, str) and url:
            yield {
                "uuid": _again(own, url),
                "type": "link",
                "category": "External analysis",
                "value": url,
                "to_ids": False,
                "comment": str(found.get("source_name") or ""),
                "timestamp": at,
                "disable_correlation": False,
            }


def _again(owner: str, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(owner), name))


def _tag(tlp: Tlp) -> str:
    return f"tlp:{tlp.text}"


def _hashed(attribute: Mapping[str, Any]) -> list[str]:
    value: str = attribute["value"]
    several = "|" in attribute["type"] or attribute["type"] == "malware-sample"
    return value.split("|") if several else [value]
