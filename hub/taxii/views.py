"""The TAXII 2.1 addresses of the hub's own front: negotiate, admit, ask the door, answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, request

from hub.config import Config
from hub.http.caller import Admitted, Doorman
from hub.taxii import wire
from hub.taxii.door import Answer, Door, Place

View = Callable[..., Response]


def blueprint(config: Config, doorman: Doorman, door: Door) -> Blueprint:
    """The addresses. API roots are fixed rules: nothing else under `/` is caught."""
    views = _Views(doorman, door, config.taxii.max_content_length)
    names = ",".join(f'"{root.name}"' for root in config.taxii.roots)
    root = f"/<any({names}):root>/"
    coll = f"{root}collections/<name>/"
    one = f"{coll}objects/<object_id>/"
    addresses: list[tuple[str, str, View]] = [
        ("GET", "/taxii2/", views.discovery),
        ("GET", root, views.api_root),
        ("GET", f"{root}collections/", views.collections),
        ("GET", coll, views.collection),
        ("GET", f"{coll}objects/", views.objects),
        ("POST", f"{coll}objects/", views.add),
        ("GET", f"{coll}manifest/", views.manifest),
        ("GET", one, views.one_object),
        ("DELETE", one, views.delete),
        ("GET", f"{one}versions/", views.versions),
        ("GET", f"{root}status/<status_id>/", views.status),
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


class _Views:
    """One short method per address."""

    def __init__(self, doorman: Doorman, door: Door, max_content_length: int) -> None:
        self._doorman = doorman
        self._door = door
        self._most = max_content_length

    def discovery(self) -> Response:
        self._admit()
        return _answer(self._door.discovery())

    def api_root(self, root: str) -> Response:
        self._admit()
        return _answer(self._door.api_root(root) or b"")

    def collections(self, root: str) -> Response:
        return _answer(self._door.collections(self._admit(), root))

    def collection(self, root: str, name: str) -> Response:
        return _answer(self._door.collection(self._admit(), Place(root, name)))

    def objects(self, root: str, name: str) -> Response:
        return _page(self._door.objects(self._admit(), Place(root, name), request.args))

    def one_object(self, root: str, name: str, object_id: str) -> Response:
        place = Place(root, name, object_id)
        return _page(self._door.objects(self._admit(), place, request.args))

    def manifest(self, root: str, name: str) -> Response:
        return _page(self._door.manifest(self._admit(), Place(root, name), request.args))

    def versions(self, root: str, name: str, object_id: str) -> Response:
        place = Place(root, name, object_id)
        return _page(self._door.versions(self._admit(), place, request.args))

    def add(self, root: str, name: str) -> Response:
        admitted, place = self._admit(), Place(root, name)
        # Whoever may not write need not send the body first.
        self._door.may_add(admitted, place)
        body = wire.read_body(request, self._most)
        audience = request.headers.get(wire.AUDIENCE)
        return _answer(self._door.add(admitted, place, body, audience), 202)

    def delete(self, root: str, name: str, object_id: str) -> Response:
        place = Place(root, name, object_id)
        return _answer(self._door.delete(self._admit(), place, request.args))

    def status(self, root: str, status_id: str) -> Response:
        return _answer(self._door.status(self._admit(), root, status_id))

    def _admit(self) -> Admitted:
        return self._doorman.admit(request)


def _answer(body: bytes, status: int = 200) -> Response:
    return wire.respond(request, body, status)


def _page(answer: Answer) -> Response:
    response = _answer(answer.body)
    response.headers.update(answer.headers())
    return response
