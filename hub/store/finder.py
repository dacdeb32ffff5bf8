"""`hub.store.base.Finder` on SQLite: search in the store itself, as new as the record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from hub.errors import Fault, HubError
from hub.model.query import Scope
from hub.model.search import Bar, Count, Facet, Has, Hits, Node, Reach, Summary, Term
from hub.model.tlp import Tlp
from hub.store import finding
from hub.store.database import Database, single
from hub.store.labels import Labels, Range

_FIND_S = 5.0
_SUGGEST_FROM = 5000
"""The newest records that match; suggestions are from these."""

_SUMMARY_FROM = 10_000
"""Of a value on more records the newest so many are looked at: counts end here."""

_decode = msgspec.json.Decoder(list[str]).decode


class SqliteFinder:
    """Search on a store's own file. Safe to share between threads and to fork.

    Args:
        database: Of the store.
        count_s: How long each count, facet and histogram may take, in seconds.
        find_s: How long each other answer may take, in seconds.
    """

    def __init__(
        self, database: Database, *, count_s: float = 0.25, find_s: float = _FIND_S
    ) -> None:
        self._database = database
        self._count_s = count_s
        self._find_s = find_s
        self._labels = Labels()

    def find(self, scope: Scope, node: Node, before_us: int, limit: int) -> Hits:
        """See `Finder.find`."""
        with self._seen(scope, self._find_s) as (connection, ranges):
            if not ranges:
                return Hits([], more=False)
            # One row more than asked for tells whether there is more.
            wanted = finding.newest(ranges, node, before_us, limit + 1)
            keys = [key for (key,) in connection.execute(wanted.sql, wanted.args)]
        return Hits(keys[:limit], len(keys) > limit)

    def count(self, scope: Scope, node: Node) -> int | None:
        """See `Finder.count`."""
        rows = self._counted(scope, lambda ranges: finding.total(ranges, node))
        return rows and rows[0][0]

    def facets(self, scope: Scope, node: Node, fields: Sequence[str], most: int) -> list[Facet]:
        """See `Finder.facets`."""
        return [self._facet(scope, node, field, most) for field in fields]
