"""Somebody else's TAXII server: answers in the order a test wrote them, and keeps what was asked."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

MEDIA_TYPE = "application/taxii+json;version=2.1"


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class PartnerServer:
    """Answers by `answers`; the last one is given again and again.

    Args:
        context: For TLS.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self)

            def do_POST(self) -> None:
                outer._answer(self)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/root/collections/one/"

    def will(self, body: Any, status: int = 200, **headers: str) -> None:
        """Write one answer; header names have `_` for `-`."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, {"Content-Type": MEDIA_TYPE} | named, raw))

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers.get("Content-Length", 0))
        body = handler.rfile.read(size)
        self.asked.append(Asked(handler.command, handler.path, dict(handler.headers), body))
        status, headers, raw = self.answers.pop(0) if self.answers[1:] else self.answers[0]
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(raw))} | headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(raw)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
