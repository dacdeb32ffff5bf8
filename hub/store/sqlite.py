"""The embedded engine: one SQLite file beside the hub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hub.model.clock import now_us
from hub.stix.terms import number
from hub.store.archive import RecordArchive
from hub.store.database import Database
from hub.store.drafts import DraftBook
from hub.store.exports import ExportBook
from hub.store.factors import FactorBook
from hub.store.finder import FUNCTIONS
from hub.store.index import fill
from hub.store.jobbook import JobBook
from hub.store.parties import PartyRegistry
from hub.store.pieces import RecordPieces
from hub.store.records import RecordLog
from hub.store.saved import SearchBook
from hub.store.sessions import SessionBook
from hub.store.source import RecordSource
from hub.store.upgrade import marking, statement

_FUNCTIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "number": number,
    "marking": marking,
    "statement": statement,
    **FUNCTIONS,
}
_SEARCH = 4
"""The step of the schema that brought search"""


class SqliteStore(
    RecordLog,
    RecordPieces,
    RecordSource,
    PartyRegistry,
    SessionBook,
    FactorBook,
    SearchBook,
    DraftBook,
    JobBook,
    ExportBook,
    RecordArchive,
):
    """`hub.store.base.Store` and `Source` on one file. Safe to share between threads and to fork."""

    def __init__(
        self, path: Path, *, busy_s: float = 10.0, clock: Callable[[], int] = now_us
    ) -> None:
        database = Database(path, busy_s=busy_s, functions=_FUNCTIONS, steps={_SEARCH: fill})
        super().__init__(database, clock=clock)
        self.database = database

    def close(self) -> None:
        """See `Store.close`."""
        self.database.close()
