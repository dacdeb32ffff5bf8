"""Errors as pages, with a way out."""

from __future__ import annotations

from flask import Request, Response, g

from hub.errors import Fault, HubError
from hub.http.errors import TABLE, Page
from hub.web.frame import Console
from hub.web.headers import protect
from hub.web.visit import Guest

_BEFORE = ("/api/", "/taxii2/")


def page_of(console: Console) -> Page:
    """What makes a page of an error; None where programs ask."""

    def make(error: HubError, request: Request) -> Response | None:
        if not _is_read_by_people(request):
            return None
        guest: Guest = g.get("visit") or Guest(console, request)
        status = TABLE[error.fault].status
        page = guest.render(
            "error.html",
            fault=error.fault.value,
            problem=guest.problem(error),
            is_absent=error.fault is Fault.ABSENT,
            status=status,
            error_id=g.get("request_id", ""),
        )
        return protect(guest.answer((page, status)), secure=request.is_secure)

    return make


def _is_read_by_people(request: Request) -> bool:
    """A page of the console, or an address that nothing has and a browser asked for."""
    if request.url_rule is not None:
        return request.blueprint == "web"
    return (
        request.accept_mimetypes.accept_html
        and not request.path.startswith(_BEFORE)
        and ("text/html" in request.accept_mimetypes.to_header())
    )
