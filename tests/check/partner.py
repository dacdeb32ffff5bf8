"""A small TAXII 2.1 server that only reads, right in everything; and what can be wrong in one.

Each subclass of `Partner` has one fault, and names the checks that have to find it.
"""

from __future__ import annotations

import itertools
import json
import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from hub.model.clock import format_us, parse_us

TAXII = "application/taxii+json;version=2.1"
START_US = 1_700_000_000_000_000
ID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
_STEP_US = 1_000_001
_NAMES = ("id", "type", "version", "spec_version")


class Reply(NamedTuple):
    status: int
    body: Any = None
    headers: Mapping[str, str] = MappingProxyType({})
    raw: bytes | None = None


class Bad(Exception):
    """A question that is answered with this status."""


class Item(NamedTuple):
    added_us: int
    object: dict[str, Any]

    @property
    def version(self) -> str:
        return self.object["modified"]


def world() -> list[Item]:
    """Fourteen versions of twelve objects, of two types."""
    found = []
    for n in range(12):
        kind = "malware" if n % 3 == 0 else "indicator"
        name = f"{kind}--{n:08}-0000-4000-8000-000000000000"
        at = format_us(START_US)[:23] + "Z"
        found.append(
            {"type": kind, "spec_version": "2.1", "id": name, "created": at, "modified": at}
        )
    later = format_us(START_US + 60_000_000)[:23] + "Z"
    found += [found[n] | {"modified": later} for n in (1, 2)]
    return [Item(START_US + n * _STEP_US, item) for n, item in enumerate(found)]


def grown(server: Partner, count: int) -> Partner:
    """The server with so many more objects, each added at an instant of its own."""
    first = len(server.items)
    for n in range(first, first + count):
        made = server.items[1].object | {"id": f"indicator--{n:08}-0000-4000-8000-000000000000"}
        server.items.append(Item(START_US + n * _STEP_US, made))
    return server


