"""The engines under test, and how to break each of them. No other file here knows an engine.

A fault is a context manager: inside it the engine does not do its work, after it all is as before.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from hub.model.clock import now_us
from hub.store.base import Store
from hub.store.finder import SqliteFinder
from hub.store.search import Finder
from hub.store.sqlite import SqliteStore
from tests.elastic.copies import copy_of
from tests.fakes import open_store

ELASTIC = "elasticsearch"

Fault = Callable[[Path], AbstractContextManager[Store]]
"""Takes the place of a store that nobody has open; gives a handle on the broken store."""


class Engine(NamedTuple):
    """One engine.

    Attributes:
        name: Shown in the names of tests, and enough for another process to find it.
        open: A handle on the store at a place, which is made when it is new.
        faults: Under these every method fails.
        write_faults: Under these what writes fails, and reading goes on.
        busy_faults: Those among them that pass by themselves (`Fault.BUSY`).
    """

    name: str
    open: Callable[[Path, Callable[[], int]], Store]
    faults: Mapping[str, Fault]
    write_faults: Mapping[str, Fault]
    busy_faults: frozenset[str]


class Searched(NamedTuple):
    """A finder over a store.

    Attributes:
        finder: It has no time limits that a test could meet.
        settle: Waits until the finder knows all that was written.
    """

    finder: Finder
    settle: Callable[[], None]


class SearchEngine(NamedTuple):
    """One engine of search.

    Attributes:
        name: Shown in the names of tests.
        open: A store at a new place, whose records are searched.
        search: Search over such a store; it ends with the context.
        quick: Making a new store costs next to nothing.
    """

    name: str
    open: Callable[[Path, Callable[[], int]], SqliteStore]
    search: Callable[[SqliteStore], AbstractContextManager[Searched]]
    quick: bool = True


def search_engines() -> list[SearchEngine]:
    """All engines of search that need nothing but this process."""
    return [SearchEngine("sqlite", _open_sqlite, _embedded)]


def elastic_engine(url: str, prefix: str) -> SearchEngine:
    """A copy of each store in Elasticsearch.

    Args:
        url: Where it serves.
        prefix: What the names of the test's indices begin with.
    """

    @contextmanager
    def search(store: SqliteStore) -> Iterator[Searched]:
        # A few changes at a time, so that a step seldom is the whole history.
        with copy_of(store, url, prefix, changes=3) as copy:
            yield Searched(copy.finder, copy.settle)

    return SearchEngine(ELASTIC, _open_sqlite, search, quick=False)


@contextmanager
def _embedded(store: SqliteStore) -> Iterator[Searched]:
    yield Searched(
        SqliteFinder(store.database, count_s=60.0, find_s=60.0, survey_s=60.0), lambda: None
    )


def engines() -> list[Engine]:
    """All engines that this machine can run."""
    return [
        Engine(
            "sqlite",
            open=_open_sqlite,
            faults={
                "garbage in the file": _garbage,
                "pages overwritten": _overwritten,
                "a folder in place of the file": _folder,
                "folder is gone": _gone,
                "locked by another": _locked,
            },
            write_faults={"another writes": _written, "disk full": _full},
            busy_faults=frozenset({"locked by another", "another writes"}),
        )
    ]


def engine_named(name: str) -> Engine:
    """The engine of that name, for another process."""
    return next(engine for engine in engines() if engine.name == name)


def _file(place: Path) -> Path:
    return place / "hub.sqlite"


def _open_sqlite(place: Path, clock: Callable[[], int] = now_us) -> SqliteStore:
    place.mkdir(exist_ok=True)
    return open_store(_file(place), clock=clock)


def _impatient(place: Path) -> SqliteStore:
    """A handle on the file as it is: no migration, little patience."""
    return SqliteStore(_file(place), busy_s=0.02)


@contextmanager
def _handle(place: Path) -> Iterator[SqliteStore]:
    with closing(_impatient(place)) as store:
        yield store


@contextmanager
def _replaced(place: Path, change: Callable[[Path], object]) -> Iterator[SqliteStore]:
    aside = place.with_name(f"{place.name}-aside")
    shutil.copytree(place, aside)
    change(_file(place))
    try:
        with _handle(place) as store:
            yield store
    finally:
        shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)


def _garbage(place: Path) -> AbstractContextManager[Store]:
    return _replaced(place, lambda file: file.write_bytes(b"no database" * 5000))


def _overwritten(place: Path) -> AbstractContextManager[Store]:
    def overwrite(file: Path) -> None:
        # The first page stays, so that opening works and only the statements meet the damage.
        file.write_bytes(file.read_bytes()[:4096] + b"\xff" * (file.stat().st_size - 4096))

    return _replaced(place, overwrite)


def _folder(place: Path) -> AbstractContextManager[Store]:
    def change(file: Path) -> None:
        file.unlink()
        file.mkdir()

    return _replaced(place, change)


def _gone(place: Path) -> AbstractContextManager[Store]:
    return _replaced(place, lambda file: shutil.rmtree(file.parent))


@contextmanager
def _holding(place: Path, *statements: str) -> Iterator[SqliteStore]:
    with closing(sqlite3.connect(_file(place), isolation_level=None)) as other:
        for statement in statements:
            other.execute(statement)
        with _handle(place) as store:
            yield store


def _locked(place: Path) -> AbstractContextManager[Store]:
    return _holding(place, "PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE")


def _written(place: Path) -> AbstractContextManager[Store]:
    return _holding(place, "BEGIN IMMEDIATE")


@contextmanager
def _full(place: Path) -> Iterator[SqliteStore]:
    with _handle(place) as store:
        connection = store.database.connection()
        connection.execute("VACUUM")  # no page is left to fill
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        yield store
