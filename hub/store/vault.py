"""A sealed file: bytes that only the holder of a key can read, and that nobody can alter unseen.

The file is a head and chunks. The head is `MAGIC`, its length (4 bytes, big endian) and JSON: a
random salt, a check of the key, and with a passphrase how it was stretched. Each chunk holds 64 KiB
(the last one less or as much) under AES-256-GCM (RFC 5116 section 5.2) with its tag of 16 bytes.

The chunks follow the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015, section 7). The nonce
is a prefix of 7 bytes, the number of the chunk in 4 bytes and one byte that is 1 for the last
chunk: a chunk that is altered, moved, repeated, left out or cut off does not open. The head is
authenticated with every chunk. Another format would have another `MAGIC`.

Key and prefix are derived from the secret and the salt of the file (HKDF-SHA256, RFC 5869), so that
no nonce is ever used twice under one key. The check is derived along with them. It binds the file
to one key, which AES-GCM alone does not do, and tells a wrong key from a damaged file.
"""

from __future__ import annotations

import hmac
import io
import os
import struct
import unicodedata
from typing import BinaryIO, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import Fault, HubError

MAGIC = b"HUBVAULT"
KEY_BYTES = 32
CHUNK = 65536
_TAG = 16
_PURPOSE = b"hub vault 1"
_SALT_BYTES = 32
_CHECK_BYTES = 32
_PREFIX_BYTES = 7
_LONGEST_HEAD = 4096
_LENGTH = struct.Struct(">I")
_COUNTER = struct.Struct(">I?")
_DAMAGED = "the file is damaged, was cut off or was altered"
_OTHER_COPY = "Use another copy of it."


