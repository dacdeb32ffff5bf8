"""Measure search on SQLite and on a real Elasticsearch, in one run and one table.

One store grows from size to size. At each it is asked the same questions on both engines; their
answers must be the same. A node of Elasticsearch is started for it (`tests.elastic`). The exit
status is 1 when an answer was wrong or missing; a goal that is missed is printed, and is no
failure of the run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hub.errors import HubError
from tests.elastic.jars import NotHere, Wrong
from tests.elastic.node import NodeFailed

from . import questions
from .meter import Round, environment
from .objects import Feed
from .report import Table, tenths
from .search_goals import (
    EXACT,
    FACET,
    INGEST,
    LAG,
    LARGE,
    LOADED,
    LOOKUP,
    MIX,
    PROJECT,
    goals,
    print_goals,
)
from .searching import Copied, Embedded, Engine, gather

MILLION = 1_000_000


class Effort(NamedTuple):
    """How much is done."""

    rounds: int = 5
    exact: int = 200
    """Single values of a round"""
    values: int = 10_000
    """Of a look-up"""
    rate: int = 5000
    """Objects a second while the lag is measured"""
    seconds: float = 20.0
    """How long"""
    heap_mb: int = 2048


QUICK = Effort(rounds=1, exact=20, values=400, rate=2000, seconds=2.0, heap_mb=512)


class Bench:
    """One run."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.table = Table()
        self.notes: list[str] = []
        self.feed = Feed(options.seed)
        self.effort = QUICK if options.quick else Effort()
        self._deadline = time.monotonic() + 60 * options.minutes
        self._stored = 0

    def run(self) -> None:
        """Measure all.

        Raises:
            TimeoutError: The time of the run is over.
        """
        embedded = Embedded(self.folder / "store", self.feed)
        with contextlib.ExitStack() as opened:
            copied: Copied | None = None
            for size in self.options.sizes:
                self._load(embedded, size)
                if size >= LARGE or self.options.no_elastic:
                    self._ask(embedded, size, [embedded])
                    continue
                if copied is None:
                    self._say("start a node of Elasticsearch")
                    copied = Copied(self.folder / "node", embedded, self.effort.heap_mb)
                    opened.callback(copied.close)
                self._say(f"elasticsearch: {PROJECT}, {size:,} objects")
                self._add(PROJECT, copied, size, copied.catch_up(self._deadline))
                self._ask(embedded, size, [embedded, copied])
                self._lag(copied, size)

    def _load(self, embedded: Embedded, size: int) -> None:
        self._say(f"sqlite: {INGEST}, from {self._stored:,} to {size:,} objects")
        load = embedded.load(self._stored, size, self._deadline)
        self._stored = size
        self._add(INGEST, embedded, size, load)
        for name, part in tenths(load).items():
            self._add(f"ingest, {name.removeprefix('load, ')}", embedded, size, part)

    def _ask(self, embedded: Embedded, size: int, engines: Sequence[Engine]) -> None:
        pages: dict[str, list[int]] = {}
        if len({engine.count() for engine in engines}) > 1 and size < MILLION:
            self._fail(f"{size:,}: the engines do not count alike")
        for turn in range(self.effort.rounds):
            for engine in engines:
                self._say(f"{engine.name}: {size:,}, round {turn + 1} of {self.effort.rounds}")
                self._round(engine, size, pages)
        for engine in engines:
            memory, disk = engine.megabytes()
            self.table.row("memory (PSS)", engine.name, size).megabytes = memory
            self.table.row("disk", engine.name, size).megabytes = disk
            for what in sorted(engine.uncounted):
                self.notes.append(f"{engine.name}, {size:,}: not counted in time: {what}")
            engine.uncounted.clear()

    def _round(self, engine: Engine, size: int, pages: dict[str, list[int]]) -> None:
        groups: dict[str, Round] = {}
        for group, done in engine.searches(size, pages):
            gather(groups.setdefault(f"search, {group}", Round()), done)
            gather(groups.setdefault(MIX, Round()), done)
        for name, done in groups.items():
            self._add(name, engine, size, done)
        self._add(EXACT, engine, size, engine.exact(size, self.effort.exact))
        for text in questions.BROAD:
            self._add(FACET, engine, size, engine.facets(text))
            self._add("histogram by day", engine, size, engine.histogram(text))
        self._add(LOOKUP, engine, size, engine.lookup(size, self.effort.values))

    def _lag(self, copied: Copied, size: int) -> None:
        effort = self.effort
        self._say(f"elasticsearch: {LAG}, {effort.rate:,} objects a second")
        lags, searches, published = copied.lag(self._stored, effort.rate, effort.seconds)
        self._stored += published
        self._add(LAG, copied, size, lags)
        self._add(LOADED, copied, size, searches)

    def _add(self, measure: str, engine: Engine, size: int, done: Round) -> None:
        self.table.row(measure, engine.name, size).rounds.append(done)
        if done.errors:
            self.notes.append(f"ERROR {engine.name}, {size:,}, {measure}: {done.reason}")

    def _fail(self, reason: str) -> None:
        self.table.failures += 1
        self.notes.append(f"ERROR {reason}")

    def _say(self, text: str) -> None:
        if time.monotonic() > self._deadline:
            raise TimeoutError(f"the {self.options.minutes} minutes are over; not done: {text}")
        print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


