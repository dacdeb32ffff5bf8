"""The door below /export: files that devices pull, at addresses that stay.

It takes any credential, and tokens that are for this door alone. A firewall that knows nothing but
name and password sends the token as the password.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, request
from isal import isal_zlib
from werkzeug.http import http_date

from hub.api.export import Desks
from hub.api.params import Param, read
from hub.errors import Fault, HubError
from hub.http.caller import Admitted, require_login
from hub.http.session import SessionDoorman
from hub.model.clock import SECOND_US
from hub.model.tlp import Tlp
from hub.service.changes import bad
from hub.service.outlet import csaf, misp
from hub.service.outlet.outlet import Order, Outlet, Parcel
from hub.service.outlet.press import Format
from hub.service.outlet.table import FORMATS
from hub.service.outlet.wish import Wish
from hub.service.search import keys_of
from hub.store.base import SavedSearches

LEFT_OUT = "Hub-Left-Out"
ADDRESSES = ("/export/collections/{name}/{format}", "/export/searches/{name}/{format}")
"""As documents show them"""

MOST_VALUES = 5_000_000
MOST_DAYS = 36_500
PARAMS = (
    Param("types", "Fields of values, with commas between; without it all that the format holds."),
    Param("min_confidence", "Only what has at least this confidence.", 0, bounds=(0, 100)),
    Param(
        "min_weight",
        "Only what time has left at least this much confidence, by the type of the value.",
        0,
        bounds=(0, 100),
    ),
    Param("comments", "1: who says so, as comments.", "0", choices=("0", "1")),
    Param(
        "tlp",
        "The strictest marking, if less than the format may hold.",
        None,
        choices=tuple(tlp.text for tlp in Tlp),
    ),
    Param("max", "At most so many, the newest; 0: all.", 0, bounds=(0, MOST_VALUES)),
    Param(
        "days",
        "How long a value without an end holds; without it, by its type; 0: for ever.",
        None,
        bounds=(0, MOST_DAYS),
    ),
    Param("scheme", "0: URLs without their scheme.", "1", choices=("0", "1")),
)
_PIECE = 65_536
_GZIP_LEAST = 1_024
_GZIP_LEVEL = 1
_GZIP_BITS = 31
_GZIP_TAG = "-gzip"


class Services(NamedTuple):
    """What the door works with."""

    doorman: SessionDoorman
    outlet: Outlet
    searches: SavedSearches
    desks: Desks


def blueprint(services: Services) -> Blueprint:
    """`/export/collections/NAME/FORMAT` and `/export/searches/ID/FORMAT`."""
    views = _Views(services)
    made = Blueprint("export", __name__, url_prefix="/export")
    made.add_url_rule("/collections/<name>/<path:form>", view_func=views.of_collection)
    made.add_url_rule("/searches/<name>/<path:form>", view_func=views.of_search)
    made.after_request(_private)
    return made


class _Views:
    """One short method per address."""

    def __init__(self, services: Services) -> None:
        self._doorman = services.doorman
        self._outlet = services.outlet
        self._searches = services.searches
        self._desks = services.desks

    def of_collection(self, name: str, form: str) -> Response:
        admitted = self._doorman.admit(request, "export")
        keys = keys_of(admitted.scope, admitted.directory)
        key = keys.get(name.casefold())
        if key is None:
            # A log-in may help, and what is hidden is answered like what is not there.
            require_login(admitted)
            raise _absent(f"there is no collection {name[:80]!r} that this account may read")
        item = admitted.directory.collections[key]
        # An alias may be that of another collection one day; an id is not.
        found = _form(form, f"collections/{item.id}")
        order = _order(admitted, f"collection {item.alias}", f"collection:{item.id}", found)
        return self._send(order._replace(collection=key))

    def of_search(self, name: str, form: str) -> Response:
        admitted = self._doorman.admit(request, "export")
        require_login(admitted)
        for item in self._searches.saved_searches(admitted.scope):
            if item.id == name:
                found = _form(form, f"searches/{item.id}")
                return self._send(_order(admitted, f"search {item.id}", item.query, found))
        raise _absent(f"this account has no saved search {name[:80]!r}, and shares none")

    def _send(self, order: Order) -> Response:
        with ExitStack() as taken:
            taken.callback(self._desks.take())
            parcel = self._outlet.get(order, _has)
            response = _response(order.form, parcel)
            if parcel.file is not None:
                # Whoever goes away before the first piece leaves a body that never ends.
                taken.callback(parcel.file.close)
                kept = taken.pop_all()
                response.response = _until_end(response.iter_encoded(), kept)
                response.call_on_close(kept.close)
            return response


def _form(name: str, path: str) -> Format:
    form = FORMATS.get(name) or misp.form_of(name) or csaf.form_of(name, path)
    if form is None:
        known = ", ".join((*FORMATS, *misp.NAMES, *csaf.NAMES))
        raise _absent(f"there is no format {name[:80]!r}", f"Known: {known}.")
    return form


def _order(admitted: Admitted, place: str, query: str, form: Format) -> Order:
    wish = _wish(form, read(request, PARAMS))
    return Order(admitted.scope, admitted.directory, place, query, form, wish)


def _wish(form: Format, given: dict[str, Any]) -> Wish:
    types = tuple(dict.fromkeys(filter(None, given["types"].split(","))))
    known = (*form.fields, *form.more)
    for field in types:
        if field not in known:
            holds = f"Give some of {', '.join(known)}." if known else "Leave it out."
            raise bad("types", f"{form.name} holds no values of {field[:80]!r}", holds)
    if given["comments"] == "1" and not form.sign:
        raise bad("comments", f"{form.name} has no comments", "Leave it out.")
    return Wish(
        types,
        given["min_confidence"],
        given["min_weight"],
        given["comments"] == "1",
        Tlp.named(given["tlp"]) if given["tlp"] else Tlp.RED,
        given["max"],
        form.days if given["days"] is None else given["days"],
        given["scheme"] == "1",
    )


def _has(tag: str, changed_us: int) -> bool:
    """Whether the client has the file (RFC 9110 section 13.1)."""
    if request.headers.get("If-None-Match"):
        held = request.if_none_match
        return held.contains_weak(tag) or held.contains_weak(f"{tag}{_GZIP_TAG}")
    since = request.if_modified_since
    return since is not None and since >= _second(changed_us)


def _second(at_us: int) -> datetime:
    """The whole second of an instant; two changes of a file are never in the same one."""
    return datetime.fromtimestamp(at_us // SECOND_US, UTC)


def _response(form: Format, parcel: Parcel) -> Response:
    response = Response(status=304 if parcel.file is None else 200, content_type=form.media_type)
    response.set_etag(parcel.etag)
    response.headers["Last-Modified"] = http_date(_second(parcel.changed_us))
    if parcel.left_out:
        response.headers[LEFT_OUT] = parcel.left_out
    if parcel.file is None:
        del response.headers["Content-Type"]
        return response
    name = form.name.rpartition("/")[2]
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    _fill(response, parcel)
    return response


def _fill(response: Response, parcel: Parcel) -> None:
    file = parcel.file
    assert file is not None  # noqa: S101 - what is unchanged has no body
    size = len(parcel.head) + file.seek(0, 2)
    file.seek(0)

    def pieces() -> Iterator[bytes]:
        yield parcel.head
        while piece := file.read(_PIECE):
            yield piece

    if size >= _GZIP_LEAST and request.accept_encodings["gzip"] > 0:
        response.headers["Content-Encoding"] = "gzip"
        # Other bytes, so another tag (RFC 9110 section 8.8.3.3).
        response.set_etag(f"{parcel.etag}{_GZIP_TAG}")
        response.response = _zipped(pieces())
    else:
        response.headers["Content-Length"] = str(size)
        response.response = pieces()


def _until_end(pieces: Iterable[bytes], taken: ExitStack) -> Iterator[bytes]:
    with taken:
        yield from pieces


def _zipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    squeeze = isal_zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_BITS)
    for piece in pieces:
        if made := squeeze.compress(piece):
            yield made
    yield squeeze.flush()


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Authorization", "Cookie", "Accept-Encoding"))
    return response


def _absent(reason: str, remedy: str = "") -> HubError:
    return HubError(Fault.ABSENT, reason, field="path", remedy=remedy)
