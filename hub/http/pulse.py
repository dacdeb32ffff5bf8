"""What goes wrong when an account pulls is noted, as its pulls are by the reader of pages."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from flask import Flask, Response, g, request

from hub.errors import HubError
from hub.model.party import Caller
from hub.service.pulse import Note

_READS = frozenset({"GET", "HEAD"})


def register(app: Flask, roots: Iterable[str], pulse: Note) -> None:
    """Note each error that an account gets when it reads below an API root.

    Args:
        app: The application.
        roots: Names of the API roots.
        pulse: Is told. Who sends wrong credentials is no account.
    """
    below = tuple(f"/{name}/" for name in roots)

    def note(response: Response) -> Response:
        failed = response.status_code >= HTTPStatus.BAD_REQUEST
        if failed and request.method in _READS and request.path.startswith(below):
            caller: Caller | None = g.get("caller")
            error: HubError | None = g.get("error")
            if caller and caller.account and error:
                pulse.failed(caller.account, error.fault.value, error.reason)
        return response

    app.after_request(note)
