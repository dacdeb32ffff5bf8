"""What search asks SQLite, as SQL: every statement begins with what the scope sees.

The filter that keeps secrets is the one on `found`. The tokens of labels in the expression of
FTS5 say the same once more, so that what is hidden is passed over without being looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hub.model.search import EVERYTHING, AllOf, Between, Has, Node, Starts
from hub.model.tlp import Tlp
from hub.store.expression import BEGINNING, EVERY, Wanted, condition, conjuncts, wanted
from hub.store.filters import Where, in_set, latest, marks, none_better
from hub.store.index import COLUMNS, NUMBERS, label_token
from hub.store.labels import Range
from hub.store.merge import Standing

_MOST_TOKENS = 200
"""Labels in one expression; whoever sees more has them filtered in `found` alone."""

_MOST_KEYS = 20
"""Of one field, when records are counted by an index"""

_MOST_LOOKS = 2000
"""Into an index for one histogram: where they were more, each record is looked at instead."""

FEW = 50
"""So few records may be looked at though they are hidden: fewer than the tokens of labels cost."""

_INSTANTS = {"added": "f.added_us"} | {
    name: f"f.{name}" for name in NUMBERS if name != "confidence"
}

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
    plain = _plain(node)
    if plain is None:
        found = matching(ranges, node)
        return Where(f"SELECT count(*) {found.sql}", found.args)
    if plain.where == _ANY:
        found = _added(ranges, [(0, max(0, plain.low_us), plain.high_us)])
    else:
        found = _alike(ranges, plain)
    return Where(f"SELECT coalesce(sum(part), 0) FROM ({found.sql})", found.args)


def keys(ranges: Sequence[Range], node: Node, field: str, most: int) -> Where:
    """The most frequent keys of a facet in `TAGS`, each with its count."""
    found = matching(ranges, node)
    return Where(
        f"SELECT t.value AS item, count(*) AS many FROM (SELECT f.tags {found.sql})"
        f" CROSS JOIN json_each(tags, ?) t {_FREQUENT}",
        [*found.args, _path(field), most],
    )


_FREQUENT = "GROUP BY item ORDER BY many DESC, item LIMIT ?"
_ANY = Where("1", [])


def is_plain(node: Node) -> bool:
    """It asks for nothing but what every record has: `COLUMNS`, and its date added."""
    return _plain(node) is not None


def _plain(node: Node) -> Wanted | None:
    """What is asked for of `COLUMNS` and of dates added; None: it is more than that."""
    dates: list[Node] = []
    parts: list[str] = []
    args: list[int | str] = []
    for part in conjuncts(node):
        if isinstance(part, Between) and part.field == "added":
            dates.append(part)
        elif isinstance(part, Between) and part.field == "tlp":
            of_tlp = condition(part)
            parts.append(of_tlp.sql)
            args += of_tlp.args
        elif isinstance(part, Has) and part.field in COLUMNS and len(part.keys) <= _MOST_KEYS:
            # None of these keys has anything but ASCII, and not every text can be bound.
            keys = [key for key in part.keys if key.isascii()]
            parts.append(f"{_key(part.field)} IN ({marks(keys)})")
            args += keys
        else:
            return None
    return wanted(AllOf(tuple(dates)))._replace(where=Where(" AND ".join(parts) or "1", args))


_COUNTED = "found n INDEXED BY found_count WHERE n.label ="

# What is alike in type and publisher stands together under a label: one look finds the next of
# these, and what is counted of each are the dates asked for alone.
_ALIKE = f"""
WITH RECURSIVE kind (label, since_us, type) AS (
    SELECT CAST(l.key AS INTEGER), l.value,
        (SELECT min(n.type) FROM {_COUNTED} CAST(l.key AS INTEGER))
    FROM json_each(?) l
    UNION ALL
    SELECT k.label, k.since_us,
        (SELECT min(n.type) FROM {_COUNTED} k.label AND n.type > k.type)
    FROM kind k WHERE k.type IS NOT NULL
), alike (label, since_us, type, publisher) AS (
    SELECT k.label, k.since_us, k.type,
        (SELECT min(n.publisher) FROM {_COUNTED} k.label AND n.type = k.type)
    FROM kind k WHERE k.type IS NOT NULL
    UNION ALL
    SELECT a.label, a.since_us, a.type,
        (SELECT min(n.publisher) FROM {_COUNTED} a.label AND n.type = a.type
         AND n.publisher > a.publisher)
    FROM alike a WHERE a.publisher IS NOT NULL
), whole AS (
    SELECT a.*, l.tlp, l.collection FROM alike a CROSS JOIN label l ON l.key = a.label
    WHERE a.publisher IS NOT NULL
)
"""
_OF_ALIKE = f"""
SELECT count(*) FROM {_COUNTED} f.label AND n.type = f.type AND n.publisher = f.publisher
AND n.tlp = f.tlp AND n.collection = f.collection AND n.standing = s.value
AND n.added_us >= max(?, f.since_us) AND n.added_us <= ?
"""


def _alike(ranges: Sequence[Range], plain: Wanted) -> Where:
    """How many (`part`) are of each type, publisher, marking and collection; an index alone is read.

    What has another label, or was added at another time, is not touched.
    """
    better = none_better(ranges)
    span = (plain.low_us, plain.high_us)
    states = ",".join(f"{state:d}" for state in Standing if state >= Standing.UNSURE)
    return Where(
        f"{_ALIKE}, counts AS MATERIALIZED (SELECT f.type, f.publisher, f.tlp, f.collection,"
        f" CASE WHEN s.value >= {Standing.LAST:d} THEN ({_OF_ALIKE}) ELSE ({_OF_ALIKE} AND EXISTS"
        f" (SELECT 1 FROM record r WHERE r.added_us = n.added_us AND {better.sql})) END AS part"
        f" FROM whole f CROSS JOIN json_each('[{states}]') s WHERE {plain.where.sql})"
        " SELECT type, publisher, tlp, collection, part FROM counts WHERE part > 0",
        [_listed(ranges), *span, *span, *better.args, *plain.where.args],
    )


def _listed(ranges: Sequence[Range]) -> str:
    return msgspec.json.encode({str(item.label): item.since_us for item in ranges}).decode()


def kinds(ranges: Sequence[Range], node: Node) -> Where:
    """How many match of each type, publisher, marking and collection, in one look at them."""
    plain = _plain(node)
    if plain is not None:
        return _alike(ranges, plain)
    found = matching(ranges, node)
    return Where(f"SELECT {_KIND}, count(*) {found.sql} {_BY_KIND}", found.args)


_KIND = "f.type, f.publisher, f.tlp, f.collection"
_BY_KIND = "GROUP BY f.label, f.type, f.publisher"
"""A label has one marking and one collection: fewer columns to sort by."""


def bars(ranges: Sequence[Range], node: Node, field: str, step_us: int) -> Where:
    """How many match in each step of time."""
    spans = _spans(node, step_us) if field == "added" else []
    if 0 < len(spans) * len(ranges) <= _MOST_LOOKS:
        found = _added(ranges, spans)
        sql = f"SELECT start, sum(part) FROM ({found.sql}) GROUP BY start ORDER BY start"
        return Where(sql, found.args)
    found = matching(ranges, node)
    return Where(
        f"SELECT {_start(field)} AS start, count(*) {found.sql} AND {_INSTANTS[field]} IS NOT NULL"
        " GROUP BY start ORDER BY start",
        [step_us, step_us, step_us, *found.args],
    )


def kinds_and_bars(ranges: Sequence[Range], node: Node, field: str, step_us: int) -> Where:
    """`kinds`, and below them `bars` without a type, in one search for what matches."""
    found = matching(ranges, node)
    return Where(
        f"WITH f AS MATERIALIZED (SELECT f.label, {_KIND}, {_start(field)} AS start {found.sql})"
        f" SELECT {_KIND}, NULL, count(*) FROM f {_BY_KIND} UNION ALL SELECT * FROM"
        " (SELECT NULL, NULL, NULL, NULL, f.start, count(*) FROM f WHERE f.start IS NOT NULL"
        " GROUP BY f.start ORDER BY f.start)",
        [step_us, step_us, step_us, *found.args],
    )


def _start(field: str) -> str:
    """Where the step begins in which an instant is; three times the width of a step is bound."""
    at = _INSTANTS[field]
    # The remainder of a negative number is negative.
    return f"{at} - (({at} % ?) + ?) % ?"


def _spans(node: Node, step_us: int) -> list[tuple[int, int, int]]:
    """Each step between two dates added, if a query asks for nothing else, with its ends.

    Empty: it does ask for more, or there are too many.
    """
    plain = _plain(node)
    if plain is None or plain.where != _ANY:
        return []
    low, high = max(0, plain.low_us), plain.high_us
    if (high - low) // step_us >= _MOST_LOOKS:
        return []
    starts = range(low - low % step_us, high + 1, step_us)
    return [(at, max(at, low), min(at + step_us - 1, high)) for at in starts]


def _added(ranges: Sequence[Range], spans: Sequence[tuple[int, int, int]]) -> Where:
    """How many (`part`) were added between the ends of each span; an index alone is read."""
    last = latest(ranges)
    return Where(
        "WITH counts AS MATERIALIZED (SELECT json_extract(s.value, '$[0]') AS start,"
        " (SELECT count(*) FROM record r INDEXED BY record_live"
        " WHERE r.label = CAST(l.key AS INTEGER) AND r.standing > 0"
        " AND r.added_us >= max(json_extract(s.value, '$[1]'), l.value)"
        f" AND r.added_us <= json_extract(s.value, '$[2]') AND {last.sql}) AS part"
        " FROM json_each(?) s CROSS JOIN json_each(?) l)"
        " SELECT start, part FROM counts WHERE part > 0",
        [*last.args, msgspec.json.encode(spans).decode(), _listed(ranges)],
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
