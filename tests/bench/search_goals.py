"""The goals of search, and what became of them."""

from __future__ import annotations

import math
from typing import NamedTuple

from .report import Row, Table

LARGE = 5_000_000
"""From this size on search may take longer."""

MIX = "search, mix"
EXACT = "exact value"
FACET = "facet of a broad query"
LOOKUP = "look-up of 10,000 values"
INGEST = "ingest, batch 1000"
PROJECT = "projector, from behind"
LAG = "from kept to found, under load"
LOADED = "search, mix, under load"


class Goal(NamedTuple):
    """A promise, and what was measured of it."""

    text: str
    unit: str
    target: float
    value: float
    """NaN: not measured, or with an error"""
    least: bool = False
    """The value may not be below the target; else not above it."""

    @property
    def ratio(self) -> float:
        """How many times as good as promised; below 1 is missed."""
        return self.value / self.target if self.least else self.target / self.value

    @property
    def met(self) -> bool | None:
        """None: not measured."""
        return None if math.isnan(self.value) else self.ratio >= 1


def goals(table: Table, sizes: list[int]) -> list[Goal]:
    """Every goal at every size."""
    found: list[Goal] = []
    for size in sizes:
        found += _embedded(table, size)
    for size in sizes:
        if any(row.server == "elasticsearch" and row.size == size for row in table.rows):
            found += _copied(table, size)
    return found


def _embedded(table: Table, size: int) -> list[Goal]:
    def p95(measure: str) -> float:
        return _row(table, measure, "sqlite", size).wall_ms(0.95)

    def goal(measure: str, target: float) -> Goal:
        return Goal(f"SQLite, {size:,}: {measure}, p95", "ms", target, p95(measure))

    rate = _row(table, INGEST, "sqlite", size).rate
    return [
        Goal(f"SQLite, {size:,}: {INGEST}, search on", "objects/s", 8000, rate, least=True),
        goal(MIX, 300 if size >= LARGE else 20),
        goal(EXACT, 5),
        # A count that takes longer than 250 ms is given up; that takes a moment, too.
        goal(FACET, 275),
        goal(LOOKUP, 2000),
    ]


def _copied(table: Table, size: int) -> list[Goal]:
    def row(measure: str) -> Row:
        return _row(table, measure, "elasticsearch", size)

    name = f"Elasticsearch, {size:,}"
    return [
        Goal(f"{name}: {PROJECT}", "objects/s", 5000, row(PROJECT).rate, least=True),
        Goal(f"{name}: {MIX}, p95", "ms", 100, row(MIX).wall_ms(0.95)),
        Goal(f"{name}: {LAG}, p95", "ms", 2000, row(LAG).wall_ms(0.95)),
        Goal(f"{name}: {LOADED}, p95", "ms", 100, row(LOADED).wall_ms(0.95)),
    ]


def _row(table: Table, measure: str, server: str, size: int) -> Row:
    """The row; an empty one for what was not measured, or with an error."""
    for row in table.rows:
        if (row.measure, row.server, row.size, row.errors) == (measure, server, size, 0):
            return row
    return Row(measure, server, size)


_LINE = "{:<66} {:>10} {:>10} {:>10} {:>6}  {}"


def print_goals(found: list[Goal]) -> None:
    """Print target, value and ratio of each."""
    words = {True: "met", False: "MISSED", None: "not measured"}
    print(_LINE.format("goal", "", "target", "value", "ratio", "verdict"))
    for goal in found:
        cells = [f"{goal.target:,.0f}"]
        if goal.met is None:
            cells += ["-", "-"]
        else:
            cells += [f"{goal.value:,.{0 if goal.value >= 100 else 1}f}", f"{goal.ratio:.2f}"]
        print(_LINE.format(goal.text, goal.unit, *cells, words[goal.met]))
