"""Traffic Light Protocol: which colours an object carries.

Colours of TLP 1.0 are those of TLP 2.0 with the same meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from hub.model.tlp import Tlp

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""The TLP 2.0 extension of the OASIS common objects."""

COLOUR_OF: Mapping[str, Tlp] = MappingProxyType(
    {
        # TLP 1.0: STIX 2.1 section 7.2.1.4
        "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
        "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
        "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
        "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
        # TLP 2.0: OASIS common objects, extension TLP_EXTENSION
        "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": Tlp.CLEAR,
        "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": Tlp.GREEN,
        "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": Tlp.AMBER,
        "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": Tlp.AMBER_STRICT,
        "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": Tlp.RED,
    }
)
"""Marking-definition id to colour."""

_NONE: frozenset[Tlp] = frozenset()


def object_tlp(obj: Mapping[str, Any]) -> frozenset[Tlp]:
    """The colours that mark the whole object."""
    refs = obj.get("object_marking_refs")
    return _colours(refs) if type(refs) is list else _NONE


def tlp_of(obj: Mapping[str, Any]) -> frozenset[Tlp]:
    """The colours that mark the object or a part of it (STIX 2.1 sections 7.2.2 and 7.2.3)."""
    whole = object_tlp(obj)
    parts = obj.get("granular_markings")
    return whole | _colours(list(_part_refs(parts))) if type(parts) is list else whole


def declared_colour(obj: Mapping[str, Any]) -> str | None:
    """What a marking-definition claims to be in terms of TLP, as it is written; None: not TLP."""
    extensions = obj.get("extensions")
    extension = extensions.get(TLP_EXTENSION) if type(extensions) is dict else None
    if type(extension) is dict:
        return str(extension.get("tlp_2_0"))
    if obj.get("definition_type") == "tlp":
        definition = obj.get("definition")
        return str(definition.get("tlp")) if type(definition) is dict else ""
    name = obj.get("name")
    return name if type(name) is str and name.upper().startswith("TLP:") else None


def is_standard(obj: Mapping[str, Any]) -> bool:
    """Whether a marking-definition is no TLP marking, or one of the standard ids in its colour."""
    claim = declared_colour(obj)
    expected = COLOUR_OF.get(obj["id"])
    if claim is None:
        return expected is None
    try:
        return Tlp.named(claim) is expected
    except ValueError:
        return False


def is_statement(obj: Mapping[str, Any]) -> bool:
    """Whether a marking-definition says something about use, and nothing about who may see."""
    named = obj.get("definition_type") == "statement" and declared_colour(obj) is None
    # Who defines a marking of TLP anew must not take its meaning away.
    return named and obj["id"] not in COLOUR_OF


def _part_refs(parts: list[Any]) -> Iterator[Any]:
    return (part.get("marking_ref") for part in parts if type(part) is dict)


def _colours(refs: list[Any]) -> frozenset[Tlp]:
    return frozenset(COLOUR_OF[ref] for ref in refs if type(ref) is str and ref in COLOUR_OF)
