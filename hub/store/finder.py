"""`hub.store.search.Finder` on SQLite: search in the store itself, as new as the record."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec

from hub.errors import Fault, HubError
from hub.model.query import Scope
from hub.model.search import (
    Bar,
    Count,
    Facet,
    Has,
    Hits,
    Node,
    Reach,
    Summary,
    Survey,
    Term,
)
from hub.model.tlp import Tlp
from hub.store import counted, finding
from hub.store.database import Database, single
from hub.store.expression import holds
from hub.store.filters import Where
from hub.store.index import COLUMNS
from hub.store.labels import Labels, Range
from hub.store.surveying import Purse, surveyed

FUNCTIONS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType({"holds": holds})
"""What the database of a finder must be opened with"""

_FIND_S = 5.0
_SURVEY_S = (0.015, 0.2)
_SURVEY_EACH_S = 0.15e-6
"""How much of the processor a survey may take: the least, the most, and what each change of the
record adds. Whoever waits for a page of a small hub has it at once, and on a large one something is
counted at all. By the clock it has the time of one count."""

_SUGGEST_FROM = 5000
"""The newest records that match; suggestions are from these."""

_SUMMARY_FROM = 10_000
"""Of a value on more records the newest so many are looked at: counts end here."""

_CHUNK = 200
"""Values whose records are looked at in one statement"""

_decode = msgspec.json.Decoder(list[str]).decode


class SqliteFinder:
    """Search on a store's own file. Safe to share between threads and to fork.

    Args:
        database: Of the store, opened with `FUNCTIONS`.
        count_s: How long each count, facet and histogram may take, in seconds.
        find_s: How long each other answer may take, in seconds.
        survey_s: How much time of the processor a survey may take, in seconds; 0: the more the
            larger the store is.
    """

    def __init__(
        self,
        database: Database,
        *,
        count_s: float = 0.25,
        find_s: float = _FIND_S,
        survey_s: float = 0,
    ) -> None:
        self._database = database
        self._count_s = count_s
        self._find_s = find_s
        self._survey_s = survey_s
        self._labels = Labels()

    def find(
        self, scope: Scope, node: Node, edge_us: int, limit: int, *, rising: bool = False
    ) -> Hits:
        """See `Finder.find`."""
        with self._seen(scope, self._find_s) as (connection, ranges):
            if not ranges:
                return Hits([], more=False)
            few = _few(connection, node) is not None
            # One row more than asked for tells whether there is more.
            place = finding.Place(edge_us, rising)
            wanted = finding.first(ranges, node, place, limit + 1, few=few)
            keys = [key for (key,) in connection.execute(wanted.sql, wanted.args)]
        return Hits(keys[:limit], len(keys) > limit)

    def count(self, scope: Scope, node: Node) -> int | None:
        """See `Finder.count`."""
        rows = self._counted(scope, lambda ranges: finding.total(ranges, node))
        return None if rows is None else sum(many for (many,) in rows)

    def facets(self, scope: Scope, node: Node, fields: Sequence[str], most: int) -> list[Facet]:
        """See `Finder.facets`."""
        kinds = None
        if not COLUMNS.isdisjoint(fields):
            kinds = self._counted(scope, lambda ranges: finding.kinds(ranges, node))
        return [
            Facet(field, counted.by(kinds, field, most))
            if field in COLUMNS
            else self._facet(scope, node, field, most)
            for field in fields
        ]

    def _facet(self, scope: Scope, node: Node, field: str, most: int) -> Facet:
        rows = self._counted(scope, lambda ranges: finding.keys(ranges, node, field, most))
        return Facet(field, None if rows is None else [Count(*row) for row in rows])

    def histogram(self, scope: Scope, node: Node, field: str, step_us: int) -> list[Bar] | None:
        """See `Finder.histogram`."""
        rows = self._counted(scope, lambda ranges: finding.bars(ranges, node, field, step_us))
        return None if rows is None else [Bar(*row) for row in rows]

    def survey(
        self, scope: Scope, node: Node, fields: Sequence[str], most: int, *, instant: str
    ) -> Survey:
        """See `Finder.survey`."""
        purse = Purse(partial(self._counted, scope), self._count_s, self._patience())
        return surveyed(purse, node, fields, most, instant)

    def _patience(self) -> float:
        """How much time of the processor a survey may take, in seconds."""
        if self._survey_s:
            return self._survey_s
        changes = self.reach().newest
        return min(_SURVEY_S[1], max(_SURVEY_S[0], changes * _SURVEY_EACH_S))

    def suggest(self, scope: Scope, field: str, beginning: str, most: int) -> list[str]:
        """See `Finder.suggest`."""
        with self._seen(scope, self._find_s) as (connection, ranges):
            # What is no text (a lone surrogate) begins no key.
            if not ranges or beginning.encode(errors="replace").decode() != beginning:
                return []
            wanted = finding.beginnings(ranges, field, beginning, _SUGGEST_FROM, most)
            return [key for key, _ in connection.execute(wanted.sql, wanted.args)]

    def summaries(self, scope: Scope, terms: Sequence[Term]) -> list[Summary]:
        """See `Finder.summaries`.

        Of a value on very many records the newest ten thousand are looked at: its count ends
        there, and older ones add no marking and no publisher.
        """
        with self._seen(scope, self._find_s) as (connection, ranges):
            if not ranges:
                return [Summary(term, 0) for term in terms]
            known: dict[Term, Summary] = {}
            asked = list(dict.fromkeys(terms))
            for start in range(0, len(asked), _CHUNK):
                known |= _summaries(connection, ranges, asked[start : start + _CHUNK])
        return [known[term] for term in terms]

    def reach(self) -> Reach:
        """See `Finder.reach`."""
        try:
            with self._database.reading() as connection:
                (ordinal,) = single(connection.execute("SELECT ordinal FROM clock"))
        except HubError as error:
            return Reach("sqlite", 0, 0, error.reason)
        return Reach("sqlite", ordinal, ordinal)

    def _counted(
        self,
        scope: Scope,
        ask: Callable[[Sequence[Range]], Where],
        seconds: float = 0,
        *,
        cpu: float = math.inf,
    ) -> list[tuple[Any, ...]] | None:
        """All rows of a statement; None: it was not done in time."""
        try:
            with self._seen(scope, seconds or self._count_s, cpu=cpu) as (connection, ranges):
                if not ranges:
                    return []
                wanted = ask(ranges)
                return connection.execute(wanted.sql, wanted.args).fetchall()
        except HubError as error:
            if error.fault is not Fault.BAD_QUERY:
                raise
            return None

    @contextmanager
    def _seen(
        self, scope: Scope, seconds: float, *, cpu: float = math.inf
    ) -> Iterator[tuple[sqlite3.Connection, Sequence[Range]]]:
        """A connection, and what the scope sees.

        Raises:
            HubError: BAD_QUERY when it takes longer.
        """
        try:
            with self._database.reading(seconds, cpu=cpu) as connection:
                yield connection, self._labels.windows(connection, scope)
        except HubError as error:
            if error.fault is not Fault.BAD_FILTER:
                raise
            raise HubError(
                Fault.BAD_QUERY,
                "this takes the hub too long",
                remedy="Narrow the query by a value, a type or a range of dates added.",
            ) from error


def _few(connection: sqlite3.Connection, node: Node) -> list[int] | None:
    """The keys of all that match, hidden ones among them; None: they are more than a few."""
    some = finding.some(node)
    if some is None:
        return None
    keys = [key for (key,) in connection.execute(some.sql, some.args)]
    return keys if len(keys) <= finding.FEW else None


def _summaries(
    connection: sqlite3.Connection, ranges: Sequence[Range], terms: Sequence[Term]
) -> dict[Term, Summary]:
    """Of each term; one look at all the records of terms that have few."""
    few = {term: _few(connection, Has(term.field, (term.key,))) for term in terms}
    keys = sorted({key for found in few.values() for key in found or ()})
    wanted = finding.seen(ranges, keys)
    seen = {row[0]: row for row in connection.execute(wanted.sql, wanted.args)}
    return {
        term: _of_many(connection, ranges, term)
        if found is None
        else _of_few(term, [seen[key] for key in found if key in seen])
        for term, found in few.items()
    }


def _of_few(term: Term, seen: list[tuple[int, int, str]]) -> Summary:
    if not seen:
        return Summary(term, 0)
    keys, markings, publishers = zip(*seen, strict=True)
    return Summary(
        term,
        len(keys),
        min(keys),
        max(keys),
        Tlp(max(markings)),
        tuple(sorted(set(publishers))),
    )


def _of_many(connection: sqlite3.Connection, ranges: Sequence[Range], term: Term) -> Summary:
    node = Has(term.field, (term.key,))
    wanted = finding.known(ranges, node, _SUMMARY_FROM)
    count, first_us, last_us, tlp, publishers = single(connection.execute(wanted.sql, wanted.args))
    if not count:
        return Summary(term, 0)
    if count == _SUMMARY_FROM:
        wanted = finding.oldest(ranges, node)
        (first_us,) = single(connection.execute(wanted.sql, wanted.args))
    return Summary(term, count, first_us, last_us, Tlp(tlp), tuple(sorted(_decode(publishers))))
