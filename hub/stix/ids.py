"""STIX identifiers: `<type>--<uuid>` (STIX 2.1 section 2.9)."""

from __future__ import annotations

import re
from typing import Any

_TYPE = re.compile(r"[a-z0-9-]{3,250}")
# Any version, and either case: real producers use both.
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_UUID_LENGTH = 36


def is_type(value: Any) -> bool:
    """Whether a value can be the name of an object type."""
    return type(value) is str and _TYPE.fullmatch(value) is not None


def is_id(value: Any) -> bool:
    """Whether a value can be the identifier of some object."""
    if type(value) is not str:
        return False
    start = len(value) - _UUID_LENGTH
    return (
        value[max(start - 2, 0) : max(start, 0)] == "--"
        and _UUID.fullmatch(value, start) is not None
        and _TYPE.fullmatch(value, 0, start - 2) is not None
    )


def is_id_of(value: str, type_name: str) -> bool:
    """Whether a value is the identifier of an object of that type."""
    prefix = f"{type_name}--"
    return value.startswith(prefix) and _UUID.fullmatch(value, len(prefix)) is not None


def uuid_version(object_id: str) -> str:
    """The digit that says how the UUID of an identifier was made."""
    return object_id[14 - _UUID_LENGTH]
