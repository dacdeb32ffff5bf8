"""`json`: lists of values or of entries in JSON, such as CISA's Known Exploited Vulnerabilities.

Each field of an entry is treated as a column of a table is, found out or named in the settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from connectors.base import Run
from connectors.errors import NotUnderstood
from connectors.found import Batch, State
from connectors.lists.settings import ValuesSource
from connectors.lists.streaming import batches, tell_doubts
from connectors.reading import Reading
from connectors.records.entries import Unread, cells_of, entries_of, fields_of
from connectors.source import Piece
from connectors.web import refuse_page
from hub.errors import HubError
from hub.intake.cells import is_empty
from hub.intake.columns import Column, Use, columns_of
from hub.intake.records import Layout, Record
from hub.intake.rows import Told, of_record
from hub.model.intake import LeftOut

_SUFFIXES = (".json", ".jsonl", ".ndjson")
_SAMPLE = 300


class JsonSettings(ValuesSource, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[source] of `json`."""

    items: Annotated[
        str,
        Meta(
            description="Where the entries are: names with dots between, such as `data.items`; `*` "
            "stands for every entry of an object or list. Empty: the document is the list, or has "
            "one entry a line."
        ),
    ] = ""
    fields: Annotated[
        dict[str, Use],
        Meta(
            description="What each field of an entry is, with dots for inner ones and `@key` for the "
            "name an entry stands under: value, note, detail (a note behind the name of its field), "
            "seen, confidence, reference or ignore. Others are left out then. Empty: it is found out."
        ),
    ] = msgspec.field(default_factory=dict)


class JsonConnector:
    """Reads JSON."""

    def collect(self, settings: JsonSettings, state: State, run: Run) -> Iterator[Batch]:
        """The values of each document that is new or has changed.

        Raises:
            RemoteError: One of its kinds.
        """
        reading = Reading(settings, state, run, suffixes=_SUFFIXES)
        way = settings.way("entry")
        return reading.batches(
            lambda piece: batches(piece, _told(piece, settings, run), way, reading, run)
        )


def _told(piece: Piece, settings: JsonSettings, run: Run) -> Iterator[Told | LeftOut]:
    refuse_page(piece, "JSON")
    entries = iter(entries_of(piece.body, settings.items, piece.name))
    sample = list(islice(entries, _SAMPLE))
    readable = [entry for entry in sample if not isinstance(entry, Unread)]
    names = list(settings.fields) or fields_of(readable)
    columns = _columns(readable, names, settings, piece.name)
    tell_doubts(piece, columns, run)
    return _rows(chain(sample, entries), names, columns)


def _rows(
    entries: Iterator[Any], names: list[str], columns: tuple[Column, ...]
) -> Iterator[Told | LeftOut]:
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, Unread):
            yield LeftOut(entry.text, "invalid", number)
        else:
            yield from of_record(Record(number, cells_of(entry, names)), columns)


def _columns(
    sample: list[Any], names: list[str], settings: JsonSettings, document: str
) -> tuple[Column, ...]:
    rows = tuple(Record(at, cells_of(entry, names)) for at, entry in enumerate(sample, 1))
    layout = Layout("", tuple(names), 0, rows)
    try:
        columns = columns_of(layout, settings.fields)
    except HubError as error:
        raise NotUnderstood(error.reason, remedy=error.remedy) from error
    has_values = any(
        column.use == "value" and any(not is_empty(cell) for cell in layout.cells(at))
        for at, column in enumerate(columns)
    )
    if sample and not has_values:
        there = ", ".join(filter(None, fields_of(sample))) or "no fields"
        raise NotUnderstood(
            f"no field of {document} has values; there are {there}",
            remedy="Name the right one in `fields`, with the use `value`.",
        )
    return columns


SETTINGS = JsonSettings
CONNECTOR = JsonConnector()
