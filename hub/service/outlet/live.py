"""Which indicators may leave, and for how long: decided for each object alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import msgspec

from hub.intake.lifetime import lifetime_us
from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.service.outlet.wish import Left, LeftOut, Wish
from hub.stix.instant import instant_us

_DAY_US = 86_400_000_000
NEVER_US = (1 << 62) - 1


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


class _Standing(msgspec.Struct):
    revoked: Any = None


_decode = msgspec.json.Decoder(_Standing).decode


class Sieve:
    """Lets through what is live, counts the rest by reason, and notes when that will change.

    Args:
        wish: What is asked for.
        ceiling: The strictest marking that may leave.
        now_us: What is live is so at this instant.
    """

    def __init__(self, wish: Wish, ceiling: Tlp, now_us: int) -> None:
        self.left: LeftOut = LeftOut()
        self.turn_us = NEVER_US
        """When something begins or ends"""
        self._wish = wish
        self._ceiling = min(ceiling, wish.ceiling)
        self._now = now_us

    def open(self, piece: Piece) -> bool:
        """Whether the marking and the audience of a record let it leave at all."""
        if piece.named:
            self.left[Left.AUDIENCE] += 1
        elif piece.tlp > self._ceiling:
            self.left[Left.MARKING] += 1
        else:
            return True
        return False

    def indicator(self, piece: Piece) -> tuple[Assertion, dict[str, Any]] | None:
        """A live indicator with its members, or None."""
        if not self.open(piece):
            return None
        obj: dict[str, Any] = msgspec.json.decode(piece.raw)
        said = _assertion(piece, obj)
        reason = self._reason(obj, said)
        if reason:
            self.left[reason] += 1
            return None
        return said, obj

    def stands(self, piece: Piece) -> bool:
        """Whether an object that is no indicator was not withdrawn."""
        is_gone = _decode(piece.raw).revoked is True
        self.left[Left.REVOKED] += is_gone
        return not is_gone

    def holds(self, said: Assertion, field: str) -> bool:
        """Whether a value of that field still says something; notes when it ends."""
        return self.holds_any(said, (field,))

    def holds_any(self, said: Assertion, fields: Collection[str]) -> bool:
        """Whether one of several values does."""
        end = said.until_us or max(self._end(said, field) for field in fields)
        if end <= self._now:
            self.left[Left.OUTLIVED] += 1
            return False
        self.turn_us = min(self.turn_us, end)
        return True

    def _reason(self, obj: Mapping[str, Any], said: Assertion) -> Left | None:
        if obj.get("revoked") is True:
            return Left.REVOKED
        # STIX 2.0 has this vocabulary in labels.
        if "benign" in (*_texts(obj.get("indicator_types")), *_texts(obj.get("labels"))):
            return Left.BENIGN
        if said.confidence < self._wish.min_confidence and self._wish.min_confidence:
            return Left.CONFIDENCE
        if said.first_us > self._now:
            self.turn_us = min(self.turn_us, said.first_us)
            return Left.EARLY
        return Left.EXPIRED if 0 < said.until_us <= self._now else None

    def _end(self, said: Assertion, field: str) -> int:
        days = self._wish.days
        span = lifetime_us(field) if days is None else days * _DAY_US
        return said.last_us + span if span else NEVER_US


def _assertion(piece: Piece, obj: Mapping[str, Any]) -> Assertion:
    given = obj.get("confidence")
    first = _instant(obj.get("valid_from")) or _instant(obj.get("created"))
    name = obj.get("name")
    return Assertion(
        piece.publisher,
        piece.object_id,
        given if type(given) is int else -1,
        first,
        max(first, _instant(obj.get("modified"))),
        _instant(obj.get("valid_until")),
        piece.tlp,
        name if isinstance(name, str) else "",
    )


def _instant(value: Any) -> int:
    found = instant_us(value) if isinstance(value, str) else None
    return found or 0


def _texts(value: Any) -> list[str]:
    # Real objects have a text in place of a list.
    found = value if isinstance(value, list) else [value]
    return [item.lower() for item in found if isinstance(item, str)]
