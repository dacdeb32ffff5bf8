"""What a scope sees and a query asks for, as SQL over `record`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec

from hub.model.query import BOTH_STIX, Query
from hub.stix.terms import term
from hub.store.labels import Range
from hub.store.merge import Standing

_AT_ONCE = 400
"""Ranges of one merge; SQLite takes at most 500 SELECTs in a compound."""

_FEW_LABELS = 30
"""Up to so many, labels are looked for one by one."""

_MOST_PARTS = 2000
"""Ranges of a statement; SQLite takes a million characters, and time to read them."""


class Where(NamedTuple):
    """A condition or a statement, and its arguments."""

    sql: str
    args: list[int | str]


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values."""
    return ",".join("?" * len(values))


class Source(NamedTuple):
    """Records of some ranges, as what stands behind FROM; more conditions may follow."""

    sql: str
    args: list[int | str]


def among(ranges: Sequence[Range], alias: str, index: str) -> Source:
    """The records of the ranges by way of an index in which `label` is known to the planner.

    One look into the index for each label: what has other labels is never touched. A list
    (`label IN (...)`) would do the same, were it not that SQLite 3.40 gives wrong rows for a list
    that a range follows in an index, after ANALYZE (its opcode SeekScan).
    """
    wanted = msgspec.json.encode({str(item.label): item.since_us for item in ranges}).decode()
    return Source(
        f"json_each(?) {alias}l CROSS JOIN record {alias} INDEXED BY {index}"
        f" WHERE {alias}.label = CAST({alias}l.key AS INTEGER)"
        f" AND {alias}.added_us >= {alias}l.value AND {alias}.standing > 0",
        [wanted],
    )


def page(columns: str, ranges: Sequence[Range], query: Query, after_us: int, limit: int) -> Where:
    """A SELECT of the first `limit` matching records after `after_us`, in order.

    Each range, and each type in it, is read in order from an index, and SQLite merges them as it
    goes: the cost is that of the rows that are given out, however many others there are.
    """
    if not ranges:
        return Where(f"SELECT {columns} FROM record r WHERE 0", [])
    if query.ids:
        return _of_objects(columns, ranges, query, after_us, limit)
    parts = _parts(ranges, query, after_us)
    if len(parts) > _MOST_PARTS:
        return _sorted(columns, ranges, query, after_us, limit)
    rest = _conditions(ranges, query)
    if len(parts) == 1:
        sql = f"SELECT {columns} FROM {parts[0].sql} AND {rest.sql} ORDER BY r.added_us LIMIT ?"
        return Where(sql, [*parts[0].args, *rest.args, limit])
    groups = [parts[n : n + _AT_ONCE] for n in range(0, len(parts), _AT_ONCE)]
    if len(groups) == 1:
        return _fetched(columns, _merged(parts, "-1"), rest, limit)
    # So many that one statement cannot merge them: the first rows of each group are sorted.
    keys = [_fetched("r.added_us", _merged(group, "-1"), rest, limit) for group in groups]
    first = _merged([Where(f"({key.sql})", key.args) for key in keys], "?")
    return _fetched(columns, Where(first.sql, [*first.args, limit]), Where("1", []), limit)


def _of_objects(
    columns: str, ranges: Sequence[Range], query: Query, after_us: int, limit: int
) -> Where:
    """A page of a few objects by id: so few rows that they are sorted."""
    found = among(ranges, "r", "record_object")
    kinds = f" AND r.type IN ({marks(query.types)})" if query.types else ""
    rest = _conditions(ranges, query)
    return Where(
        f"SELECT {columns} FROM json_each(?) i CROSS JOIN {found.sql} AND r.collection = ?"
        f" AND r.object_id = i.value{kinds} AND {rest.sql} AND r.added_us > ?"
        " ORDER BY r.added_us LIMIT ?",
        [
            _listed(query.ids),
            *found.args,
            query.collection,
            *query.types,
            *rest.args,
            after_us,
            limit,
        ],
    )


def _sorted(
    columns: str, ranges: Sequence[Range], query: Query, after_us: int, limit: int
) -> Where:
    """A page for who sees thousands of labels: all that is left of them is sorted."""
    found = among(ranges, "r", "record_live")
    rest = _conditions(ranges, query)
    kinds = f" AND r.type IN ({marks(query.types)})" if query.types else ""
    # Without a limit SQLite drops the order of what is joined.
    keys = Where(
        f"SELECT r.added_us FROM {found.sql} AND r.added_us > ?{kinds}"
        " ORDER BY r.added_us LIMIT -1",
        [*found.args, after_us, *query.types],
    )
    return _fetched(columns, keys, rest, limit)


