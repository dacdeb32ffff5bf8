"""Encrypting small things under a key that follows from the hub's secret."""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 64
_TAG_BYTES = 16


class Seal:
    """Encrypts and authenticates (AES-SIV, RFC 5297); what is sealed alike looks alike.

    Args:
        secret: The hub's secret.
        purpose: Keys of different purposes have nothing to do with each other (RFC 5869).
    """

    def __init__(self, secret: bytes, purpose: str) -> None:
        key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)
        self._cipher = AESSIV(key)

    def close(self, plain: bytes, owner: str) -> bytes:
        """Seal bytes, not empty, for an owner."""
        return self._cipher.encrypt(plain, [owner.encode()])

    def open(self, sealed: bytes, owner: str) -> bytes | None:
        """What was sealed for the owner; None when it was altered, or under another secret."""
        if len(sealed) <= _TAG_BYTES:
            return None
        try:
            return self._cipher.decrypt(sealed, [owner.encode()])
        except InvalidTag:
            return None

    def write(self, plain: bytes, owner: str) -> str:
        """What `close` gives, as text that is safe in a URL."""
        return _text(self.close(plain, owner))

    def read(self, text: str, owner: str) -> bytes | None:
        """What was written for the owner; None for any other text."""
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        # Base64 knows several spellings of the same bytes; what is written has one.
        return self.open(sealed, owner) if _text(sealed) == text else None


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
