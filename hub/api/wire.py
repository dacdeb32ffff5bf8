"""JSON in and out, for the doors below /api."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from flask import Request, Response
from werkzeug.http import parse_options_header

from hub.errors import Fault, HubError
from hub.http.body import read_most

_TYPE = "application/json"
_MOST = 262_144

T = TypeVar("T", bound=msgspec.Struct)


def read(request: Request, kind: type[T], most: int = _MOST) -> T:
    """The body of a request, of at most `most` bytes.

    Raises:
        HubError: UNSUPPORTED_MEDIA, TOO_LARGE; BAD_BODY for what is not of that kind.
    """
    # Not what a form of another site can send without asking first (Fetch section 4.8).
    if parse_options_header(request.headers.get("Content-Type", ""))[0].lower() != _TYPE:
        raise HubError(
            Fault.UNSUPPORTED_MEDIA,
            "the body is not declared as JSON",
            field="Content-Type",
            remedy=f"Send Content-Type: {_TYPE}",
        )
    body = read_whole(request, most)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        names = ", ".join(kind.__struct_fields__)
        # What the library says names places and types, and no values.
        raise HubError(
            Fault.BAD_BODY,
            f"the body is no JSON object with {names} as this address takes them: {error}",
        ) from error


def read_whole(request: Request, most: int) -> bytes:
    """The bytes of a body.

    Raises:
        HubError: TOO_LARGE for more than `most`, BAD_BODY when it ends before its time.
    """
    body = read_most(request, most)
    if body is None:
        raise HubError(Fault.TOO_LARGE, f"the body is larger than {most} bytes")
    return body


def respond(value: Any, status: int = 200) -> Response:
    """An answer that says something."""
    return Response(msgspec.json.encode(value), status, content_type=_TYPE)


def nothing() -> Response:
    """It is done, and there is nothing to say."""
    return Response(status=204)


def private(response: Response) -> Response:
    """Keep an answer, also one that is an error, out of caches and windows of the browser."""
    response.headers["Cache-Control"] = "private, no-store"
    response.vary.update(("Authorization", "Cookie"))
    if "WWW-Authenticate" in response.headers:
        # At a challenge for Basic a browser would ask with a window of its own.
        response.headers["WWW-Authenticate"] = 'Bearer realm="hub"'
    return response
