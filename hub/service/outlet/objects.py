"""The objects themselves, as they were published: a STIX bundle, or one in each line."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import msgspec

from hub.service.outlet.press import Press, Selection

_SPACE = uuid.UUID("8f6d0a56-7d33-4c39-9e52-6a1f0c9c8a12")


def bundle(selection: Selection, press: Press) -> Iterator[bytes]:
    """A bundle; its id follows from what is in it."""
    del press
    comma, digest = b"", _SPACE
    yield b'{"type":"bundle","objects":['
    for piece in selection.objects():
        yield comma + piece.raw
        comma, digest = b",", uuid.uuid5(digest, f"{piece.object_id} {piece.added_us}")
    yield b'],"id":"bundle--%b"}\n' % str(uuid.UUID(bytes=digest.bytes, version=4)).encode()


def ndjson(selection: Selection, press: Press) -> Iterator[bytes]:
    """An object in each line: it loses the line ends between its members, and no more."""
    del press
    for piece in selection.objects():
        yield msgspec.json.format(piece.raw, indent=-1) + b"\n"
