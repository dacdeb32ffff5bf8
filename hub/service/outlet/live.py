"""Which indicators may leave, and for how long: decided for each object alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from hub.intake.lifetime import holds_us
from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.service.outlet.assertion import NEVER_US, Assertion, asserted
from hub.service.outlet.wish import Left, LeftOut, Wish


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
        self.now_us = now_us
        self._wish = wish
        self._ceiling = min(ceiling, wish.ceiling)

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
        said = asserted(piece, obj)
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
        end = max(said.end_us(field, self._wish.days) for field in fields)
        if end <= self.now_us:
            self.left[Left.OUTLIVED] += 1
            return False
        if self._wish.min_weight:
            end = max(self._faded(said, field) for field in fields)
            if end <= self.now_us:
                self.left[Left.FADED] += 1
                return False
        self.turn_us = min(self.turn_us, end)
        return True

    def _reason(self, obj: Mapping[str, Any], said: Assertion) -> Left | None:
        if obj.get("revoked") is True:
            return Left.REVOKED
        # STIX 2.0 has this vocabulary in labels.
        if "benign" in (*_texts(obj.get("indicator_types")), *_texts(obj.get("labels"))):
            return Left.BENIGN
        least = max(self._wish.min_confidence, self._wish.min_weight)
        if least and said.confidence < least:
            return Left.CONFIDENCE
        if said.first_us > self.now_us:
            self.turn_us = min(self.turn_us, said.first_us)
            return Left.EARLY
        return Left.EXPIRED if 0 < said.until_us <= self.now_us else None

    def _faded(self, said: Assertion, field: str) -> int:
        span = said.span_us(field, self._wish.days)
        if not span:
            return said.end_us(field, self._wish.days)
        return said.last_us + holds_us(field, said.confidence, self._wish.min_weight, span)


def _texts(value: Any) -> list[str]:
    # Real objects have a text in place of a list.
    found = value if isinstance(value, list) else [value]
    return [item.lower() for item in found if isinstance(item, str)]
