"""A web server on loopback that does as it is told: a list, a change, a stall, garbage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PATIENCE_S = 600.0


class Web:
    """What it serves, by path; and what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.requests: list[tuple[str, Mapping[str, str]]] = []
        """Path and headers"""
        self.garbage: bytes | None = None
        self.authorization = ""
        """What a request has to bring; empty: nothing"""
        self.url = ""
        self._well = threading.Event()
        self._well.set()

    def stall(self) -> None:
        """Take requests and say nothing."""
        self._well.clear()

    def spoil(self, garbage: bytes = b"\x89PNG\r\n\x1a\n\0\0<html>{") -> None:
        """Answer everything with garbage."""
        self.garbage = garbage

    def heal(self) -> None:
        """Serve what there is."""
        self.garbage = None
        self._well.set()

    def asked(self) -> int:
        """How often it was asked."""
        return len(self.requests)

    def answer(self, path: str, headers: Mapping[str, str]) -> tuple[int, bytes, str, str]:
        """Status, body, media type and ETag."""
        self.requests.append((path, headers))
        self._well.wait(_PATIENCE_S)
        if self.authorization and headers.get("Authorization") != self.authorization:
            return 401, b"log in", "text/plain", ""
        if self.garbage is not None:
            return 200, self.garbage, "text/html", ""
        if path not in self.pages:
            return 404, b"not here", "text/plain", ""
        body = self.pages[path]
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        if headers.get("If-None-Match") == etag:
            return 304, b"", "text/plain", etag
        return 200, body, self.types.get(path, "text/plain"), etag


@contextmanager
def web() -> Iterator[Web]:
    """A server that runs as long as the context."""
    served = Web()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(served))
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.heal()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(served: Web) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, kind, etag = served.answer(self.path, dict(self.headers))
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if etag:
                    self.send_header("ETag", etag)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            return

    return Handler
