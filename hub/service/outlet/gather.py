"""Reads what a file is made from, once, and keeps of it what may leave.

Nothing is kept in memory but some megabytes: see `hub.service.outlet.sorter`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, Self

import msgspec

from hub.model.search import Piece
from hub.service.outlet.assertion import LASTING, Assertion
from hub.service.outlet.entries import Entry, Source, joined, newest, pack
from hub.service.outlet.live import Sieve
from hub.service.outlet.press import Format, Rule
from hub.service.outlet.refuse import Never, refusal
from hub.service.outlet.sorter import Sorter
from hub.service.outlet.spell import spelled
from hub.service.outlet.wish import Left, Wish
from hub.stix.equalities import equalities

Pages = Callable[[], Iterator[list[Piece]]]

_BETWEEN = "\x00"


_encode = msgspec.msgpack.Encoder().encode
_piece = msgspec.msgpack.Decoder(Piece).decode
_rule = msgspec.msgpack.Decoder(tuple[str, Assertion]).decode


class Gathering:
    """`hub.service.outlet.press.Selection`, as long as it is open.

    Args:
        pages: All records, a few at a time.
        sieve: Says what is live, and counts what is left out.
        form: Says which values and rules are wanted.
        wish: What is asked for.
        never: What is in no file of the caller.
    """

    def __init__(
        self,
        pages: Pages,
        sieve: Sieve,
        form: Format,
        wish: Wish,
        never: Never,
    ) -> None:
        self._pages = pages
        self._sieve = sieve
        self._form = form
        self._most = wish.most
        self._fields = frozenset(wish.types or form.fields)
        self._never = never
        self._sorter = Sorter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sorter.close()

    def entries(self) -> Iterator[Entry]:
        """See `Selection.entries`."""
        for piece in self._all():
            found = self._sieve.indicator(piece)
            if found:
                self._take_values(*found)
        if self._most:
            return newest(self._sorter, self._most, self._sieve.left)
        return joined(self._sorter)

    def objects(self) -> Iterator[Piece]:
        """See `Selection.objects`."""
        for piece in self._all():
            if self._may_leave(piece):
                payload = _encode(piece._replace(named=frozenset()))
                # The newest of an object that is in several collections stands first.
                order = f"{_FAR_US - piece.added_us:020d}"
                self._sorter.add(f"{piece.object_id}{_BETWEEN}{order}", payload)
        if not self._most:
            return self._each()
        dates = heapq.nlargest(self._most, (piece.added_us for piece in self._each()))
        return (piece for piece in self._each() if self._is_in(piece, dates[-1]))

    def rules(self) -> Iterator[Rule]:
        """See `Selection.rules`."""
        for piece in self._all():
            found = self._sieve.indicator(piece)
            if found:
                self._take_rule(*found)
        for _, payload in self._sorter:
            text, said = _rule(payload)
            yield Rule(Source("", said), text)

    def _all(self) -> Iterator[Piece]:
        return (piece for pieces in self._pages() for piece in pieces)

    def _take_values(self, said: Assertion, obj: dict[str, Any]) -> None:
        equals = equalities(obj)
        if equals is None:
            self._sieve.left[Left.PATTERN] += 1
            return
        for equal in equals:
            if equal.field not in self._fields:
                continue
            reason = refusal(equal, self._never)
            spelling = "" if reason else spelled(equal)
            if reason or not spelling:
                self._sieve.left[reason or Left.FORM] += 1
            elif self._sieve.holds(said, equal.field):
                pack(self._sorter, equal, spelling, said)

    def _take_rule(self, said: Assertion, obj: dict[str, Any]) -> None:
        text = obj.get("pattern")
        is_meant = str(obj.get("pattern_type")).lower() == self._form.language
        if is_meant and isinstance(text, str) and self._sieve.holds(said, LASTING):
            payload = _encode((text, said))
            self._sorter.add(f"{said.name}{_BETWEEN}{said.object_id}", payload)

    def _may_leave(self, piece: Piece) -> bool:
        """Whether an object may; an indicator only if each of its values may."""
        if piece.type != "indicator":
            return self._sieve.open(piece) and self._sieve.stands(piece)
        found = self._sieve.indicator(piece)
        if found is None:
            return False
        said, obj = found
        equals = equalities(obj) or []
        for equal in equals:
            if reason := refusal(equal, self._never):
                self._sieve.left[reason] += 1
                return False
        # The longest life of its values is that of the whole.
        fields = {equal.field for equal in equals} or {LASTING}
        return self._sieve.holds_any(said, fields)

    def _each(self) -> Iterator[Piece]:
        for _, group in groupby(self._sorter, lambda pair: pair[0].partition(_BETWEEN)[0]):
            yield _piece(next(group)[1])

    def _is_in(self, piece: Piece, least_us: int) -> bool:
        if piece.added_us >= least_us:
            return True
        self._sieve.left[Left.OVER] += 1
        return False


_FAR_US = 10**18
