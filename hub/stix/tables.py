"""What the STIX specifications say about each type, read from the stix2 package as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import stix2.v20
import stix2.v20.vocab
import stix2.v21
import stix2.v21.vocab
from stix2 import properties as p

Shape = Literal[
    "any", "boolean", "dictionary", "hashes", "integer", "list", "number", "string", "timestamp"
]

# The subclass before its base: the first that fits names the shape.
_SHAPES: tuple[tuple[type, Shape], ...] = (
    (p.ListProperty, "list"),
    (p.StringProperty, "string"),
    (p.ReferenceProperty, "string"),
    (p.BinaryProperty, "string"),
    (p.HexProperty, "string"),
    (p.IDProperty, "string"),
    (p.TypeProperty, "string"),
    (p.TimestampProperty, "timestamp"),
    (p.IntegerProperty, "integer"),
    (p.FloatProperty, "number"),
    (p.BooleanProperty, "boolean"),
    (p.HashesProperty, "hashes"),
    (p.DictionaryProperty, "dictionary"),
    (p.ObservableProperty, "dictionary"),
)
_MODULES = {"2.0": stix2.v20, "2.1": stix2.v21}
# Copies: other packages, such as misp-stix, add types of their own to the maps of stix2.
_OBJECTS = {version: dict(module.OBJ_MAP) for version, module in _MODULES.items()}
_OBSERVABLES = {version: dict(module.OBJ_MAP_OBSERVABLE) for version, module in _MODULES.items()}


class PropertyTable(NamedTuple):
    """One property of one type."""

    shape: Shape
    vocabulary: frozenset[str]
    """Values the specification suggests or demands; empty: any."""


class TypeTable(NamedTuple):
    """One type of one STIX version."""

    observable: bool
    """A cyber-observable object: it has no versions and an id derived from its content."""
    derived_from: frozenset[str]
    """Properties its id is made of, which should be a UUID of version 5 (STIX 2.1 section 2.9)"""
    required: frozenset[str]
    properties: Mapping[str, PropertyTable]


@lru_cache(maxsize=1024)
def type_table(stix: str, type_name: str) -> TypeTable | None:
    """What a STIX version says about a type that may stand in an envelope; None: unknown there."""
    # STIX 2.0 knows observables only inside of observed-data.
    observable = stix == "2.1" and type_name in _OBSERVABLES[stix]
    cls = _OBJECTS[stix].get(type_name)
    if observable:
        cls = _OBSERVABLES[stix][type_name]
    if cls is None or type_name == "bundle":
        return None
    properties = cls._properties
    return TypeTable(
        observable=observable,
        derived_from=frozenset(getattr(cls, "_id_contributing_properties", ())),
        required=frozenset(name for name, prop in properties.items() if prop.required),
        properties=MappingProxyType({k: _property_table(v) for k, v in properties.items()}),
    )


@lru_cache(maxsize=1024)
def observable_properties(stix: str, type_name: str) -> frozenset[str]:
    """The properties a pattern may name below an observable type; empty: unknown type."""
    cls = _OBSERVABLES[stix].get(type_name)
    return frozenset() if cls is None else frozenset(cls._properties)


@cache
def hash_names(stix: str) -> frozenset[str]:
    """The spellings of hash algorithms in a STIX version."""
    return frozenset(_MODULES[stix].vocab.HASHING_ALGORITHM)


def _property_table(prop: Any) -> PropertyTable:
    shape: Shape = next((name for cls, name in _SHAPES if isinstance(prop, cls)), "any")
    holder = prop.contained if shape == "list" else prop
    return PropertyTable(shape, frozenset(getattr(holder, "allowed", ())))
