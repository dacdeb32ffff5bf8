"""Measure the hub beside medallion and beside SQLite itself, in one run and one table.

Everything runs on 127.0.0.1 and in a temporary folder. The exit status is 1 when an answer was
wrong or missing; a goal that is missed is printed, and is no failure of the run.
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
from pathlib import Path

import msgspec
import psutil

from .measures import WRITERS, Effort, Subject, ingest_name
from .meter import Round, environment
from .objects import Feed
from .plain import PlainScan
from .report import Row, Table, goals, print_goals, tenths
from .servers import Hub, Medallion, Server

QUICK = Effort(
    requests=3,
    seconds=1.0,
    poll_seconds=0.3,
    pollers=(1, 8),
    posts=((1, 20), (10, 8), (100, 4), (1000, 1)),
)
# A request costs medallion seconds at 1,000 objects, so one is all that a measure gets.
SLOW = Effort(
    requests=1,
    seconds=0.0,
    poll_seconds=0.1,
    pollers=(1, 8),
    posts=((1, 40), (10, 8), (100, 4), (1000, 1)),
)
QUICK_SLOW = SLOW._replace(pollers=(1,), posts=((1, 10), (10, 4), (100, 1)))
MEDALLION_NOTES = (
    (
        "medallion: one small size and one round, for a poll costs it the square of the size; "
        "no 32 pollers, no batch of 5000: minutes for one sample"
    ),
    (
        "medallion: no last page, for its `next` is a session in the server that works once; "
        "no match[name], for it ignores match fields it does not know"
    ),
)
INGEST_ROUNDS = 2
STRICT = "ingest, batch 1000, strict"
"""Into a collection that takes only what follows STIX to the letter."""


class Bench:
    """One run: subjects, rounds and the table they fill."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.table = Table()
        self.notes: list[str] = []
        self.feed = Feed(options.seed)
        self.effort = QUICK if options.quick else Effort()
        self._deadline = time.monotonic() + 60 * options.minutes

    def run(self) -> None:
        """Measure all; every server is stopped at the end, whatever happens.

        Raises:
            TimeoutError: The time of the run is over.
        """
        self._ingest()
        with contextlib.ExitStack() as opened:
            self._sizes(opened)
        if not self.options.no_medallion:
            self._medallion()

    def _ingest(self) -> None:
        """Batches and writers, on collections that start empty and grow."""
        with contextlib.ExitStack() as opened:
            hub = self._start(opened, Hub(self.folder / "ingest"))
            plain = PlainScan(self.folder / "plain-ingest", 0, self.feed)
            opened.callback(plain.close)
            for _ in range(1 if self.options.quick else INGEST_ROUNDS):
                for batch, posts in self.effort.posts:
                    self._writers(hub, batch)
                    done = plain.insert(posts * batch, batch)
                    self._add(ingest_name(batch, 1), plain, done)
            self._add("every object once", hub, hub.check())
            if not self.options.quick:
                self._strict(opened)

    def _strict(self, opened: contextlib.ExitStack) -> None:
        strict = self._start(opened, Hub(self.folder / "strict", strict=True))
        self._say(f"{strict.name}: {STRICT}")
        self._add(STRICT, strict, strict.ingest(1000, 1))

    def _writers(self, subject: Subject, batch: int) -> None:
        for writers in WRITERS:
            name = ingest_name(batch, writers)
            self._say(f"{subject.name}: {name}")
            self._add(name, subject, subject.ingest(batch, writers))

    def _sizes(self, opened: contextlib.ExitStack) -> None:
        """All sizes side by side, so that noise of the machine meets each of them."""
        subjects: list[Subject | PlainScan] = []
        for size in self.options.sizes:
            hub = self._start(opened, Hub(self.folder / f"hub-{size}"))
            self._load(hub, size)
            plain = PlainScan(self.folder / f"plain-{size}", size, self.feed)
            opened.callback(plain.close)
            self._say(f"{plain.name}: load {size:,} objects")
            self._add("load, batch 1000", plain, plain.load())
            subjects += [hub, plain]
        for turn in range(self.options.rounds):
            self._round(subjects, f"round {turn + 1} of {self.options.rounds}")
        for subject in subjects:
            self._finish(subject)

    def _medallion(self) -> None:
        effort = QUICK_SLOW if self.options.quick else SLOW
        with contextlib.ExitStack() as opened:
            writing = self._start(opened, Medallion(self.folder / "medallion-ingest"), effort)
            for batch, _ in effort.posts:
                self._writers(writing, batch)
            reading = self._start(opened, Medallion(self.folder / "medallion"), effort)
            self._load(reading, self.options.medallion_size)
            self._round([reading], "one round")
            self._finish(reading)
        self.notes += MEDALLION_NOTES

    def _start(
        self, opened: contextlib.ExitStack, server: Server, effort: Effort | None = None
    ) -> Subject:
        self._say(f"start {server.data.parent.name}")
        opened.callback(server.stop)
        subject = Subject(server, self.feed, effort or self.effort, gzip=self.options.gzip)
        opened.callback(subject.close)
        return subject

    def _load(self, subject: Subject, size: int) -> None:
        self._say(f"{subject.name}: load {size:,} objects")
        load = subject.load(size, self._deadline)
        self._add("load, batch 1000", subject, load)
        for name, part in tenths(load).items():
            self._add(name, subject, part)
        self._row("memory (PSS), loaded", subject).megabytes = subject.pss() / 1e6
        self._add("every object once", subject, subject.check())

    def _round(self, subjects: list[Subject | PlainScan], title: str) -> None:
        measures = [subject.reads() for subject in subjects]
        for name in dict.fromkeys(name for found in measures for name in found):
            self._say(f"{title}: {name}")
            for subject, found in zip(subjects, measures, strict=True):
                if name in found:
                    self._add(name, subject, found[name]())

    def _finish(self, subject: Subject | PlainScan) -> None:
        """Look once more for lost objects, then at memory and disk."""
        if isinstance(subject, Subject):
            self._add("every object once", subject, subject.check())
            self._row("memory (PSS), after reads", subject).megabytes = subject.pss() / 1e6
        self._row("disk", subject).megabytes = subject.disk() / 1e6

    def _row(self, measure: str, subject: Subject | PlainScan) -> Row:
        return self.table.row(measure, subject.name, subject.size)

    def _add(self, measure: str, subject: Subject | PlainScan, done: Round) -> None:
        row = self._row(measure, subject)
        row.rounds.append(done)
        if done.errors:
            self.notes.append(f"ERROR {row.server}, {row.size:,}, {measure}: {done.reason}")

    def _say(self, text: str) -> None:
        if time.monotonic() > self._deadline:
            raise TimeoutError(f"the {self.options.minutes} minutes are over; not done: {text}")
        print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 0 when every answer was right."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(
        prefix="hub-bench-", dir=options.folder, ignore_cleanup_errors=True
    ) as folder:
        before = environment(Path(folder))
        bench = Bench(options, Path(folder))
        _run(bench)
    if options.quick:
        bench.notes.append("a smoke run: its figures and verdicts say nothing about the goals")
    found = goals(bench.table, options.sizes)
    about = before | {"load at the end": environment(Path.cwd())["load"]}
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print()
    bench.table.print()
    print()
    for note in bench.notes:
        print(f"note: {note}")
    print()
    print_goals(found)
    if options.json:
        figures = [row.figures() for row in bench.table.rows]
        report = {"environment": about, "rows": figures, "goals": found, "notes": bench.notes}
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    return 1 if bench.table.errors else 0


