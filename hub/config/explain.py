"""What is wrong with a setting, in words: its line, its name, and what is allowed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from hub.config.schema import settings
from hub.errors import ConfigError

_TABLES = re.compile(r"\s*\[\[\s*([\w.-]+)\s*\]\]")
_TABLE = re.compile(r"\s*\[\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")
_INDEX = re.compile(r"\[\d+\]")


def wrong(path: Path, text: str, place: str, reason: str) -> ConfigError:
    """The error for one setting.

    Args:
        path: The file.
        text: What it holds.
        place: The setting, such as `server.port` or `taxii.roots[1].title`.
        reason: What is wrong with it.
    """
    line = line_of(text, place)
    where = f"{path}:{line}" if line else str(path)
    name = _INDEX.sub("", place)
    return ConfigError(" ".join(filter(None, [f"{where}: `{name}`: {reason}.", _allowed(name)])))


def from_validation(path: Path, text: str, message: str) -> ConfigError:
    """The error behind a message such as "Expected `int`, got `str` - at `$.server.port`"."""
    reason, _, tail = message.partition(" - at `$")
    place = tail.rstrip("`").lstrip(".")
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", reason):
        known = ", ".join(_names(_INDEX.sub("", place)))
        return wrong(
            path, text, f"{place}.{unknown[1]}".lstrip("."), f"unknown; known are {known}"
        )
    if missing := re.fullmatch(r"Object missing required field `(.*)`", reason):
        return wrong(path, text, f"{place}.{missing[1]}".lstrip("."), "it is required")
    return wrong(path, text, place, reason)


def line_of(text: str, place: str) -> int | None:
    """The line of a setting of a TOML file, or of the nearest section around it."""
    known = _lines(text)
    while place and place not in known:
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return known.get(place)


def _lines(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    section, seen = "", Counter[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLES.match(line):
            section = f"{header[1]}[{seen[header[1]]}]"
            seen[header[1]] += 1
            found[section] = number
        elif header := _TABLE.match(line):
            section = header[1]
            found.setdefault(section, number)
        elif key := _KEY.match(line):
            found.setdefault(f"{section}.{key[1]}".lstrip("."), number)
    return found


def _names(section: str) -> list[str]:
    """What may stand in a section, in the order of its declaration."""
    start = f"{section}." if section else ""
    inside = [name.removeprefix(start) for name in settings() if name.startswith(start)]
    return list(dict.fromkeys(name.partition(".")[0] for name in inside))


def _allowed(name: str) -> str:
    known = settings()
    if name not in known:
        return ""
    hint, _, meaning = known[name]
    values = _choices(hint)
    choices = f"one of {', '.join(values)}; " if values else ""
    return f"It is: {choices}{meaning}."


def _choices(hint: Any) -> list[str]:
    inner = get_args(hint)[0]
    return [f'"{value}"' for value in get_args(inner)] if get_origin(inner) is Literal else []
