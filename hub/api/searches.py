"""The door to saved searches."""

from __future__ import annotations

from flask import Blueprint, Response, request

from hub.api import shapes
from hub.api.wire import nothing, private, read, respond
from hub.http.caller import Admitted, require_login
from hub.http.session import SessionDoorman
from hub.model.clock import format_us
from hub.model.saved import SavedSearch
from hub.service.saved import Bookmarks
from hub.service.search import Searcher
from hub.store.base import Store


def blueprint(doorman: SessionDoorman, store: Store, searcher: Searcher) -> Blueprint:
    """`/api/v1/searches`."""
    made = Blueprint("api_searches", __name__, url_prefix="/api/v1")

    def admitted() -> Admitted:
        found = doorman.admit(request)
        require_login(found)
        return found

    def bookmarks(found: Admitted) -> Bookmarks:
        return Bookmarks(store, lambda scope, text: searcher.ask(scope, found.directory, text))

    @made.get("/searches")
    def index() -> Response:
        asker = admitted()
        found = bookmarks(asker).list(asker.scope)
        return respond(shapes.SavedList([_shown(asker, item) for item in found]))

    @made.post("/searches")
    def save() -> Response:
        asker = admitted()
        body = read(request, shapes.SaveBody)
        kept = bookmarks(asker).save(
            asker.caller, asker.scope, body.name, body.query, shared=body.shared
        )
        return respond(_shown(asker, kept), 201)

    @made.delete("/searches/<search_id>")
    def drop(search_id: str) -> Response:
        asker = admitted()
        bookmarks(asker).drop(asker.caller, asker.scope, search_id)
        return nothing()

    made.after_request(private)
    return made


def _shown(asker: Admitted, item: SavedSearch) -> shapes.Saved:
    return shapes.Saved(
        item.id,
        item.name,
        item.query,
        item.shared,
        item.account,
        item.account == asker.scope.account,
        format_us(item.saved_us),
    )
