"""What the columns of a table are: by what stands in them, by their headings, or as somebody said.

Each guess says what speaks against it. A column of which nothing is known is left
out rather than published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, cast, get_args

import msgspec

from hub.errors import Fault, HubError
from hub.intake import headings
from hub.intake.cells import is_empty, is_value, values_of
from hub.intake.dates import Order, date_us, is_date, is_instant, order_of
from hub.intake.records import Layout

Use = Literal["value", "note", "detail", "seen", "confidence", "reference", "ignore"]
"""What a column is read as: values; what is said of them; the same behind its heading; when they were
seen; how sure the source is (0 to 100); where to read more; nothing"""

USES: tuple[str, ...] = get_args(Use)
_MOST_OF_THEM = 0.5
_NEARLY_ALL = 0.8
_FEW = 5
"""Addresses; fewer at one place say nothing"""
_HUNDRED = 100
_EITHER = "day and month cannot be told apart"
_ENDS = frozenset({"ip", "domain", "email", "mac"})
"""Kinds that name a machine or a person, be it the attacker or the victim"""
_SHOWN = 3
_LONGEST_SHOWN = 80


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """One column of a table."""

    name: str
    """Its heading, or its number from 1 on"""
    use: Use
    doubt: str = ""
    """What speaks against it, in words; empty: nothing"""
    fields: tuple[str, ...] = ()
    """Of values: what they are, the most frequent first"""
    order: Order = "ymd"
    """Of dates"""
    sample: tuple[str, ...] = ()
    """Its first cells that say something"""


class _Verdict(NamedTuple):
    """What a column is taken for."""

    use: Use
    doubt: str = ""


class _Seen(NamedTuple):
    """What the sample of a column has."""

    cells: list[str]
    heading: str
    share: float
    """Of values among the cells"""
    fields: tuple[str, ...]


def columns_of(
    layout: Layout, given: Mapping[str, str] | Sequence[str] = (), *, order: Order = ""
) -> tuple[Column, ...]:
    """What the columns are.

    Args:
        layout: Of the table.
        given: Uses by heading or by number; other columns are left out then, for whoever names
            columns names all that are wanted. Or the use of each column, in their order. Empty:
            they are found out.
        order: Of year, month and day in its dates; empty: it is found out.

    Raises:
        HubError: BAD_BODY. A named column is not there, there are more or fewer than were given,
            or a use does not exist.
    """
    seen = [_look(layout, at) for at in range(layout.width)]
    if given:
        uses = _named(layout, given) if isinstance(given, Mapping) else list(given)
        return tuple(_given(layout, seen, uses, order))
    guessed = [_guess(layout.name(at), found, order) for at, found in enumerate(seen)]
    return tuple(_alike(list(_sites(guessed, seen))))


def _look(layout: Layout, at: int) -> _Seen:
    cells = [cell for cell in layout.cells(at) if not is_empty(cell)]
    heading = headings.said(layout.heading[at]) if at < len(layout.heading) else ""
    share = sum(map(is_value, cells)) / len(cells) if cells else 0.0
    counts: dict[str, int] = {}
    for cell in cells:
        for sighted in values_of(cell):
            counts[sighted.field] = counts.get(sighted.field, 0) + 1
    fields = sorted(filter(None, counts), key=lambda field: -counts[field])
    return _Seen(cells, heading, share, tuple(fields))


def _guess(name: str, seen: _Seen, order: Order) -> Column:
    use, doubt = _verdict(seen)
    order = _order(seen, use, order)
    if not order:
        use, doubt = _Verdict("ignore", _EITHER)
    return Column(
        name,
        use,
        doubt,
        seen.fields if use == "value" else (),
        order or "ymd",
        _shown(seen.cells),
    )


def _order(seen: _Seen, use: Use, given: Order) -> Order:
    return given or order_of(seen.cells) if use == "seen" else "ymd"


def _verdict(seen: _Seen) -> _Verdict:
    if not seen.cells:
        return _Verdict("ignore")
    if seen.share > _MOST_OF_THEM:
        return _of_values(seen)
    if _part(seen.cells, is_date) >= _NEARLY_ALL or (
        headings.SEEN.search(seen.heading) is not None
        and _part(seen.cells, is_instant) >= _NEARLY_ALL
    ):
        return _of_dates(seen.heading)
    return _of_words(seen)


def _of_values(seen: _Seen) -> _Verdict:
    others = round((1 - seen.share) * len(seen.cells))
    heading = seen.heading
    names_values = bool(headings.VALUES.search(heading))
    if headings.OTHERS.search(heading) or (headings.NUMBERS.search(heading) and not names_values):
        return _Verdict("ignore", "it holds values, but its heading says they are none")
    describes = bool(headings.NOTES.search(heading)) and not names_values
    if (headings.REFERENCES.search(heading) or describes) and set(seen.fields) <= {"url"}:
        unsure = names_values or describes
        doubt = "its addresses may be values" if unsure else ""
        return _Verdict("reference", doubt)
    doubt = f"{others} of {len(seen.cells)} cells are no values" if others else ""
    if describes:
        doubt = doubt or "it holds values, but its heading says that it describes"
    return _Verdict("value", doubt)


def _of_dates(heading: str) -> _Verdict:
    if headings.OTHER_DATES.search(heading):
        return _Verdict("ignore")
    if headings.SEEN.search(heading):
        return _Verdict("seen")
    if heading:
        return _Verdict("ignore")
    return _Verdict("seen", "no heading says whose date")


def _of_words(seen: _Seen) -> _Verdict:
    heading = seen.heading
    if headings.CONFIDENCE.search(heading) and _part(seen.cells, _is_percent) == 1:
        return _Verdict("confidence")
    if headings.KINDS.search(heading) and not seen.share:
        return _Verdict("ignore")
    if headings.NOTES.search(heading):
        return _Verdict("note")
    some = round(seen.share * len(seen.cells))
    if some and headings.VALUES.search(heading):
        others = len(seen.cells) - some
        doubt = f"{others} of {len(seen.cells)} cells are no values"
        return _Verdict("value", doubt)
    doubt = f"{some} of {len(seen.cells)} cells are values" if some else ""
    return _Verdict("ignore", doubt)


def _is_percent(cell: str) -> bool:
    return cell.isdecimal() and int(cell) <= _HUNDRED


def _part(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(test(cell) for cell in cells) / len(cells)


def _sites(columns: Sequence[Column], seen: Sequence[_Seen]) -> Iterator[Column]:
    """Addresses that are all at one place, beside other values, are those of a source's own pages."""
    others = sum(column.use == "value" for column in columns) > 1
    for column, found in zip(columns, seen, strict=True):
        hosts = {_host(cell) for cell in found.cells} if column.fields == ("url",) else set()
        if others and len(hosts) == 1 and len(set(found.cells)) >= _FEW:
            [host] = hosts
            use, doubt = _Verdict(
                "reference", f"its addresses are all at {host}; they may be values"
            )
            yield msgspec.structs.replace(column, use=use, doubt=doubt, fields=())
        else:
            yield column


