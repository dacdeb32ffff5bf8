"""The `next` of a search: where it goes on, sealed as TAXII's is (docs/adr/0005-next-token.md).

It belongs to one query in one order, and to nobody in particular: the following page is read under the rights of
whoever asks for it. It carries the instant of the first page, so that `7d` stays the same seven days.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

from hub.errors import Fault, HubError
from hub.service.seal import Seal

_PURPOSE = "hub search next 1"
_OWNER = "next"
_DIGEST_BYTES = 16


class Position(NamedTuple):
    """Where a result goes on."""

    edge_us: int = 0
    """The date added of the last hit so far; 0: none"""
    asked_us: int = 0
    """When the first page was asked for; 0: this is the first"""


class Positions:
    """Writes and reads `next`, under the hub's secret."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, _PURPOSE)
        self._decoder = msgspec.msgpack.Decoder(tuple[bytes, int, int])

    def write(self, walk: str, position: Position) -> str:
        """The position in a walk (a query in an order) as text that is safe in a URL."""
        plain = msgspec.msgpack.encode((_digest(walk), *position))
        return self._seal.write(plain, _OWNER)

    def read(self, walk: str, text: str) -> Position:
        """The position behind a text; the first one behind none.

        Raises:
            HubError: BAD_CURSOR when it was not written under this secret, for another query, or
                was altered.
        """
        if not text:
            return Position()
        plain = self._seal.read(text, _OWNER)
        try:
            digest, edge_us, asked_us = self._decoder.decode(plain or b"")
        except msgspec.MsgspecError:
            digest = b""
        if digest != _digest(walk):
            raise HubError(
                Fault.BAD_CURSOR,
                "this value was not given out by the hub for this query, or was altered",
                field="next",
                remedy="Repeat `q` and `sort` as they were on the first page, or leave `next` out.",
            )
        return Position(edge_us, asked_us)


def _digest(walk: str) -> bytes:
    return hashlib.blake2b(
        walk.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES
    ).digest()
