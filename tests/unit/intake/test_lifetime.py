"""Weights fall from the confidence to nothing, and the instant at which too little is left is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.intake.lifetime import FIELDS, holds_us, life, lifetime_us, weight

SPAN_US = 30 * 86_400_000_000
fields = st.sampled_from([*FIELDS, "mac"])
confidences = st.integers(1, 100)
ages = st.integers(0, SPAN_US)


def test_the_defaults_are_data() -> None:
    assert life("ip").days == 30
    assert life("mac") == life("default")
    assert lifetime_us("ip") == SPAN_US
    assert lifetime_us("hash") == 0


@pytest.mark.parametrize(
    ("field", "part", "left"), [("ip", 0.25, 40), ("domain", 0.25, 60), ("url", 0.125, 60)]
)
def test_the_curve_of_a_type(field: str, part: float, left: float) -> None:
    assert weight(field, 80, int(SPAN_US * part), SPAN_US) == pytest.approx(left)


@given(field=fields, confidence=confidences, one=ages, other=ages)
def test_weights_only_fall(field: str, confidence: int, one: int, other: int) -> None:
    younger, older = sorted((one, other))
    found = [weight(field, confidence, age, SPAN_US) for age in (0, younger, older, SPAN_US)]
    assert found == sorted(found, reverse=True)
    assert (found[0], found[-1]) == (confidence, 0)
    assert weight(field, confidence, -1, SPAN_US) == confidence
    assert weight(field, confidence, older, 0) == confidence


@given(field=fields, confidence=confidences, share=st.floats(0.01, 1))
def test_holding_ends_when_too_little_is_left(field: str, confidence: int, share: float) -> None:
    least = max(1, int(confidence * share))
    held = holds_us(field, confidence, least, SPAN_US)
    assert 0 <= held < SPAN_US
    assert weight(field, confidence, held, SPAN_US) == pytest.approx(least, abs=1e-4)
