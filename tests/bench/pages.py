"""Measure the pages of the console: CPU of the server and bytes of the answer, by page.

    python -m tests.bench.pages [--size 100000] [--folder FOLDER]

The application answers in this process, without a network; each page is asked for several times.
A folder that is named is kept and used again. The exit status is 1 when a page was not answered
with 200; a goal that is missed is printed, and is no failure of the run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tests import fakes
from tests.http.asking import Hub
from tests.web.surfing import Surfer

from .objects import Feed
from .report import percentile
from .searching import BATCH, publisher_of

_SETTINGS = "[limits]\nrequests_per_minute = 0\nanonymous_per_minute = 0\n"
_MILLION = 1_000_000
_ROUNDS = 9


class Goal(NamedTuple):
    """What the median of a page should not be above, in milliseconds of CPU."""

    small: float
    """Up to 100,000 objects"""
    large: float
    """At a million"""


_SEARCH, _OBJECT = Goal(50, 250), Goal(20, 20)
_QUERIES = ("", "phishing", "type:indicator tlp:green", "lừa đảo", "192.0.2.0/24", "added:>=7d")


def _pages(feed: Feed) -> list[tuple[str, Goal]]:
    searches = [(f"/search?q={quote(text)}", _SEARCH) for text in _QUERIES]
    ids = [feed.object_id(number) for number in (3, 17, 401)]
    objects = [(f"/objects/{each}", _OBJECT) for each in ids]
    graphs = [(f"/objects/{ids[0]}/{part}", _OBJECT) for part in ("graph", "versions", "raw")]
    others = ("/", "/techniques", "/collections", "/partners", "/lookup?v=192.0.2.7", "/submit")
    return [*searches, *objects, *graphs, *((path, _SEARCH) for path in others)]


def _fill(path: Path, feed: Feed, size: int) -> None:
    """Publish objects until there are so many."""
    store = fakes.open_store(path)
    if not store.directory().orgs:
        fakes.populate(store)
    put = publisher_of(store)
    known = sum(tally.versions for tally in store.holdings())
    for start in range(known - known % BATCH, size, BATCH):
        put(feed.raws(start, start + BATCH))
        print(f"\r{start + BATCH:,} objects", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    store.close()


def _measure(surfer: Surfer, path: str) -> tuple[list[float], int, int]:
    """CPU in milliseconds of each request, the size of the answer, and its status."""
    spent = []
    for turn in range(_ROUNDS + 1):
        start = time.process_time()
        page = surfer.client.get(path, headers={"Accept": "text/html", "Accept-Language": "vi"})
        if turn:  # the first one compiles templates
            spent.append(1000 * (time.process_time() - start))
    return spent, len(page.data), page.status_code


def run(size: int, folder: Path) -> int:
    """Measure all; the number of pages that failed."""
    folder.mkdir(parents=True, exist_ok=True)
    config, feed = fakes.make_config(folder, _SETTINGS), Feed(1)
    _fill(config.store_path, feed, size)
    store = fakes.open_store(config.store_path)
    surfer = Surfer(Hub(config, store), "vi")
    surfer.log_in("reader")
    failed = 0
    print(f"| page, {size:,} objects | CPU p50, ms | CPU max, ms | goal, ms | bytes |")
    print("| --- | --- | --- | --- | --- |")
    for path, goal in _pages(feed):
        spent, length, status = _measure(surfer, path)
        failed += status != 200
        most = goal.large if size >= _MILLION else goal.small
        middle = percentile(spent, 0.5)
        verdict = "" if middle <= most else " (missed)"
        note = "" if status == 200 else f" answered {status}"
        print(
            f"| `{path}`{note} | {middle:.1f}{verdict} | {max(spent):.1f} | {most:g} | {length:,} |"
        )
    store.close()
    return failed


def main() -> int:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 1 if run(options.size, options.folder or Path(folder)) else 0


if __name__ == "__main__":
    sys.exit(main())
