"""The embedded engine: one SQLite file beside the hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub.model.clock import now_us
from hub.stix.terms import number
from hub.store.archive import RecordArchive
from hub.store.database import Database
from hub.store.parties import PartyRegistry
from hub.store.records import RecordLog


class SqliteStore(RecordLog, PartyRegistry, RecordArchive):
    """`hub.store.base.Store` on one file. Safe to share between threads and to fork."""

    def __init__(
        self, path: Path, *, busy_s: float = 10.0, clock: Callable[[], int] = now_us
    ) -> None:
        database = Database(path, busy_s=busy_s, functions={"number": number})
        RecordLog.__init__(self, database, clock=clock)
        PartyRegistry.__init__(self, database, clock=clock)
        RecordArchive.__init__(self, database)
        self.database = database

    def close(self) -> None:
        """See `Store.close`."""
        self.database.close()
