"""Why a value may better not be published: hub/intake/concerns.py."""

from __future__ import annotations

import pytest

from hub.intake.concerns import item_of_term, weighed
from hub.language.values import read
from hub.model.search import Term

OF = {
    ("ip", "45.77.1.0/24"): (),
    ("ip", "45.0.0.0/8"): ("broad",),
    ("ip", "0.0.0.0/0"): ("broad",),
    ("ip", "8.8.8.0/24"): ("resolver",),
    ("ip", "192.0.2.0/24"): ("documentation",),
    ("domain", "evil.vn"): (),
    ("domain", "com.vn"): ("broad",),
    ("domain", "x.vn"): ("broad",),
    # Nobody misses what is there for examples.
    ("domain", "x.example"): ("documentation",),
    ("url", "https://bit.ly/"): ("popular", "broad"),
    ("url", "https://bit.ly/3abc"): (),
}


@pytest.mark.parametrize(("field", "text"), OF)
def test_what_is_said_against_a_value(field: str, text: str) -> None:
    key = read(field, text)
    assert key
    assert weighed(item_of_term(Term(field, key)), ()).concerns == OF[field, text]


def test_an_example_alone_stays_chosen() -> None:
    kept = {
        text: weighed(item_of_term(Term("domain", read("domain", text) or "")), ()).keep
        for text in ("x.example", "com.vn")
    }
    assert kept == {"x.example": True, "com.vn": False}
