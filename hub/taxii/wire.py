"""TAXII 2.1 on the wire: media types, bodies in and out, compression."""

from __future__ import annotations

import zlib
from typing import NoReturn

from flask import Request, Response
from isal import igzip
from werkzeug.http import parse_list_header, parse_options_header

from hub.errors import Fault, HubError
from hub.http.body import read_most
from hub.http.errors import MEDIA_TYPE
from hub.http.query import check_query

_TYPE = "application/taxii+json"
_RANGES = {"*/*": 1, "application/*": 2, _TYPE: 3}
"""Ranges that hold TAXII, by how specific they are."""

_VERSION = "2.1"

AUDIENCE = "Hub-Audience"
"""Header of a POST: whom the objects are for, such as `org:grid, group:case-12`. The hub's own."""

_GZIP_LEAST = 1024
_GZIP_LEVEL = 1


def negotiate(request: Request) -> None:
    """Check that the request can be read and that the client takes TAXII 2.1.

    Section 1.6.8, RFC 9110 section 12.5.1.

    Raises:
        HubError: BAD_REQUEST for a query that is no text; NOT_ACCEPTABLE. No Accept header, and
            one without a version, are fine.
    """
    check_query(request)
    header = request.headers.get("Accept", "").strip()
    if not header or _quality(header) > 0:
        return
    raise HubError(
        Fault.NOT_ACCEPTABLE,
        "this hub answers in TAXII 2.1 only",
        field="Accept",
        remedy=f"Send Accept: {MEDIA_TYPE}",
    )


def _quality(header: str) -> float:
    """The weight of TAXII 2.1 in an Accept header: that of its most specific range."""
    best = (0, 0.0)
    for entry in parse_list_header(header):
        name, options = parse_options_header(entry)
        rank = _RANGES.get(name.lower(), 0)
        if options.get("version", _VERSION) == _VERSION:
            best = max(best, (rank + ("version" in options), _weight(options)))
    return best[1] if best[0] else 0.0


def _weight(options: dict[str, str]) -> float:
    try:
        return float(options.get("q", "1"))
    except ValueError:
        return 0.0


def read_body(request: Request, limit: int) -> bytes:
    """The request's body, decompressed, at most `limit` bytes.

    Raises:
        HubError: UNSUPPORTED_MEDIA for another media type or encoding, TOO_LARGE, BAD_BODY for
            broken compression.
    """
    name, options = parse_options_header(request.headers.get("Content-Type", ""))
    if name.lower() != _TYPE or options.get("version", _VERSION) != _VERSION:
        raise HubError(
            Fault.UNSUPPORTED_MEDIA,
            "the body is not declared as TAXII 2.1",
            field="Content-Type",
            remedy=f"Send Content-Type: {MEDIA_TYPE}",
        )
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise HubError(
            Fault.UNSUPPORTED_MEDIA,
            "the body is compressed in a way the hub does not know",
            field="Content-Encoding",
            remedy="Send it plain or as gzip.",
        )
    body = _read(request, limit)
    return _unzip(body, limit) if encoding == "gzip" else body


def _read(request: Request, limit: int) -> bytes:
    if (request.content_length or 0) > limit:
        _too_large(limit)
    body = read_most(request, limit)
    return _too_large(limit) if body is None else body


def _unzip(body: bytes, limit: int) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(body, limit + 1)
    except zlib.error as error:
        raise HubError(
            Fault.BAD_BODY, "the body is not valid gzip", field="Content-Encoding"
        ) from error
    if len(plain) > limit:
        _too_large(limit)
    if not inflate.eof or inflate.unused_data:
        # A second member (RFC 1952 section 2.2) is legal; that nobody sends one is worth less
        # than that nothing which was sent is ever dropped in silence.
        raise HubError(
            Fault.BAD_BODY,
            "the gzip body is cut off, or something follows it",
            field="Content-Encoding",
            remedy="Send one whole gzip member.",
        )
    return plain


def _too_large(limit: int) -> NoReturn:
    raise HubError(
        Fault.TOO_LARGE,
        f"the body is larger than {limit} bytes",
        remedy="Split it into several envelopes; max_content_length of the API root is the limit.",
    )


def respond(request: Request, body: bytes, status: int = 200) -> Response:
    """A TAXII answer, compressed when the client asks for it and it is worth it."""
    response = Response(status=status, content_type=MEDIA_TYPE)
    response.headers["Vary"] = "Accept-Encoding, Authorization"
    response.headers["Cache-Control"] = "private, no-store"
    # Whoever names an audience must know beforehand that it will not be passed over.
    response.headers[AUDIENCE] = "supported"
    if len(body) >= _GZIP_LEAST and request.accept_encodings["gzip"] > 0:
        body = igzip.compress(body, compresslevel=_GZIP_LEVEL)
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(body)
    return response