def _merged(sources: Sequence[Where], limit: str) -> Where:
    """One ordered SELECT of the keys of several sources; a limit, even of none, keeps the order."""
    union = " UNION ALL ".join(f"SELECT added_us FROM {source.sql}" for source in sources)
    args = [arg for source in sources for arg in source.args]
    return Where(f"{union} ORDER BY added_us LIMIT {limit}", args)


def _fetched(columns: str, keys: Where, rest: Where, limit: int) -> Where:
    """The records of the keys, in their order: no bytes travel through the merge.

    What looks at more than the index is asked here, once, and not in each of the ranges: the
    text of a statement then grows with their number, and not with its square.
    """
    return Where(
        f"SELECT {columns} FROM ({keys.sql}) m CROSS JOIN record r ON r.added_us = m.added_us"
        f" WHERE {rest.sql} LIMIT ?",
        [*keys.args, *rest.args, limit],
    )


def _parts(ranges: Sequence[Range], query: Query, after_us: int) -> list[Where]:
    """The records of each range, and of each type in it, as what stands behind FROM.

    The planner, left alone, picks a wrong index and sorts: a hundred times the cost.
    """
    if query.types:
        source = "record r INDEXED BY record_type WHERE r.standing > 0 AND r.type = ? AND"
    elif query.edges == ("last",) and not query.versions_us and not _narrows(query):
        source = f"record r INDEXED BY record_last WHERE r.standing >= {Standing.UNSURE:d} AND"
    else:
        source = "record r INDEXED BY record_live WHERE r.standing > 0 AND"
    kinds = [[kind] for kind in sorted(set(query.types))] or [[]]
    return [
        Where(
            f"{source} r.label = ? AND r.added_us > ?",
            [*kind, item.label, max(after_us, item.since_us - 1)],
        )
        for item in ranges
        for kind in kinds
    ]


def _narrows(query: Query) -> bool:
    """Whether records of one object can differ in passing the match filters."""
    return bool(query.stix or query.terms or query.ranges or query.publisher)


def _conditions(ranges: Sequence[Range], query: Query) -> Where:
    """All filters beside id, type and what may be seen: match filters, then which versions."""
    match = _matches(query, "r")
    edge = _edges(ranges, query)
    return Where(f"{match.sql} AND {edge.sql}", [*match.args, *edge.args])


def _matches(query: Query, alias: str) -> Where:
    """The match filters that look into a record."""
    parts = ["1"]
    args: list[int | str] = []
    if query.stix:
        parts.append(f"{alias}.stix IN ({marks(query.stix)})")
        args += query.stix
    if query.publisher:
        parts.append(f"{alias}.publisher = ?")
        args.append(query.publisher)
    for match in query.terms:
        choices = [f"instr({alias}.terms, ?)"] * len(match.values)
        parts.append(f"({' OR '.join(choices)})")
        args += [f"\n{term(match.field, value)}\n" for value in match.values]
    for bound in query.ranges:
        number = (
            f"{alias}.version_us" if bound.field == "modified" else f"number({alias}.terms, ?)"
        )
        parts.append(f"{number} {'>=' if bound.op == 'gte' else '<='} ?")
        args += [bound.bound] if bound.field == "modified" else [bound.field, bound.bound]
    return Where(" AND ".join(parts), args)


def latest(ranges: Sequence[Range]) -> Where:
    """The record `r` is the version of its object that the viewer gets."""
    better = none_better(ranges)
    return Where(
        f"(r.standing >= {Standing.LAST:d} OR (r.standing = {Standing.UNSURE:d} AND {better.sql}))",
        better.args,
    )


def none_better(ranges: Sequence[Range]) -> Where:
    """The viewer sees no better record of its object than `r`."""
    return _none_other(ranges, "r", lambda o: f"{rank(o)} > {rank('r')}")


def _edges(ranges: Sequence[Range], query: Query) -> Where:
    """Which versions of each object: `match[version]` (TAXII 2.1 section 3.4.1)."""
    if query.edges == ("last",) and not query.versions_us and not _narrows(query):
        return latest(ranges)
    whole = _effective(ranges, query, "r")
    wanted = _wanted(ranges, query)
    rest = f"({whole.sql} AND {wanted.sql})"
    args = [*whole.args, *wanted.args]
    if query.versions_us and not query.edges:
        return Where(rest, args)
    # The only record of an object is its first and its last.
    return Where(f"(r.standing = {Standing.ONLY:d} OR {rest})", args)


def best_form(ranges: Sequence[Range], alias: str) -> Where:
    """The record is what its viewer gets of this version."""
    return _none_other(
        ranges,
        alias,
        lambda o: f"{o}.version_us = {alias}.version_us AND {rank(o)} > {rank(alias)}",
    )


