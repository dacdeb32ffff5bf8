"""A SQLite store as a file: a consistent copy of it, what a copy holds, how a copy goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from hub.errors import ConfigError, Fault, HubError, StoreDown
from hub.model.clock import now_us
from hub.store.base import Act
from hub.store.database import Database, migrate, schema_version, single
from hub.store.ledger import record_act
from hub.store.sqlite import SqliteStore

LONGEST_STEP_US = 32
"""More microseconds than from one date added to the next of the same envelope."""

_LONG_S = 86_400.0
_MOST_FAULTS = 10
_NOT_ITS_FAULT = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
}
_SIDE_FILES = ("-wal", "-shm", "-journal")


class Summary(NamedTuple):
    """What a store holds, as far as it can be counted without knowing its schema."""

    schema: int
    last_us: int
    """The last date added that was given"""
    ordinal: int
    counts: Mapping[str, int]
    """Rows by table"""


def copy(database: Database, target: Path) -> None:
    """Write a copy of the store as it is at this moment, while others go on writing.

    Content that was deleted, and lingers in the file, is not copied along (VACUUM INTO), nor are
    its words and values in the tables of search.

    Args:
        database: The store. Its schema may be of any version.
        target: An empty file or none; it gets no side files.

    Raises:
        StoreDown: It cannot be read, or there is no room.
    """
    database.copy(target)
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            _forget(connection)
    except sqlite3.Error as error:
        raise StoreDown("the copy cannot be written") from error


def _forget(connection: sqlite3.Connection) -> None:
    """Take out of `words` what FTS5 keeps of deleted records until it happens to merge it."""
    # A copy that is not finished is thrown away.
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA secure_delete=ON")
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'words'").fetchone():
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")


def summary(path: Path) -> Summary:
    """Count what a store holds.

    Raises:
        StoreDown: It is no store, or is damaged.
    """
    database = Database(path)
    with closing(database), database.snapshot(), database.reading(_LONG_S) as connection:
        # Search is made from the records; its own tables cannot be counted.
        tables = connection.execute(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        )
        names = sorted(name for (name,) in tables.fetchall() if not name.startswith("sqlite_"))
        counts = {
            name: int(single(connection.execute(f'SELECT count(*) FROM "{name}"'))[0])
            for name in names
        }
        last_us, ordinal = single(connection.execute("SELECT last_us, ordinal FROM clock"))
        (schema,) = single(connection.execute("PRAGMA user_version"))
    return Summary(int(schema), int(last_us), int(ordinal), counts)


def verify(path: Path, said: Summary | None = None) -> Summary:
    """What a copy of a store holds, if it is sound; it is brought to this program's schema.

    Args:
        path: The copy. Nobody else has it open.
        said: What it must hold.

    Raises:
        ConfigError: A newer program wrote it.
        HubError: BAD_BODY says what is wrong with it.
        StoreDown: It cannot be read now, or there is no room.
    """
    try:
        found = summary(path)
        check_schema(found.schema, str(path))
        if said is not None and said != found:
            raise _unsound("it does not hold what the manifest says")
        with closing(SqliteStore(path)) as store:
            with store.database.reading(_LONG_S) as connection:
                rows = connection.execute(f"PRAGMA integrity_check({_MOST_FAULTS})").fetchall()
            if rows != [("ok",)]:
                raise _unsound("; ".join(str(text) for (text,) in rows))
            migrate(store.database, copy=False)
            # The clock is for whoever restores it to look at.
            faults = [fault for fault in store.faults() if "ahead of the clock" not in fault]
    except StoreDown as error:
        if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF in _NOT_ITS_FAULT:
            raise
        raise _unsound(str(error.__cause__ or error.reason)) from error
    if faults:
        raise _unsound("; ".join(faults))
    return found


def _unsound(reason: str) -> HubError:
    return HubError(
        Fault.BAD_BODY,
        f"the store in it is not sound: {reason}",
        field="backup",
        remedy="Take an earlier backup.",
    )


def check_schema(found: int, what: str) -> None:
    """Raises ConfigError: A newer program wrote it."""
    if found > schema_version():
        raise ConfigError(
            f"{what}: its schema is version {found}, this program knows {schema_version()}. "
            "Install the hub that wrote it, or a newer one; or take an earlier backup."
        )


def go_on(path: Path, at_least_us: int, act: Act) -> int:
    """Let a copy that was verified take the place of a store that had gone on after it.

    Dates added are given above `at_least_us` from now on, and the epoch of the parties is one that
    no process can remember. The change log goes on where the copy ends.

    Args:
        path: The copy; it has no side files afterwards.
        at_least_us: Not below any date added that somebody may have seen.
        act: Written to the audit log.

    Returns:
        The date above which they are given, in microseconds.
    """
    store = SqliteStore(path)
    with closing(store), store.database.writing() as connection:
        # No hub changes its parties once a microsecond: this is above every epoch there was.
        (last_us,) = single(
            connection.execute(
                "UPDATE clock SET last_us = max(last_us, ?), epoch = max(epoch + 1, ?)"
                " RETURNING last_us",
                (at_least_us, at_least_us),
            )
        )
        # A search index that was made from the lost store does not follow on this one.
        connection.execute("UPDATE origin SET identity = lower(hex(randomblob(16)))")
        # What was ended or revoked since the copy must not live again.
        connection.execute("DELETE FROM session")
        # Nobody does a job of this copy. A run that was going on is begun again.
        connection.execute("UPDATE job SET until_us = 0 WHERE owner <> ''")
        record_act(connection, act, now_us())
    if left := beside(path):
        raise HubError(
            Fault.STORE_DOWN,
            f"{left[0].name} is still there, so something else has {path.name} open",
            remedy="Look for it with fuser, and restore again.",
        )
    return int(last_us)


def beside(path: Path) -> Sequence[Path]:
    """The side files of a store that are there. SQLite takes them for its own."""
    found = (path.with_name(f"{path.name}{ending}") for ending in _SIDE_FILES)
    return [file for file in found if file.exists()]
