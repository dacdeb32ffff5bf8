"""What migrations ask about stored objects: functions for SQL, each of two arguments."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from hub.model.record import Candidate
from hub.model.tlp import Tlp
from hub.stix.check import Limits, check
from hub.stix.grading import Terms, defines_statement, grade

_UNLIMITED = Limits(object_bytes=1 << 62, depth=1 << 30)


class _Grading(msgspec.Struct):
    default: int
    statements: frozenset[str]


_decode = lru_cache(maxsize=8)(msgspec.json.Decoder(_Grading).decode)


def statement(raw: bytes, _: Any) -> int:
    """1 for a marking-definition that says nothing about who may see; else 0."""
    item = check(raw, "", _UNLIMITED)
    return int(isinstance(item, Candidate) and defines_statement(item))


def marking(raw: bytes, terms: str) -> int:
    """The effective marking of a stored object (`Tlp`); the strictest where that is unclear.

    Args:
        raw: Its bytes; empty for one that is gone.
        terms: JSON of `default` and `statements`, as in `hub.stix.grading.Terms`.
    """
    found = _decode(terms)
    default = Tlp(found.default)
    if b"marking" not in raw and b"\\u" not in raw:
        return default
    item = check(raw, "", _UNLIMITED)
    if isinstance(item, Candidate):
        item = grade(item, "", Terms(default, found.statements))
    return item.tlp if isinstance(item, Candidate) else Tlp.RED
