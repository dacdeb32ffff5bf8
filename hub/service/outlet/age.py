"""What time does to an indicator, as its page says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.intake.lifetime import weight
from hub.model.search import Piece
from hub.service.outlet.assertion import LASTING, NEVER_US, asserted
from hub.stix.equalities import equalities


class Age(NamedTuple):
    """What time does to an indicator."""

    confidence: int
    """As it was asserted, 0 to 100; -1: it says nothing of it"""
    weight: int
    """What is left of that; 0 too if it says nothing of it"""
    end_us: int
    """When time alone takes it out of the files for devices; 0: never"""
    is_over: bool
    """It has"""


def aged(piece: Piece, obj: Mapping[str, Any], now_us: int) -> Age:
    """What time has done to an indicator and will do; its longest living value decides.

    Args:
        piece: Its record.
        obj: Its members.
        now_us: Unix time in microseconds.
    """
    said = asserted(piece, obj)
    age_us = now_us - said.last_us
    fields = {equal.field for equal in equalities(obj) or ()} or {LASTING}
    spans = {field: said.span_us(field, None) for field in fields}
    end_us = max(said.end_us(field, None) for field in spans)
    left = max(weight(field, said.confidence, age_us, span) for field, span in spans.items())
    is_over = end_us <= now_us
    return Age(
        said.confidence,
        0 if is_over else max(0, round(left)),
        0 if end_us == NEVER_US else end_us,
        is_over,
    )
