"""The doors to one object and what is around it, and to many values at once."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, request
from werkzeug.http import parse_options_header

from hub.api import shapes, shown
from hub.api.params import Param
from hub.api.params import read as read_params
from hub.api.search import Services
from hub.api.shown import Shower
from hub.api.wire import private, read, read_whole, respond
from hub.errors import Fault, HubError
from hub.http.caller import Admitted
from hub.model.search import Piece
from hub.service.lookup import lookup
from hub.service.related import MOST, Neighbourhood, versions_of
from hub.stix.check import document_of
from hub.store.base import Log

MOST_BYTES = 8_000_000
"""Of a look-up"""

OBJECT = (Param("version", "Which version is shown whole; without it the newest."),)
AROUND = (Param("limit", "Objects at most.", 50, bounds=(1, MOST)),)


def blueprint(services: Services, log: Log) -> Blueprint:
    """`/api/v1/lookup` and the addresses below `/api/v1/objects`."""
    views = _Views(services, log)
    made = Blueprint("api_objects", __name__, url_prefix="/api/v1")
    one = "/objects/<object_id>"
    made.add_url_rule("/lookup", view_func=views.lookup, endpoint="lookup", methods=["POST"])
    made.add_url_rule(one, view_func=views.object, endpoint="object")
    made.add_url_rule(f"{one}/related", view_func=views.related, endpoint="related")
    made.add_url_rule(f"{one}/same", view_func=views.same, endpoint="same")
    made.after_request(private)
    return made


class _Views:
    """One short method per address."""

    def __init__(self, services: Services, log: Log) -> None:
        self._doorman = services.doorman
        self._finder = services.finder
        self._log = log
        self._around = Neighbourhood(services.finder, log, services.searcher)

    def lookup(self) -> Response:
        admitted = self._doorman.admit(request)
        found = lookup(self._finder, admitted.scope, _pasted())
        states = [answer.state for answer in found]
        counts = (states.count(state) for state in ("known", "unknown", "not-understood"))
        return respond(shapes.LookedUp([shown.looked(answer) for answer in found], *counts))

    def object(self, object_id: str) -> Response:
        admitted = self._doorman.admit(request)
        version = read_params(request, OBJECT)["version"]
        held, chosen = versions_of(self._log, admitted.scope, object_id, version)
        return respond(_whole(admitted, chosen, held))

    def related(self, object_id: str) -> Response:
        admitted, limit = self._asked()
        found = self._around.related(admitted.scope, object_id, limit)
        shower = Shower(admitted.scope, admitted.directory)
        links = [
            shapes.Link(link.source, link.target, link.relation, link.by or None)
            for link in found.links
        ]
        hits = [shower.hit(hit) for hit in found.hits]
        return respond(shapes.Related(hits, links, found.more))

    def same(self, object_id: str) -> Response:
        admitted, limit = self._asked()
        found, more = self._around.same(admitted.scope, object_id, limit)
        shower = Shower(admitted.scope, admitted.directory)
        twins = [shapes.Twin(shower.hit(item.hit), shown.values(item.terms)) for item in found]
        return respond(shapes.Same(twins, more))

    def _asked(self) -> tuple[Admitted, int]:
        admitted = self._doorman.admit(request)
        given: dict[str, Any] = read_params(request, AROUND)
        return admitted, given["limit"]


def _pasted() -> list[str]:
    """The values of a look-up: JSON, or one in each line of plain text."""
    if parse_options_header(request.headers.get("Content-Type", ""))[0].lower() != "text/plain":
        return read(request, shapes.LookupBody, MOST_BYTES).values
    try:
        return read_whole(request, MOST_BYTES).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise HubError(Fault.BAD_BODY, f"the text is not UTF-8: {error.reason}") from error


def _whole(admitted: Admitted, chosen: Piece, held: list[Piece]) -> shapes.Object:
    shower = Shower(admitted.scope, admitted.directory)
    return shapes.Object(
        chosen.object_id,
        chosen.type,
        shown.name_of(chosen),
        chosen.version,
        msgspec.Raw(chosen.raw),
        shown.values_of(document_of(chosen.raw)),
        [shower.version(piece) for piece in held],
    )
