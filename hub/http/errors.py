"""The one table from the hub's errors to HTTP answers, and the one error body.

The body is the TAXII error message (TAXII 2.1 section 3.6.1); every door uses it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import HTTPException

from hub.errors import Fault, HubError, StoreDown, Throttled
from hub.http.body import drain

MEDIA_TYPE = "application/taxii+json;version=2.1"
RETRY_AFTER_S = 5
_SERVER_FAULT = 500
_PLAIN = ("/api/", "/export/")

Page = Callable[[HubError, Request], Response | None]
"""Makes a page of an error; None where programs ask."""

_log = logging.getLogger("hub.error")


class Answer(NamedTuple):
    """What a client gets for a fault."""

    status: int
    title: str
    meaning: str
    """For the documentation: when it happens and what to do."""


TABLE: dict[Fault, Answer] = {
    Fault.BAD_REQUEST: Answer(
        400, "Bad request", "A header, parameter or path cannot be understood."
    ),
    Fault.BAD_FILTER: Answer(
        400, "Bad filter", "A filter is unknown, malformed, given twice or contradicts `next`."
    ),
    Fault.BAD_QUERY: Answer(
        400,
        "Bad query",
        "A search query cannot be understood, is over a limit or takes too long. `details` has "
        "the position.",
    ),
    Fault.BAD_CURSOR: Answer(
        400, "Bad next", "`next` was not given out by this hub, or was altered. Start over."
    ),
    Fault.BAD_BODY: Answer(
        400,
        "Bad body",
        "The body is not of the form that the address takes; for a publish: a JSON envelope or "
        "bundle with at least one object.",
    ),
    Fault.UNAUTHENTICATED: Answer(
        401, "Credentials needed", "No credentials, or wrong, expired or disabled ones."
    ),
    Fault.DENIED: Answer(403, "Not allowed", "The account is known but may not do this."),
    Fault.ABSENT: Answer(
        404, "Not found", "It does not exist, or does not exist for this account."
    ),
    Fault.METHOD: Answer(405, "Method not allowed", "The address does not know this method."),
    Fault.NOT_ACCEPTABLE: Answer(
        406, "Not acceptable", f"The Accept header leaves no room for {MEDIA_TYPE}."
    ),
    Fault.TOO_LARGE: Answer(
        413,
        "Too large",
        "The body is over the limit of the address; for a publish max_content_length. Send less.",
    ),
    Fault.UNSUPPORTED_MEDIA: Answer(
        415,
        "Unsupported media type",
        f"The body must be {MEDIA_TYPE}, plain or gzip; below /api: application/json.",
    ),
    Fault.TOO_MANY: Answer(
        429,
        "Too many requests",
        "Too many requests, objects or failed log-ins. Wait as long as `Retry-After` says.",
    ),
    Fault.INTERNAL: Answer(
        500, "Internal error", "A fault of the hub. The log has more under the error id."
    ),
    Fault.BUSY: Answer(
        503, "Busy", "Others hold the store or verify passwords. Nothing was stored; retry."
    ),
    Fault.STORE_DOWN: Answer(
        503, "Store unavailable", "The store cannot read or write. Nothing was stored; retry."
    ),
    Fault.PROVIDER_DOWN: Answer(
        503, "Log-in provider unavailable", "The OpenID provider does not answer as it should."
    ),
    Fault.SEARCH_DOWN: Answer(
        503,
        "Search unavailable",
        "The search engine does not answer, or is being rebuilt. Publishing and polling go on.",
    ),
}

# What werkzeug raises by itself, in the hub's words. Others of the 4xx are bad requests.
_FROM_STATUS = {
    404: (Fault.ABSENT, "there is nothing at this address"),
    405: (Fault.METHOD, "this address does not know the method"),
    413: (Fault.TOO_LARGE, "the request is too large"),
    415: (Fault.UNSUPPORTED_MEDIA, "the body's media type is not supported"),
}


def body(error: HubError) -> bytes:
    """The error message resource as JSON."""
    answer = TABLE[error.fault]
    message: dict[str, object] = {
        "title": answer.title,
        "description": error.text(),
        "error_id": getattr(g, "request_id", ""),
        "error_code": error.fault.value,
        "http_status": str(answer.status),
    }
    if error.field:
        message["details"] = {"field": error.field, **error.details}
    return msgspec.json.encode(message)


def answer(error: HubError) -> Response:
    """The HTTP answer to an error."""
    status = TABLE[error.fault].status
    g.error = error  # for whoever notes what went wrong
    # Every door has the same body; only TAXII has a name for it.
    kind = "application/json" if request.path.startswith(_PLAIN) else MEDIA_TYPE
    response = Response(body(error), status, content_type=kind)
    if error.fault is Fault.UNAUTHENTICATED:
        # Basic is mandatory to implement (TAXII 2.1 section 1.6.9); each scheme on its own line,
        # as some clients read only one challenge per header.
        response.headers.add("WWW-Authenticate", 'Basic realm="hub", charset="UTF-8"')
        response.headers.add("WWW-Authenticate", 'Bearer realm="hub"')
    return _marked(response, error)


def _marked(response: Response, error: HubError) -> Response:
    """Say when it may go better."""
    if error.fault in {Fault.BUSY, Fault.STORE_DOWN, Fault.PROVIDER_DOWN, Fault.SEARCH_DOWN}:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(error, Throttled):
        # RFC 6585 section 4
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _room(fault: Fault) -> str:
    """What a body that was too large has to keep to."""
    most = request.max_content_length
    return f"Send at most {most} bytes." if fault is Fault.TOO_LARGE and most else ""


def _note(error: HubError) -> None:
    """Write down what an operator has to know of."""
    if error.fault is Fault.BUSY:
        _log.warning("%s", error.reason)
    elif error.fault is Fault.SEARCH_DOWN:
        # Each search says so while it is down: where in the code it happened says nothing.
        _log.error("%s (%s)", error.reason, error.__cause__)
    elif isinstance(error, StoreDown) or error.fault is Fault.PROVIDER_DOWN:
        _log.error("%s", error.reason, exc_info=error)


def register(app: Flask, drain_bytes: int, page: Page) -> None:
    """Let every error of the app leave through `answer`, or as a page where people ask."""

    def say(error: HubError) -> Response:
        made = page(error, request)
        return answer(error) if made is None else _marked(made, error)

    def handle_hub(error: HubError) -> Response:
        drain(request, drain_bytes)
        _note(error)
        return say(error)

    def handle_http(error: HTTPException) -> Response:
        code = error.code or _SERVER_FAULT
        if code >= _SERVER_FAULT:
            return handle_any(error)
        fault, reason = _FROM_STATUS.get(
            code, (Fault.BAD_REQUEST, "the request cannot be understood")
        )
        response = say(HubError(fault, reason, remedy=_room(fault)))
        if allowed := error.get_response().headers.get("Allow"):
            response.headers["Allow"] = allowed
        drain(request, drain_bytes)
        return response

    def handle_any(error: Exception) -> Response:
        _log.error("unexpected: %s", type(error).__name__, exc_info=error)
        return say(HubError(Fault.INTERNAL, "the hub failed; its log has more"))

    app.register_error_handler(HubError, handle_hub)
    app.register_error_handler(HTTPException, handle_http)
    app.register_error_handler(Exception, handle_any)
