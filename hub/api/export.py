"""A whole result as a file: CSV, STIX bundle, NDJSON, plain values.

It is written while it is read, a few records at a time, and is complete when it ends as HTTP says:
with the last, empty chunk. If it breaks off in the middle, the last line says so (a bundle stays
an open JSON text, which no parser takes), and the connection is closed without that chunk.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from flask import Response

from hub.api.shown import Shower
from hub.errors import Fault, HubError
from hub.language.fields import VALUES
from hub.language.sheet import MARK, MEDIA_TYPE, plain, row
from hub.model.clock import format_us
from hub.model.search import Node, Piece
from hub.service.search import hit_of
from hub.stix.check import document_of, spelled

_log = logging.getLogger("hub.error")
_SPACE = uuid.UUID("8f6d0a56-7d33-4c39-9e52-6a1f0c9c8a11")

_COLUMNS = (
    *("id", "type", "name", "values", "tlp", "publisher", "collection", "date_added"),
    *("created", "modified", "valid_from", "valid_until", "confidence", "labels", "revoked"),
)

Pages = Iterator[list[Piece]]


class Wish(NamedTuple):
    """What a file is written from, beside the records."""

    node: Node
    """The query, which says why a record was found"""
    shower: Shower
    fields: Sequence[str]
    """Whose values are wanted; none: of all fields"""


class Form(NamedTuple):
    """One way to write a whole result."""

    media_type: str
    suffix: str
    write: Callable[[Pages, Wish], Iterator[bytes]]
    broken: Callable[[str], bytes]
    """The last line when it breaks off, with the reason"""


class Desks:
    """Where files are written, so many at once: some threads are left for everything else.

    Each file keeps a thread until its reader has all of it, however slowly that goes.

    Args:
        count: How many files are written at once.
    """

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    def take(self) -> Callable[[], None]:
        """What gives the desk back, once, however often it is called.

        Raises:
            HubError: BUSY when all are taken.
        """
        if not self._free.acquire(blocking=False):
            raise HubError(
                Fault.BUSY,
                "as many files as may be written at once are being written",
                remedy="Ask again when one is done, or read pages.",
            )
        taken = ExitStack()
        taken.callback(self._free.release)
        return taken.close


def respond(form: Form, pages: Pages, wish: Wish, desks: Desks) -> Response:
    """The answer. What is wrong with the query is found out before it begins.

    Raises:
        HubError: What the first page raises; BUSY when too many files are being written.
    """
    leave = desks.take()
    try:
        first = next(pages, [])
    except BaseException:
        leave()
        raise
    body = _guarded(form, form.write(chain([first], pages), wish), leave)
    response = Response(body, content_type=form.media_type)
    # Who goes away before the first piece leaves a body that never begins, and so never ends.
    response.call_on_close(leave)
    response.headers["Content-Disposition"] = f'attachment; filename="search.{form.suffix}"'
    return response


def _guarded(form: Form, body: Iterator[bytes], leave: Callable[[], None]) -> Iterator[bytes]:
    try:
        yield from body
    except HubError as error:
        _log.error("an export broke off: %s", error.reason)
        yield form.broken(error.reason)
        # The server closes the connection: what ends without the last chunk is not complete.
        raise
    finally:
        leave()


def _csv(pages: Pages, wish: Wish) -> Iterator[bytes]:
    """RFC 4180, with the mark by which spreadsheets know UTF-8."""
    yield MARK + row(_COLUMNS)
    for pieces in pages:
        yield b"".join(row(_cells(piece, wish)) for piece in pieces)


def _cells(piece: Piece, wish: Wish) -> list[str]:
    obj = msgspec.json.decode(piece.raw)
    return [
        piece.object_id,
        piece.type,
        _text(obj.get("name")),
        " ".join(_values(piece, wish)),
        piece.tlp.text,
        piece.publisher,
        wish.shower.alias(piece.collection),
        format_us(piece.added_us),
        *(_text(obj.get(name)) for name in _COLUMNS[8:]),
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return " ".join(_text(item) for item in value)
    return "" if value is None or isinstance(value, dict) else str(value)


def _stix(pages: Pages, wish: Wish) -> Iterator[bytes]:
    """A bundle of the objects as they are stored; its id follows from their ids and dates."""
    del wish
    comma, digest = b"", uuid.uuid5(_SPACE, "search")
    yield b'{"type":"bundle","objects":['
    for pieces in pages:
        for piece in pieces:
            yield comma + piece.raw
            comma, digest = b",", uuid.uuid5(digest, str(piece.added_us))
    yield b'],"id":"bundle--%b"}\n' % str(uuid.UUID(bytes=digest.bytes, version=4)).encode()


def _ndjson(pages: Pages, wish: Wish) -> Iterator[bytes]:
    """A hit in each line: objects lose the line ends between their members, and no more."""
    for pieces in pages:
        hits = (wish.shower.hit(hit_of(piece, wish.node)) for piece in pieces)
        lines = (msgspec.json.encode(hit) for hit in hits)
        yield b"".join(msgspec.json.format(line, indent=-1) + b"\n" for line in lines)


def _plain(pages: Pages, wish: Wish) -> Iterator[bytes]:
    """A value in each line; one that several objects have stands there for each of them."""
    for pieces in pages:
        found = dict.fromkeys(value for piece in pieces for value in _values(piece, wish))
        yield "".join(f"{value}\n" for value in found).encode("utf-8", "replace")


def _values(piece: Piece, wish: Wish) -> list[str]:
    terms = [
        term
        for term in sorted(document_of(piece.raw).terms)
        if term.field in VALUES and (not wish.fields or term.field in wish.fields)
    ]
    return [*map(plain, spelled(piece.raw, terms))]


def _remark(reason: str) -> bytes:
    return f"# INCOMPLETE: {plain(reason)}\n".encode()


def _record(reason: str) -> bytes:
    return msgspec.json.encode({"incomplete": reason}) + b"\n"


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "csv": Form(MEDIA_TYPE, "csv", _csv, _remark),
        "stix": Form("application/stix+json;version=2.1", "json", _stix, _remark),
        "ndjson": Form("application/x-ndjson", "ndjson", _ndjson, _record),
        "text": Form("text/plain; charset=utf-8", "txt", _plain, _remark),
    }
)
