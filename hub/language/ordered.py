"""Values with an order: dates, numbers and markings, alone, compared and in ranges."""

from __future__ import annotations

import re

from hub.language.fields import Kind
from hub.language.instants import Period, period
from hub.language.leaf import Leaf
from hub.language.lexer import RANGE, Mark
from hub.model.search import Between, Node
from hub.model.tlp import Tlp

_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)


def between(leaf: Leaf, kind: Kind, now_us: int) -> Node:
    """The range that a condition on an ordered field means.

    Raises:
        QueryError: The value is none of this field, or the range is none.
    """
    text = leaf.value.text
    if leaf.value.mark is Mark.RANGE and not leaf.sign:
        return _range(leaf, kind, now_us)
    if text == "*" and not leaf.sign:
        return Between(leaf.field, None, None)
    if text.startswith(("[", "{")):
        raise leaf.problem("bad-range")
    found = _read(text, kind, now_us)
    if found is None or leaf.value.begins:
        raise leaf.unlike("bad-value")
    low, high = _compared(leaf.sign, found, now_us)
    return Between(leaf.field, low, high)


def _compared(sign: str, found: Period, now_us: int) -> tuple[int | None, int | None]:
    match sign:
        case ">":
            return found.end_us, None
        case ">=":
            return found.start_us, None
        case "<":
            return None, found.start_us - 1
        case "<=":
            return None, found.end_us - 1
    if found.relative:
        # Alone, a distance is the time between then and now.
        return min(found.start_us, now_us), max(found.start_us, now_us)
    return found.start_us, found.end_us - 1


def _range(leaf: Leaf, kind: Kind, now_us: int) -> Node:
    parts = RANGE.fullmatch(leaf.value.text)
    if parts is None:
        raise leaf.problem("bad-range")
    opener, first, last, closer = parts.groups()
    low = high = None
    if first != "*":
        lowest = _bound(leaf, first, kind, now_us)
        low = lowest.start_us if opener == "[" else lowest.end_us
    if last != "*":
        highest = _bound(leaf, last, kind, now_us)
        high = (highest.end_us if closer == "]" else highest.start_us) - 1
    if low is not None and high is not None and low > high:
        raise leaf.problem("backwards")
    return Between(leaf.field, low, high)


def _bound(leaf: Leaf, text: str, kind: Kind, now_us: int) -> Period:
    found = _read(text, kind, now_us)
    if found is None:
        raise leaf._replace(value=leaf.value._replace(text=text)).unlike("bad-value")
    return found


def _read(text: str, kind: Kind, now_us: int) -> Period | None:
    """A value as the numbers that it stands for."""
    if kind is Kind.INSTANT:
        return period(text, now_us)
    if kind is Kind.NUMBER:
        number = int(text) if _NUMBER.fullmatch(text) else None
    else:
        number = _colour(text)
    return None if number is None else Period(number, number + 1)


def _colour(text: str) -> int | None:
    try:
        return int(Tlp.named(text))
    except ValueError:
        return None
