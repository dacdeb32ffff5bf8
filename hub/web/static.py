"""The style sheet, the script and the signs: files with a name that changes with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from flask import Request, Response

from hub.errors import Fault, HubError
from hub.web.address import link

_KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_FOREVER = "public, max-age=31536000, immutable"


@cache
def _read(name: str) -> tuple[bytes, str]:
    """A file and the beginning of its digest."""
    data = files("hub.web").joinpath("static", name).read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file, another one when it changes."""
    return link("static", name=name, v=_read(name)[1])


def serve(request: Request, name: str) -> Response:
    """A file, or that the browser has it already.

    Raises:
        HubError: ABSENT.
    """
    known = {file.name for file in files("hub.web").joinpath("static").iterdir()}
    kind = _KINDS.get(name.rpartition(".")[2])
    if name not in known or kind is None:
        raise HubError(Fault.ABSENT, "there is nothing at this address")
    data, digest = _read(name)
    response = Response(data, content_type=kind)
    response.set_etag(digest)
    response.headers["Cache-Control"] = (
        _FOREVER if request.args.get("v") == digest else "public, no-cache"
    )
    response.make_conditional(request)
    return response