class Partner:
    """Answers requests; the methods are what faults change."""

    caught_by: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.items = world()
        self.count = itertools.count()
        self.here = self.items

    def reply(self, method: str, target: str, headers: dict[str, str], sent: bytes) -> Reply:
        parts = urlsplit(target)
        try:
            self.accepts(headers.get("accept", "*/*"))
            if (found := self.asked(method, target, sent)) is not None:
                return found
            if method in ("GET", "HEAD"):
                return self.route(parts.path, parse_qsl(parts.query, keep_blank_values=True))
            return self.error(405)
        except Bad as error:
            return self.error(error.args[0])

    def asked(self, method: str, target: str, body: bytes) -> Reply | None:
        """What changes something; here nothing does."""
        return None

    def error(self, status: int) -> Reply:
        return Reply(status, {"title": "No", "http_status": str(status)})

    def accepts(self, text: str) -> None:
        kinds = [kind.replace(" ", "").split(";") for kind in text.split(",")]
        for name, *params in kinds:
            version = [p for p in params if p.startswith("version=")]
            if name == "*/*" or (
                name == "application/taxii+json" and version in ([], ["version=2.1"])
            ):
                return
        raise Bad(406)

    def route(self, path: str, query: list[tuple[str, str]]) -> Reply:
        base = "/api/collections/"
        if path == "/taxii2/":
            return Reply(200, {"title": "T", "default": "/api/", "api_roots": ["/api/"]})
        if path == "/api/":
            root = {"title": "T", "versions": [TAXII], "max_content_length": 1000}
            return Reply(200, root)
        if path == base:
            return Reply(200, {"collections": [self.collection(ID), self.collection(OTHER)]})
        if not (found := re.fullmatch(rf"{base}({ID}|{OTHER})/(?:(.*)/)?", path)):
            raise Bad(404)
        if not found[2]:
            return Reply(200, self.collection(found[1]))
        return self.inside(found[1], found[2], query)

    def collection(self, name: str) -> dict[str, Any]:
        return {"id": name, "title": name[:4], "can_read": True, "can_write": False}

    def inside(self, collection: str, what: str, query: list[tuple[str, str]]) -> Reply:
        params = self.params(query)
        items = self.here = list(self.items) if collection == ID else self.items[9:14]
        if what in ("objects", "manifest"):
            return self.page(self.selected(items, params), params, what)
        name = what.removeprefix("objects/").removesuffix("/versions")
        mine = [item for item in items if item.object["id"] == name]
        if not mine:
            raise Bad(404)
        if what.endswith("/versions"):
            return self.page(mine, params, "versions")
        return self.page(self.selected(mine, params), params, "objects")

    def params(self, query: list[tuple[str, str]]) -> dict[str, str]:
        allowed = {"limit", "next", "added_after", *(f"match[{name}]" for name in _NAMES)}
        if len(dict(query)) != len(query) or not dict(query).keys() <= allowed:
            raise Bad(400)
        return dict(query)

    def selected(self, items: list[Item], params: dict[str, str]) -> list[Item]:
        wanted = params.get("match[version]", "last").split(",")
        if "all" in wanted and len(wanted) > 1:
            raise Bad(400)
        found = [item for item in items if self.matches(item, params)]
        return [item for item in found if self.in_version(item, found, wanted)]

    def matches(self, item: Item, params: dict[str, str]) -> bool:
        pairs = [(name, params.get(f"match[{name}]")) for name in ("id", "type", "spec_version")]
        return all(text is None or item.object[name] in text.split(",") for name, text in pairs)

    def in_version(self, item: Item, items: list[Item], wanted: list[str]) -> bool:
        dates = [one.version for one in items if one.object["id"] == item.object["id"]]
        special = {"all": dates, "first": [min(dates)], "last": [max(dates)]}
        return any(
            item.version in (special[word] if word in special else [self.timestamp(word)[0]])
            for word in wanted
        )

    def timestamp(self, text: str) -> tuple[str, int]:
        try:
            at = parse_us(text)
        except ValueError:
            raise Bad(400) from None
        return format_us(at)[:23] + "Z", at

    def limit(self, params: dict[str, str]) -> int:
        text = params.get("limit", "100")
        if not text.isdigit() or not int(text):
            raise Bad(400)
        return int(text)

    def page(self, items: list[Item], params: dict[str, str], what: str) -> Reply:
        after_us = self.after(params)
        items = [item for item in items if item.added_us > after_us]
        size = self.limit(params)
        here, rest = items[:size], items[size:]
        body: dict[str, Any] = {}
        if here:
            body = {"more": bool(rest), what: [self.shown(item, what) for item in here]}
            body["objects" if what == "manifest" else what] = body.pop(what)
        if rest:
            body["next"] = self.cursor(here[-1])
        return Reply(200, body, self.dates(here))

    def after(self, params: dict[str, str]) -> int:
        """An old or foreign cursor never leads past `added_after`, nor past the beginning."""
        after_us = self.timestamp(params["added_after"])[1] if "added_after" in params else 0
        at = int(params.get("next", "0"))
        fits = any(item.added_us == at for item in self.here)
        return max(at if fits else 0, after_us)

    def cursor(self, last: Item) -> str:
        return str(last.added_us)

    def dates(self, here: list[Item]) -> dict[str, str]:
        if not here:
            return {}
        ends = {"First": here[0], "Last": here[-1]}
        return {f"X-TAXII-Date-Added-{k}": format_us(item.added_us) for k, item in ends.items()}

    def shown(self, item: Item, what: str) -> Any:
        if what == "versions":
            return item.version
        if what == "objects":
            return item.object
        kind = "application/stix+json;version=2.1"
        record = {"id": item.object["id"], "version": item.version, "media_type": kind}
        return record | {"date_added": format_us(item.added_us)}


class _Handler(BaseHTTPRequestHandler):
    partner: Partner
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = self.rfile.read(int(headers.get("content-length", "0")))
        reply = self.partner.reply(self.command, self.path, headers, sent)
        body = json.dumps(reply.body).encode() if reply.raw is None else reply.raw
        self.send_response(reply.status)
        named = {"Content-Type": TAXII, "Content-Length": str(len(body))} | dict(reply.headers)
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some faults are for."""


@contextmanager
def serving(partner: Partner, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address while it answers on a port of 127.0.0.1, over TLS with a context."""
    handler = type("Handler", (_Handler,), {"partner": partner})
    server = _Server(("127.0.0.1", 0), handler)
    if context is not None:
        # The handshake is that of the thread that answers: a failed one must not end the server.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class LossyCursor(Partner):
    """`next` leads past one object."""

    caught_by = ("PG-02",)

    def cursor(self, last):
        return str(last.added_us + _STEP_US)


