"""Objects out of files: bundles, envelopes and NDJSON, each of them plain or gzipped.

A file whose first line is a whole JSON value is NDJSON; each of its lines holds one object, or a
bundle of several. Any other file is one JSON document. Lines end at a line feed alone: other
characters that count as line ends stand inside real texts.
"""

from __future__ import annotations

import codecs
import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast

import msgspec

from hub.cli.base import Exit, fail
from hub.errors import HubError
from hub.stix.envelope import split

STDIN = "-"
_GZIP = b"\x1f\x8b"
_LINES = frozenset({".ndjson", ".jsonl"})
_BATCH_BYTES = 8_000_000


T = TypeVar("T", bound=tuple[bytes, Any])


class Piece(NamedTuple):
    """One object of a file."""

    raw: bytes
    place: str
    """Where it stands, for a person: `feed.ndjson line 7`."""


class _Outline(msgspec.Struct):
    """As much of a JSON object as tells a bundle or an envelope from an object."""

    objects: Any = None
    type: Any = None


_outline = msgspec.json.Decoder(_Outline)


def pieces(name: str) -> Iterator[Piece]:
    """The objects of a file, one after the other; `-` is standard input.

    Leaves the program when the file cannot be read, or is no JSON at all.
    """
    try:
        with _opened(name) as file:
            yield from _pieces(file, name)
    except (OSError, EOFError, zlib.error) as error:
        fail(f"{name}: {error}", Exit.ERROR)


def batches(found: Iterator[T], most: int) -> Iterator[list[T]]:
    """Pieces, or what else begins with its bytes, at most `most` and not much more than 8 MB at once."""
    batch: list[T] = []
    size = 0
    for piece in found:
        batch.append(piece)
        size += len(piece[0])
        if len(batch) == most or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def weight(name: str) -> int:
    """About how many bytes of objects a file holds; 0 when that cannot be known."""
    if name == STDIN:
        return 0
    try:
        with Path(name).open("rb") as file:
            if file.read(2) != _GZIP:
                return Path(name).stat().st_size
            # RFC 1952: the last four bytes are the size before compression.
            file.seek(-4, 2)
            return int.from_bytes(file.read(4), "little")
    except OSError:
        return 0


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    if name == STDIN:
        return nullcontext(sys.stdin.buffer)
    with Path(name).open("rb") as file:
        is_gzip = file.read(2) == _GZIP
    return cast("BinaryIO", gzip.open(name, "rb")) if is_gzip else Path(name).open("rb")


def _pieces(file: BinaryIO, name: str) -> Iterator[Piece]:
    first = file.readline().removeprefix(codecs.BOM_UTF8)
    suffixes = set(Path(name).suffixes)
    if _LINES & suffixes or is_json(first):
        yield from _of_lines(chain([first], file), name)
        return
    body = first + file.read()
    if body.strip():
        found = [Piece(r, f"{name} objects[{n}]") for n, r in enumerate(_split(body, name))]
        # What defines markings goes first: the hub refuses markings that it does not know.
        yield from sorted(found, key=lambda piece: not _defines_marking(piece.raw))


def _of_lines(lines: Iterator[bytes], name: str) -> Iterator[Piece]:
    for number, line in enumerate(lines, start=1):
        raw = line.strip()
        if not raw:
            continue
        place = f"{name} line {number}"
        if not _holds_several(raw):
            yield Piece(raw, place)
            continue
        for inner, found in enumerate(_split(raw, place)):
            yield Piece(found, f"{place} objects[{inner}]")


def _split(body: bytes, place: str) -> list[bytes]:
    if is_json(body) and not _holds_several(body):
        return [body.strip()]
    try:
        return split(body)
    except HubError as error:
        fail(f"{place}: {error.reason} {error.remedy}", Exit.ERROR)


def _defines_marking(raw: bytes) -> bool:
    if b"marking-definition" not in raw:
        return False
    try:
        return bool(_outline.decode(raw).type == "marking-definition")
    except (msgspec.MsgspecError, RecursionError):
        return False


def is_json(text: bytes) -> bool:
    """Whether the bytes are one strict JSON value."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _holds_several(raw: bytes) -> bool:
    """Whether it is a bundle or an envelope; observed-data has `objects` too, and a type."""
    try:
        found = _outline.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return found.type == "bundle" or (found.type is None and found.objects is not None)
