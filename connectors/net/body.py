"""The body of an answer: whole or not at all, and no larger than allowed, packed and unpacked."""

from __future__ import annotations

import zlib

from urllib3 import BaseHTTPResponse

from connectors.errors import NotUnderstood, TooLarge

PACKINGS = "gzip, deflate"
"""What is asked for, and understood"""

_PIECE = 65_536
_LONGEST_LENGTH = 20
"""Digits: more are not read as a number, as Python would refuse to"""

_GZIP, _ZLIB, _BARE = 31, 15, -15
_KINDS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}
_ZLIB_CHECK, _ZLIB_METHOD = 31, 8


def whole(answer: BaseHTTPResponse, most: int) -> bytes:
    """The body, unpacked.

    Args:
        answer: Its headers are read.
        most: Bytes that it may have, packed as well as unpacked.

    Raises:
        TooLarge: It has more.
        NotUnderstood: It ended early, or is packed in a way that was not asked for.
    """
    announced = answer.headers.get("Content-Length", "")
    if announced.isdecimal() and (len(announced) > _LONGEST_LENGTH or int(announced) > most):
        raise too_large(most)
    packed = _read(answer, most)
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    if packing in {"", "identity"} or not packed:
        return packed
    if packing not in _KINDS:
        raise NotUnderstood(f"the answer is packed as {packing[:40]!r}, which was not asked for")
    return unpacked(packed, most, packing)


def _read(answer: BaseHTTPResponse, most: int) -> bytes:
    pieces, size = [], 0
    for piece in answer.stream(_PIECE, decode_content=False):
        size += len(piece)
        if size > most:
            raise too_large(most)
        pieces.append(piece)
    return b"".join(pieces)


def unpacked(packed: bytes, most: int, packing: str = "gzip") -> bytes:
    """What was packed; members of gzip that follow one another are read like one.

    Args:
        packed: All of it.
        most: Bytes that it may have; no more are ever unpacked.
        packing: gzip or deflate.

    Raises:
        TooLarge: It has more.
        NotUnderstood: It ended early, or is damaged.
    """
    kind = _KINDS[packing]
    if kind == _ZLIB and not _is_zlib(packed):
        kind = _BARE
    pieces, left = [], most
    while packed:
        unpacker = zlib.decompressobj(kind)
        try:
            piece = unpacker.decompress(packed, left + 1)
        except zlib.error as error:
            raise NotUnderstood(f"the answer is damaged: it is no {packing}") from error
        left -= len(piece)
        if left < 0:
            raise too_large(most)
        if not unpacker.eof:
            raise NotUnderstood(f"only a part came: the {packing} ends early")
        pieces.append(piece)
        # Zeros behind the last member are padding (gzip(1) takes them, too).
        packed = unpacker.unused_data.lstrip(b"\0")
    return b"".join(pieces)


def _is_zlib(packed: bytes) -> bool:
    """Some servers send deflate without the header that it should have (RFC 9110 8.4.1.2)."""
    head = packed[:2]
    return (
        len(head) == 2  # noqa: PLR2004 - its size
        and head[0] & 15 == _ZLIB_METHOD
        and int.from_bytes(head, "big") % _ZLIB_CHECK == 0
    )


def too_large(most: int) -> TooLarge:
    """The error of a body with more bytes than this."""
    return TooLarge(
        f"there are more than {most} bytes",
        remedy="If that is right, raise `most_bytes`.",
    )
