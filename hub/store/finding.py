"""What search asks SQLite, as SQL: every statement begins with what the scope sees.

The filter that keeps secrets is the one on `found`. The tokens of labels in the expression of
FTS5 say the same once more, so that what is hidden is passed over without being looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hub.model.search import EVERYTHING, Has, Node, Starts
from hub.model.tlp import Tlp
from hub.store.expression import BEGINNING, EVERY, Wanted, conjuncts, wanted
from hub.store.filters import Where, in_set, marks, none_better
from hub.store.index import COLUMNS, NUMBERS, label_token
from hub.store.labels import Range
from hub.store.merge import Standing

_MOST_TOKENS = 200
"""Labels in one expression; whoever sees more has them filtered in `found` alone."""

_MOST_KEYS = 20
"""Of one field, when records are counted by an index"""

FEW = 50
"""So few records may be looked at though they are hidden: fewer than the tokens of labels cost."""

_INSTANTS = {"added": "w.rowid"} | {name: f"f.{name}" for name in NUMBERS if name != "confidence"}

_TLP = (
    f"CASE f.tlp {' '.join(f'WHEN {tlp:d} THEN {chr(39)}{tlp.text}{chr(39)}' for tlp in Tlp)} END"
)
_KEYS = {"tlp": _TLP, "collection": "CAST(f.collection AS TEXT)"}


_LAST = (1 << 63) - 1


class Place(NamedTuple):
    """Where a page begins."""

    edge_us: int = 0
    """Records added before this instant, or after it when rising; 0: from the first on"""
    rising: bool = False
    """The oldest first"""

    @property
    def span(self) -> tuple[int, int]:
        """Between which dates added, ends included."""
        if self.rising:
            return self.edge_us + 1, _LAST
        return 0, self.edge_us - 1 if self.edge_us else _LAST


_ALL = Place()


def matching(
    ranges: Sequence[Range], node: Node, place: Place = _ALL, *, few: bool = False
) -> Where:
    """Records that match, as what stands behind SELECT: `w` is `words`, `f` is `found`.

    Args:
        ranges: What the scope sees; not empty.
        node: What for.
        place: Only what is on a page that begins there, or on a later one.
        few: No more than `FEW` match, hidden ones among them.
    """
    query = wanted(node)
    may = in_set(ranges, "f")
    got = _got(ranges)
    args: list[int | str] = [query.match if few else _expression(ranges, query)]
    low, high = place.span
    args += [max(query.low_us, low, min(item.since_us for item in ranges))]
    args += [min(query.high_us, high)]
    return Where(
        "FROM words w CROSS JOIN found f ON f.added_us = w.rowid"
        " WHERE w.words MATCH ? AND w.rowid >= ? AND w.rowid <= ?"
        f" AND {may.sql} AND {query.where.sql} AND {got.sql}",
        [*args, *may.args, *query.where.args, *got.args],
    )


def _got(ranges: Sequence[Range]) -> Where:
    """The record `f` is the version of its object that the viewer gets."""
    better = none_better(ranges)
    return Where(
        f"(f.standing >= {Standing.LAST:d} OR (f.standing = {Standing.UNSURE:d} AND EXISTS"
        f" (SELECT 1 FROM record r WHERE r.added_us = f.added_us AND {better.sql})))",
        better.args,
    )


def _expression(ranges: Sequence[Range], query: Wanted) -> str:
    if len(ranges) > _MOST_TOKENS:
        return query.match
    labels = " OR ".join(f'"{label_token(item.label)}"' for item in ranges)
    return f"({labels})" if query.match == EVERY else f"({labels}) AND {query.match}"


def some(node: Node) -> Where | None:
    """The keys of what matches, hidden ones among them, no more than one above `FEW`.

    None: there is no asking for a few of them.
    """
    match = wanted(node).match
    if match == EVERY or BEGINNING in match:
        # FTS5 reads all that begins so before it gives the first, which is not done twice.
        return None
    return Where("SELECT rowid FROM words WHERE words MATCH ? LIMIT ?", [match, FEW + 1])


def seen(ranges: Sequence[Range], keys: Sequence[int]) -> Where:
    """Key, marking and publisher of those that the viewer gets, out of a few."""
    may, got = in_set(ranges, "f"), _got(ranges)
    return Where(
        "SELECT f.added_us, f.tlp, f.publisher FROM json_each(?) k CROSS JOIN found f"
        f" ON f.added_us = k.value WHERE {may.sql} AND {got.sql}",
        [str(keys), *may.args, *got.args],
    )


def first(ranges: Sequence[Range], node: Node, place: Place, limit: int, *, few: bool) -> Where:
    """The keys of the first that match."""
    found = matching(ranges, node, place, few=few)
    order = "ASC" if place.rising else "DESC"
    return Where(
        f"SELECT w.rowid {found.sql} ORDER BY w.rowid {order} LIMIT ?", [*found.args, limit]
    )


def total(ranges: Sequence[Range], node: Node) -> Where:
    """How many match."""
    groups = _groups(ranges, node)
    if groups:
        return Where(f"SELECT coalesce(sum(part), 0) FROM ({groups.sql})", groups.args)
    found = matching(ranges, node)
    return Where(f"SELECT count(*) {found.sql}", found.args)


def keys(ranges: Sequence[Range], node: Node, field: str, most: int) -> Where:
    """The most frequent keys of a facet, each with its count."""
    groups = _groups(ranges, node) if field in COLUMNS else None
    if groups:
        sql = f"SELECT {_key(field)} AS item, sum(part) AS many FROM ({groups.sql}) f {_FREQUENT}"
        return Where(sql, [*groups.args, most])
    found = matching(ranges, node)
    if field in COLUMNS:
        sql = f"SELECT {_key(field)} AS item, count(*) AS many {found.sql}"
        return Where(f"{sql} {_FREQUENT}", [*found.args, most])
    rows = Where(f"SELECT f.tags {found.sql}", found.args)
    return Where(
        f"SELECT t.value AS item, count(*) AS many FROM ({rows.sql}) CROSS JOIN json_each(tags, ?) t"
        f" {_FREQUENT}",
        [*rows.args, _path(field), most],
    )


_FREQUENT = "GROUP BY item ORDER BY many DESC, item LIMIT ?"


def _groups(ranges: Sequence[Range], node: Node) -> Where | None:
    """Counts (`part`) of what is alike in all `COLUMNS`, in the order of an index; it alone is read.

    None: the query asks for more than that, or the viewer sees something from a date on, and would
    pass over what is before it.
    """
    if len(ranges) > _MOST_TOKENS or any(item.since_us for item in ranges):
        return None
    parts: list[str] = []
    args: list[int | str] = []
    for part in conjuncts(node):
        if not isinstance(part, Has) or part.field not in COLUMNS or len(part.keys) > _MOST_KEYS:
            return None
        # None of these keys has anything but ASCII, and not every text can be bound.
        keys = [key for key in part.keys if key.isascii()]
        parts.append(f" AND {_key(part.field)} IN ({marks(keys)})")
        args += keys
    got = _got(ranges)
    one = (
        "SELECT f.type, f.publisher, f.tlp, f.collection, count(*) AS part"
        f" FROM found f INDEXED BY found_count WHERE f.label = ?{''.join(parts)} AND {got.sql}"
        " GROUP BY f.type, f.publisher, f.tlp, f.collection"
    )
    every = [arg for item in ranges for arg in (item.label, *args, *got.args)]
    return Where(" UNION ALL ".join([one] * len(ranges)), every)


def kinds(ranges: Sequence[Range], node: Node) -> Where:
    """How many match of each type, publisher, marking and collection, in one look at them."""
    groups = _groups(ranges, node)
    if groups:
        return Where(
            "SELECT f.type, f.publisher, f.tlp, f.collection, sum(f.part)"
            f" FROM ({groups.sql}) f GROUP BY 1, 2, 3, 4",
            groups.args,
        )
    found = matching(ranges, node)
    # A label has one marking and one collection: fewer columns to sort by.
    return Where(
        f"SELECT f.type, f.publisher, f.tlp, f.collection, count(*) {found.sql}"
        " GROUP BY f.label, f.type, f.publisher",
        found.args,
    )


def bars(ranges: Sequence[Range], node: Node, field: str, step_us: int) -> Where:
    """How many match in each step of time."""
    found = matching(ranges, node)
    at = _INSTANTS[field]
    # The remainder of a negative number is negative.
    return Where(
        f"SELECT {at} - (({at} % ?) + ?) % ? AS start, count(*) {found.sql} AND {at} IS NOT NULL"
        " GROUP BY start ORDER BY start",
        [step_us, step_us, step_us, *found.args],
    )


def beginnings(
    ranges: Sequence[Range], field: str, beginning: str, limit: int, most: int
) -> Where:
    """The most frequent keys of a facet that begin so, among the newest `limit` that have one."""
    # What every record has need not be looked for.
    every = field in COLUMNS and not beginning
    found = matching(ranges, EVERYTHING if every else Starts(field, beginning))
    column = f"{_key(field)} AS item" if field in COLUMNS else "f.tags"
    rows = f"SELECT {column} {found.sql} ORDER BY w.rowid DESC LIMIT ?"
    args = [*found.args, limit]
    if field not in COLUMNS:
        rows = f"SELECT t.value AS item FROM ({rows}) CROSS JOIN json_each(tags, ?) t"
        args.append(_path(field))
    return Where(
        f"SELECT item, count(*) AS many FROM ({rows}) WHERE substr(item, 1, ?) = ? {_FREQUENT}",
        [*args, len(beginning), beginning, most],
    )


def _key(field: str) -> str:
    return _KEYS.get(field, f"f.{field}")


def _path(field: str) -> str:
    return f"$.{field}"


def known(ranges: Sequence[Range], node: Node, most: int) -> Where:
    """What is known of the newest `most` records that match: one row."""
    found = matching(ranges, node)
    return Where(
        "SELECT count(*), min(at), max(at), max(tlp), json_group_array(DISTINCT publisher)"
        f" FROM (SELECT w.rowid AS at, f.tlp, f.publisher {found.sql} ORDER BY w.rowid DESC LIMIT ?)",
        [*found.args, most],
    )


def oldest(ranges: Sequence[Range], node: Node) -> Where:
    """The key of the oldest that matches."""
    return first(ranges, node, Place(rising=True), 1, few=False)
