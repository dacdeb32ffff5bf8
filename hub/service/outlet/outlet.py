"""Makes a file for one caller, or says that the one it has is still right.

A file is made whole before any of it is sent: its tag follows from its bytes, and its head says
what is in it. It is made in a temporary file, so that memory does not grow with it. Files of one
folder are made together, and are there for the next pull: see `hub.service.outlet.folder`.

Whether a file is still right is asked of what the caller sees, and of nothing else: how many records
of the collection, the newest of them, and when something in it begins or ends. So what is hidden
from a caller changes neither the answer nor the time that it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple, Protocol

import msgspec

from hub.model.exporting import Kept, Made, Numbered
from hub.model.party import Directory
from hub.model.query import Scope
from hub.service.outlet.folder import Filed, Folder, Place, Shelf
from hub.service.outlet.gather import Gathering
from hub.service.outlet.live import Sieve
from hub.service.outlet.press import Format, Leaf, Press, Totals, Write, about
from hub.service.outlet.refuse import Never
from hub.service.outlet.rules import NUMBERS
from hub.service.outlet.wish import LeftOut, Wish, header
from hub.service.screening import benign_for
from hub.service.search import Searcher
from hub.store.base import Log
from hub.store.exporting import Exports
from hub.store.search import Finder

_EDITION = 3
"""Of what files are made by: another one makes every file anew"""

_IN_MEMORY = 1_000_000
_SEARCH_US = 600_000_000
"""So long the file of a search is taken for right: it may ask for the last days."""

_DIGEST = 16


class Order(NamedTuple):
    """A file of one caller."""

    scope: Scope
    directory: Directory
    place: str
    """What it is of, in words; the same for the same thing"""
    query: str
    form: Format
    wish: Wish
    collection: int = 0
    """Its key, if it is of one collection; 0: it may be of any"""


class Parcel(NamedTuple):
    """A file, or the news that the client has it."""

    etag: str
    changed_us: int
    left_out: str
    head: bytes
    file: IO[bytes] | None
    """What stands behind the head, from its beginning on; None: the client has it all"""


class House(NamedTuple):
    """What all files of a hub have in common."""

    own_domains: frozenset[str] = frozenset()
    """Domains that are never in a list"""
    url: str = ""
    """Of the hub, without a slash at its end"""


class Records(Log, Exports, Protocol):
    """What of the store is asked."""


class Outlet:
    """Files for devices.

    Args:
        searcher: Finds what they are made from.
        finder: Says whether that is up to date.
        store: Keeps numbers and states.
        house: What all of them have in common.
        clock: Microseconds of the system clock.
    """

    def __init__(
        self,
        searcher: Searcher,
        finder: Finder,
        store: Records,
        house: House,
        clock: Callable[[], int],
    ) -> None:
        self._searcher = searcher
        self._finder = finder
        self._store = store
        self._house = house
        self._clock = clock
        self._shelf = Shelf()

    def get(self, order: Order, has: Callable[[str, int], bool]) -> Parcel:
        """A file.

        Args:
            order: Which one.
            has: Whether the client has the file with this tag, changed at this instant.

        Raises:
            HubError: BAD_QUERY, SEARCH_DOWN, STORE_DOWN.
        """
        what = f"{order.place}/{order.form.name}?{order.wish.text()}"
        seen = self._seen(order)
        kept = self._store.export_state(order.scope, what)
        if kept and self._is_right(kept.made, seen):
            tag = _tag(order, kept)
            if has(tag, kept.changed_us):
                return Parcel(tag, kept.changed_us, kept.made.left_out, b"", None)
        return self._made(order, what, seen, has)

    def _is_right(self, made: Made | Filed, seen: bytes) -> bool:
        return made.seen == seen and self._clock() < made.turn_us

    def _made(
        self, order: Order, what: str, seen: bytes, has: Callable[[str, int], bool]
    ) -> Parcel:
        write = order.form.write
        body = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
        with ExitStack() as stack:
            stack.callback(body.close)
            if isinstance(write, Leaf):
                made = self._read(order, write, seen, body)
            else:
                made = self._written(order, write, seen, body)
            kept = self._store.keep_export(order.scope, what, made)
            tag = _tag(order, kept)
            if has(tag, kept.changed_us):
                return Parcel(tag, kept.changed_us, made.left_out, b"", None)
            stack.pop_all()
        body.seek(0)
        return Parcel(tag, kept.changed_us, made.left_out, _head(order, kept), body)

    def _written(self, order: Order, write: Write, seen: bytes, body: IO[bytes]) -> Made:
        """Write a file."""
        known = self._known(seen)
        sieve = Sieve(order.wish, order.form.ceiling, self._clock())
        with self._selection(order, sieve) as selection:
            digest = _copied(write(selection, self._press(order, sieve.left)), body)
        left = header(sieve.left)
        if order.wish.comments:
            digest.update(left.encode())
        return Made(known, digest.digest(), _turn_us(order, sieve), left)

    def _read(self, order: Order, leaf: Leaf, seen: bytes, body: IO[bytes]) -> Made:
        """Write a file of a folder."""
        scope = order.scope
        place: Place = (
            *(scope.account, scope.org, scope.clearance),
            *(order.place, leaf.folder, order.wish.text()),
        )
        filed = self._shelf.get(
            place,
            lambda filed: self._is_right(filed, seen),
            lambda: self._filled(order, leaf, seen),
        )
        press = self._press(order, LeftOut())
        digest = _copied(leaf.read(filed.folder, order.form.name, press), body)
        return Made(filed.seen, digest.digest(), filed.turn_us, filed.left_out)

    def _filled(self, order: Order, leaf: Leaf, seen: bytes) -> Filed:
        known = self._known(seen)
        sieve, folder = Sieve(order.wish, order.form.ceiling, self._clock()), Folder()
        with self._selection(order, sieve) as selection:
            leaf.fill(selection, self._press(order, sieve.left), folder)
        folder.seal()
        return Filed(folder, known, _turn_us(order, sieve), header(sieve.left))

    def _known(self, seen: bytes) -> bytes:
        """What a walk that begins now is made from; empty: that cannot be said."""
        # An index outside of the store may not know yet what was counted for `seen`.
        reach = self._finder.reach()
        is_behind = bool(reach.trouble) or reach.ordinal < reach.newest
        return b"" if is_behind else seen

    def _selection(self, order: Order, sieve: Sieve) -> Gathering:
        text = " ".join(f"({part})" for part in (order.query, order.form.query) if part)
        question = self._searcher.ask(order.scope, order.directory, text)
        return Gathering(
            lambda: self._searcher.walk(question),
            sieve,
            order.form,
            order.wish,
            self._never(order),
        )

    def _never(self, order: Order) -> Never:
        return Never(self._house.own_domains, benign_for(order.directory, order.scope.org))

    def _press(self, order: Order, left: LeftOut) -> Press:
        def numbers(rules: Sequence[tuple[str, bytes]]) -> list[Numbered | None]:
            return self._store.number_rules(order.scope, rules, NUMBERS)

        return Press(order.wish, order.place, self._house.url, numbers, left)

    def _seen(self, order: Order) -> bytes:
        """A digest of all that a file follows from, within what the caller sees."""
        scope = order.scope
        if order.collection:
            narrow = {key: ways for key, ways in scope.readable.items() if key == order.collection}
            scope = msgspec.structs.replace(scope, readable=narrow)
        places = [
            (key, order.directory.collections[key].id, order.directory.collections[key].alias)
            for key in sorted(scope.readable)
        ]
        parts = (
            *(
                _EDITION,
                _lists(),
                order.query,
                sorted(self._house.own_domains),
                [order.directory.warnings.get(owner) for owner in ("", scope.org)],
                self._house.url,
                places,
            ),
            *(sorted(scope.readable.items()), sorted(scope.subjects.items()), scope.clearance),
            self._store.tallies(scope),
        )
        return blake2b(repr(parts).encode("utf-8", "replace"), digest_size=_DIGEST).digest()


def _copied(pieces: Iterable[bytes], body: IO[bytes]) -> blake2b:
    """Write pieces and give their digest."""
    digest = blake2b(digest_size=_DIGEST)
    for piece in pieces:
        body.write(piece)
        digest.update(piece)
    return digest


def _turn_us(order: Order, sieve: Sieve) -> int:
    return sieve.turn_us if order.collection else min(sieve.turn_us, sieve.now_us + _SEARCH_US)


def _head(order: Order, kept: Kept) -> bytes:
    totals = Totals(kept.serial, kept.changed_us, kept.made.left_out)
    form = order.form
    remarks = about(order.place, form, totals) if form.sign and order.wish.comments else b""
    return remarks + (form.head(totals) if form.head else b"")


def _tag(order: Order, kept: Kept) -> str:
    """Another one for other bytes, and for nothing else: the store forgets what files it has made."""
    text = _head(order, kept) + kept.made.digest
    return blake2b(text, digest_size=_DIGEST).hexdigest()


@cache
def _lists() -> str:
    """Which warning lists: another edition of them may refuse other values."""
    return version("pymispwarninglists")
