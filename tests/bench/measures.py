"""What is measured of a TAXII 2.1 server over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from .client import Client, Reply, Target, together
from .meter import Round, Tree, disk
from .objects import Feed, distinct, envelope
from .servers import Server

PAGE = 1000
WRITERS = (1, 4)
POLLERS = (1, 8, 32)


class Effort(NamedTuple):
    """How much is done of each measure in one round."""

    requests: int = 20
    """Of the short reads"""
    seconds: float = 5.0
    """After which a measure that has one sample ends"""
    poll_seconds: float = 2.0
    pollers: tuple[int, ...] = POLLERS
    posts: tuple[tuple[int, int], ...] = ((1, 400), (10, 100), (100, 50), (1000, 20), (5000, 8))
    """Batch sizes and how many POSTs of each"""


class Subject:
    """One running server with objects in its collection."""

    def __init__(self, server: Server, feed: Feed, effort: Effort, *, gzip: bool = False) -> None:
        self.server = server
        self.name = server.name
        self.size = 0
        self.stored = 0
        self.feed = feed
        self.effort = effort
        self.tree: Tree = server.start()
        self.target: Target = server.target(gzip=gzip)
        self.client = Client(self.target)
        self._last_page: dict[str, str] = {}
        self._last_added = ""

    # Loading

    def load(self, size: int, deadline: float) -> Round:
        """Bring the collection to a size by POSTs of 1,000 objects of one writer.

        Raises:
            TimeoutError: The deadline passed first.
        """
        done = Round()
        before = self.tree.cpu()
        while self.stored < size:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: {self.stored:,} of {size:,} objects in time")
            self._post(min(PAGE, size - self.stored), done)
        done.cpu = self.tree.cpu() - before
        done.elapsed = sum(done.walls)
        self.size = size
        return done

    def check(self) -> Round:
        """Walk the whole collection and see that every object comes exactly once."""
        done, found = Round(), Round()
        seen: set[tuple[str, str]] = set()
        count = 0
        for cursor, reply in self._pages(done):
            items = reply.items()
            if cursor and len(items) == PAGE:
                self._last_page = {"next": cursor}
            count += len(items)
            seen.update((item.id, item.modified) for item in items)
            self._last_added = reply.headers.get("X-TAXII-Date-Added-Last", "")
        expected = distinct(0, self.stored)
        if not len(seen) == count == expected:
            found.fail(f"{count} objects, {len(seen)} different ones, expected {expected}")
        found.errors += done.errors
        found.reason = done.reason or found.reason
        return found

    # Measures

    def reads(self) -> dict[str, Callable[[], Round]]:
        """The measures of one round, by name."""
        some_id = self.feed.object_id(self.size // 2)
        name = self.feed.malware_name(next(self.feed.numbers("malware", self.size)))
        page = partial(self._get, "objects/", limit=PAGE)
        found = {
            "page, first": page,
            "page, last": partial(page, **self._last_page),
            "full poll": self._walk,
            "incremental, 0 new": self._poll_nothing,
            "incremental, 10 new": self._poll_ten,
            "match[type]=malware": partial(page, match_type="malware"),
            "match[id]": partial(page, match_id=some_id),
            "match[version]=all": partial(page, match_version="all"),
            "match[name]": partial(page, match_name=name),
            "manifest": partial(self._get, "manifest/", limit=PAGE),
            "object by id": partial(self._get, f"objects/{some_id}/"),
        }
        if not self.server.next_is_repeatable:
            del found["page, last"]
        if not self.server.has_extended_filters:
            del found["match[name]"]
        clients = {pollers_name(n): partial(self._together, n) for n in self.effort.pollers}
        return found | clients

    def ingest(self, batch: int, writers: int) -> Round:
        """POST batches by writers that work side by side."""
        posts = dict(self.effort.posts)[batch]
        start = self.stored
        bodies = [
            envelope(self.feed.raws(at, at + batch))
            for at in range(start, start + posts * batch, batch)
        ]
        self.stored += posts * batch

        def write(n: int) -> Round:
            client, done = Client(self.target), Round()
            for body in bodies[n::writers]:
                _record_post(client.post(body), batch, done)
            return done

        return together(writers, write, self.tree.cpu)

    def pss(self) -> int:
        """Bytes of memory of the server's processes."""
        return self.tree.pss()

    def disk(self) -> int:
        """Bytes in the server's data folder."""
        return disk(self.server.data)

    def close(self) -> None:
        """Close the connection and stop the server."""
        self.client.close()
        self.server.stop()

    # Parts

    def _post(self, count: int, done: Round) -> None:
        body = envelope(self.feed.raws(self.stored, self.stored + count))
        self.stored += count
        _record_post(self.client.post(body), count, done)

    def _get(self, path: str, *, expect: int = 1, **query: object) -> Round:
        """The same GET again and again, until the effort is made."""
        done = Round()
        before = self.tree.cpu()
        end = time.monotonic() + self.effort.seconds
        for _ in range(self.effort.requests):
            reply = self.client.get(path, **query)
            _record_page(reply, done)
            if time.monotonic() > end:
                break
        done.cpu = self.tree.cpu() - before
        done.elapsed = sum(done.walls)
        if done.objects < expect * len(done.walls):
            done.fail(f"{path} {query}: {done.objects} objects in {len(done.walls)} answers")
        return done

    def _pages(self, done: Round):
        """All pages from the first, each with the cursor it was asked by."""
        cursor, more = "", True
        while more:
            query = {"limit": PAGE} | ({"next": cursor} if cursor else {})
            reply = self.client.get("objects/", **query)
            page = _record_page(reply, done)
            if page is None:
                return
            yield cursor, reply
            cursor, more = page
            if more and not cursor:
                done.fail("more without next")
                return

    def _walk(self) -> Round:
        done = Round()
        before, start = self.tree.cpu(), time.perf_counter()
        for _ in self._pages(done):
            pass
        done.elapsed = time.perf_counter() - start
        done.cpu = self.tree.cpu() - before
        return done

    def _poll_nothing(self) -> Round:
        done = Round()
        before = self.tree.cpu()
        end = time.monotonic() + self.effort.seconds
        for _ in range(5 * self.effort.requests):
            reply = self.client.get("objects/", added_after=self._last_added, limit=PAGE)
            _record_page(reply, done)
            if time.monotonic() > end:
                break
        done.cpu = self.tree.cpu() - before
        if done.objects:
            done.fail(f"{done.objects} objects although none is new")
        return done

    def _poll_ten(self) -> Round:
        """POST ten objects, then ask for what is new; only the question counts."""
        done, posted = Round(cpu=0.0), Round()
        end = time.monotonic() + self.effort.seconds
        for _ in range(self.effort.requests):
            self._post(10, posted)
            before = self.tree.cpu()
            reply = self.client.get("objects/", added_after=self._last_added, limit=PAGE)
            done.cpu += self.tree.cpu() - before
            _record_page(reply, done)
            self._last_added = reply.headers.get("X-TAXII-Date-Added-Last", self._last_added)
            if time.monotonic() > end:
                break
        done.elapsed = sum(done.walls)
        done.errors += posted.errors
        if done.objects != posted.objects:
            done.fail(f"{done.objects} objects of {posted.objects} new ones")
        return done

    def _together(self, count: int) -> Round:
        """Clients that each walk the collection over and over, for some seconds."""

        def poll(_n: int) -> Round:
            client, done, cursor = Client(self.target), Round(), ""
            end = time.monotonic() + self.effort.poll_seconds
            while time.monotonic() < end and done.errors == 0:
                query = {"limit": PAGE} | ({"next": cursor} if cursor else {})
                page = _record_page(client.get("objects/", **query), done)
                cursor = page[0] if page else ""
            return done

        return together(count, poll, self.tree.cpu)


def pollers_name(count: int) -> str:
    """The name of the measure with so many clients."""
    return f"{count} poller{'s' if count > 1 else ''}"


def ingest_name(batch: int, writers: int) -> str:
    """The name of the measure with such batches and so many writers."""
    return f"ingest, batch {batch}, {writers} writer{'s' if writers > 1 else ''}"


def _record_post(reply: Reply, count: int, done: Round) -> None:
    if reply.status != 202:
        done.fail(f"POST {reply.status}: {reply.body[:300]!r}")
        return
    done.walls.append(reply.seconds)
    status = reply.posted()
    done.objects += status.success_count
    if status.success_count != count:
        done.fail(f"{status.success_count} of {count} objects kept: {reply.body[:600]!r}")


def _record_page(reply: Reply, done: Round) -> tuple[str, bool] | None:
    """Count a page; give its `next` and `more`, or None for a failure."""
    if reply.status != 200:
        done.fail(f"GET {reply.status}: {reply.body[:300]!r}")
        return None
    done.walls.append(reply.seconds)
    page = reply.envelope()
    done.objects += len(page.objects)
    return page.next, page.more
