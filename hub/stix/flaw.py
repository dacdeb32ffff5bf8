"""What is wrong with one object, in words that name the place, the field and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_LONGEST = 80


class Flaw(Exception):
    """The object cannot be kept.

    Args:
        field: The member at fault; empty: the object as a whole.
        problem: What is wrong with it.
        remedy: The way out.
        seen: What could be read of an object that is no valid JSON.
    """

    def __init__(
        self, field: str, problem: str, remedy: str, *, seen: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(problem)
        self.field = field
        self.problem = problem
        self.remedy = remedy
        self.seen = seen or {}

    def reason(self, place: str) -> str:
        """The text for the sender, such as `objects[3].modified: "x" is not ...; write ...`."""
        where = f"{place}.{printable(self.field)}" if self.field else place
        return f"{where}: {self.problem}; {self.remedy}"


def shown(value: Any) -> str:
    """A value as JSON, cut to a length that fits into a sentence."""
    if type(value) is str:
        value = value[:_LONGEST]
    return printable(msgspec.json.encode(value).decode())


def printable(text: str) -> str:
    """A text without control and formatting characters, cut to the same length."""
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    return cut if cut.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in cut)
