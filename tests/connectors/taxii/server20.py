"""A TAXII 2.0 server on loopback: ranges, bundles and the media types of that specification.

Its habits can be changed: how many it gives at once, which form of `Range` it understands, whether
it dates what it gives. It gives one object less than is asked for, as medallion 1.1 does.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

TAXII = "application/vnd.oasis.taxii+json; version=2.0"
STIX = "application/vnd.oasis.stix+json; version=2.0"


class Asked(NamedTuple):
    path: str
    query: dict[str, str]
    range: str


class Answer(NamedTuple):
    body: bytes
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed


class Taxii20Server:
    """One API root with one collection, `one`."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.asked: list[Asked] = []
        self.page = 4
        self.unit = "="
        self.dated = True
        self.counted = True
        self.fault: Callable[[Asked], Answer | None] = lambda _: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._serve(self)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.collection = f"{self.url}/root/collections/one/"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, *objects: Any) -> list[bytes]:
        raws = []
        for said in objects:
            number = len(self.kept)
            raw = said if isinstance(said, bytes) else json.dumps(said).encode()
            date = f"2026-01-01T00:{number // 60:02}:{number % 60:02}.000Z"
            self.kept.append((date, raw))
            raws.append(raw)
        return raws

    def ranges(self) -> list[str]:
        return [asked.range for asked in self.asked if asked.path.endswith("/objects/")]

    def answer(self, asked: Asked) -> Answer:
        """As a good server."""
        said = {"id": "one", "title": "One", "can_read": True, "can_write": False}
        if asked.path == "/taxii/":
            return _json({"title": "Old", "api_roots": [f"{self.url}/root/"]})
        if asked.path == "/root/collections/":
            return _json({"collections": [said]})
        if asked.path == "/root/collections/one/":
            return _json(said)
        if asked.path.endswith(("/objects/", "/manifest/")):
            return self._range(asked)
        return _json({"title": "Absent", "http_status": "404"}, 404)

    def _range(self, asked: Asked) -> Answer:
        wanted = re.fullmatch(rf"items{self.unit}(\d+)-(\d+)", asked.range)
        if wanted is None:
            return _json({"title": "Bad Range header supplied"}, 400)
        after = asked.query.get("added_after", "")
        kept = [one for one in self.kept if one[0] > after]
        if ids := asked.query.get("match[id]"):
            kept = [one for one in kept if json.loads(one[1])["id"] in ids.split(",")]
        start, end = int(wanted[1]), int(wanted[2])
        page = kept[start : min(max(end, start + 1), start + self.page)]
        total = str(len(kept)) if self.counted else "*"
        if kept and not page:
            return _json({"title": "Range"}, 416)
        headers = {"Content-Range": f"items {start}-{start + max(len(page), 1) - 1}/{total}"}
        if self.dated and page:
            headers["X-TAXII-Date-Added-Last"] = page[-1][0]
        if asked.path.endswith("/manifest/"):
            records = [{"id": json.loads(raw)["id"], "date_added": date} for date, raw in page]
            return _json({"objects": records}, 206, headers)
        raws = b",".join(raw for _, raw in page)
        body = b'{"type":"bundle","id":"bundle--x","spec_version":"2.0","objects":[%b]}' % raws
        return Answer(body, 206, headers | {"Content-Type": STIX})

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        asked = Asked(parts.path, dict(parse_qsl(parts.query)), handler.headers.get("Range", ""))
        self.asked.append(asked)
        answer = self.fault(asked)
        if answer is None:
            wanted = STIX if asked.path.endswith("/objects/") else TAXII
            fits = handler.headers["Accept"] == wanted
            answer = self.answer(asked) if fits else _json({"title": "Not acceptable"}, 406)
        handler.send_response(answer.status)
        for name, value in ({"Content-Length": str(len(answer.body))} | answer.headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.body)


def _json(said: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(json.dumps(said).encode(), status, {"Content-Type": TAXII} | (headers or {}))


@contextmanager
def taxii20_server() -> Iterator[Taxii20Server]:
    """A server that is stopped at the end."""
    server = Taxii20Server()
    try:
        yield server
    finally:
        server.stop()
