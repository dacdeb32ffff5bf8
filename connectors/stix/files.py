"""`stix`: bundles, lists, single objects and JSON lines, as files or behind an address.

The bytes of every object stay as they came. What is wrong with one object is said by the door, to
which it is given like the others; only what cannot be taken apart is left out here. A file of a
folder that cannot be taken apart may be one that is still being written: it is tried again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connectors.base import Run
from connectors.errors import NotUnderstood
from connectors.found import Batch, Found, Left, State
from connectors.reading import Reading
from connectors.source import Piece, Source
from connectors.web import refuse_page
from hub.errors import HubError
from hub.stix.envelope import split

_MOST = 1_000
"""Objects of a batch: they are larger than those made of values"""
_MOST_BYTES = 8_000_000
_SUFFIXES = (".json", ".stix", ".stix2", ".ndjson", ".jsonl")
_BOM = b"\xef\xbb\xbf"


class FilesSettings(Source, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[source] of `stix`."""


class _Kind(msgspec.Struct):
    """What tells the shapes apart; msgspec passes over all else."""

    type: msgspec.Raw = msgspec.Raw(b"null")
    id: msgspec.Raw = msgspec.Raw(b"null")
    objects: msgspec.Raw = msgspec.Raw(b"null")
    bundle: msgspec.Raw = msgspec.Raw(b"null")


class FilesConnector:
    """Reads STIX."""

    def collect(self, settings: FilesSettings, state: State, run: Run) -> Iterator[Batch]:
        """The objects of each file that is new or has changed.

        Raises:
            RemoteError: One of its kinds.
        """
        reading = Reading(settings, state, run, suffixes=_SUFFIXES)
        return reading.batches(lambda piece: _batches(piece, *_objects(piece), reading))


def _batches(
    piece: Piece, raws: list[bytes], left: tuple[Left, ...], reading: Reading
) -> Iterator[Batch]:
    found: list[Found] = []
    size = 0
    for number, raw in enumerate(raws, 1):
        if len(found) >= _MOST or size + len(raw) > _MOST_BYTES > size > 0:
            yield Batch(tuple(found), reading.state)
            found, size = [], 0
        found.append(Found(raw, f"{piece.name} object {number}"))
        size += len(raw)
    yield Batch(tuple(found), reading.done(piece), left)


def _objects(piece: Piece) -> tuple[list[bytes], tuple[Left, ...]]:
    """The bytes of each object; and of JSON lines those that are broken."""
    refuse_page(piece, "STIX")
    body = piece.body.removeprefix(_BOM).strip()
    try:
        return _of_document(body), ()
    except msgspec.DecodeError:
        try:
            # A fault in one object costs that object: `split` is patient, and the door refuses it.
            return _of_lines(body, piece.name) or (split(body), ())
        except HubError as error:
            raise NotUnderstood(
                f"{piece.name} is no whole JSON: {error.reason}",
                remedy="It may be cut short, or not finished yet.",
            ) from error
    except RecursionError:
        raise NotUnderstood(
            f"{piece.name} is nested too deeply", remedy="Check what is there."
        ) from None
    except HubError as error:
        raise NotUnderstood(f"{piece.name}: {error.reason}", remedy=error.remedy) from error


def _of_document(body: bytes) -> list[bytes]:
    if body.startswith(b"["):
        return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]
    try:
        shape = msgspec.json.decode(body, type=_Kind)
    except msgspec.ValidationError as error:
        raise _other() from error
    kind = bytes(shape.type)
    if bytes(shape.objects) != b"null" and kind in {b"null", b'"bundle"'}:
        return _split(body)
    if bytes(shape.bundle).startswith(b"{"):
        # Lines of an archive: a name and a bundle in each.
        return _of_document(bytes(shape.bundle))
    if kind != b"null" and bytes(shape.id) != b"null" and kind != b'"bundle"':
        return [body]
    if kind == b'"bundle"':
        # A bundle without objects is allowed (STIX 2.1 section 8).
        return []
    raise _other()


def _other() -> NotUnderstood:
    return NotUnderstood(
        "this is JSON, and no STIX object, bundle or list",
        remedy="For other JSON there is the connector `json`.",
    )


def _split(body: bytes) -> list[bytes]:
    shape = msgspec.json.decode(body, type=_Kind)
    return [] if bytes(shape.objects).replace(b" ", b"") == b"[]" else split(body)


def _of_lines(body: bytes, name: str) -> tuple[list[bytes], tuple[Left, ...]] | None:
    """The objects of JSON lines; None: it is something else. Text may hold U+2028, so by line feed."""
    if b"\n" not in body:
        return None
    raws: list[bytes] = []
    left: list[Left] = []
    lines = [(at, line.strip()) for at, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    for number, line in lines:
        try:
            raws += _of_document(line)
        except (msgspec.DecodeError, HubError):
            shown = line[:60].decode("utf-8", "replace")
            left.append(Left(shown, "the line is no STIX object", f"{name} line {number}"))
    last_is_cut = bool(left) and left[-1].origin == f"{name} line {lines[-1][0]}"
    if not raws or len(left) > len(raws) or last_is_cut:
        return None
    return raws, tuple(left)


SETTINGS = FilesSettings
CONNECTOR = FilesConnector()
