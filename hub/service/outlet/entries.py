"""The values of a selection, joined by their canonical spelling, each with all its sources."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import msgspec

from hub.model.search import Piece
from hub.model.tlp import Tlp
from hub.service.outlet.live import Assertion, Sieve
from hub.service.outlet.refuse import refusal
from hub.service.outlet.sorter import Sorter
from hub.service.outlet.spell import spelled
from hub.service.outlet.wish import Left
from hub.stix.equalities import equalities

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


class _Packed(msgspec.Struct, array_like=True):
    spelling: str
    publisher: str
    object_id: str
    confidence: int
    first_us: int
    last_us: int
    until_us: int
    tlp: int
    name: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


class Gathered:
    """What the pieces of a selection say, ready to be read in the order of values.

    Args:
        sorter: Where it is kept.
        sieve: Says what is live, and counts what is left out.
        fields: Of the values that are wanted.
        own_domains: Domains that are never in a list.
    """

    def __init__(
        self, sorter: Sorter, sieve: Sieve, fields: Collection[str], own_domains: Collection[str]
    ) -> None:
        self._sorter = sorter
        self._sieve = sieve
        self._fields = frozenset(fields)
        self._own = own_domains

    def take(self, pages: Iterable[list[Piece]]) -> None:
        """Take in what is live and may leave."""
        for pieces in pages:
            for piece in pieces:
                self._take(piece)

    def entries(self, most: int = 0) -> Iterator[Entry]:
        """The values by field and key; with a limit those of which was spoken last."""
        if not most:
            return self._joined()
        # Twice over the file, so that what is kept in memory are dates and not values.
        dates = heapq.nlargest(most, map(_date, self._joined()))
        return (entry for entry in self._joined() if self._is_in(entry, dates[-1]))

    def _is_in(self, entry: Entry, least: tuple[int, str, str]) -> bool:
        if _date(entry) >= least:
            return True
        self._sieve.left[Left.OVER] += 1
        return False

    def _take(self, piece: Piece) -> None:
        found = self._sieve.indicator(piece)
        if found is None:
            return
        said, obj = found
        equals = equalities(obj) if obj.get("pattern_type", "stix") == "stix" else None
        if equals is None:
            self._sieve.left[Left.PATTERN] += 1
            return
        for equal in equals:
            if equal.field not in self._fields:
                continue
            reason = refusal(equal, self._own)
            spelling = "" if reason else spelled(equal)
            if reason or not spelling:
                self._sieve.left[reason or Left.FORM] += 1
            elif self._sieve.holds(said, equal.field):
                key = f"{equal.field}{_BETWEEN}{equal.key}"
                self._sorter.add(key, _encode((spelling, *said)))

    def _joined(self) -> Iterator[Entry]:
        for at, group in groupby(self._sorter, lambda pair: pair[0]):
            field, _, key = at.partition(_BETWEEN)
            yield _joined(field, key, (payload for _, payload in group))


def _date(entry: Entry) -> tuple[int, str, str]:
    return entry.last_us, entry.field, entry.key


def _joined(field: str, key: str, payloads: Iterable[bytes]) -> Entry:
    """One value; of an object that is in several collections, what it says last."""
    newest: dict[tuple[str, str], Source] = {}
    for payload in payloads:
        packed = _decode(payload)
        spelling, *rest = (getattr(packed, name) for name in _Packed.__struct_fields__)
        source = Source(spelling, Assertion(*rest)._replace(tlp=Tlp(packed.tlp)))
        at = (packed.publisher, packed.object_id)
        if at not in newest or newest[at].said.last_us < packed.last_us:
            newest[at] = source
    sources = [newest[at] for at in sorted(newest)]
    return Entry(field, key, sources[0].spelling, sources)
