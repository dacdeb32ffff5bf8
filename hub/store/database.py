"""SQLite connections: one per thread and process, write transactions, faults, migrations."""

from __future__ import annotations

import math
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from hub.errors import ConfigError, Fault, HubError, StoreDown

_CACHE_KIB = 4096
"""Page cache of each connection. The operating system caches the file once for all of them."""

_PAGE_BYTES = 8192
"""Of a new file. Several objects share a page: a fifth less CPU for a page of objects than 4096."""

_PATIENCE_S = 10.0
_OPERATIONS = 100_000
"""Of SQLite's machine between two looks at the clock: about a millisecond."""

_RETRY_S = 0.01

_CHECKPOINT_PAGES = 8000
"""About 64 MB of log between checkpoints: fewer fsyncs of the main file under load."""

_CHECKPOINT_PAGES_LIGHT = 1000
"""Where nothing is forced to disk, a checkpoint is cheap, and a short log is read faster."""


class Database:
    """One SQLite file in WAL mode with `synchronous=FULL`: what is acknowledged is on disk.

    Args:
        path: The file; its folder must exist.
        busy_s: How long a writer waits for another before it gives up, in seconds.
        functions: Pure functions of two arguments that SQL may call by name.
        steps: What a step of the schema does beside its script, by its number.
        durable: False: nobody waits for the disk, and a power cut may damage the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        busy_s: float = 10.0,
        functions: Mapping[str, Callable[[Any, Any], Any]] | None = None,
        steps: Mapping[int, Callable[[sqlite3.Connection], None]] | None = None,
        durable: bool = True,
    ) -> None:
        self.path = path
        self._busy_s = busy_s
        self._durable = durable
        self._functions = dict(functions or {})
        self.steps = dict(steps or {})
        self._local = threading.local()
        self._turn = threading.Lock()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection. A connection never crosses a fork."""
        if getattr(self._local, "pid", None) != os.getpid():
            self._local.connection = self._open()
            self._local.pid = os.getpid()
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _open(self) -> sqlite3.Connection:
        if not self.path.exists():
            with _faults(), suppress(FileExistsError):
                _create(self.path)
        connection = sqlite3.connect(
            self.path, timeout=self._busy_s, isolation_level=None, cached_statements=256
        )
        connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")
        self._write_ahead(connection)
        for pragma in (
            f"synchronous={'FULL' if self._durable else 'OFF'}",
            "foreign_keys=ON",
            "secure_delete=FAST",
            f"cache_size=-{_CACHE_KIB}",
            f"wal_autocheckpoint={_CHECKPOINT_PAGES if self._durable else _CHECKPOINT_PAGES_LIGHT}",
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")
        self._local.deadline = self._local.spent = math.inf
        connection.set_progress_handler(self._is_overdue, _OPERATIONS)
        for name, function in self._functions.items():
            connection.create_function(name, 2, function, deterministic=True)
        return connection

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Switch to the write-ahead log. SQLite does not wait while another process does so."""
        end = time.monotonic() + self._busy_s
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > end:
                    raise
                time.sleep(_RETRY_S)
            else:
                return

    def close(self) -> None:
        """Close this thread's connection, if it has one."""
        if getattr(self._local, "pid", None) == os.getpid():
            self._local.connection.close()
            self._local.pid = None

    @contextmanager
    def reading(
        self, seconds: float | None = None, *, cpu: float = math.inf
    ) -> Iterator[sqlite3.Connection]:
        """A connection whose statements all see one state; engine faults leave as `StoreDown`.

        Without that, a page could miss what was committed between two of its statements, and the
        reader's cursor would pass it.

        Args:
            seconds: How long the statements may take together; a few if not given.
            cpu: How much time of the processor they may take, in seconds.

        Raises:
            HubError: BAD_FILTER when they take longer: nobody may burn the server by a query.
        """
        with _faults():
            connection = self.connection()
            patience = _PATIENCE_S if seconds is None else seconds
            self._local.deadline = time.monotonic() + patience
            self._local.spent = time.thread_time() + cpu
            begins = not connection.in_transaction
            if begins:
                connection.execute("BEGIN")
            try:
                yield connection
            finally:
                self._local.deadline = self._local.spent = math.inf
                if begins:
                    # Nothing was written; the connection must not stay in the transaction.
                    connection.rollback()

    def copy(self, target: Path) -> None:
        """Write one consistent copy into an empty file or none, while others go on writing.

        Content that was deleted, and lingers in the file, is not copied along.

        Raises:
            StoreDown: It cannot be read, or there is no room.
        """
        with _faults():
            self.connection().execute("VACUUM INTO ?", (str(target),))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that this thread reads inside belongs to one state; others go on writing.

        Inside of another one it belongs to that one's state.
        """
        with _faults():
            connection = self.connection()
            begins = not connection.in_transaction
            if begins:
                connection.execute("BEGIN")
        try:
            if begins:
                # The state is that of the first read, not of BEGIN.
                with self.reading():
                    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            yield
        finally:
            if begins:
                # Nothing was written; the connection must not stay inside the transaction.
                connection.rollback()

    def _is_overdue(self) -> bool:
        late = time.monotonic() > self._local.deadline
        return bool(late or time.thread_time() > self._local.spent)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed at the end, rolled back on any exception."""
        with self._waiting(), _faults():
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite may have rolled back by itself (disk full); the first error counts.
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def change(self, statement: str, values: Mapping[str, object]) -> int:
        """One statement that writes, committed by itself; returns how many rows it changed.

        The write lock is held within one call of SQLite: a thread that waits for the interpreter
        keeps no other process waiting.
        """
        with self._waiting(), _faults():
            return self.connection().execute(statement, values).rowcount

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Threads of one process queue here, which is fairer and cheaper than SQLite's retries."""
        if not self._turn.acquire(timeout=self._busy_s):
            raise StoreDown("the store is busy with other writers", fault=Fault.BUSY)
        try:
            yield
        finally:
            self._turn.release()


def _create(path: Path) -> None:
    """An empty file for the hub alone: it will hold password hashes and incidents.

    SQLite fills it and gives its side files the same mode.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _is_busy(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def single(cursor: sqlite3.Cursor) -> tuple[Any, ...]:
    """The one row that must be there; without it the file is damaged."""
    row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise sqlite3.DatabaseError("a row is missing that every store has")
    return row


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, msgspec.MsgspecError, OSError) as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            raise HubError(
                Fault.BAD_FILTER,
                "this takes the hub too long",
                remedy="Narrow it by match[type], match[id] or a later added_after.",
            ) from error
        if _is_busy(error):
            raise StoreDown("the store is busy with other writers", fault=Fault.BUSY) from error
        raise StoreDown("the store cannot read or write now") from error


def _scripts() -> list[str]:
    folder = files("hub.store") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def schema_version() -> int:
    """The version of the schema that this program needs."""
    return len(_scripts())


def version(database: Database) -> int:
    """The version of the schema that the file has; 0 for an empty one."""
    with database.reading() as connection:
        (number,) = single(connection.execute("PRAGMA user_version"))
    return int(number)


def migrate(database: Database, *, copy: bool = True) -> Path | None:
    """Bring the file to this program's schema, in one transaction per step.

    Args:
        database: The file.
        copy: Keep the old one as well.

    Returns:
        The backup that was written first, or None when nothing was to be done or the file is new.

    Raises:
        ConfigError: The file was written by a newer program.
    """
    current = version(database)
    scripts = _scripts()
    if current > len(scripts):
        raise ConfigError(
            f"{database.path}: its schema is version {current}, this program knows "
            f"{len(scripts)}. Install the newer hub again, or restore a backup of the older one."
        )
    if current == len(scripts):
        return None
    backup = _backup(database, current) if current and copy else None
    for number, script in enumerate(scripts[current:], start=current + 1):
        with database.writing() as writer:
            # Another process may have done this step while this one waited for the lock.
            if writer.execute("PRAGMA user_version").fetchone()[0] < number:
                for statement in _statements(script):
                    writer.execute(statement)
                if number in database.steps:
                    database.steps[number](writer)
                writer.execute(f"PRAGMA user_version = {number}")
    return backup


def _backup(database: Database, version: int) -> Path:
    target = database.path.with_name(f"{database.path.name}.schema-{version}.bak")
    # VACUUM INTO is one consistent copy. Whoever migrates first leaves the backup; the copy of
    # another process that does the same at this moment may be of the new schema already.
    copy = target.with_name(f"{target.name}.{secrets.token_hex(8)}")
    try:
        with _faults():
            _create(copy)
            database.connection().execute("VACUUM INTO ?", (str(copy),))
            with suppress(FileExistsError):
                target.hardlink_to(copy)
    finally:
        copy.unlink(missing_ok=True)
    return target


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; `executescript` would commit the open transaction."""
    buffer = ""
    for line in script.splitlines():
        buffer += line + "\n"
        if sqlite3.complete_statement(buffer):
            yield buffer
            buffer = ""
