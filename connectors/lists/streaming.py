"""Values of a list as batches: each value once, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from connectors.base import Run
from connectors.found import Batch, Found, Left
from connectors.making import Said
from connectors.reading import Reading
from connectors.source import Piece
from hub.intake.columns import Column
from hub.intake.concerns import weighed
from hub.intake.rows import Told
from hub.model.intake import LeftOut

MOST = 2_000
"""Objects of a batch"""
_MOST_LEFT = 500
_LONGEST_GIVEN = 200
_LONGEST_NOTE = 5_000
_FEW = 20
_HUNDRED = 100
_REASONS: Mapping[str, str] = MappingProxyType(
    {"invalid": "it is no value", "kind": "no object is made of this kind"}
)


class _Named(msgspec.Struct):
    id: str


_ID = msgspec.json.Decoder(_Named)


class Way(NamedTuple):
    """How values are made into objects."""

    file_names: bool = False
    """Bare names of files are taken, too."""
    types: tuple[str, ...] = ()
    """indicator-type-ov"""
    unit: str = "line"
    """What a number in an origin counts"""
    deletions_most: int = 0
    """Per cent of what the feed has published that may go at once; 0: nothing goes"""


def batches(
    piece: Piece, entries: Iterable[Told | LeftOut], way: Way, reading: Reading, run: Run
) -> Iterator[Batch]:
    """A piece as batches; only with the last one it is done.

    Args:
        piece: The list.
        entries: What it says, in order.
        way: How objects are made.
        reading: Of the source.
        run: Makes the objects.
    """
    found: list[Found] = []
    left: list[Left] = []
    seen: set[int] = set()
    listed: set[str] = set()
    for entry in entries:
        made = _made(entry, piece, way, run)
        if isinstance(made, Left):
            left.append(made)
        elif made is not None:
            # Numbers and not keys: a set of a million texts would take more than the list.
            key = hash((made.item.field, made.item.key)) if made.item else 0
            if key not in seen:
                seen.add(key)
                found.append(made)
                if way.deletions_most:
                    listed.add(_ID.decode(made.raw).id)
        if len(found) >= MOST or len(left) >= _MOST_LEFT:
            yield Batch(tuple(found), reading.state, tuple(left))
            found, left = [], []
    gone = _gone(listed, way, run) if way.deletions_most and not reading.is_folder else ()
    yield Batch(tuple(found), reading.done(piece), tuple(left), gone)


def tell_doubts(piece: Piece, columns: Iterable[Column], run: Run) -> None:
    """Say which columns are read as what they may not be."""
    for column in columns:
        if column.doubt and column.use != "ignore":
            run.notice(f"{piece.name}: {column.name} as {column.use}: {column.doubt}")


def _gone(listed: set[str], way: Way, run: Run) -> tuple[str, ...]:
    """What the feed has published and its list has no more, unless that is too much to be meant."""
    known = set(run.known())
    gone = known - listed
    if len(known) > _FEW and len(gone) * _HUNDRED > len(known) * way.deletions_most:
        run.notice(
            f"{len(gone)} of {len(known)} values are listed no more; that is above "
            f"{way.deletions_most} %, so nothing is deleted"
        )
        return ()
    return tuple(sorted(gone))


def _made(entry: Told | LeftOut, piece: Piece, way: Way, run: Run) -> Found | Left | None:
    if isinstance(entry, LeftOut):
        origin = f"{piece.name} {way.unit} {entry.line}"
        return Left(entry.given[:_LONGEST_GIVEN], _REASONS[entry.reason], origin)
    item = entry.item
    origin = f"{piece.name} {way.unit} {item.line}"
    if "weak" in item.concerns and not way.file_names:
        return Left(item.value[:_LONGEST_GIVEN], "the name of a file says too little", origin)
    item = weighed(msgspec.structs.replace(item, note=item.note[:_LONGEST_NOTE]), ())
    seen_us = entry.seen_us if entry.seen_us <= run.started_us else 0
    made = run.maker.indicator(
        item,
        origin,
        types=way.types,
        seen_us=seen_us,
        said=Said(entry.confidence, entry.references),
    )
    return made or Left(item.value[:_LONGEST_GIVEN], _REASONS["kind"], origin)
