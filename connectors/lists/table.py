"""`csv`: tables of values by any separator, with or without a heading.

What the columns are is found out (`hub.intake.columns`), or said in the settings. A table in which
no column has values, or in which a column that was named is missing, is refused whole: it is better
to stop than to read the wrong column.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from connectors.base import Run
from connectors.errors import NotUnderstood
from connectors.found import Batch, State
from connectors.lists.settings import ValuesSource
from connectors.lists.streaming import batches, tell_doubts
from connectors.reading import Reading
from connectors.source import Piece
from connectors.web import refuse_page
from hub.errors import HubError
from hub.intake.columns import Column, Use, columns_of
from hub.intake.records import Layout, layout_of
from hub.intake.rows import told
from hub.intake.text import decoded

_SUFFIXES = (".csv", ".tsv", ".txt")
_SEPARATOR = Annotated[
    Literal["", ",", ";", "\t", "|"],
    Meta(
        description="What stands between cells: a comma, `;`, a tab or `|`; empty: it is found out"
    ),
]


class TableSettings(ValuesSource, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[source] of `csv`."""

    separator: _SEPARATOR = ""
    heading: Annotated[
        bool | None,
        Meta(description="Whether the first row names the columns; unset: it is found out"),
    ] = None
    columns: Annotated[
        dict[str, Use],
        Meta(
            description="What each column is, by its heading or number: value, note, detail (a "
            "note behind its heading), seen, confidence, reference or ignore. Others are left out then. Empty: it is found out."
        ),
    ] = msgspec.field(default_factory=dict)
    dates: Annotated[
        Literal["", "ymd", "dmy", "mdy"],
        Meta(description="Order of year, month and day in dates; empty: it is found out"),
    ] = ""


class TableConnector:
    """Reads tables."""

    def collect(self, settings: TableSettings, state: State, run: Run) -> Iterator[Batch]:
        """The values of each table that is new or has changed.

        Raises:
            RemoteError: One of its kinds.
        """
        reading = Reading(settings, state, run, suffixes=_SUFFIXES)

        def read(piece: Piece) -> Iterator[Batch]:
            text, layout, columns = _understood(piece, settings)
            tell_doubts(piece, columns, run)
            return batches(piece, told(text, layout, columns), settings.way(), reading, run)

        return reading.batches(read)


def _understood(piece: Piece, settings: TableSettings) -> tuple[str, Layout, tuple[Column, ...]]:
    refuse_page(piece, "a table")
    text, _ = decoded(piece.body)
    layout = layout_of(text, separator=settings.separator, heading=settings.heading)
    try:
        columns = columns_of(layout, settings.columns, order=settings.dates)
    except HubError as error:
        raise NotUnderstood(error.reason, remedy=error.remedy) from error
    if layout.sample and not any(column.use == "value" for column in columns):
        raise NotUnderstood(
            f"no column of {piece.name} has values; there are "
            + ", ".join(column.name for column in columns),
            remedy="Name the right one in `columns`, with the use `value`.",
        )
    return text, layout, columns


SETTINGS = TableSettings
CONNECTOR = TableConnector()