def _effective(ranges: Sequence[Range], query: Query, alias: str) -> Where:
    """The record is what its viewer gets of this version, and of the newest STIX version.

    TAXII 2.1 section 3.4.1: only the newest STIX version unless versions are asked for.
    """
    twins = best_form(ranges, alias)
    if query.stix:
        return twins
    # Nothing is newer than the newest that there is: most objects need no second look.
    newer = _none_other(ranges, alias, lambda o: f"{o}.stix > {alias}.stix")
    return Where(
        f"({twins.sql} AND ({alias}.stix = '{max(BOTH_STIX)}' OR {newer.sql}))",
        [*twins.args, *newer.args],
    )


def _wanted(ranges: Sequence[Range], query: Query) -> Where:
    if "all" in query.edges or not (query.edges or query.versions_us):
        return Where("1", [])
    parts: list[str] = []
    args: list[int | str] = []
    for edge, sign in (("last", ">"), ("first", "<")):
        if edge in query.edges:
            further = _none_further(ranges, query, sign)
            parts.append(further.sql)
            args += further.args
    if query.versions_us:
        parts.append(f"r.version_us IN ({marks(query.versions_us)})")
        args += query.versions_us
    return Where(f"({' OR '.join(parts)})", args)


def _none_further(ranges: Sequence[Range], query: Query, sign: str) -> Where:
    """No version further in that direction that the viewer gets and the filters let pass."""
    match = _matches(query, "o")
    whole = _effective(ranges, query, "o")
    other = _none_other(
        ranges,
        "r",
        lambda o: f"{o}.version_us {sign} r.version_us AND {match.sql} AND {whole.sql}",
    )
    return Where(other.sql, [*other.args, *match.args, *whole.args])


def _none_other(ranges: Sequence[Range], alias: str, condition: Callable[[str], str]) -> Where:
    """No record of the same object that the viewer sees fulfils the condition."""
    other = "o" if alias == "r" else f"{alias}o"
    of_it = f"{other}.collection = {alias}.collection AND {other}.object_id = {alias}.object_id"
    if len(ranges) <= _FEW_LABELS:
        found = among(ranges, other, "record_object")
    else:
        # Looking for each label would cost more than to pass over records of the same object.
        may = in_set(ranges, other)
        found = Source(
            f"record {other} INDEXED BY record_object WHERE {other}.standing > 0 AND {may.sql}",
            may.args,
        )
    return Where(
        f"NOT EXISTS (SELECT 1 FROM {found.sql} AND {of_it} AND {condition(other)})", found.args
    )


def in_set(ranges: Sequence[Range], alias: str) -> Where:
    """The records of the ranges as a condition. The plus keeps it out of the index: see `among`."""
    labels: dict[int, list[int]] = {}
    for item in ranges:
        labels.setdefault(item.since_us, []).append(item.label)
    parts = [
        f"(+{alias}.label IN (SELECT value FROM json_each(?)) AND {alias}.added_us >= ?)"
        for _ in labels
    ]
    args = [arg for since, found in labels.items() for arg in (str(found), since)]
    return Where(f"({' OR '.join(parts)})", args)


def rank(alias: str) -> str:
    """`hub.store.merge.Known.rank` as SQL."""
    return f"({alias}.stix, {alias}.version_us, -{alias}.part, -{alias}.origin_us)"


def of_objects(ranges: Sequence[Range], collection: int, ids: Collection[str]) -> Where:
    """A SELECT of publisher, origin, object id and version of all that is seen of objects."""
    found = among(ranges, "r", "record_object")
    return Where(
        "SELECT r.publisher, r.origin_us, r.object_id, r.version_us"
        f" FROM json_each(?) i CROSS JOIN {found.sql} AND r.collection = ?"
        " AND r.object_id = i.value",
        [_listed(ids), *found.args, collection],
    )


def _listed(ids: Collection[str]) -> str:
    """Ids as a JSON list. SQLite ends a text of JSON at U+0000, which no id can hold."""
    return msgspec.json.encode(sorted({item for item in ids if "\0" not in item})).decode()


def count(ranges: Sequence[Range], collection: int) -> Where:
    """A SELECT of objects, versions and the last date added that are seen in a collection."""
    found = among(ranges, "r", "record_live")
    whole = _effective(ranges, Query(collection, stix=BOTH_STIX), "r")
    return Where(
        "SELECT count(DISTINCT r.object_id), count(*), coalesce(max(r.added_us), 0)"
        f" FROM {found.sql} AND (r.standing = {Standing.ONLY:d} OR {whole.sql})",
        [*found.args, *whole.args],
    )
