"""Stock medallion over the hub's door: `taxii.views = "medallion"`.

medallion 3.0.0 brings the addresses and the order of its checks; what its views cannot do (TAXII
2.1 media ranges, HEAD, body limits, rights per caller, untouched bytes) is done here, around them.
The differences that remain are listed in the documentation and pinned by the conformance tests.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import medallion
import msgspec
from flask import Flask, Response, current_app, g, has_app_context, request
from flask.json.provider import JSONProvider
from medallion.backends.base import Backend
from medallion.exceptions import MedallionError

from hub.config import Config
from hub.errors import Fault, HubError
from hub.http.caller import Admitted, Doorman
from hub.http.errors import MEDIA_TYPE, TABLE, answer
from hub.taxii import resources, wire
from hub.taxii.door import Answer, Door, Place

_EXTENSION = "hub.medallion"
_Page = tuple[bytes, dict[str, str]]


class HubBackend(Backend):  # type: ignore[misc]
    """`medallion.backends.base.Backend` over the door; the caller is the one the gate admitted.

    Pages are handed out as bytes, which `_PassingJson` lets through; medallion itself looks into
    collections and API roots, so these are dictionaries.
    """

    def __init__(self, door: Door) -> None:
        self._door = door

    def server_discovery(self) -> bytes:
        """Section 4.1."""
        return self._door.discovery()

    def get_api_root_information(self, api_root: str) -> Any:
        """Section 4.2; None is answered 404."""
        body = self._door.api_root(api_root)
        return msgspec.json.decode(body) if body else None

    def get_collections(self, api_root: str) -> bytes:
        """Section 5.1."""
        return self._door.collections(_admitted(), api_root)

    def get_collection(self, api_root: str, collection_id: str) -> Any:
        """Section 5.2."""
        place = Place(api_root, collection_id)
        return msgspec.json.decode(self._door.collection(_admitted(), place))

    def get_objects(self, api_root: str, collection_id: str, *_: Any) -> _Page:
        """Section 5.4."""
        place = Place(api_root, collection_id)
        return _page(self._door.objects(_admitted(), place, request.args))

    def get_object(self, api_root: str, collection_id: str, object_id: str, *_: Any) -> _Page:
        """Section 5.6."""
        place = Place(api_root, collection_id, object_id)
        return _page(self._door.objects(_admitted(), place, request.args))

    def get_object_manifest(self, api_root: str, collection_id: str, *_: Any) -> _Page:
        """Section 5.3."""
        place = Place(api_root, collection_id)
        return _page(self._door.manifest(_admitted(), place, request.args))

    def get_object_versions(
        self, api_root: str, collection_id: str, object_id: str, *_: Any
    ) -> _Page:
        """Section 5.8."""
        place = Place(api_root, collection_id, object_id)
        return _page(self._door.versions(_admitted(), place, request.args))

    def add_objects(self, api_root: str, collection_id: str, objs: bytes, _: Any) -> bytes:
        """Section 5.5. `objs` is the body as it came: see `_PassingJson.loads`."""
        place, audience = Place(api_root, collection_id), request.headers.get(wire.AUDIENCE)
        return self._door.add(_admitted(), place, objs, audience)

    def delete_object(self, api_root: str, collection_id: str, object_id: str, *_: Any) -> None:
        """Section 5.7."""
        self._door.delete(_admitted(), Place(api_root, collection_id, object_id), request.args)

    def get_status(self, api_root: str, status_id: str) -> bytes:
        """Section 4.3."""
        return self._door.status(_admitted(), api_root, status_id)


class _PassingJson(JSONProvider):
    """Bytes pass through in both directions: stored objects are never rebuilt."""

    def dumps(self, obj: Any, **_: Any) -> str:
        # The interface says text; medallion hands the result to Response, which takes bytes.
        return obj if isinstance(obj, bytes) else msgspec.json.encode(obj)  # type: ignore[return-value]

    def loads(self, s: str | bytes, **_: Any) -> Any:
        # In a POST the gate has read the body already, within its limits.
        body = g.pop("body", None) if has_app_context() else None
        return msgspec.json.decode(s) if body is None else body


class _Gate:
    """Stands where medallion expects its Flask-HTTPAuth object: one per process, for every app."""

    def __init__(self, doorman: Doorman, door: Door, most: int) -> None:
        self._doorman = doorman
        self._door = door
        self._most = most

    def open(self, places: dict[str, str]) -> None:
        """Everything that must hold before medallion's view runs."""
        wire.negotiate(request)
        g.admitted = self._doorman.admit(request)
        environ = request.environ
        environ["HTTP_ACCEPT"] = MEDIA_TYPE
        if request.method == "HEAD":
            # medallion's views know GET only; the server still drops the body.
            request.method = "GET"
        if request.method == "DELETE":
            self._door.writable(g.admitted, _place(places))
        if request.method == "POST":
            self._door.may_add(g.admitted, _place(places))
            g.body = wire.read_body(request, self._most)
            environ["CONTENT_TYPE"] = MEDIA_TYPE
            environ["CONTENT_LENGTH"] = str(len(g.body) or 1)


class _Auth:
    """What medallion's views use as `auth`."""

    def login_required(self, view: Callable[..., Response]) -> Callable[..., Response]:
        """The decorator of medallion's views."""

        @wraps(view)
        def gated(**places: str) -> Response:
            gate: _Gate = current_app.extensions[_EXTENSION]
            gate.open(places)
            plain = view(**places)
            body = plain.get_data() or resources.EMPTY
            made = wire.respond(request, body, plain.status_code)
            made.headers.extend(
                (name, value) for name, value in plain.headers if name.startswith("X-")
            )
            return made

        return gated


def mount(app: Flask, config: Config, doorman: Doorman, door: Door) -> None:
    """Let medallion serve the TAXII addresses of this app."""
    # medallion's views take `medallion.auth` when they are imported, once per process.
    if not isinstance(medallion.auth, _Auth):
        medallion.auth = _Auth()
        logging.getLogger("medallion").handlers.clear()
    app.json = _PassingJson(app)
    app.extensions[_EXTENSION] = _Gate(doorman, door, config.taxii.max_content_length)
    app.medallion_backend = HubBackend(door)  # type: ignore[attr-defined]
    app.taxii_config = {"max_page_size": config.taxii.max_page_size}  # type: ignore[attr-defined]
    app.register_error_handler(MedallionError, _explain)
    medallion.register_blueprints(app)


def _explain(error: MedallionError) -> Response:
    """Put an error of medallion into the hub's one body."""
    by_status = {row.status: fault for fault, row in reversed(TABLE.items())}
    return answer(HubError(by_status.get(error.status, Fault.BAD_REQUEST), str(error)))


def _place(places: dict[str, str]) -> Place:
    return Place(places["api_root"], places["collection_id"])


def _admitted() -> Admitted:
    admitted: Admitted = g.admitted
    return admitted


def _page(page: Answer) -> _Page:
    return page.body, page.headers()