def _alike(columns: Sequence[Column]) -> Iterator[Column]:
    """Two columns of addresses may be both ends of a connection, of which only one is hostile."""
    kinds = [column.fields[0] for column in columns if column.fields]
    for column in columns:
        several = bool(column.fields) and kinds.count(column.fields[0]) > 1
        if several and column.fields[0] in _ENDS and not column.doubt:
            doubt = _Verdict("value", "another column has values of the same kind").doubt
            yield msgspec.structs.replace(column, doubt=doubt)
        else:
            yield column


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()


def _named(layout: Layout, given: Mapping[str, str]) -> list[str]:
    """The use of each column in their order."""
    wanted = dict(given)
    uses = []
    for at in range(layout.width):
        use = wanted.pop(layout.name(at), None) or wanted.pop(str(at + 1), None) or "ignore"
        uses.append(use)
    if wanted:
        there = ", ".join(layout.name(at) for at in range(layout.width))
        raise _bad(f"there is no column {', '.join(wanted)}; there are {there}")
    return uses


def _given(
    layout: Layout, seen: Sequence[_Seen], uses: Sequence[str], order: Order
) -> Iterator[Column]:
    if len(uses) != len(seen):
        raise _bad(f"the table has {len(seen)} columns, and {len(uses)} were given")
    for at, (found, use) in enumerate(zip(seen, uses, strict=True)):
        if use not in USES:
            raise _bad(f"a column is read as one of {', '.join(USES)}, not as {use!r}")
        written = _order(found, cast("Use", use), order)
        doubt = "" if written else _EITHER
        fields = found.fields if use == "value" else ()
        shown = _shown(found.cells)
        yield Column(layout.name(at), cast("Use", use), doubt, fields, written, shown)


def seen_us(cell: str, column: Column) -> int:
    """When the values of a row were seen, in microseconds since 1970; 0: it does not say."""
    return date_us(cell, column.order)


def _shown(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(cell.split())[:_LONGEST_SHOWN] for cell in cells[:_SHOWN])


def _bad(reason: str) -> HubError:
    return HubError(
        Fault.BAD_BODY, reason, field="columns", remedy="Name the columns as the list has them."
    )
