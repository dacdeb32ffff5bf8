"""The `next` of a page: a position that needs no memory in the server.

- It carries the collection, the filters and the date added of the last record of the page.
- It is encrypted and authenticated (AES-SIV, RFC 5297), so it reveals nothing and cannot be
  altered; the same position gives the same text, so answers are repeatable.
- It never expires, and every worker that knows the hub's secret can read it.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import Fault, HubError
from hub.model.query import Query

_PURPOSE = b"hub next 1"
_KEY_BYTES = 64


class Cursor(NamedTuple):
    """Where a walk through a collection stands."""

    query: Query
    after_us: int


class Cursors:
    """Writes and reads `next`.

    Args:
        secret: The hub's secret.
    """

    def __init__(self, secret: bytes) -> None:
        key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PURPOSE).derive(secret)
        self._cipher = AESSIV(key)
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(tuple[Query, int])

    def write(self, cursor: Cursor) -> str:
        """The cursor as text that is safe in a URL."""
        plain = self._encoder.encode((cursor.query, cursor.after_us))
        return _text(self._cipher.encrypt(plain, [_PURPOSE]))

    def read(self, text: str) -> Cursor:
        """The cursor behind a text.

        Raises:
            HubError: BAD_CURSOR when it was not written under this secret, or was altered.
        """
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(sealed, [_PURPOSE])
            cursor = Cursor(*self._decoder.decode(plain))
            # Base64 knows several spellings of the same bytes; a cursor has one.
            genuine = _text(sealed) == text
        except (ValueError, binascii.Error, InvalidTag, msgspec.MsgspecError):
            genuine = False
        if not genuine:
            raise HubError(
                Fault.BAD_CURSOR,
                "this value was not given out by the hub, or was altered on the way",
                field="next",
                remedy="Leave `next` out and start again with added_after = the "
                "X-TAXII-Date-Added-Last of the last page that was read.",
            )
        return cursor


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
