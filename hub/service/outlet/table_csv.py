"""Values as a table: a row for each value and source, so that every assertion is kept."""

from __future__ import annotations

from collections.abc import Iterator

from hub.language.sheet import MARK, MEDIA_TYPE, row
from hub.model.clock import format_us
from hub.service.outlet.assertion import NEVER_US
from hub.service.outlet.entries import Source
from hub.service.outlet.press import Press, Selection

__all__ = ["COLUMNS", "MEDIA_TYPE", "write"]

COLUMNS = (
    *("field", "value", "publisher", "id", "name", "confidence"),
    *("first", "last", "valid_until", "tlp"),
)


def write(selection: Selection, press: Press) -> Iterator[bytes]:
    """RFC 4180, with the mark by which spreadsheets know UTF-8."""
    del press
    yield MARK + row(COLUMNS)
    for entry in selection.entries():
        yield b"".join(row([entry.field, *_cells(source)]) for source in entry.sources)


def _cells(source: Source) -> list[str]:
    said = source.said
    until = format_us(said.until_us) if 0 < said.until_us < NEVER_US else ""
    return [
        source.spelling,
        said.publisher,
        said.object_id,
        said.name,
        str(said.confidence) if said.confidence >= 0 else "",
        format_us(said.first_us),
        format_us(said.last_us),
        until,
        said.tlp.text,
    ]