class Stretch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Argon2id, by default with the second recommended setting of RFC 9106 section 4.

    The bounds keep a file of somebody else from taking the memory of whoever opens it.
    """

    memory_kib: int = 65536
    passes: int = 3
    lanes: int = 4

    def is_sane(self) -> bool:
        """Whether it can be asked of a machine, and of the library."""
        return (
            8 * self.lanes <= self.memory_kib <= 2 << 20
            and 1 <= self.passes <= 32  # noqa: PLR2004 - ten times the recommended setting
            and 1 <= self.lanes <= 32  # noqa: PLR2004 - the same
        )


class Secret(NamedTuple):
    """What a file is sealed with: a key of 32 random bytes, or a passphrase."""

    key: bytes
    is_passphrase: bool = False

    @classmethod
    def of_passphrase(cls, text: str) -> Secret:
        """The same passphrase whatever keyboard wrote its accents (RFC 8265 section 4.2: NFC)."""
        return cls(unicodedata.normalize("NFC", text).encode(), is_passphrase=True)


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    salt: bytes
    check: bytes
    stretch: Stretch | None = None


class _Keys(NamedTuple):
    cipher: AESGCM
    prefix: bytes
    check: bytes


def _keys(secret: Secret, salt: bytes, stretch: Stretch | None) -> _Keys:
    key = secret.key
    if stretch is not None:
        key = Argon2id(
            salt=salt,
            length=KEY_BYTES,
            iterations=stretch.passes,
            lanes=stretch.lanes,
            memory_cost=stretch.memory_kib,
        ).derive(key)
    length = KEY_BYTES + _CHECK_BYTES + _PREFIX_BYTES
    made = HKDF(SHA256(), length, salt=salt, info=_PURPOSE).derive(key)
    check_end = KEY_BYTES + _CHECK_BYTES
    return _Keys(AESGCM(made[:KEY_BYTES]), made[check_end:], made[KEY_BYTES:check_end])


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    # 2**32 chunks are 256 TiB; packing one more fails before a nonce comes twice.
    return prefix + _COUNTER.pack(number, last)


class Sealer:
    """Writes a sealed file. What was written is complete after `finish`, and not before.

    Args:
        file: Where to; written from its position on.
        secret: Opens it again.
        stretch: How a passphrase becomes a key.
    """

    def __init__(self, file: BinaryIO, secret: Secret, stretch: Stretch | None = None) -> None:
        salt = os.urandom(_SALT_BYTES)
        if secret.is_passphrase:
            stretch = stretch or Stretch()
        self._keys = _keys(secret, salt, stretch)
        text = msgspec.json.encode(_Head(salt, self._keys.check, stretch))
        self._head = MAGIC + _LENGTH.pack(len(text)) + text
        self._file = file
        self._number = 0
        self._rest = bytearray()
        file.write(self._head)

    def write(self, data: bytes) -> int:
        """Take bytes; a chunk is written when more than a chunk is there."""
        self._rest += data
        start = 0
        while len(self._rest) - start > CHUNK:
            self._seal(bytes(self._rest[start : start + CHUNK]), last=False)
            start += CHUNK
        del self._rest[:start]
        return len(data)

    def flush(self) -> None:
        """Pass on what is sealed; a chunk that is not full stays here."""
        self._file.flush()

    def finish(self) -> None:
        """Write the last chunk."""
        self._seal(bytes(self._rest), last=True)
        self._rest.clear()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self._keys.prefix, self._number, last=last)
        self._file.write(self._keys.cipher.encrypt(nonce, plain, self._head))
        self._number += 1


class Unsealer(io.RawIOBase):
    """Reads a sealed file as the bytes that were written into it.

    Each byte that it gives is authentic. That none is missing is known at the end: whoever stops
    before has only a beginning.

    Args:
        file: Positioned at the head.
        secret: What it was sealed with; None: there is none at hand.

    Raises:
        HubError: UNAUTHENTICATED when the secret is missing, wrong or of the other kind; BAD_BODY
            when the file is none of these or is damaged, here or when it is read.
    """

    def __init__(self, file: BinaryIO, secret: Secret | None) -> None:
        self._file = file
        self._head, head = _read_head(file)
        if secret is None or secret.is_passphrase != (head.stretch is not None):
            kind = "a passphrase" if head.stretch else "a key"
            option = "--passphrase-file" if head.stretch else "--key-file"
            raise _locked(f"the file was sealed with {kind}", f"Give it with {option}.")
        self._keys = _keys(secret, head.salt, head.stretch)
        if not hmac.compare_digest(self._keys.check, head.check):
            kind = "passphrase" if head.stretch else "key"
            raise _locked(
                f"this is not the {kind} that the file was sealed with", "Find the right one."
            )
        self._number = 0
        self._ahead = file.read(CHUNK + _TAG)
        self._plain = memoryview(b"")
        self._done = False

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what io passes
        """Fill the buffer as far as the chunk at hand goes; 0 at the end."""
        while not self._plain and not self._done:
            self._plain = memoryview(self._open())
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _open(self) -> bytes:
        sealed, self._ahead = self._ahead, self._file.read(CHUNK + _TAG)
        self._done = not self._ahead
        nonce = _nonce(self._keys.prefix, self._number, last=self._done)
        self._number += 1
        try:
            return self._keys.cipher.decrypt(nonce, sealed, self._head)
        except InvalidTag:
            raise _bad(f"{_DAMAGED}, near byte {self._number * CHUNK:,}", _OTHER_COPY) from None


def _read_head(file: BinaryIO) -> tuple[bytes, _Head]:
    start = file.read(len(MAGIC) + _LENGTH.size)
    if not start.startswith(MAGIC):
        raise _bad("the file was not sealed by a hub", "See whether it is the right file.")
    if len(start) < len(MAGIC) + _LENGTH.size:
        raise _bad(_DAMAGED, _OTHER_COPY)
    (length,) = _LENGTH.unpack(start[len(MAGIC) :])
    text = file.read(min(length, _LONGEST_HEAD))
    try:
        head = msgspec.json.decode(text, type=_Head)
    except (msgspec.MsgspecError, ValueError):
        raise _bad(_DAMAGED, _OTHER_COPY) from None
    sane = head.stretch is None or head.stretch.is_sane()
    if len(text) != length or len(head.salt) != _SALT_BYTES or not sane:
        raise _bad(_DAMAGED, _OTHER_COPY)
    return start + text, head


def _bad(reason: str, remedy: str) -> HubError:
    return HubError(Fault.BAD_BODY, reason, field="backup", remedy=remedy)


def _locked(reason: str, remedy: str) -> HubError:
    return HubError(Fault.UNAUTHENTICATED, reason, field="key", remedy=remedy)
