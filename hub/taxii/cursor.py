"""The `next` of a page: a position that needs no memory in the server.

- It carries the collection, the filters and the date added of the last record of the page.
- It is encrypted and authenticated (AES-SIV, RFC 5297), so it reveals nothing and cannot be
  altered; the same position gives the same text, so answers are repeatable.
- It never expires, and every worker that knows the hub's secret can read it.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hub.errors import Fault, HubError
from hub.model.query import Query
from hub.service.seal import Seal

_PURPOSE = "hub next 1"


class Cursor(NamedTuple):
    """Where a walk through a collection stands."""

    query: Query
    after_us: int


class Cursors:
    """Writes and reads `next`, under the hub's secret."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, _PURPOSE)
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(tuple[Query, int])

    def write(self, cursor: Cursor) -> str:
        """The cursor as text that is safe in a URL."""
        plain = self._encoder.encode((cursor.query, cursor.after_us))
        return self._seal.write(plain, _PURPOSE)

    def read(self, text: str) -> Cursor:
        """The cursor behind a text.

        Raises:
            HubError: BAD_CURSOR when it was not written under this secret, or was altered.
        """
        plain = self._seal.read(text, _PURPOSE)
        try:
            return Cursor(*self._decoder.decode(plain or b""))
        except (ValueError, msgspec.MsgspecError) as error:
            raise HubError(
                Fault.BAD_CURSOR,
                "this value was not given out by the hub, or was altered on the way",
                field="next",
                remedy="Leave `next` out and start again with added_after = the "
                "X-TAXII-Date-Added-Last of the last page that was read.",
            ) from error
