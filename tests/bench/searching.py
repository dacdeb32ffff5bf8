"""What the benchmark of search measures: a hub's store with search on, and its copy.

Questions are put as the hub's doors put them: the text is parsed, the finder asked, the bytes of
a page read from the record under the scope of the asker once more. HTTP is not in the figures.
"""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event, Thread

import psutil

from hub import policy
from hub.errors import HubError
from hub.language.parser import Setting, parse
from hub.language.values import detect
from hub.model.party import Account, Caller
from hub.model.query import Scope
from hub.model.search import EVERYTHING, Node
from hub.service.publish import Publisher
from hub.stix.check import Limits
from hub.store.elastic.client import Place
from hub.store.elastic.finder import ElasticFinder
from hub.store.finder import SqliteFinder
from hub.store.search import Finder
from hub.store.sqlite import SqliteStore
from tests import fakes
from tests.elastic.node import Node as Server

from . import questions
from .meter import Round, Tree, disk
from .objects import Feed

BATCH = 1000
PREFIX = "bench-"
FACETS = ("type", "tlp", "publisher", "label", "has", "source")
_DAY_US = 86_400_000_000
_ROOT = Path(__file__).parents[2]


def scope_of(store: SqliteStore, name: str) -> Scope:
    """What an account of the sample directory sees: `partner` publishes, `reader` searches."""
    directory = store.directory()
    account: Account = directory.accounts[name]
    return policy.scope(Caller(name, account.org, account.roles), directory)


def publisher_of(store: SqliteStore) -> Callable[[Sequence[bytes]], Round]:
    """The hub's own door, as one who publishes to a collection: each call is one publish."""
    scope, collection = scope_of(store, "partner"), fakes.collection("shared")
    door = Publisher(store, Limits())

    def publish(raws: Sequence[bytes]) -> Round:
        done, start = Round(), time.perf_counter()
        status = door.publish(scope, collection, raws)
        done.walls.append(time.perf_counter() - start)
        done.elapsed, done.objects = done.walls[0], len(raws)
        if refused := [item for item in status.verdicts if item.outcome == "failure"]:
            done.fail(f"{len(refused)} of {len(raws)} refused: {refused[0]}")
        return done

    return publish


def gather(done: Round, more: Round) -> None:
    """Add a round to another one, its CPU included."""
    done.absorb(more)
    done.cpu = more.cpu + (0.0 if math.isnan(done.cpu) else done.cpu)


