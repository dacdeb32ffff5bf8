"""STIX identifiers: `<type>--<uuid>` (STIX 2.1 section 2.9)."""

from __future__ import annotations

import re
from typing import Any

_TYPE = re.compile(r"[a-z0-9-]{3,250}")
# A UUID of any version and in either case: real producers use both.
_ID = re.compile(
    r"([a-z0-9-]{3,250}?)"
    r"--[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
)
_UUID_LENGTH = 36


def is_type(value: Any) -> bool:
    """Whether a value can be the name of an object type."""
    return type(value) is str and _TYPE.fullmatch(value) is not None


def is_id(value: Any) -> bool:
    """Whether a value can be the identifier of some object."""
    return type(value) is str and _ID.fullmatch(value) is not None


def is_id_of(value: Any, type_name: str) -> bool:
    """Whether a value is the identifier of an object of that type."""
    match = _ID.fullmatch(value) if type(value) is str else None
    return match is not None and match[1] == type_name


def uuid_version(object_id: str) -> str:
    """The digit that says how the UUID of an identifier was made."""
    return object_id[14 - _UUID_LENGTH]
