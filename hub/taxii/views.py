"""The TAXII 2.1 addresses. Each view: who asks, what they may do, one service call, one body."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

from flask import Blueprint, Response, g, request

from hub.config import Config
from hub.errors import Fault, HubError
from hub.http.caller import Admitted, Doorman
from hub.model.clock import format_us
from hub.model.party import Collection
from hub.model.query import Query
from hub.policy import require_read, require_write, rights
from hub.service import fetch
from hub.service.fetch import Reader
from hub.service.publish import Publisher
from hub.stix.envelope import split
from hub.taxii import filters, resources, wire
from hub.taxii.cursor import Cursor, Cursors

_OF_OBJECT = frozenset({"version", "spec_version"})
_OF_VERSIONS = frozenset({"spec_version"})

View = Callable[..., Response]


class Services(NamedTuple):
    """What the door needs."""

    config: Config
    doorman: Doorman
    reader: Reader
    publisher: Publisher
    cursors: Cursors


class Ask(NamedTuple):
    """One paged request, understood."""

    admitted: Admitted
    collection: Collection
    query: Query
    bounds: tuple[int, int]
    """Date added to start after, page size."""


def blueprint(services: Services) -> Blueprint:
    """The TAXII addresses over the services."""
    door = _Door(services)
    names = ",".join(root.name for root in services.config.taxii.roots)
    root = f"/<any({names}):root>/"
    coll = f"{root}collections/<name>/"
    one = f"{coll}objects/<object_id>/"
    addresses: list[tuple[str, str, View]] = [
        ("GET", "/taxii2/", door.discovery),
        ("GET", root, door.api_root),
        ("GET", f"{root}collections/", door.collections),
        ("GET", coll, door.collection),
        ("GET", f"{coll}objects/", door.objects),
        ("POST", f"{coll}objects/", door.add),
        ("GET", f"{coll}manifest/", door.manifest),
        ("GET", one, door.one_object),
        ("DELETE", one, door.delete),
        ("GET", f"{one}versions/", door.versions),
        ("GET", f"{root}status/<status_id>/", door.status),
    ]
    made = Blueprint("taxii", __name__)
    for method, rule, view in addresses:
        made.add_url_rule(
            rule,
            endpoint=view.__name__,
            view_func=_negotiated(view),
            methods=[method],
            strict_slashes=False,
        )
    return made


def _negotiated(view: View) -> View:
    """Section 1.6.8: what cannot be answered acceptably is not done either."""

    @wraps(view)
    def checked(**places: str) -> Response:
        wire.negotiate(request)
        return view(**places)

    return checked


class _Door:
    """The views."""

    def __init__(self, services: Services) -> None:
        self._s = services
        self._taxii = services.config.taxii
        self._roots = {root.name: root for root in self._taxii.roots}

    def discovery(self) -> Response:
        """Section 4.1."""
        self._admit()
        return wire.respond(request, resources.discovery(self._s.config))

    def api_root(self, root: str) -> Response:
        """Section 4.2."""
        self._admit()
        body = resources.api_root(self._roots[root], self._taxii.max_content_length)
        return wire.respond(request, body)

    def collections(self, root: str) -> Response:
        """Section 5.1."""
        admitted = self._admit()
        found = fetch.collections(admitted.scope, admitted.directory, root)
        items = [resources.collection(item, rights(admitted.scope, item)) for item in found]
        return wire.respond(request, resources.collections(items))

    def collection(self, root: str, name: str) -> Response:
        """Section 5.2."""
        admitted, item = self._collection(root, name)
        body = resources.collection(item, rights(admitted.scope, item))
        return wire.respond(request, resources.one_collection(body))

    def objects(self, root: str, name: str) -> Response:
        """Section 5.4."""
        ask = self._ask(root, name, Query(0), None)
        return self._objects(ask)

    def one_object(self, root: str, name: str, object_id: str) -> Response:
        """Section 5.6."""
        ask = self._ask(root, name, Query(0, ids=(object_id,)), _OF_OBJECT)
        self._s.reader.require_object(ask.admitted.scope, ask.query)
        return self._objects(ask)

    def manifest(self, root: str, name: str) -> Response:
        """Section 5.3."""
        return self._entries(self._ask(root, name, Query(0), None), resources.manifest)

    def versions(self, root: str, name: str, object_id: str) -> Response:
        """Section 5.8."""
        base = Query(0, ids=(object_id,), edges=("all",))
        ask = self._ask(root, name, base, _OF_VERSIONS)
        self._s.reader.require_object(ask.admitted.scope, ask.query)
        return self._entries(ask, resources.versions)

    def add(self, root: str, name: str) -> Response:
        """Section 5.5."""
        admitted, item = self._collection(root, name)
        require_write(admitted.scope, item)
        raws = split(wire.read_body(request, self._taxii.max_content_length))
        status = self._s.publisher.publish(admitted.scope, item, raws)
        return wire.respond(request, resources.status(status), 202)

    def delete(self, root: str, name: str, object_id: str) -> Response:
        """Section 5.7. Without match[version], every version goes."""
        admitted, item = self._collection(root, name)
        require_write(admitted.scope, item)
        require_read(admitted.scope, item)
        base = Query(item.key, ids=(object_id,), edges=("all",))
        query = filters.matches(request.args, base, _OF_OBJECT).query
        self._s.reader.require_object(admitted.scope, query)
        self._s.publisher.delete(admitted.scope, item, query)
        return wire.respond(request, resources.EMPTY)

    def status(self, root: str, status_id: str) -> Response:
        """Section 4.3."""
        admitted = self._admit()
        found = self._s.reader.status(admitted.scope, root, status_id)
        return wire.respond(request, resources.status(found))

    def _admit(self) -> Admitted:
        admitted = self._s.doorman.admit(request)
        g.caller = admitted.caller
        return admitted

    def _collection(self, root: str, name: str) -> tuple[Admitted, Collection]:
        admitted = self._admit()
        try:
            return admitted, fetch.collection(admitted.scope, admitted.directory, root, name)
        except HubError as error:
            if admitted.caller.account:
                raise
            # To a caller without credentials, hidden and missing look the same: log in first.
            raise HubError(
                Fault.UNAUTHENTICATED, "this needs credentials", field="Authorization"
            ) from error

    def _ask(
        self, root: str, name: str, base: Query, allowed: frozenset[str] | None
    ) -> Ask:
        """Who asks for what, from where: filters, or the `next` that carries them."""
        admitted, item = self._collection(root, name)
        require_read(admitted.scope, item)
        asked = filters.matches(request.args, _in(base, item), allowed)
        paging = filters.paging(
            request.args, default=self._taxii.page_size, most=self._taxii.max_page_size
        )
        if paging.next:
            cursor = self._s.cursors.read(paging.next)
            # A widely used client sends the `next` of one collection to the others: there it
            # says nothing, and the request is answered as if it had none.
            if cursor.query.collection == item.key:
                given = asked.given | ({"ids"} if base.ids else frozenset())
                query = filters.continued(asked._replace(given=given), cursor.query)
                return Ask(admitted, item, query, (cursor.after_us, paging.limit))
        return Ask(admitted, item, asked.query, (paging.added_after_us, paging.limit))

    def _objects(self, ask: Ask) -> Response:
        page = self._s.reader.objects(ask.admitted.scope, ask.collection, ask.query, ask.bounds)
        cursor = self._next(ask, page.last_us, more=page.more)
        response = wire.respond(request, resources.envelope(page, cursor))
        if page.raws:
            _date(response, page.first_us, page.last_us)
        return response

    def _entries(self, ask: Ask, write: Callable[[fetch.EntryPage, str], bytes]) -> Response:
        page = self._s.reader.entries(ask.admitted.scope, ask.collection, ask.query, ask.bounds)
        if not page.entries:
            return wire.respond(request, resources.EMPTY)
        first, last = page.entries[0].added_us, page.entries[-1].added_us
        response = wire.respond(request, write(page, self._next(ask, last, more=page.more)))
        _date(response, first, last)
        return response

    def _next(self, ask: Ask, last_us: int, *, more: bool) -> str:
        return self._s.cursors.write(Cursor(ask.query, last_us)) if more else ""


def _in(base: Query, item: Collection) -> Query:
    return Query(item.key, ids=base.ids, edges=base.edges)


def _date(response: Response, first_us: int, last_us: int) -> None:
    """Section 3.2: dates added of the first and last record on this page."""
    response.headers["X-TAXII-Date-Added-First"] = format_us(first_us)
    response.headers["X-TAXII-Date-Added-Last"] = format_us(last_us)