class Engine:
    """One finder over the store, and what is asked of it."""

    def __init__(self, name: str, store: SqliteStore, finder: Finder, feed: Feed) -> None:
        self.name = name
        self.store = store
        self.finder = finder
        self.feed = feed
        self.scope = scope_of(store, "reader")
        # The hub's processes keep the directory in memory, too.
        self._aliases = {c.alias: c.key for c in store.directory().collections.values()}
        self.uncounted: set[str] = set()
        """Facets that were "not counted"."""

    def cpu(self) -> float:
        """Seconds of CPU so far, of all that has a part in an answer."""
        return time.process_time()

    @contextlib.contextmanager
    def timed(self) -> Iterator[Round]:
        """A round of one sample, which is what happens inside of the context."""
        done, before, start = Round(), self.cpu(), time.perf_counter()
        yield done
        done.elapsed = time.perf_counter() - start
        done.walls.append(done.elapsed)
        done.cpu = self.cpu() - before

    def node(self, text: str) -> Node:
        """What a text asks for."""
        return parse(text, Setting(int(time.time() * 1e6), self._aliases)).node

    def ask(self, text: str, done: Round) -> list[int]:
        """The first page of a query, as keys of what the record gave.

        A copy that is behind may name records that are not there any more: pages are short then.
        """
        with self.timed() as asked:
            hits = self.finder.find(self.scope, self.node(text), 0, questions.PAGE)
            pieces = self.store.pick(self.scope, hits.keys)
        gather(done, asked)
        done.objects += len(pieces)
        return [piece.added_us for piece in pieces]

    def searches(self, size: int, pages: dict[str, list[int]]) -> Iterator[tuple[str, Round]]:
        """Every question of the mix once; the group and its time.

        Args:
            size: How many objects there are.
            pages: What each question found, here or in another engine; added to.
        """
        for group, text in questions.mix(self.feed, size):
            done = Round()
            keys = self.ask(text, done)
            if not keys and size >= questions.ALL:
                done.fail(f"{text}: nothing is found")
            if keys != pages.setdefault(text, keys):
                done.fail(f"{text}: not what the other engine found")
            yield group, done

    def exact(self, size: int, most: int) -> Round:
        """Values that are there, one after another."""
        done = Round()
        for value in questions.exact(self.feed, size, most):
            if not self.ask(value, done):
                done.fail(f"{value} is not found")
        return done

    def facets(self, text: str) -> Round:
        """Every facet of a query, each for itself."""
        done, node = Round(), self.node(text)
        for field in FACETS:
            with self.timed() as asked:
                (found,) = self.finder.facets(self.scope, node, [field], 20)
            gather(done, asked)
            if found.counts is None:
                self.uncounted.add(f"{field} of {text or 'everything'!r}")
            elif field in {"type", "tlp", "publisher"} and not found.counts:
                done.fail(f"no {field} for {text!r}")
        return done

    def histogram(self, text: str) -> Round:
        """How many were created on each day."""
        node = self.node(text)
        with self.timed() as done:
            bars = self.finder.histogram(self.scope, node, "created", _DAY_US)
        if bars is None:
            self.uncounted.add(f"histogram of {text or 'everything'!r}")
        elif not bars:
            done.fail(f"no bars for {text!r}")
        return done

    def lookup(self, size: int, most: int) -> Round:
        """Many pasted values at once, half of them known."""
        known = questions.values(self.feed, size, most // 2)
        strange = questions.strangers(self.feed, len(known))
        pasted = questions.pasted(
            [text for pair in zip(known, strange, strict=True) for text in pair]
        )
        hits: list[bool] = []
        refusal = ""
        with self.timed() as done:
            readings = [detect(text) for text in pasted]
            terms = list(dict.fromkeys(term for found in readings for term in found))
            try:
                summaries = self.finder.summaries(self.scope, terms)
            except HubError as error:
                refusal = error.reason
            else:
                counts = {found.term: found.records for found in summaries}
                hits = [any(counts[term] for term in found) for found in readings]
        done.objects = len(pasted)
        if refusal:
            done.fail(refusal)
        elif hits != [True, False] * len(known):
            done.fail(f"{sum(hits)} of {len(pasted)} values known, expected {len(known)}")
        return done

    def count(self) -> int | None:
        """How many objects the reader finds."""
        return self.finder.count(self.scope, EVERYTHING)


class Embedded(Engine):
    """SQLite: the store itself."""

    def __init__(self, folder: Path, feed: Feed) -> None:
        folder.mkdir()
        self.folder = folder
        self.path = folder / "hub.sqlite"
        store = fakes.open_store(self.path)
        fakes.populate(store)
        super().__init__("sqlite", store, SqliteFinder(store.database), feed)
        self.publish = publisher_of(store)

    def load(self, start: int, stop: int, deadline: float) -> Round:
        """Publish the objects start <= i < stop; making them is not counted.

        Raises:
            TimeoutError: The deadline passed first.
        """
        done = Round()
        cpu = 0.0
        for at in range(start, stop, BATCH):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{at:,} of {stop:,} objects in time")
            raws = self.feed.raws(at, min(at + BATCH, stop))
            before = time.process_time()
            done.absorb(self.publish(raws))
            cpu += time.process_time() - before
        done.cpu, done.elapsed = cpu, sum(done.walls)
        return done

    def megabytes(self) -> tuple[float, float]:
        """Memory of this process (PSS), and disk."""
        return psutil.Process().memory_full_info().pss / 1e6, disk(self.folder) / 1e6


class Copied(Engine):
    """Elasticsearch: a node of its own, and the copy of an embedded store on it."""

    def __init__(self, folder: Path, embedded: Embedded, heap_mb: int) -> None:
        self.folder = folder
        self.path = embedded.path
        # Two processors are what the machine of the goals has.
        settings = {"discovery.type": "single-node", "node.processors": "2"}
        self.server = Server(folder, settings, heap_mb=heap_mb)
        self.server.start()
        finder = ElasticFinder(embedded.store, Place((self.server.url,)), PREFIX)
        super().__init__("elasticsearch", embedded.store, finder, embedded.feed)

    def cpu(self) -> float:
        """See `Engine.cpu`; the node has a part in it."""
        return super().cpu() + Tree(self._pid).cpu()

    @property
    def _pid(self) -> int:
        assert self.server.pid is not None
        return self.server.pid

    @contextlib.contextmanager
    def projector(self) -> Iterator[Tree]:
        """A projector, as a process of its own, for as long as the context lasts."""
        command = [sys.executable, "-m", "tests.bench.searchers", "project", str(self.path)]
        process = subprocess.Popen([*command, self.server.url], cwd=_ROOT)
        try:
            yield Tree(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)

    def catch_up(self, deadline: float) -> Round:
        """From the start of a projector until everything is found; the CPU is the projector's.

        Raises:
            TimeoutError: The deadline passed first.
        """
        behind = self.finder.reach()
        start = time.perf_counter()
        with self.projector() as projector:
            while (now := self.finder.reach()).trouble or now.ordinal < now.newest:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the projector came to {now}")
                time.sleep(0.1)
            elapsed, cpu = time.perf_counter() - start, projector.cpu()
        return Round([elapsed], cpu, now.newest - behind.ordinal, elapsed=elapsed)

    def lag(self, start: int, rate: int, seconds: float) -> tuple[Round, Round, int]:
        """Publish beside a projector, at a rate, and search meanwhile.

        Args:
            start: Number of the first object.
            rate: Objects a second, in publishes of 1,000.
            seconds: How long.

        Returns:
            For each publish how long it took until it was found; the searches; how many objects
            were published.
        """
        command = [sys.executable, "-m", "tests.bench.searchers", "publish", str(self.path)]
        command += [str(number) for number in (self.feed.seed, start, rate, seconds)]
        lags, searches = Round(), Round()
        with self.projector():
            seen = _Watch(self.finder)
            process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
            while process.poll() is None:
                for _, text in questions.mix(self.feed, start):
                    self.ask(text, searches)
            lines = [json.loads(line) for line in process.stdout or ()]
            for ordinal, at in lines:
                lags.walls.append(seen.when(ordinal, time.monotonic() + 60) - at)
            seen.stop()
        if process.returncode or not lines:
            lags.fail(f"the publisher ended with {process.returncode}")
        lags.objects, lags.elapsed = BATCH * len(lines), lines[-1][1] - lines[0][1] if lines else 0
        searches.elapsed = sum(searches.walls)
        return lags, searches, BATCH * len(lines)

    def megabytes(self) -> tuple[float, float]:
        """Memory of the node (PSS), and disk."""
        return Tree(self._pid).pss() / 1e6, disk(self.folder) / 1e6

    def close(self) -> None:
        """Stop the node."""
        self.finder.close()
        self.server.stop()


class _Watch:
    """Asks over and over how far a finder has come, and remembers when it came there."""

    def __init__(self, finder: ElasticFinder) -> None:
        self._finder = finder
        self._seen: list[tuple[int, float]] = []
        self._end = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(0.02):
            reach = self._finder.reach()
            if not self._seen or reach.ordinal > self._seen[-1][0]:
                self._seen.append((reach.ordinal, time.time()))

    def when(self, ordinal: int, deadline: float) -> float:
        """When the finder had come so far; as the clock says, in seconds.

        Raises:
            TimeoutError: It has not until the deadline.
        """
        while not self._seen or self._seen[-1][0] < ordinal:
            if time.monotonic() > deadline:
                raise TimeoutError(f"change {ordinal} was not found")
            time.sleep(0.05)
        return next(at for known, at in self._seen if known >= ordinal)

    def stop(self) -> None:
        """Ask no more."""
        self._end.set()
        self._thread.join()
