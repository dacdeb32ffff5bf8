"""What the page of an indicator says of its age is what the files do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.service.outlet.age import Age, aged
from hub.service.outlet.live import Sieve
from hub.service.outlet.wish import Wish
from hub.stix.equalities import equalities
from tests import fakes

DAY_US = 86_400_000_000
NOW_US = fakes.START_US


def _at(days: float) -> str:
    return fakes.format_us(NOW_US + int(days * DAY_US))


def _indicator(pattern: str = "[ipv4-addr:value = '198.51.100.1']", **more: Any) -> dict[str, Any]:
    first = {"valid_from": _at(-15), "modified": _at(-15)}
    return {"pattern": pattern, "pattern_type": "stix"} | first | more


def _piece(obj: dict[str, Any]) -> Piece:
    raw = msgspec.json.encode(obj)
    return Piece(1, 1, "indicator--1", "indicator", "v", Tlp.CLEAR, "grid", raw)


@pytest.mark.parametrize(
    ("more", "age"),
    [
        ({"confidence": 80}, Age(80, 23, NOW_US + 15 * DAY_US, False)),
        ({}, Age(-1, 0, NOW_US + 15 * DAY_US, False)),
        ({"confidence": 80, "valid_until": _at(-1)}, Age(80, 0, NOW_US - DAY_US, True)),
        ({"confidence": 80, "valid_until": _at(45)}, Age(80, 40, NOW_US + 45 * DAY_US, False)),
        ({"confidence": 400, "modified": _at(0)}, Age(100, 100, NOW_US + 30 * DAY_US, False)),
        ({"confidence": 80, "pattern": "rule", "pattern_type": "yara"}, Age(80, 80, 0, False)),
        (
            {
                "confidence": 80,
                "pattern": "[ipv4-addr:value = '198.51.100.1' OR domain-name:value = 'a.example']",
            },
            Age(80, 73, NOW_US + 165 * DAY_US, False),
        ),
    ],
)
def test_age(more: dict[str, Any], age: Age) -> None:
    obj = _indicator(**more)
    assert aged(_piece(obj), obj, NOW_US) == age


@pytest.mark.parametrize("days", [0, 1, 7, 14.9, 15.1, 40])
@pytest.mark.parametrize("more", [{}, {"valid_until": _at(20)}, {"modified": _at(-3)}])
def test_it_is_in_the_files_as_long_as_the_page_says(days: float, more: dict[str, Any]) -> None:
    obj = _indicator(confidence=80, **more)
    now_us = NOW_US + int(days * DAY_US)
    age = aged(_piece(obj), obj, now_us)
    for least in (0, 1, 20, 50, 80):
        sieve = Sieve(Wish(min_weight=least), Tlp.RED, now_us)
        found = sieve.indicator(_piece(obj))
        holds = found is not None and sieve.holds_any(
            found[0], {equal.field for equal in equalities(obj) or ()}
        )
        if holds:
            assert round(age.weight) >= least
            assert not age.is_over
            assert sieve.turn_us <= age.end_us
        else:
            assert age.is_over or age.weight <= least
