"""A scope and a query as SQL over `record`; `visible` is the one place where rights become SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hub.model.query import Query, Scope
from hub.stix.terms import term
from hub.store.merge import Standing


class Where(NamedTuple):
    """A condition and its arguments."""

    sql: str
    args: list[int | str]


def visible(scope: Scope, collection: int) -> Where:
    """What the scope may see of a collection's records.

    It says the same as `Scope.admits`; a property test compares them. Rights that hold for the
    whole collection are decided here once, not for each row. The verdict is bound, not written:
    SQLite finds no plan for an index that it is told to use under a condition known to be false.
    """
    return Where("?", [int(collection in scope.readable)])


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values."""
    return ",".join("?" * len(values))


def page(columns: str, scope: Scope, query: Query, after_us: int, limit: int) -> Where:
    """A SELECT of the first `limit` matching records after `after_us`, in order.

    Several types are read as one index range each, by key: an IN list would be sorted as a whole,
    with the bytes of every object.
    """
    kinds = [msgspec.structs.replace(query, types=(kind,)) for kind in sorted(set(query.types))]
    if len(kinds) <= 1:
        return _range(columns, scope, kinds[0] if kinds else query, after_us, limit)
    parts = [_range("r.added_us", scope, kind, after_us, limit) for kind in kinds]
    union = " UNION ALL ".join(f"SELECT * FROM ({part.sql})" for part in parts)
    args = [arg for part in parts for arg in part.args]
    return Where(
        f"SELECT {columns} FROM record r WHERE r.added_us IN"
        f" (SELECT added_us FROM ({union}) ORDER BY added_us LIMIT ?) ORDER BY r.added_us",
        [*args, limit],
    )


def _range(columns: str, scope: Scope, query: Query, after_us: int, limit: int) -> Where:
    seen = visible(scope, query.collection)
    match = _matches(query, "r")
    edge = _edges(scope, query)
    sql = (
        f"SELECT {columns} FROM record r {_index(query)} WHERE r.collection = ? AND {seen.sql}"
        f"{' AND r.type = ?' * len(query.types)} AND r.standing > 0 AND {match.sql}"
        f" AND {edge.sql} AND r.added_us > ? ORDER BY r.added_us LIMIT ?"
    )
    args = [query.collection, *seen.args, *query.types, *match.args, *edge.args, after_us, limit]
    return Where(sql, args)


def _index(query: Query) -> str:
    """The planner, left alone, picks a wrong index and sorts: a hundred times the cost."""
    if query.ids:
        return "INDEXED BY record_object"
    if query.types:
        return "INDEXED BY record_type"
    if query.edges == ("last",) and not query.versions_us and not _narrows(query):
        return "INDEXED BY record_last"
    return "INDEXED BY record_live"


def _narrows(query: Query) -> bool:
    """Whether versions of one object can differ in passing the match filters."""
    return bool(query.stix or query.terms or query.ranges)


def _matches(query: Query, alias: str) -> Where:
    """The match filters, except version; they also decide among which versions `last` is."""
    parts: list[str] = []
    args: list[int | str] = []
    if query.ids:
        parts.append(f"{alias}.object_id IN ({marks(query.ids)})")
        args += query.ids
    if query.stix:
        # TAXII 2.1 section 3.4.1: only the newest STIX version unless versions are asked for.
        parts.append(f"{alias}.stix IN ({marks(query.stix)})")
        args += query.stix
    else:
        parts.append(f"{alias}.standing >= {Standing.OLDER:d}")
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


def _edges(scope: Scope, query: Query) -> Where:
    """Which versions of each object: `match[version]` (TAXII 2.1 section 3.4.1)."""
    if "all" in query.edges or not (query.edges or query.versions_us):
        return Where("1", [])
    parts: list[str] = []
    args: list[int | str] = []
    if "last" in query.edges and not _narrows(query):
        parts.append(f"r.standing = {Standing.LAST:d}")
    elif "last" in query.edges:
        other = _no_other(scope, query, ">")
        parts.append(other.sql)
        args += other.args
    if "first" in query.edges:
        other = _no_other(scope, query, "<")
        parts.append(other.sql)
        args += other.args
    if query.versions_us:
        parts.append(f"r.version_us IN ({marks(query.versions_us)})")
        args += query.versions_us
    return Where(f"({' OR '.join(parts)})", args)


def _no_other(scope: Scope, query: Query, sign: str) -> Where:
    """No version further in that direction that the caller may see and the filters let pass."""
    seen = visible(scope, query.collection)
    match = _matches(query, "o")
    sql = (
        "NOT EXISTS (SELECT 1 FROM record o INDEXED BY record_object"
        " WHERE o.collection = r.collection AND o.object_id = r.object_id"
        f" AND o.version_us {sign} r.version_us AND o.standing > 0 AND {seen.sql} AND {match.sql})"
    )
    return Where(sql, [*seen.args, *match.args])
