"""The values of a selection, joined by their canonical spelling, each with all its sources."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import msgspec

from hub.service.outlet.assertion import Assertion
from hub.service.outlet.sorter import Sorter
from hub.service.outlet.wish import Left, LeftOut
from hub.stix.equalities import Equal

_BETWEEN = "\x00"


class Source(NamedTuple):
    """A value as one indicator says it."""

    spelling: str
    said: Assertion


class Entry(NamedTuple):
    """One value."""

    field: str
    key: str
    value: str
    """In one line of visible characters"""
    sources: list[Source]
    """By publisher and id; never empty"""

    @property
    def confidence(self) -> int:
        """The greatest that a source has; -1: none says."""
        return max(source.said.confidence for source in self.sources)

    @property
    def last_us(self) -> int:
        """When a source said so last."""
        return max(source.said.last_us for source in self.sources)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Source).decode


def pack(sorter: Sorter, equal: Equal, spelling: str, said: Assertion) -> None:
    """Keep a value as one indicator says it."""
    sorter.add(f"{equal.field}{_BETWEEN}{equal.key}", _encode(Source(spelling, said)))


def joined(sorter: Sorter) -> Iterator[Entry]:
    """The values by field and key."""
    for at, group in groupby(sorter, lambda pair: pair[0]):
        field, _, key = at.partition(_BETWEEN)
        yield _joined(field, key, (payload for _, payload in group))


def newest(sorter: Sorter, most: int, left: LeftOut) -> Iterator[Entry]:
    """So many values of which was spoken last, by field and key; the others are counted."""
    # Twice over the file, so that what is kept in memory are dates and not values.
    dates = heapq.nlargest(most, map(_date, joined(sorter)))
    for entry in joined(sorter):
        if _date(entry) >= dates[-1]:
            yield entry
        else:
            left[Left.OVER] += 1


def _date(entry: Entry) -> tuple[int, str, str]:
    return entry.last_us, entry.field, entry.key


def _joined(field: str, key: str, payloads: Iterable[bytes]) -> Entry:
    """One value; of an object that is in several collections, what it says last."""
    found: dict[tuple[str, str], Source] = {}
    for payload in payloads:
        source = _decode(payload)
        at = (source.said.publisher, source.said.object_id)
        if at not in found or found[at].said.last_us < source.said.last_us:
            found[at] = source
    sources = [found[at] for at in sorted(found)]
    return Entry(field, key, sources[0].spelling, sources)