# The time is over, a server ended or answered what is no TAXII, a client process ended.
_BREAKS = (
    OSError,
    EOFError,
    RuntimeError,
    psutil.Error,
    msgspec.MsgspecError,
    subprocess.SubprocessError,
)


def _run(bench: Bench) -> None:
    """Run to the end, or as far as it goes: what was measured is kept in any case."""
    try:
        bench.run()
    except _BREAKS as error:
        bench.table.failures += 1
        bench.notes.append(f"ERROR the run is not complete: {error!r}")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--sizes", type=_sizes, help="objects, such as 10000,100000 (the default)")
    parser.add_argument("--million", action="store_true", help="one million objects as well")
    parser.add_argument("--quick", action="store_true", help="a smoke run of less than a minute")
    parser.add_argument("--rounds", type=int, help="of which the median counts (5; quick: 1)")
    parser.add_argument("--minutes", type=float, default=40, help="end the run after so long (40)")
    parser.add_argument("--seed", type=int, default=1, help="of the objects (1)")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    parser.add_argument("--folder", type=Path, help="for the stores: a real disk, no memory disk")
    parser.add_argument("--gzip", action="store_true", help="ask for compressed answers")
    parser.add_argument("--no-medallion", action="store_true", help="leave medallion out")
    parser.add_argument("--medallion-size", type=int, help="its objects (1000; quick: 200)")
    options = parser.parse_args(arguments)
    options.sizes = options.sizes or ([1000, 3000] if options.quick else [10_000, 100_000])
    options.sizes += [1_000_000] if options.million else []
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.medallion_size = options.medallion_size or (200 if options.quick else 1000)
    return options


def _sizes(text: str) -> list[int]:
    return sorted(int(size) for size in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
