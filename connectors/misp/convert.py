"""The one place that calls misp-stix: an event in, STIX objects as plain JSON out.

The library brings lxml, cybox and others. Only the modules of inbound connectors import this one, and
those are loaded when a feed needs them: what goes out as MISP needs none of it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from misp_stix_converter import MISPtoSTIX21Parser
from pymisp import PyMISPError

from hub.stix.library import LibraryError

_PARTS = ("EventReport", "Galaxy", "Tag")
_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LibraryError,
    LookupError,
    PyMISPError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a strange record makes three libraries raise"""
_RECORDS = ("Attribute", "Object")
_NAMES = {"EventReport": "reports", "Galaxy": "galaxies", "Tag": "tags"}


class Converted(NamedTuple):
    """What became of an event."""

    objects: list[dict[str, Any]]
    broken: list[tuple[str, str]]
    """UUID or name of the parts that could not be converted, with the reason"""


def convert(event: Mapping[str, Any]) -> Converted:
    """The STIX 2.1 objects of an event.

    What the library stumbles over is taken out, and the rest is converted.

    Args:
        event: As `connectors.misp.repair` gives it.
    """
    # PyMISP writes the values that it does not like to the log.
    logging.getLogger("pymisp").setLevel(logging.CRITICAL + 1)
    objects, _ = _tried(event)
    if objects is not None:
        return Converted(objects, [])
    kept, broken = {**event}, []
    for name in _PARTS:
        if kept.get(name) and (reason := _fault(_bare(event) | {name: kept[name]})):
            del kept[name]
            broken.append((_NAMES[name], reason))
    for name in _RECORDS:
        sound = []
        for record in event.get(name, ()):
            if reason := _fault(_bare(event) | {name: [record]}):
                broken.append((record["uuid"], reason))
            else:
                sound.append(record)
        kept[name] = sound
    objects, reason = _tried(kept)
    return Converted(objects or [], [*broken, *([] if objects else [(event["uuid"], reason)])])


def _bare(event: Mapping[str, Any]) -> dict[str, Any]:
    return {key: event[key] for key in event if key not in {*_PARTS, *_RECORDS}}


def _fault(event: Mapping[str, Any]) -> str:
    objects, reason = _tried(event)
    return "" if objects is not None else reason


def _tried(event: Mapping[str, Any]) -> tuple[list[dict[str, Any]] | None, str]:
    try:
        return [*_objects(event)], ""
    except _FAILURES as error:
        return None, f"{type(error).__name__}"


def _objects(event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:

    parser = MISPtoSTIX21Parser()
    parser.parse_misp_event({"Event": deepcopy(dict(event))})
    for obj in parser.stix_objects:
        yield json.loads(obj.serialize())
