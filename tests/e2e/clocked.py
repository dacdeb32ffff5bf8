"""A hub whose clock a test moves: `python -m tests.e2e.clocked CLOCK hub ARGUMENTS...` is the program.

`... CLOCK feeds FOLDER` runs feeds of the hub in a folder instead: it reads their names from its
input, runs each at once, and answers with a line of JSON. CLOCK is a file of eight bytes: by how
many nanoseconds the clock is ahead. It may change at any time, for all processes that read it.
"""

from __future__ import annotations

import json
import mmap
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

_AHEAD = struct.Struct("<q")


class Clock:
    """The file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(_AHEAD.pack(0))

    def advance(self, seconds: float) -> None:
        """For everybody who reads it."""
        (ahead,) = _AHEAD.unpack(self.path.read_bytes())
        with self.path.open("r+b") as file:
            file.write(_AHEAD.pack(ahead + int(seconds * 1e9)))


def shifted(path: str) -> Callable[[], int]:
    """The system's clock, ahead by what the file says."""
    with Path(path).open("r+b") as file:
        shared = mmap.mmap(file.fileno(), _AHEAD.size)
    real = time.time_ns
    return lambda: real() + int(_AHEAD.unpack(shared[:])[0])


def run_feeds(folder: Path) -> None:
    """Run the feeds whose names come in, until no more do."""
    from hub.service.feeds.definition import load
    from hub.service.feeds.runner import Runner
    from tests.connectors.feeding import hub_at

    with hub_at(folder) as hub:
        print("ready", flush=True)
        for line in sys.stdin:
            feed = load(folder / "feeds" / f"{line.strip()}.toml")
            report = Runner(hub.desk).run(feed, only_due=False)
            # Whoever was killed holds the feed for a while.
            said = (
                (report.outcome, report.words, report.tally.counts) if report else ("held", "", {})
            )
            print(json.dumps(said), flush=True)


def main() -> None:
    """The program, or its feeds."""
    clock, what, *rest = sys.argv[1:]
    time.time_ns = shifted(clock)
    if what == "feeds":
        run_feeds(Path(rest[0]))
        return
    from hub.cli import main as program

    sys.argv = ["hub", *rest]
    program()


if __name__ == "__main__":
    main()
