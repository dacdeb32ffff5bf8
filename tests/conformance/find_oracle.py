"""What search answers, over plain lists: every record the scope gets, looked at one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from hub.language.matcher import keys_of, matches
from hub.model.clock import DAY_US
from hub.model.query import BOTH_STIX, Query, Scope
from hub.model.search import (
    Bar,
    Count,
    Facet,
    Has,
    Hits,
    Node,
    Piece,
    Sheet,
    Summary,
    Survey,
    Term,
)
from hub.model.tlp import Tlp
from tests.conformance.oracle import Kept, Oracle


class FindOracle:
    """All collections of a hub."""

    def __init__(self, keys: Iterable[int]) -> None:
        self.collections = {key: Oracle(key) for key in keys}

    def sheets(self) -> list[Sheet]:
        """Every record there is."""
        return [_sheet(kept) for one in self.collections.values() for kept in one.kept]

    def found(self, scope: Scope, node: Node) -> list[Sheet]:
        """What matches, newest first."""
        found = [sheet for sheet in map(_sheet, self._got(scope)) if matches(node, sheet)]
        return sorted(found, key=lambda sheet: -sheet.added_us)

    def _got(self, scope: Scope) -> list[Kept]:
        """The version of each object and collection that the scope gets."""
        return [
            kept for key, one in self.collections.items() for kept in one.select(scope, Query(key))
        ]

    def find(
        self, scope: Scope, node: Node, edge_us: int, limit: int, *, rising: bool = False
    ) -> Hits:
        keys = [sheet.added_us for sheet in self.found(scope, node)]
        if rising:
            keys = [key for key in reversed(keys) if key > edge_us]
        elif edge_us:
            keys = [key for key in keys if key < edge_us]
        return Hits(keys[:limit], len(keys) > limit)

    def count(self, scope: Scope, node: Node) -> int:
        return len(self.found(scope, node))

    def facets(self, scope: Scope, node: Node, fields: Sequence[str], most: int) -> list[Facet]:
        found = self.found(scope, node)
        return [Facet(field, _frequent(found, field, "")[:most]) for field in fields]

    def histogram(self, scope: Scope, node: Node, field: str, step_us: int) -> list[Bar]:
        found = self.found(scope, node)
        dates = [
            sheet.added_us if field == "added" else sheet.document.numbers.get(field)
            for sheet in found
        ]
        bars = Counter(date // step_us * step_us for date in dates if date is not None)
        return [Bar(*bar) for bar in sorted(bars.items())]

    def survey(
        self, scope: Scope, node: Node, fields: Sequence[str], most: int, *, instant: str
    ) -> Survey:
        return Survey(
            self.count(scope, node),
            self.facets(scope, node, fields, most),
            self.histogram(scope, node, instant, DAY_US),
        )

    def suggest(self, scope: Scope, field: str, beginning: str, most: int) -> list[str]:
        everything = [_sheet(kept) for kept in self._got(scope)]
        return [item.key for item in _frequent(everything, field, beginning)[:most]]

    def summaries(self, scope: Scope, terms: Sequence[Term]) -> list[Summary]:
        return [self._summary(scope, term) for term in terms]

    def _summary(self, scope: Scope, term: Term) -> Summary:
        found = self.found(scope, Has(term.field, (term.key,)))
        if not found:
            return Summary(term, 0)
        return Summary(
            term,
            len(found),
            found[-1].added_us,
            found[0].added_us,
            Tlp(max(sheet.tlp for sheet in found)),
            tuple(sorted({sheet.publisher for sheet in found})),
        )

    def pick(self, scope: Scope, keys: Sequence[int]) -> list[Piece]:
        got = {kept.added_us: kept for kept in self._got(scope)}
        return [_piece(scope, got[key]) for key in keys if key in got]

    def held(self, scope: Scope, object_id: str, version: str = "") -> list[Piece]:
        found = [
            kept
            for key, one in self.collections.items()
            for kept in one.select(
                scope, Query(key, ids=(object_id,), stix=BOTH_STIX, edges=("all",))
            )
        ]
        found.sort(key=lambda kept: (kept.item.version_us, kept.added_us), reverse=True)
        pieces = [_piece(scope, kept) for kept in found]
        first = next((piece for piece in pieces if version in {"", piece.version}), None)
        return [piece if piece is first else piece._replace(raw=b"") for piece in pieces]


def _sheet(kept: Kept) -> Sheet:
    label = kept.label
    return Sheet(kept.item.document, label.collection, kept.org, label.tlp, kept.added_us)


def _piece(scope: Scope, kept: Kept) -> Piece:
    item = kept.item
    mine = kept.org == scope.org != ""
    named = {who for who in kept.label.audience if mine or who in scope.subjects}
    return Piece(
        kept.added_us,
        kept.label.collection,
        item.object_id,
        item.type,
        item.version,
        kept.label.tlp,
        kept.org,
        item.raw,
        frozenset(named),
    )


def _frequent(found: Iterable[Sheet], field: str, beginning: str) -> list[Count]:
    counted = Counter(
        key for sheet in found for key in keys_of(field, sheet) if key.startswith(beginning)
    )
    return [Count(*pair) for pair in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))]