class OrderedByName(Partner):
    """Objects come by their ids, not by when they were added."""

    caught_by = ("OB-06",)

    def __init__(self):
        super().__init__()
        self.items[0], self.items[5] = self.items[5], self.items[0]


class SameNext(Partner):
    """`next` is the same for ever, and so is the page."""

    caught_by = ("PG-07", "PG-02")

    def after(self, params):
        return super().after({k: v for k, v in params.items() if k != "next"})

    def cursor(self, last):
        return "1"


class NextIsUsedUp(Partner):
    """A cursor gives its page once, and the one behind it the second time."""

    caught_by = ("PG-20",)

    def __init__(self):
        super().__init__()
        self.used = {}

    def after(self, params):
        name = params.get("next", "")
        self.used[name] = self.used.get(name, -1) + 1
        again = self.used[name] * 3 * _STEP_US if name else 0
        return super().after(params) + again


class NextNeedsItsFilters(Partner):
    """A cursor that stands without `added_after` is refused, as Elastic's client sends it."""

    caught_by = ("PG-22",)

    def page(self, items, params, what):
        self.dated = "added_after" in params
        return super().page(items, params, what)

    def after(self, params):
        if params.get("next", "").startswith("0") and "added_after" not in params:
            raise Bad(400)
        return super().after(params)

    def cursor(self, last):
        return f"{'0' if self.dated else ''}{last.added_us}"


class StrictAboutOldCursors(Partner):
    """A cursor that does not fit the date beside it is refused, as OpenCTI's client sends it."""

    caught_by = ("PG-24",)

    def after(self, params):
        at = self.timestamp(params.get("added_after", "1970-01-01T00:00:00Z"))[1]
        if "next" in params and int(params["next"]) < at:
            raise Bad(400)
        return super().after(params)


