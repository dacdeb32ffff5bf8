"""Reading request bodies, whatever the client and the server do to them."""

from __future__ import annotations

from flask import Request

from hub.errors import Fault, HubError

_PIECE = 65536


def read_some(request: Request, size: int) -> bytes:
    """At most `size` bytes; fewer may come before the end, none at the end.

    Raises:
        HubError: BAD_BODY when the body is broken or ends before its declared length.
    """
    try:
        return request.stream.read(size)
    except Exception as error:  # each WSGI server has errors of its own for a broken chunk
        raise HubError(
            Fault.BAD_BODY,
            "the body is broken, or ended before its declared length",
            remedy="Send it again.",
        ) from error


def read_most(request: Request, most: int) -> bytes | None:
    """A whole body of at most `most` bytes; None: it is larger.

    Raises:
        HubError: BAD_BODY as of `read_some`.
    """
    parts: list[bytes] = []
    size = 0
    while size <= most and (piece := read_some(request, most + 1 - size)):
        parts.append(piece)
        size += len(piece)
    return b"".join(parts) if size <= most else None


def drain(request: Request, most: int) -> None:
    """Read away a refused body, up to `most` bytes.

    Over TLS, a client that is still sending would see a broken connection in place of the answer.
    """
    try:
        while most > 0 and (piece := read_some(request, min(most, _PIECE))):
            most -= len(piece)
    except HubError:
        # The rest cannot be read: there is nobody to spare.
        return
