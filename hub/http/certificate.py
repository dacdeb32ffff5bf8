"""The certificate that a client proved to hold: from the TLS connection, or from a proxy's header.

A header is believed from the configured proxies alone, by the address at the other end of the
connection, never by what a header says of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import ssl
from urllib.parse import unquote

from flask import Request

from hub.config import ServerSettings
from hub.errors import Fault, HubError
from hub.model.address import is_within

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class Presented:
    """Finds the client certificate of a request.

    Args:
        server: Where certificates are to be looked for.
    """

    def __init__(self, server: ServerSettings) -> None:
        self._asks = bool(server.client_ca)
        self._header = server.client_certificate_header
        self._proxies = [ipaddress.ip_network(network) for network in server.proxy_networks]

    def digest(self, request: Request) -> bytes | None:
        """SHA-256 of the certificate in DER, or None without one.

        Raises:
            HubError: UNAUTHENTICATED when a proxy's header cannot be read.
        """
        # A proxy speaks for its clients: a certificate of its own is not theirs.
        der = self._forwarded(request) if self._is_from_proxy(request) else self._own(request)
        return hashlib.sha256(der).digest() if der is not None else None

    def _own(self, request: Request) -> bytes | None:
        """What the TLS handshake verified; gunicorn puts the connection into the environment."""
        connection = request.environ.get("gunicorn.socket")
        if not self._asks or not isinstance(connection, ssl.SSLSocket):
            return None
        return connection.getpeercert(binary_form=True)

    def _is_from_proxy(self, request: Request) -> bool:
        # ProxyFix has put the forwarded address in place of the one of the connection.
        before: dict[str, str] = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
        return is_within(before.get("REMOTE_ADDR") or "", self._proxies)

    def _forwarded(self, request: Request) -> bytes | None:
        text = request.headers.get(self._header, "").strip()
        if not text:
            return None
        try:
            return _decoded(text)
        except (binascii.Error, ValueError) as error:
            raise HubError(
                Fault.UNAUTHENTICATED,
                "the certificate that the proxy handed on cannot be read",
                field=self._header,
                remedy="The proxy must send URL-encoded PEM, or base64 of the DER.",
            ) from error


def _decoded(text: str) -> bytes:
    """One certificate: URL-encoded PEM, or base64 as in RFC 9440 or without its colons."""
    plain = unquote(text, errors="strict").strip()
    if plain.startswith(_BEGIN) and plain.endswith(_END):
        plain = "".join(plain.removeprefix(_BEGIN).removesuffix(_END).split())
    elif plain.startswith(":") and plain.endswith(":"):
        plain = plain[1:-1]
    der = base64.b64decode(plain, validate=True)
    if not der:
        raise ValueError("empty")
    return der
