"""What SQLite itself can do: a table of raw bytes, read in key order and joined into a page."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from .meter import Round, disk
from .objects import Feed

PAGE = 1000
_SCAN = "SELECT seq, raw FROM object WHERE seq > ? ORDER BY seq LIMIT ?"


class PlainScan:
    """The floor under every page: no HTTP, no rights, no filters, no versions."""

    name = "plain scan"

    def __init__(self, folder: Path, size: int, feed: Feed) -> None:
        self.size = size
        self.folder = folder
        self._feed = feed
        self._stored = 0
        folder.mkdir(parents=True)
        self._db = sqlite3.connect(folder / "plain.sqlite")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("CREATE TABLE object (seq INTEGER PRIMARY KEY, raw BLOB NOT NULL)")

    def load(self) -> Round:
        """Fill the table, 1,000 rows in a transaction."""
        return self.insert(self.size, PAGE)

    def insert(self, count: int, batch: int) -> Round:
        """Insert further objects, one transaction for each batch."""
        done = Round(cpu=0.0)
        for start in range(self._stored, self._stored + count, batch):
            stop = min(start + batch, self._stored + count)
            rows = [(raw,) for raw in self._feed.raws(start, stop)]
            cpu, wall = time.process_time(), time.perf_counter()
            with self._db:
                self._db.executemany("INSERT INTO object (raw) VALUES (?)", rows)
            done.walls.append(time.perf_counter() - wall)
            done.cpu += time.process_time() - cpu
            done.objects += len(rows)
        self._stored += count
        done.elapsed = sum(done.walls)
        return done

    def reads(self) -> dict[str, Callable[[], Round]]:
        """What can be compared with a server."""
        return {
            "page, first": lambda: self._repeat(0, 20),
            "page, last": lambda: self._repeat(max(self._stored - PAGE, 0), 20),
            "full poll": self._walk,
            "incremental, 0 new": lambda: self._repeat(self._stored, 100),
            "incremental, 10 new": lambda: self._repeat(self._stored - 10, 100),
        }

    def disk(self) -> int:
        """Bytes in the table's folder."""
        return disk(self.folder)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _page(self, after: int) -> tuple[bytes, int, int]:
        rows = self._db.execute(_SCAN, (after, PAGE + 1)).fetchall()
        page = rows[:PAGE]
        last = page[-1][0] if page else after
        more = b'"more":true,"next":"%d",' % last if len(rows) > PAGE else b'"more":false,'
        body = b"{" + more + b'"objects":[' + b",".join(raw for _, raw in page) + b"]}"
        return body, last if len(rows) > PAGE else 0, len(page)

    def _repeat(self, after: int, times: int) -> Round:
        done = Round()
        cpu = time.process_time()
        for _ in range(times):
            start = time.perf_counter()
            done.objects += self._page(after)[2]
            done.walls.append(time.perf_counter() - start)
        done.cpu = time.process_time() - cpu
        done.elapsed = sum(done.walls)
        return done

    def _walk(self) -> Round:
        done = Round()
        cpu = time.process_time()
        after, more = 0, True
        while more:
            start = time.perf_counter()
            _, after, count = self._page(after)
            done.walls.append(time.perf_counter() - start)
            done.objects += count
            more = bool(after)
        done.cpu = time.process_time() - cpu
        done.elapsed = sum(done.walls)
        return done
