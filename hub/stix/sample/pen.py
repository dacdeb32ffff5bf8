"""Writing one invented object: its id, its dates and what every object has."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.model.party import Organisation
from hub.model.tlp import Tlp
from hub.stix.compose import MARKING_OF
from hub.stix.sample.plot import Language

Obj = dict[str, Any]
_SPACE = uuid.UUID("4a2f6c52-8d0f-5a55-9c1e-7f0f5a3b1c90")
_TEXTS = frozenset({"name", "content", "explanation", "opinion"})


class Pen(NamedTuple):
    """Who writes when about what, and how it is marked."""

    about: str
    """Key of what is told; with the kind and a name it gives the id."""
    author: Organisation
    colour: Tlp
    language: Language
    at: datetime

    def write(self, kind: str, key: str, **members: Any) -> Obj:
        """An object with versions; the same every time."""
        common: Obj = {
            "type": kind,
            "spec_version": "2.1",
            "id": id_of(kind, f"{self.about}/{key}"),
            "created_by_ref": self.author.id,
            "created": stamp(self.at),
            "modified": stamp(self.at),
            "object_marking_refs": [MARKING_OF[self.colour]],
        }
        if _TEXTS & members.keys():
            common["lang"] = self.language
        return common | members

    def link(self, source: Obj, kind: str, target: Obj) -> Obj:
        """A relationship."""
        ends = {"source_ref": source["id"], "target_ref": target["id"]}
        key = f"{source['id']} {kind} {target['id']}"
        return self.write("relationship", key, relationship_type=kind, **ends)


def revised(obj: Obj, at: datetime, **members: Any) -> Obj:
    """A newer version."""
    return obj | {"modified": stamp(at)} | members


def id_of(kind: str, key: str) -> str:
    """The id of a kind and a key; objects with versions have UUIDs of version 4."""
    made = uuid.uuid5(_SPACE, key)
    return f"{kind}--{uuid.UUID(bytes=made.bytes, version=4)}"


def stamp(at: datetime) -> str:
    """A STIX timestamp, to the millisecond."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
