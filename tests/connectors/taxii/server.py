"""A TAXII 2.1 server on loopback that keeps objects in memory, and breaks when a test tells it to.

What is real about it: HTTP, paging by keyset, date headers, manifest, filters by id and date. What
a test changes: `fault`, which is given each request and may answer in place of the server.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

MEDIA_TYPE = "application/taxii+json;version=2.1"


class Asked(NamedTuple):
    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Answer(NamedTuple):
    body: bytes
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    cut: int = 0
    """So many bytes less are sent than are announced."""


def taxii(resource: Any, status: int = 200, **headers: str) -> Answer:
    """A resource as an answer; header names have `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(json.dumps(resource, ensure_ascii=False).encode(), status, named)


class Kept(NamedTuple):
    added: str
    raw: bytes

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.raw)  # type: ignore[no-any-return]


class TaxiiServer:
    """One API root, `root`, with collections by id.

    Args:
        page: Objects that it gives at once at most.
    """

    def __init__(self, page: int = 3) -> None:
        self.page = page
        self.collections: dict[str, list[Kept]] = {}
        self.listed: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        self.fault: Callable[[Asked], Answer | None] = lambda _: None
        self.dated = True
        self._minute = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._serve(self)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def collection(self, name: str, **said: Any) -> str:
        """A new collection; gives its address."""
        self.collections[name] = []
        values = {"id": name, "title": name.capitalize(), "can_read": True, "can_write": False}
        self.listed.append(values | said)
        return f"{self.url}/root/collections/{name}/"

    def add(self, name: str, *objects: Any, added: str = "") -> list[bytes]:
        """Add objects, one a second, or all at one date; gives their bytes."""
        raws = []
        for said in objects:
            self._minute += 1
            when = added or f"2026-01-01T00:{self._minute // 60:02}:{self._minute % 60:02}.000000Z"
            raw = (
                said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
            )
            self.collections[name].append(Kept(when, raw))
            raws.append(raw)
        return raws

    def remove(self, name: str, object_id: str) -> None:
        kept = self.collections[name]
        self.collections[name] = [one for one in kept if one.said["id"] != object_id]

    def questions(self, of: str) -> list[dict[str, str]]:
        """The queries for objects or manifests so far."""
        return [asked.query for asked in self.asked if asked.path.endswith(f"/{of}/")]

    def answer(self, asked: Asked) -> Answer:
        """As a good server."""
        parts = asked.path.strip("/").split("/")
        if parts == ["taxii2"]:
            return taxii({"title": "Test", "api_roots": ["/root/"]})
        if parts == ["root"]:
            return taxii({"title": "Root", "versions": [MEDIA_TYPE], "max_content_length": 99})
        if parts == ["root", "collections"]:
            return taxii({"collections": self.listed} if self.listed else {})
        known = {said["id"]: said for said in self.listed}
        if parts[:2] != ["root", "collections"] or parts[2] not in known:
            return taxii({"title": "Absent", "http_status": "404"}, 404)
        if len(parts) == 3:
            return taxii(known[parts[2]])
        return self._listing(parts[2], parts[3], asked.query)

    def _listing(self, name: str, what: str, query: dict[str, str]) -> Answer:
        kept = sorted(self.collections[name])
        if ids := query.get("match[id]"):
            kept = [one for one in kept if one.said["id"] in ids.split(",")]
        if types := query.get("match[type]"):
            kept = [one for one in kept if one.said["type"] in types.split(",")]
        after = query.get("added_after", "")
        kept = [one for one in kept if one.added > after][int(query.get("next", 0)) :]
        size = min(self.page, int(query.get("limit", self.page)))
        page, more = kept[:size], len(kept) > size
        if not page:
            return taxii({})
        raws = [one.raw for one in page]
        if what == "manifest":
            raws = [_record(one) for one in page]
        more_of = b'"more":true,"next":"%d",' % (int(query.get("next", 0)) + size) if more else b""
        dates = {
            "X-TAXII-Date-Added-First": page[0].added,
            "X-TAXII-Date-Added-Last": page[-1].added,
        }
        body = b'{%b"objects":[%b]}' % (more_of, b",".join(raws))
        return Answer(body, headers=dates if self.dated else {})

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        asked = Asked(parts.path, dict(parse_qsl(parts.query)), dict(handler.headers))
        self.asked.append(asked)
        answer = self.fault(asked) or self.answer(asked)
        handler.send_response(answer.status)
        headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(answer.body))}
        for name, value in (headers | answer.headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.body[: len(answer.body) - answer.cut])


def _record(kept: Kept) -> bytes:
    version = kept.said.get("modified", kept.added)
    said = {"id": kept.said["id"], "date_added": kept.added, "version": version}
    return json.dumps(said).encode()


@contextmanager
def taxii_server(page: int = 3) -> Iterator[TaxiiServer]:
    """A server that is stopped at the end."""
    server = TaxiiServer(page)
    try:
        yield server
    finally:
        server.stop()
