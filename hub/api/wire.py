"""JSON in and out of the hub's own door."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from flask import Request, Response

from hub.errors import Fault, HubError
from hub.http.body import read_some

_MOST = 1_000_000

T = TypeVar("T")


def read(request: Request, shape: type[T]) -> T:
    """The body of a request.

    Raises:
        HubError: TOO_LARGE, or BAD_BODY that names the member at fault.
    """
    body = b""
    while len(body) <= _MOST and (part := read_some(request, _MOST + 1 - len(body))):
        body += part
    if len(body) > _MOST:
        raise HubError(Fault.TOO_LARGE, f"the body is larger than {_MOST} bytes")
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise HubError(
            Fault.BAD_BODY,
            f"the body is not what this address takes: {error}",
            remedy="See the reference of the JSON door.",
        ) from error


def answer(value: Any, status: int = 200) -> Response:
    """A value as JSON."""
    response = Response(msgspec.json.encode(value), status, content_type="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    return response