class WrongDates(Partner):
    """The header has the time of the answer."""

    caught_by = ("OB-05",)

    def dates(self, here):
        return {name: format_us(time.time_ns() // 1000) for name in super().dates(here)}


class NoDates(Partner):
    caught_by = ("OB-03",)

    def dates(self, here):
        return {}


class DatesInMilliseconds(Partner):
    caught_by = ("OB-04",)

    def dates(self, here):
        return {name: f"{text[:23]}Z" for name, text in super().dates(here).items()}


class IgnoresLimit(Partner):
    caught_by = ("PG-01",)

    def limit(self, params):
        super().limit(params)
        return 100


class AcceptsAnyLimit(Partner):
    caught_by = ("FI-30",)

    def limit(self, params):
        text = params.get("limit", "")
        return int(text) if text.isdigit() and int(text) else 100


class RepeatsAtTheSeam(Partner):
    """`added_after` is inclusive."""

    caught_by = ("FI-16",)

    def after(self, params):
        plain = {k: v for k, v in params.items() if k != "added_after"}
        return max(
            super().after(plain), super().after(params) - (1 if "next" not in params else 0)
        )


class RoundsDates(Partner):
    """`added_after` counts whole seconds."""

    caught_by = ("FI-17",)

    def timestamp(self, text):
        word, at = super().timestamp(text)
        return word, -(-at // 1_000_000) * 1_000_000 if at else at


class BrokenFilter(Partner):
    """A malformed filter is answered 500, in HTML."""

    caught_by = ("FI-22", "FI-23", "HT-01")

    def timestamp(self, text):
        try:
            return super().timestamp(text)
        except Bad:
            raise Bad(500) from None

    def error(self, status):
        reply = super().error(status)
        return (
            Reply(status, None, {"Content-Type": "text/html"}, b"<h1>Oh</h1>")
            if status == 500
            else reply
        )


class LeaksTypes(Partner):
    """`match[type]` gives one object of another type."""

    caught_by = ("FI-01",)

    def matches(self, item, params):
        return super().matches(item, params) or item is self.items[4]


class IgnoresUnknownFilters(Partner):
    caught_by = ("FI-26",)

    def params(self, query):
        return super().params([pair for pair in query if "unknown" not in pair[0]])


class AllVersions(Partner):
    """Every version comes, whether asked for or not."""

    caught_by = ("OB-08",)

    def in_version(self, item, items, wanted):
        return super().in_version(item, items, ["all" if w == "last" else w for w in wanted])


class Html(Partner):
    """A log-in page in place of the collections' content."""

    caught_by = ("ER-11",)

    def inside(self, *_):
        return Reply(200, None, {"Content-Type": "text/html"}, b"<html>Log in</html>")


class InvalidJson(Partner):
    """Half an answer that says to be a whole one."""

    caught_by = ("ER-11",)

    def page(self, *args):
        return Reply(200, raw=json.dumps(super().page(*args).body).encode()[:-2] + b"NaN")


class PlainJson(Partner):
    """The media type is that of JSON."""

    caught_by = ("CN-06", "CN-05")

    def page(self, *args):
        return super().page(*args)._replace(headers={"Content-Type": "application/json"})


class Redirects(Partner):
    """Manifests are elsewhere."""

    caught_by = ("ER-10",)

    def inside(self, collection, what, query):
        if what == "manifest":
            return Reply(302, {}, {"Location": "http://192.0.2.1/"})
        return super().inside(collection, what, query)


class Stalls(Partner):
    """Manifests never come."""

    caught_by = ("HT-02",)

    def inside(self, collection, what, query):
        if what == "manifest":
            time.sleep(3)
        return super().inside(collection, what, query)


class LiesAboutLength(Partner):
    """More bytes of manifests are promised than come."""

    caught_by = ("HT-02",)

    def inside(self, collection, what, query):
        reply = super().inside(collection, what, query)
        return reply._replace(headers={"Content-Length": "100000"} if what == "manifest" else {})


class CutOff(Partner):
    """The line ends before the promised bytes."""

    caught_by = ("HT-02",)

    def inside(self, *args):
        headers = {"Content-Length": "100000", "Connection": "close"}
        return super().inside(*args)._replace(headers=headers)


class EndlessPages(Partner):
    """There is always more, and it is always the same."""

    caught_by = ("PG-02",)

    def page(self, items, params, what):
        reply = super().page(items, params, what)
        if "next" in params and what != "versions":
            reply = super().page(self.items, {"limit": params.get("limit", "100")}, what)
        reply.body["more"], reply.body["next"] = True, str(next(self.count))
        return reply


class InventedPages(Partner):
    """There is always more, and it is always new."""

    caught_by = ("PG-02",)

    def page(self, items, params, what):
        made = []
        for _ in range(min(self.limit(params), 20)):
            n = next(self.count)
            name = f"indicator--{n:08}-1111-4000-8000-000000000000"
            made.append(Item(START_US + n, self.items[1].object | {"id": name}))
        reply = super().page(made, {}, what)
        reply.body["more"], reply.body["next"] = True, str(next(self.count))
        return reply


class MoreOfNothing(Partner):
    """Pages that are empty and say `more`."""

    caught_by = ("PG-07",)

    def page(self, items, params, what):
        if "next" in params:
            return Reply(200, {"more": True, "next": str(next(self.count))})
        return super().page(items, params, what)


class PlainErrors(Partner):
    """Errors of the web server's own."""

    caught_by = ("ER-01", "ER-13", "CN-22")

    def error(self, status):
        return Reply(status, None, {"Content-Type": "text/html"}, b"no")


class HidesItsVersions(Partner):
    """The single object does not know the versions of the list."""

    caught_by = ("VE-01",)

    def inside(self, collection, what, query):
        reply = super().inside(collection, what, query)
        if what.endswith("/versions"):
            reply.body["versions"] = ["2001-01-01T00:00:00.000Z"]
        return reply


class ForgetsInManifest(Partner):
    """One object is in no manifest."""

    caught_by = ("PG-02",)

    def page(self, items, params, what):
        hidden = items[:3] + items[4:] if what == "manifest" and len(items) > 4 else items
        return super().page(hidden, params, what)


FAULTS = [kind for kind in Partner.__subclasses__() if kind.__module__ == __name__]
