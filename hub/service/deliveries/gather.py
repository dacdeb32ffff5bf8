"""What a delivery sends next: walked along the change log, seen through the scope of an account.

A parcel ends where it is full, or where the log ends, and never at a number of changes: so what the
account may not see moves nothing, neither what is in a parcel nor where it ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from connectors.sending import Freight, Parcel, Reader
from hub.errors import Fault, HubError
from hub.language.matcher import matches
from hub.language.parser import Setting, parse
from hub.model.party import Directory, Subject
from hub.model.query import Scope
from hub.model.search import Node, Piece, Sheet
from hub.service.deliveries.definition import Delivery
from hub.service.search import keys_of
from hub.stix.check import document_of
from hub.stix.instant import instant_us
from hub.store.base import Change, Log
from hub.store.jobs import Jobs

_LINES = 100
_KEY_BYTES = 16


class Books(Log, Jobs, Protocol):
    """What is read."""


class Known(NamedTuple):
    """Who looks, and at what."""

    scope: Scope
    directory: Directory
    now_us: int


class Load(NamedTuple):
    """What is sent next."""

    freight: tuple[Freight, ...]
    gone: tuple[str, ...]
    keys: tuple[int, ...]
    """Dates added of the freight"""
    until: int
    """Ordinal of the last change that is behind it then"""
    full: bool
    """There may be more."""
    more: int = 0
    """Objects that belong to it and are not in it"""


class Gatherer:
    """Makes loads for one delivery, within one scope.

    Args:
        books: The record and the jobs.
        delivery: Whose.
        known: Who looks.
        job: Name of the job, which remembers what it sent.

    Raises:
        HubError: BAD_QUERY for a query that this account cannot ask, ABSENT for a collection
            that it does not read.
    """

    def __init__(self, books: Books, delivery: Delivery, known: Known, job: str) -> None:
        self._books = books
        self._delivery = delivery
        self._known = known
        self._job = job
        self._aliases = {c.key: c.alias for c in known.directory.collections.values()}
        self._named = keys_of(known.scope, known.directory)
        told = delivery.said
        self._node: Node | None = None
        if told.query:
            self._node = parse(told.query, Setting(known.now_us, self._named)).node
        self._collections = {self._key(name) for name in told.collections}

    def next(self, after: int, until: int = 0) -> Load:
        """What comes after an ordinal.

        Args:
            after: What is up to it was sent.
            until: Where it ends; 0: where it is full, or at the end of the log.
        """
        filling = _Filling(self._delivery, bounded=bool(until))
        position = after
        while lines := self._lines(position, until):
            pieces, gone = self._pieces(lines), self._gone(lines)
            for line in lines:
                key = line.added_us
                if not filling.takes(pieces.get(key), gone.get(key, "")):
                    return self._load(filling, position, full=True)
                position = line.ordinal
        return self._load(filling, max(position, until), full=False)

    def again(self, keys: Sequence[int]) -> Load:
        """These records once more, as far as they may be sent now."""
        filling = _Filling(self._delivery, bounded=True)
        for piece in self._books.pick(self._known.scope, keys):
            if self._passes(piece):
                filling.takes(piece)
        return self._load(filling, 0, full=False)

    def _lines(self, after: int, until: int) -> list[Change]:
        return [
            line
            for line in self._books.changes(after, _LINES)
            if not until or line.ordinal <= until
        ]

    def _pieces(self, lines: Sequence[Change]) -> dict[int, Piece]:
        """What of these changes is sent, by date added."""
        keys = [line.added_us for line in lines if line.kind != "delete"]
        picked = self._books.pick(self._known.scope, keys)
        found = {piece.added_us: piece for piece in picked if self._passes(piece)}
        for key in self._came_from(found.values()):
            del found[key]
        return found

    def _passes(self, piece: Piece) -> bool:
        told = self._delivery.said
        return (
            (not self._collections or piece.collection in self._collections)
            and (not told.types or piece.type in told.types)
            and piece.type not in told.not_types
            and (not told.publishers or piece.publisher in told.publishers)
            and piece.publisher not in told.not_publishers
            and _is_open(piece.named, self._delivery.audiences)
            and self._says(piece)
        )

    def _says(self, piece: Piece) -> bool:
        """Whether its content is what is asked for."""
        least = self._delivery.said.min_confidence
        if self._node is None and not least:
            return True
        document = document_of(piece.raw)
        if document.numbers.get("confidence", least) < least:
            return False
        sheet = Sheet(document, piece.collection, piece.publisher, piece.tlp, piece.added_us)
        return self._node is None or matches(self._node, sheet)

    def _came_from(self, pieces: Iterable[Piece]) -> set[int]:
        """Keys of what the other side has, as a feed from there knows."""
        found = list(pieces)
        here = set()
        for feed in self._delivery.said.not_from:
            memory = self._books.recall(f"feed:{feed}", [piece.object_id for piece in found])
            for piece in found:
                known = memory.get(piece.object_id)
                if known and (instant_us(piece.version) or 0) <= known.version_us:
                    here.add(piece.added_us)
        return here

    def _gone(self, lines: Sequence[Change]) -> dict[int, str]:
        """Ids of what this job sent and of which the account sees nothing any more, by date added."""
        if not self._delivery.kind.channel.retracts:
            return {}
        keys = [str(line.added_us) for line in lines if line.kind == "delete"]
        sent = self._books.recall(self._job, keys)
        ids = {int(key): memory.digest.decode() for key, memory in sent.items()}
        return {
            key: object_id
            for key, object_id in ids.items()
            if not self._books.held(self._known.scope, object_id)
        }

    def _load(self, filling: _Filling, until: int, *, full: bool) -> Load:
        return Load(
            tuple(self._freight(piece) for piece in filling.pieces),
            tuple(filling.gone),
            tuple(piece.added_us for piece in filling.pieces),
            until,
            full,
            filling.more,
        )

    def _freight(self, piece: Piece) -> Freight:
        return Freight(
            piece.raw,
            piece.object_id,
            piece.type,
            piece.version,
            piece.tlp,
            self._aliases.get(piece.collection, ""),
            piece.publisher,
            piece.added_us,
        )

    def _key(self, name: str) -> int:
        key = self._named.get(name.casefold())
        if key is None:
            raise unreadable(name)
        return key


class _Filling:
    """A parcel while it is filled.

    Args:
        delivery: Says when it is full.
        bounded: It ends elsewhere, so that it is never full.
    """

    def __init__(self, delivery: Delivery, *, bounded: bool) -> None:
        self.pieces: list[Piece] = []
        self.gone: dict[str, None] = {}
        self.more = 0
        self._size = 0
        self._told = delivery.said
        self._personal = delivery.kind.channel.personal
        self._bounded = bounded or self._personal

    def takes(self, piece: Piece | None, gone: str = "") -> bool:
        """Whether there is room for it; what is nothing always fits."""
        size = len(piece.raw) if piece else 0
        if (piece or gone) and not self._has_room(size):
            return False
        if gone:
            self.gone[gone] = None
        if piece and self._personal and len(self.pieces) >= self._told.parcel:
            self.more += 1
        elif piece:
            self.pieces.append(piece)
            self._size += size
        return True

    def _has_room(self, size: int) -> bool:
        many = len(self.pieces) + len(self.gone)
        fits = many < self._told.parcel and self._size + size <= self._told.parcel_bytes
        return self._bounded or many == 0 or fits


def parcel_of(load: Load, job: str, reader: Reader | None = None) -> Parcel:
    """The parcel of a load: the same content for the same job has the same key."""
    said = [
        job,
        load.more,
        [(f.object_id, f.version, f.added_us) for f in load.freight],
        load.gone,
    ]
    digest = hashlib.blake2b(msgspec.json.encode(said), digest_size=_KEY_BYTES)
    for item in load.freight:
        digest.update(hashlib.sha256(item.raw).digest())
    return Parcel(digest.hexdigest(), load.freight, load.gone, reader, load.more)


def _is_open(named: frozenset[Subject], audiences: frozenset[Subject]) -> bool:
    """Whether an object with this audience may be sent on; without one it may."""
    return not named or not named.isdisjoint(audiences)


def unreadable(name: str) -> HubError:
    """The account reads no such collection, or there is none."""
    return HubError(
        Fault.ABSENT,
        f"the account of the delivery reads no collection {name[:80]!r}",
        field="collections",
        remedy="Give its organisation the right to read it, or take it out.",
    )
