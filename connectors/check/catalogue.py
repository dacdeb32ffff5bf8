"""What is checked, as data: `checks.toml` beside this module, and the digest of the whole kit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec

VERSION = "1.0"
"""Of the kit: it rises when a check is added, or another verdict is given for the same answer."""

_FOLDER = Path(__file__).parent


class Level(StrEnum):
    """How much it weighs."""

    MUST = "must"
    """The specification, or the RFC it is built on, demands it."""
    SHOULD = "should"
    """The specification recommends it."""
    PRACTICE = "practice"
    """Deployed clients need it; no document demands it."""


class Verdict(StrEnum):
    """What became of a check."""

    PASS = "pass"  # noqa: S105 - no password
    """The server does what is asked."""
    FAIL = "fail"
    """It does not."""
    NOT_TRIED = "not tried"
    """It could not be found out in this run; the reason stands beside it."""
    NOT_APPLICABLE = "not applicable"
    """The question does not arise with this server or these options."""


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is asked of a server."""

    id: str
    section: str
    level: Level
    group: str
    asks: str
    why: str
    """What it means to a feed, in one sentence"""
    loses: bool = False
    """Whoever fails here may lose objects on the way to a feed."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    checks: tuple[Check, ...]


@cache
def checks() -> Mapping[str, Check]:
    """Every check by its id, in the order of reports."""
    table = msgspec.toml.decode((_FOLDER / "checks.toml").read_bytes(), type=_Table)
    return {check.id: check for check in table.checks}


@cache
def digest() -> str:
    """SHA-256 over the files of the kit: two reports of one digest asked the same questions."""
    total = hashlib.sha256()
    for path in sorted([*_FOLDER.glob("*.py"), *_FOLDER.glob("*.toml")]):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
