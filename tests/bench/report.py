"""The table of all figures, and the goals they are held against."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from .meter import Round


def percentile(values: list[float], share: float) -> float:
    """The nearest-rank percentile; NaN of nothing."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan


@dataclass
class Row:
    """One measure of one server at one size."""

    measure: str
    server: str
    size: int
    rounds: list[Round] = field(default_factory=list)
    megabytes: float = math.nan

    def wall_ms(self, share: float) -> float:
        """A percentile of the wall time of a request."""
        return 1000 * percentile([wall for done in self.rounds for wall in done.walls], share)

    @property
    def cpu_ms(self) -> float:
        """Server CPU of a request: the median round."""
        costs = [done.cpu / len(done.walls) for done in self.rounds if done.walls]
        return 1000 * median(costs) if costs else math.nan

    @property
    def cpu_us_object(self) -> float:
        """Server CPU of an object: the median round."""
        costs = [done.cpu / done.objects for done in self.rounds if done.objects]
        return 1e6 * median(costs) if costs else math.nan

    @property
    def rate(self) -> float:
        """Objects in a second: the median round."""
        rates = [
            done.objects / done.elapsed for done in self.rounds if done.objects and done.elapsed
        ]
        return median(rates) if rates else math.nan

    @property
    def errors(self) -> int:
        """Answers that were wrong or did not come."""
        return sum(done.errors for done in self.rounds)

    def figures(self) -> dict[str, object]:
        """The row for a JSON file; NaN becomes None."""
        figures = {
            "p50_ms": self.wall_ms(0.5),
            "p95_ms": self.wall_ms(0.95),
            "cpu_ms": self.cpu_ms,
            "cpu_us_object": self.cpu_us_object,
            "objects_per_s": self.rate,
            "megabytes": self.megabytes,
        }
        known = {name: None if math.isnan(value) else value for name, value in figures.items()}
        return {
            "measure": self.measure,
            "server": self.server,
            "objects": self.size,
            **known,
            "requests": sum(len(done.walls) for done in self.rounds),
            "errors": self.errors,
        }


class Table:
    """Rows in the order they were first measured, grouped by measure when printed."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, int], Row] = {}
        self.failures = 0
        """What ended the run before its time; counts as an error."""

    def row(self, measure: str, server: str, size: int) -> Row:
        """The row, made when it is new."""
        return self._rows.setdefault((measure, server, size), Row(measure, server, size))

    @property
    def errors(self) -> int:
        """All errors of the run but medallion's own, which stand in its rows."""
        own = [row.errors for row in self._rows.values() if row.server != "medallion"]
        return self.failures + sum(own)

    @property
    def rows(self) -> list[Row]:
        """All rows, those of a measure together."""
        order = {measure: place for place, (measure, _, _) in reversed([*enumerate(self._rows)])}
        return sorted(
            self._rows.values(), key=lambda row: (order[row.measure], row.server, row.size)
        )

    def print(self) -> None:
        """Print the one table."""
        heads = ("measure", "server", "objects", "p50 ms", "p95 ms", "CPU ms", "CPU us/obj",
                 "objects/s", "MB", "errors")  # fmt: skip
        print(_LINE.format(*heads))
        print("-" * len(_LINE.format(*heads)))
        before = ""
        for row in self.rows:
            name = "" if row.measure == before else row.measure
            before = row.measure
            print(
                _LINE.format(
                    name, row.server, f"{row.size:,}" if row.size else "growing", *_cells(row)
                )
            )


_LINE = "{:<30} {:<12} {:>9} {:>10} {:>10} {:>10} {:>10} {:>11} {:>8} {:>6}"


def _cells(row: Row) -> list[str]:
    cells = [
        *(_number(row.wall_ms(0.5)), _number(row.wall_ms(0.95))),
        *(_number(row.cpu_ms), _number(row.cpu_us_object)),
        "-" if math.isnan(row.rate) else f"{row.rate:,.0f}",
        _number(row.megabytes),
    ]
    return [*cells, str(row.errors)]


def _number(value: float) -> str:
    """Three significant digits, at least."""
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.{2 if value < 10 else 1}f}"


class Goal(NamedTuple):
    """A promise of the design, and what became of it."""

    text: str
    figure: str
    met: bool | None
    """None: not measured in this run."""


