"""The console as a blueprint: who may open a page, and what every answer carries."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request

from hub.errors import Fault, HubError
from hub.http.session import Current
from hub.web import (
    account,
    carry,
    files,
    guide,
    holdings,
    lookup,
    objects,
    overview,
    partners,
    saved,
    search,
    submit,
    techniques,
    warnings,
)
from hub.web.address import ADDRESSES
from hub.web.admin import pages as admin
from hub.web.entrance import Entrance, resume
from hub.web.flows import deliveries, feeds
from hub.web.frame import Console, Page
from hub.web.headers import protect
from hub.web.static import serve
from hub.web.visit import Guest, Visit

PARTS = (
    guide,
    overview,
    search,
    saved,
    techniques,
    holdings,
    files,
    partners,
    feeds,
    deliveries,
    objects,
    submit,
    admin,
    account,
    lookup,
    warnings,
)
"""Modules with pages, each with a function `pages`"""

_SAFE = frozenset({"GET", "HEAD"})
_MOST_PARTS = 5_000
"""Of a form with files, or of one that is sent once more: a draft has one for each chosen value."""


def blueprint(console: Console) -> Blueprint:
    """All addresses of the console."""
    made = Blueprint("web", __name__)
    entrance = Entrance(console)
    entrance.register(made)

    def static(name: str) -> Response:
        return serve(request, name)

    made.add_url_rule(ADDRESSES["static"], "static", static)
    for part in PARTS:
        for page in part.pages(console):
            methods = list(page.methods)
            view = _view(console, entrance, page)
            made.add_url_rule(ADDRESSES[page.name], page.name, view, methods=methods)
    made.after_request(lambda response: protect(response, secure=request.is_secure))
    return made


def _view(console: Console, entrance: Entrance, page: Page) -> Any:
    """What Flask calls for a page."""

    def view(**path: str) -> Response:
        request.max_content_length = request.max_form_memory_size = page.most
        request.max_form_parts = _MOST_PARTS
        guest = Guest(console, request)
        current = console.doorman.find(request)
        if request.method not in _SAFE:
            console.doorman.require_own_page(request, strictly=True)
        if current is None or current.session.waits:
            return guest.answer(entrance.turn_away(guest, current))
        visit = g.visit = _visit(console, page, current)
        if request.method not in _SAFE and not _is_fresh(console, current):
            # A form of the session before: it is shown again with what was filled in.
            return visit.answer((resume(visit, carry.carried(request), current), 409))
        return visit.answer(page.view(visit, **path))

    return view


def _visit(console: Console, page: Page, current: Current) -> Visit:
    """The person behind a session.

    Raises:
        HubError: DENIED for a page of others; as `Doorman.admit_session`.
    """
    admitted = console.doorman.admit_session(request, current.session)
    visit = Visit(console, request, current, admitted, page.section or page.name)
    if page.roles and not page.roles & admitted.caller.roles:
        g.visit = visit
        raise HubError(
            Fault.DENIED,
            "this page is for other roles than those of the account",
            remedy="Ask an administrator of the hub.",
        )
    console.pulse.visited(admitted.caller.account)
    return visit


def _is_fresh(console: Console, current: Current) -> bool:
    """Whether a form comes from a page of this very session."""
    return console.doorman.is_token(current, request.form.get(carry.TOKEN, ""))
