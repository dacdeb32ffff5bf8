"""URL filters of TAXII 2.1 (section 3.4) and the extended ones of the interoperability document."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from werkzeug.datastructures import MultiDict

from hub.errors import Fault, HubError
from hub.model.clock import parse_us
from hub.model.query import Query, RangeMatch, TermMatch
from hub.stix.terms import MATCH_FIELDS, parse

_MOST_VALUES = 100
"""Values of all filters together: what the engine is asked stays small."""

_MOST_TERMS = 10
"""Values of one extended filter: each is looked for in every record that is read."""

_LONGEST = 3000
"""Filters fit into a request line twice: as they are, and inside the `next` of the page."""

_EDGES = frozenset({"first", "last", "all"})
_EXTENDED = frozenset({"terms", "ranges"})
_BASIC = {"id": "ids", "type": "types", "spec_version": "stix"}


class Paging(NamedTuple):
    """How much of the result, and from where."""

    added_after_us: int
    limit: int
    next: str


class Matches(NamedTuple):
    """The match filters of a request."""

    query: Query
    given: frozenset[str]
    """Names of the attributes of `query` that the request set."""


def paging(args: MultiDict[str, str], *, default: int, most: int) -> Paging:
    """added_after, limit and next of a request.

    Raises:
        HubError: BAD_FILTER names the parameter.
    """
    for name in ("added_after", "limit", "next"):
        _once(args, name)
    after = args.get("added_after")
    return Paging(
        _instant("added_after", after) if after is not None else -1,
        _limit(args["limit"], most) if "limit" in args else min(default, most),
        args.get("next", ""),
    )


def _limit(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:20]) < 1:
        raise _bad("limit", "must be a whole number of at least 1")
    return min(int(text[:20]), most)


def matches(args: MultiDict[str, str], base: Query, allowed: frozenset[str] | None) -> Matches:
    """The match filters of a request on top of `base`.

    Args:
        args: The query string.
        base: Its collection and defaults.
        allowed: Names of match fields this endpoint takes; None: all.

    Raises:
        HubError: BAD_FILTER for an unknown, repeated, empty or malformed filter.
    """
    _check_size(args)
    changes: dict[str, Any] = {}
    terms: list[TermMatch] = []
    ranges: list[RangeMatch] = []
    for name in (name for name in args if name.startswith("match[")):
        field = _field(name, allowed)
        values = _values(args, name)
        if field == "version":
            changes |= _versions(name, values)
        elif field in _BASIC:
            changes[_BASIC[field]] = values
        else:
            _extended(name, field, values, (terms, ranges))
    if terms:
        changes["terms"] = tuple(sorted(terms, key=lambda match: match.field))
    if ranges:
        changes["ranges"] = tuple(sorted(ranges, key=lambda match: (match.field, match.op)))
    return Matches(msgspec.structs.replace(base, **changes), frozenset(changes))


def _check_size(args: MultiDict[str, str]) -> None:
    filters = [(name, value) for name, value in args.items() if name != "next"]
    if sum(len(name) + len(value) for name, value in filters) > _LONGEST:
        raise _bad("the query", f"is longer than {_LONGEST} characters; ask several times")
    if sum(value.count(",") + 1 for _, value in filters) > _MOST_VALUES:
        raise _bad("the query", f"holds more than {_MOST_VALUES} values; ask several times")


def _field(name: str, allowed: frozenset[str] | None) -> str:
    field = name[6:-1]
    if not name.endswith("]") or (allowed is not None and field not in allowed):
        raise _bad(name, "is not a match filter that this address knows")
    return field


def _values(args: MultiDict[str, str], name: str) -> tuple[str, ...]:
    _once(args, name)
    values = tuple(sorted(set(args[name].split(","))))
    if "" in values:
        raise _bad(name, "holds an empty value")
    return values


def _versions(name: str, values: tuple[str, ...]) -> dict[str, Any]:
    if "all" in values and len(values) > 1:
        # TAXII 2.1 section 3.4.1: `all` MUST NOT be used with other values.
        raise _bad(name, "`all` cannot be combined with other values")
    return {
        "edges": tuple(value for value in values if value in _EDGES),
        "versions_us": tuple(sorted(_instant(name, v) for v in values if v not in _EDGES)),
    }


def _extended(
    name: str,
    field: str,
    values: tuple[str, ...],
    found: tuple[list[TermMatch], list[RangeMatch]],
) -> None:
    if len(values) > _MOST_TERMS:
        raise _bad(name, f"holds more than {_MOST_TERMS} values; ask several times")
    stem, _, op = field.rpartition("-")
    try:
        if field in MATCH_FIELDS and not field.endswith(("-gte", "-lte")):
            found[0].append(TermMatch(field, tuple(str(parse(field, v)) for v in values)))
            return
        if field in MATCH_FIELDS:
            bounds = [int(parse(field, value)) for value in values]
            # Alternatives: the weakest bound decides.
            bound = min(bounds) if op == "gte" else max(bounds)
            found[1].append(RangeMatch(stem, "gte" if op == "gte" else "lte", bound))
            return
    except ValueError as error:
        raise _bad(name, f"holds a value of the wrong kind: {error}") from error
    raise _bad(name, "is not a match filter that this address knows")


def _once(args: MultiDict[str, str], name: str) -> None:
    # Interoperability document 3.13.1.10: a match field must not occur more than once.
    if len(args.getlist(name)) > 1:
        raise _bad(name, "is given more than once; separate values by commas")


def _instant(name: str, text: str) -> int:
    try:
        return parse_us(text)
    except ValueError as error:
        raise _bad(name, "must be a UTC timestamp such as 2026-01-31T08:00:00.000000Z") from error


def _bad(name: str, reason: str) -> HubError:
    shown = name[:80]
    return HubError(
        Fault.BAD_FILTER,
        f"{shown} {reason}",
        field=shown,
        remedy="The filters are listed in the hub's HTTP reference.",
    )


def continued(asked: Matches, cursor_query: Query) -> Query:
    """The filters of a `next`, after checking that the request does not contradict them.

    Raises:
        HubError: BAD_FILTER names what differs. Leaving filters out is fine: `next` carries them.
    """
    for name in sorted(asked.given):
        wanted, carried = getattr(asked.query, name), getattr(cursor_query, name)
        if not (set(wanted) <= set(carried) if name in _EXTENDED else wanted == carried):
            raise HubError(
                Fault.BAD_FILTER,
                f"the filter on {name} differs from the one that `next` was given out for",
                field="next",
                remedy="Repeat the filters of the first page or leave them out.",
            )
    return cursor_query
