"""The letter of the specification, for collections that demand it.

The stix2 package must accept the object as it is. What that package repairs in silence (invented
ids and timestamps, "5" for 5, a text for a list, dropped members) is found by comparing what it
understood with what was sent. What it does not look at is checked here: the range of
`confidence`, the order of `created` and `modified`, and a TLP marking.

A marking-definition needs no TLP marking: it says how to treat others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import stix2
from stix2.exceptions import (
    ExtraPropertiesError,
    InvalidValueError,
    MissingPropertiesError,
    ParseError,
    STIXError,
)

from hub.stix.flaw import printable, shown
from hub.stix.instant import instant_us
from hub.stix.marking import object_tlp
from hub.stix.pattern import grammar
from hub.stix.redact import leads_somewhere

_LONGEST_REASON = 300
_MOST_SELECTORS = 1000
_INVENTED = ("id", "created", "modified", "valid_from")
# The package raises whatever its code stumbles over.
_STUMBLES = (
    STIXError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NameError,
    RecursionError,
    TypeError,
    ValueError,
)


def faults(obj: Any, stix: str) -> list[str]:
    """What keeps an object from being STIX to the letter.

    Args:
        obj: Decoded JSON, at best of an object that passed `hub.stix.check`.
        stix: "2.0" or "2.1".

    Returns:
        Texts that name field, reason and way out; none: it may enter a strict collection.
    """
    if type(obj) is not dict:
        return ["it is not a JSON object; send a STIX object"]
    found = [*_of_granular(obj), *_of_confidence(obj), *_of_order(obj), *_of_tlp(obj)]
    try:
        return [*_of_parsing(_unmarked(obj), stix), *found]
    except _STUMBLES as error:
        return [_refusal(error, obj.get("type"), stix), *found]


def is_valid(obj: Mapping[str, Any], stix: str) -> bool:
    """Whether the package accepts an object as it is, whatever its markings."""
    try:
        return not _of_parsing(_unmarked(obj), stix)
    except _STUMBLES:
        return False


def _unmarked(obj: Mapping[str, Any]) -> dict[str, Any]:
    """The package compares selectors with each other and with whole lists: hours for thousands."""
    return {name: value for name, value in obj.items() if name != "granular_markings"}


def _of_parsing(obj: Mapping[str, Any], stix: str) -> list[str]:
    # The package writes into what it is given.
    copy = msgspec.json.decode(msgspec.json.encode(obj))
    with grammar:
        parsed = stix2.parse(copy, allow_custom=False, version=stix)
    if not hasattr(parsed, "serialize"):
        # A type that an extension of the object defines.
        return []
    kept = msgspec.json.decode(parsed.serialize(include_optional_defaults=True))
    invented = [
        f"{name}: it is missing; send it" for name in _INVENTED if name in kept.keys() - obj
    ]
    return [*invented, *_differences(obj, kept, "")]


def _differences(sent: Any, kept: Any, path: str) -> Iterator[str]:
    """Where the package understood something else than what was sent."""
    if type(sent) is dict and type(kept) is dict:
        for name, value in sent.items():
            place = f"{path}.{printable(name)}".removeprefix(".")
            if name in kept:
                yield from _differences(value, kept[name], place)
            else:
                yield f"{place}: {shown(value)} has no meaning there; leave it out"
    elif type(sent) is list and type(kept) is list and len(sent) == len(kept):
        for index, (one, other) in enumerate(zip(sent, kept, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif not _is_same(sent, kept):
        yield f"{path}: {shown(sent)} has the wrong form; write it like {shown(kept)}"


def _is_same(sent: Any, kept: Any) -> bool:
    if type(sent) is str and type(kept) is str:
        return sent == kept or instant_us(sent) == instant_us(kept) is not None
    if type(sent) in {int, float} and type(kept) in {int, float}:
        return bool(sent == kept)
    return type(sent) is type(kept) and bool(sent == kept)


def _refusal(error: Exception, kind: Any, stix: str) -> str:
    """The words of the package as a text with a field, a reason and a way out."""
    reason = " ".join(str(error).split())
    text = reason if reason.isprintable() else printable(reason)
    text = text[:_LONGEST_REASON]
    if isinstance(error, ParseError):
        return f"type: {shown(kind)} is unknown to STIX {stix}; describe it by an extension"
    if isinstance(error, InvalidValueError):
        return f"{error.prop_name}: {text}; correct it"
    if isinstance(error, MissingPropertiesError):
        return f"{', '.join(sorted(error.properties))}: missing; send it"
    if isinstance(error, ExtraPropertiesError):
        names = printable(", ".join(sorted(error.properties)))
        return f"{names}: unknown to STIX {stix}; leave it out, or describe it by an extension"
    return f"the object: {text}; follow the specification of its type in STIX {stix}"


def _of_confidence(obj: Mapping[str, Any]) -> Iterator[str]:
    value = obj.get("confidence")
    if isinstance(value, int | float) and not 0 <= value <= 100:  # noqa: PLR2004 - STIX 2.1 section 3.2
        yield f"confidence: {shown(value)} is outside of 0 to 100; choose a value in that range"


def _of_granular(obj: Mapping[str, Any]) -> Iterator[str]:
    """STIX 2.1 section 7.2.3: each marking has selectors, and each leads to something."""
    markings = obj.get("granular_markings", [{"selectors": ["type"], "lang": "en"}])
    if type(markings) is not list or not markings:
        yield "granular_markings: it is no list with an entry; leave it out or fill it"
        return
    selectors: list[Any] = []
    for marking in markings:
        chosen = marking.get("selectors") if type(marking) is dict else None
        if type(chosen) is not list or not chosen or not {"marking_ref", "lang"} & marking.keys():
            yield "granular_markings: an entry lacks selectors, or a marking_ref or lang; add them"
            return
        selectors += chosen
    if len(selectors) > _MOST_SELECTORS:
        yield f"granular_markings: more than {_MOST_SELECTORS} selectors; mark the whole object"
        return
    for selector in selectors:
        if not leads_somewhere(obj, selector):
            yield f"granular_markings: {shown(selector)} selects nothing; correct the selector"
            return


def _of_order(obj: Mapping[str, Any]) -> Iterator[str]:
    created, modified = instant_us(obj.get("created")), instant_us(obj.get("modified"))
    if created is not None and modified is not None and modified < created:
        yield f"modified: {shown(obj['modified'])} is before created; send the right one"


def _of_tlp(obj: Mapping[str, Any]) -> Iterator[str]:
    colours = object_tlp(obj)
    if obj.get("type") == "marking-definition" or len(colours) == 1:
        return
    problem = (
        f"it names {' and '.join(map(str, sorted(colours)))}"
        if colours
        else "it names no TLP marking"
    )
    yield f"object_marking_refs: {problem}; name exactly one marking of TLP 2.0"
