"""A server in front of the node: TLS, an API key, and answers that a test puts in place of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

_DROPPED = {"connection", "transfer-encoding", "content-length", "host"}
_REFUSED = (
    b'{"error":{"type":"security_exception","reason":"unable to authenticate"},"status":401}'
)

Answer = tuple[int, bytes]
Meddler = Callable[[str, str, bytes], Answer | None]
"""Method, path and body; what is answered in place of the node, or None"""


class Front:
    """What the server does now; a test may change it at any time."""

    def __init__(self, node_url: str, key: str = "") -> None:
        self.node = urlsplit(node_url)
        self.key = key
        self.meddler: Meddler = lambda *_: None
        self.url = ""
        self.seen: list[tuple[str, str, int]] = []
        """Method, path and length of the body of every request that was let in"""


@contextmanager
def front_of(
    node_url: str, *, key: str = "", certificate: tuple[Path, Path] | None = None
) -> Iterator[Front]:
    """The server on a free port of 127.0.0.1.

    Args:
        node_url: What stands behind it.
        key: The only API key that it lets in; empty: everybody.
        certificate: Files with its certificate and its key; None: no TLS.
    """
    front = Front(node_url, key)

    class Handler(_Handler):
        state = front

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    front.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Front

    def do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.state.key and self.headers.get("Authorization") != f"ApiKey {self.state.key}":
            self._answer(401, _REFUSED)
            return
        self.state.seen.append((self.command, self.path, len(body)))
        if answer := self.state.meddler(self.command, self.path, body):
            self._answer(*answer)
            return
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _DROPPED}
        node = HTTPConnection(self.state.node.hostname or "", self.state.node.port, timeout=60)
        try:
            node.request(self.command, self.path, body, headers)
            found = node.getresponse()
            self._answer(found.status, found.read(), found.getheader("Content-Type") or "")
        finally:
            node.close()

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self.do
        raise AttributeError(name)

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("X-elastic-product", "Elasticsearch")
        self.send_header("Content-Type", kind or "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