# The time is over, an engine does not answer, a process ended, a node cannot be had.
_BREAKS = (OSError, HubError, NotHere, Wrong, NodeFailed, subprocess.SubprocessError)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 0 when every answer was right."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(
        prefix="hub-bench-", dir=options.folder, ignore_cleanup_errors=True
    ) as folder:
        about = environment(Path(folder))
        bench = Bench(options, Path(folder))
        try:
            bench.run()
        except _BREAKS as error:
            bench.table.failures += 1
            bench.notes.append(f"ERROR the run is not complete: {error!r}")
    about |= {"load at the end": environment(Path.cwd())["load"]}
    _report(bench, about)
    return 1 if bench.table.errors else 0


def _report(bench: Bench, about: dict[str, str]) -> None:
    options = bench.options
    found = goals(bench.table, options.sizes)
    if options.quick:
        bench.notes.append("a smoke run: its figures and verdicts say nothing about the goals")
    print(", ".join(f"{name} {value}" for name, value in about.items()), end="\n\n")
    bench.table.print()
    print()
    for note in bench.notes:
        print(f"note: {note}")
    print()
    print_goals(found)
    if options.json:
        report = {
            "environment": about,
            "rows": [row.figures() for row in bench.table.rows],
            "goals": [goal._asdict() | {"met": goal.met} for goal in found],
            "notes": bench.notes,
        }
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search", description=__doc__)
    parser.add_argument("--sizes", type=_sizes, help="objects, such as 100000 (the default)")
    parser.add_argument("--million", action="store_true", help="one million objects as well")
    parser.add_argument(
        "--five-million", action="store_true", help="five million as well, on SQLite alone"
    )
    parser.add_argument("--quick", action="store_true", help="a smoke run of less than a minute")
    parser.add_argument("--minutes", type=float, default=60, help="end the run after so long (60)")
    parser.add_argument("--seed", type=int, default=1, help="of the objects (1)")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    parser.add_argument("--folder", type=Path, help="for the stores: a real disk, no memory disk")
    parser.add_argument("--no-elastic", action="store_true", help="leave Elasticsearch out")
    options = parser.parse_args(arguments)
    options.sizes = options.sizes or ([2000] if options.quick else [100_000])
    options.sizes += [MILLION] if options.million else []
    options.sizes += [LARGE] if options.five_million else []
    return options


def _sizes(text: str) -> list[int]:
    return sorted(int(size) for size in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
