"""What an indicator asserts, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.intake.lifetime import lifetime_us
from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.stix.instant import instant_us

NEVER_US = (1 << 62) - 1
LASTING = "hash"
"""Rules age like hashes: they say what something is, and not where it is for a while."""
_DAY_US = 86_400_000_000
_WHOLE = 100


class Assertion(NamedTuple):
    """What one indicator says of itself, and who says it."""

    publisher: str
    """Slug of the organisation"""
    object_id: str
    confidence: int
    """-1: it says nothing of it"""
    first_us: int
    """valid_from"""
    last_us: int
    """The later of valid_from and modified"""
    until_us: int
    """valid_until; 0: it has none"""
    tlp: Tlp
    name: str

    def span_us(self, field: str, days: int | None) -> int:
        """How long it holds in all; 0: without end.

        Args:
            field: Of a value of it. A `valid_until` counts alone; without, it depends on this.
            days: In place of what is usual for the field.
        """
        if self.until_us:
            return max(0, self.until_us - self.last_us)
        return lifetime_us(field) if days is None else days * _DAY_US

    def end_us(self, field: str, days: int | None) -> int:
        """When that span is over; NEVER_US: never. Arguments as for `span_us`."""
        span = self.span_us(field, days)
        return self.until_us or (self.last_us + span if span else NEVER_US)


def asserted(piece: Piece, obj: Mapping[str, Any]) -> Assertion:
    """What a record of an indicator asserts; `obj` are its members."""
    given = obj.get("confidence")
    first = _instant(obj.get("valid_from")) or _instant(obj.get("created"))
    name = obj.get("name")
    return Assertion(
        piece.publisher,
        piece.object_id,
        min(given, _WHOLE) if type(given) is int and given >= 0 else -1,
        first,
        max(first, _instant(obj.get("modified"))),
        _instant(obj.get("valid_until")),
        piece.tlp,
        name if isinstance(name, str) else "",
    )


def _instant(value: Any) -> int:
    found = instant_us(value) if isinstance(value, str) else None
    return found or 0