def goals(table: Table, sizes: list[int]) -> list[Goal]:
    """The goals of the design, judged at the sizes of this run."""
    hub = _Figures(table, "hub", max(sizes))
    small = _Figures(table, "hub", min(sizes))
    plain = _Figures(table, "plain scan", max(sizes))
    empty = _Figures(table, "hub", 0)
    between = f"at {hub.size:,} / at {small.size:,} objects"
    full, new0, new10 = "full poll", "incremental, 0 new", "incremental, 10 new"
    strict = "ingest, batch 1000, strict"
    page_growth, new0_growth = math.nan, math.nan
    if hub.size > small.size:
        page_growth = hub.cpu_us_object(full) / small.cpu_us_object(full)
        new0_growth = hub.cpu_ms(new0) / small.cpu_ms(new0)
    flat = hub.rate("load, last tenth") / hub.rate("load, first tenth")
    depth = hub.cpu_ms("page, last") / hub.cpu_ms("page, first")
    floor = hub.cpu_us_object(full) / plain.cpu_us_object(full)
    return [
        _most(f"page, CPU, {between}", page_growth, 1.5, "x"),
        _most("last page / first page, CPU", depth, 1.5, "x"),
        _most("page / plain SQLite scan, CPU", floor, 3, "x"),
        _most("page of 1000, p50", hub.wall_ms("page, first", 0.5), 5, " ms"),
        _least("full poll", hub.rate(full), 150_000, " objects/s"),
        _least("32 pollers", hub.rate("32 pollers"), 300_000, " objects/s"),
        _most("incremental poll, 0 new, p50", hub.wall_ms(new0, 0.5), 1, " ms"),
        _most("incremental poll, 0 new, p95", hub.wall_ms(new0, 0.95), 5, " ms"),
        _most("incremental poll, 10 new, p50", hub.wall_ms(new10, 0.5), 2, " ms"),
        _most(f"incremental poll, CPU, {between}", new0_growth, 2.5, "x"),
        _least("ingest, batch 1000", hub.rate("load, batch 1000"), 10_000, " objects/s"),
        _least(f"{strict} collection", empty.rate(strict), 10_000, " objects/s"),
        _least("ingest, last tenth / first tenth", flat, 0.5, "x"),
        _least("ingest, batch 1", empty.rate("ingest, batch 1, 1 writer"), 300, " objects/s"),
        _most("memory (PSS) of the process tree", hub.memory(), 400, " MB"),
        _most("errors", table.errors, 0, ""),
    ]


class _Figures:
    """Figures of one server at one size; NaN for what was not measured, or with an error."""

    def __init__(self, table: Table, server: str, size: int) -> None:
        self.size = size
        self._rows = {
            row.measure: row
            for row in table.rows
            if (row.server, row.size, row.errors) == (server, size, 0)
        }

    def _row(self, measure: str) -> Row:
        return self._rows.get(measure, Row(measure, "", 0))

    def cpu_ms(self, measure: str) -> float:
        return self._row(measure).cpu_ms

    def cpu_us_object(self, measure: str) -> float:
        return self._row(measure).cpu_us_object

    def rate(self, measure: str) -> float:
        return self._row(measure).rate

    def wall_ms(self, measure: str, share: float) -> float:
        return self._row(measure).wall_ms(share)

    def memory(self) -> float:
        found = [row.megabytes for name, row in self._rows.items() if name.startswith("memory")]
        return max(found, default=math.nan)


def _most(what: str, value: float, bound: float, unit: str) -> Goal:
    return _judge(f"{what} <= {bound:,}{unit}", value, unit, met=value <= bound)


def _least(what: str, value: float, bound: float, unit: str) -> Goal:
    return _judge(f"{what} >= {bound:,}{unit}", value, unit, met=value >= bound)


def _judge(text: str, value: float, unit: str, *, met: bool) -> Goal:
    if math.isnan(value):
        return Goal(text, "not measured", None)
    figure = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    return Goal(text, figure + unit, met)


def print_goals(found: list[Goal]) -> None:
    """Print what is met and what is missed."""
    words = {True: "met", False: "MISSED", None: "-"}
    print(f"{'goal':<62} {'figure':>22}  verdict")
    for goal in found:
        print(f"{goal.text:<62} {goal.figure:>22}  {words[goal.met]}")


def tenths(load: Round) -> dict[str, Round]:
    """The first and the last tenth of a load by equal batches; nothing of a short one."""
    count = len(load.walls) // 10
    if not count:
        return {}
    share = load.objects * count // len(load.walls)
    parts = {"first": load.walls[:count], "last": load.walls[-count:]}
    return {
        f"load, {name} tenth": Round(walls, objects=share, elapsed=sum(walls))
        for name, walls in parts.items()
    }
