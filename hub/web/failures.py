"""Errors as pages, with a way out."""

from __future__ import annotations

from flask import Request, Response, g

from hub.errors import Fault, HubError
from hub.http.errors import TABLE, Page
from hub.web.frame import Console
from hub.web.headers import protect
from hub.web.visit import Guest

_PROGRAMS = ("/api/", "/taxii2/")
_PEOPLE = "/api/v1/session/oidc/"
"""A log-in through a provider leads people here."""


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
    """A page of the console, or what a browser asked for where no program does."""
    if request.blueprint == "web":
        return True
    wants_html = "text/html" in request.accept_mimetypes.to_header()
    if request.path.startswith(_PEOPLE):
        return wants_html
    return wants_html and request.url_rule is None and not request.path.startswith(_PROGRAMS)
