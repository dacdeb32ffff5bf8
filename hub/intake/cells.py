"""What stands in one cell of a table, or in one entry of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub.intake.lists import endings
from hub.language.fold import join
from hub.language.harvest import Sighted, harvest, read_value

_PLACEHOLDERS = frozenset(
    {"", "n a", "na", "none", "null", "nil", "nan", "unknown", "khong co", "khong ro"}
)
"""As `join` writes them; signs alone are nothing"""
_LONGEST_PLACEHOLDER = 20
_BETWEEN = re.compile(r"[\s,;|]+")
_HEX = re.compile(r"[0-9A-Fa-f]{32,128}")


def is_empty(cell: str) -> bool:
    """Whether a cell says nothing: `N/A`, `-`, `none`."""
    bare = cell.strip()
    return len(bare) <= _LONGEST_PLACEHOLDER and join([bare]) in _PLACEHOLDERS


def is_value(cell: str) -> bool:
    """Whether a cell is a value, or several and nothing else; the name of a file is none."""
    parts = [part for part in _BETWEEN.split(cell.strip()) if part]
    return bool(parts) and all(_is_one(part) for part in parts)


def values_of(cell: str) -> Iterator[Sighted]:
    """The values of a cell; what looks like one and is none has no field."""
    bare = cell.strip()
    found = read_value(bare, endings()) if _HEX.fullmatch(bare) else None
    if found is not None:
        yield found
    else:
        yield from harvest(bare.replace("\r\n", "\n"), endings())


def _is_one(part: str) -> bool:
    found = read_value(part, endings())
    return found is not None and not found.weak
