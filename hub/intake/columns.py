"""What the columns of a table are: by what stands in them, by their headings, or as somebody said.

Each guess says how sure it is, and what speaks against it. A column of which nothing is known is left
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
_SURE = 0.9
_HUNDRED = 100
_SHOWN = 3
_LONGEST_SHOWN = 80


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """One column of a table."""

    name: str
    """Its heading, or its number from 1 on"""
    use: Use
    sure: int
    """Per cent"""
    doubt: str = ""
    """What speaks against it, in words; empty: nothing"""
    fields: tuple[str, ...] = ()
    """Of values: what they are, the most frequent first"""
    order: Order = "ymd"
    """Of dates"""
    sample: tuple[str, ...] = ()
    """Its first cells that say something"""


class _Seen(NamedTuple):
    """What the sample of a column has."""

    cells: list[str]
    heading: str
    share: float
    """Of values among the cells"""
    fields: tuple[str, ...]


def columns_of(layout: Layout, given: Mapping[str, str] | None = None) -> tuple[Column, ...]:
    """What the columns are.

    Args:
        layout: Of the table.
        given: Uses by heading or by number; other columns are left out then, for whoever names
            columns names all that are wanted. None or empty: they are found out.

    Raises:
        HubError: BAD_BODY. A named column is not there, or a use does not exist.
    """
    seen = [_look(layout, at) for at in range(layout.width)]
    if given:
        return tuple(_given(layout, seen, given))
    guessed = [_guess(layout.name(at), found) for at, found in enumerate(seen)]
    return tuple(_one_date(guessed))


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


def _guess(name: str, seen: _Seen) -> Column:
    use, sure, doubt = _verdict(seen)
    order: Order = order_of(seen.cells) if use == "seen" else "ymd"
    if use == "seen" and not order:
        use, doubt = "ignore", "day and month cannot be told apart"
    return Column(
        name,
        use,
        round(sure * _HUNDRED),
        doubt,
        seen.fields if use == "value" else (),
        order,
        _shown(seen.cells),
    )


def _verdict(seen: _Seen) -> tuple[Use, float, str]:
    if not seen.cells:
        return "ignore", 1.0, ""
    if seen.share > _MOST_OF_THEM:
        return _of_values(seen)
    if _part(seen.cells, is_date) >= _NEARLY_ALL or (
        _is_about_dates(seen.heading) and _part(seen.cells, is_instant) >= _NEARLY_ALL
    ):
        return _of_dates(seen.heading)
    return _of_words(seen)


def _of_values(seen: _Seen) -> tuple[Use, float, str]:
    others = round((1 - seen.share) * len(seen.cells))
    heading = seen.heading
    names_values = bool(headings.VALUES.search(heading))
    if headings.OTHERS.search(heading) or (headings.NUMBERS.search(heading) and not names_values):
        return "ignore", 1 - seen.share / 2, "it holds values, but its heading says they are none"
    describes = bool(headings.NOTES.search(heading)) and not names_values
    if (headings.REFERENCES.search(heading) or describes) and set(seen.fields) <= {"url"}:
        unsure = names_values or describes
        doubt = "its addresses may be values" if unsure else ""
        return "reference", _MOST_OF_THEM if unsure else _SURE, doubt
    doubt = f"{others} of {len(seen.cells)} cells are no values" if others else ""
    if describes:
        doubt = doubt or "it holds values, but its heading says that it describes"
    return "value", seen.share, doubt


def _is_about_dates(heading: str) -> bool:
    known = (headings.LAST_SEEN, headings.SEEN, headings.FIRST_SEEN)
    return any(pattern.search(heading) for pattern in known)


def _of_dates(heading: str) -> tuple[Use, float, str]:
    if headings.OTHER_DATES.search(heading):
        return "ignore", _SURE, ""
    if _is_about_dates(heading):
        return "seen", 1.0, ""
    return (
        ("ignore" if heading else "seen"),
        0.6,
        ("" if heading else "no heading says whose date"),
    )


def _of_words(seen: _Seen) -> tuple[Use, float, str]:
    heading = seen.heading
    if headings.CONFIDENCE.search(heading) and _part(seen.cells, _is_percent) == 1:
        return "confidence", 1.0, ""
    if headings.KINDS.search(heading) and not seen.share:
        return "ignore", _SURE, ""
    if headings.NOTES.search(heading):
        return "note", _SURE, ""
    some = round(seen.share * len(seen.cells))
    if some and headings.VALUES.search(heading):
        return "value", 0.6, f"{len(seen.cells) - some} of {len(seen.cells)} cells are no values"
    doubt = f"{some} of {len(seen.cells)} cells are values" if some else ""
    return "ignore", 1 - seen.share if some else _SURE, doubt


def _is_percent(cell: str) -> bool:
    return cell.isdecimal() and int(cell) <= _HUNDRED


def _part(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(test(cell) for cell in cells) / len(cells)


def _one_date(columns: Sequence[Column]) -> Iterator[Column]:
    """Of several dates the one that says most about now; an old one ages what is still used."""
    dates = [column for column in columns if column.use == "seen"]
    best = max(dates, key=_rank, default=None)
    for column in columns:
        if column.use == "seen" and column is not best:
            yield msgspec.structs.replace(column, use="ignore")
        else:
            yield column


def _rank(column: Column) -> int:
    heading = headings.said(column.name)
    if headings.LAST_SEEN.search(heading):
        return 3
    return 1 if headings.FIRST_SEEN.search(heading) else 2


def _given(layout: Layout, seen: Sequence[_Seen], given: Mapping[str, str]) -> Iterator[Column]:
    wanted = dict(given)
    for at, found in enumerate(seen):
        name = layout.name(at)
        use = wanted.pop(name, None) or wanted.pop(str(at + 1), None) or "ignore"
        if use not in USES:
            raise _bad(f"a column is read as one of {', '.join(USES)}, not as {use!r}")
        order: Order = order_of(found.cells) if use == "seen" else "ymd"
        doubt = "" if order else "day and month cannot be told apart"
        fields = found.fields if use == "value" else ()
        yield Column(name, cast("Use", use), _HUNDRED, doubt, fields, order, _shown(found.cells))
    if wanted:
        there = ", ".join(layout.name(at) for at in range(layout.width))
        raise _bad(f"there is no column {', '.join(wanted)}; there are {there}")


def seen_us(cell: str, column: Column) -> int:
    """When the values of a row were seen, in microseconds since 1970; 0: it does not say."""
    return date_us(cell, column.order)


def _shown(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(cell.split())[:_LONGEST_SHOWN] for cell in cells[:_SHOWN])


def _bad(reason: str) -> HubError:
    return HubError(
        Fault.BAD_BODY, reason, field="columns", remedy="Name the columns as the list has them."
    )
