"""A scope and a query as SQL over `record`; `visible` is the one place where rights become SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hub.model.query import Query, Scope
from hub.stix.terms import term
from hub.store.merge import Standing


class Where(NamedTuple):
    """A condition and its arguments."""

    sql: str
    args: list[int | str]


def visible(scope: Scope, alias: str) -> Where:
    """What the scope may see. It says the same as `Scope.admits`; a property test compares them."""
    return Where(
        f"{alias}.collection IN ({marks(scope.readable)})",
        sorted(scope.readable),
    )


def marks(values: Sequence[object] | frozenset[int]) -> str:
    """As many question marks as there are values."""
    return ",".join("?" * len(values))


def keys(scope: Scope, query: Query, after_us: int, limit: int) -> Where:
    """A SELECT of the keys of the first `limit` matching records after `after_us`, in order.

    Several types are read as one index range each: an IN list would be sorted as a whole.
    """
    plans = [query.types[n : n + 1] for n in range(len(query.types) or 1)]
    parts = [_range(scope, query, kind, after_us, limit) for kind in plans]
    if len(parts) == 1:
        return parts[0]
    union = " UNION ALL ".join(f"SELECT * FROM ({part.sql})" for part in parts)
    args = [arg for part in parts for arg in part.args]
    return Where(f"SELECT added_us FROM ({union}) ORDER BY added_us LIMIT ?", [*args, limit])


def _range(
    scope: Scope, query: Query, kind: tuple[str, ...], after_us: int, limit: int
) -> Where:
    seen = visible(scope, "r")
    match = _matches(query, "r")
    edge = _edges(scope, query)
    hint = _index(query, kind)
    sql = (
        f"SELECT r.added_us FROM record r {hint} WHERE r.collection = ? AND {seen.sql}"
        f"{' AND r.type = ?' * len(kind)} AND {match.sql} AND {edge.sql}"
        " AND r.added_us > ? ORDER BY r.added_us LIMIT ?"
    )
    args = [query.collection, *seen.args, *kind, *match.args, *edge.args, after_us, limit]
    return Where(sql, args)


def _index(query: Query, kind: tuple[str, ...]) -> str:
    """The planner, left alone, picks a wrong index and sorts: a hundred times the cost."""
    if query.ids:
        return "INDEXED BY record_object"
    if kind:
        return "INDEXED BY record_type"
    if query.edges == ("last",) and not _narrows(query) and not query.versions_us:
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
        parts.append(f"{alias}.standing > 0 AND {alias}.stix IN ({marks(query.stix)})")
        args += query.stix
    else:
        parts.append(f"{alias}.standing >= {Standing.OLDER:d}")
    for match in query.terms:
        choices = [f"instr({alias}.terms, ?)"] * len(match.values)
        parts.append(f"({' OR '.join(choices)})")
        args += [f"\n{term(match.field, value)}\n" for value in match.values]
    for bound in query.ranges:
        number = f"{alias}.version_us" if bound.field == "modified" else f"number({alias}.terms, ?)"
        parts.append(f"{number} {'>=' if bound.op == 'gte' else '<='} ?")
        args += [bound.bound] if bound.field == "modified" else [bound.field, bound.bound]
    return Where(" AND ".join(parts), args)


def _edges(scope: Scope, query: Query) -> Where:
    """Which versions of each object: `match[version]` (TAXII 2.1 section 3.4.1)."""
    if "all" in query.edges:
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
    seen = visible(scope, "o")
    match = _matches(query, "o")
    sql = (
        "NOT EXISTS (SELECT 1 FROM record o INDEXED BY record_object"
        " WHERE o.collection = r.collection AND o.object_id = r.object_id"
        f" AND o.version_us {sign} r.version_us AND {seen.sql} AND {match.sql})"
    )
    return Where(sql, [*seen.args, *match.args])
