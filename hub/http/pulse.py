"""What goes wrong for an account at the TAXII addresses is noted, as its pulls are by the door."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from flask import Flask, Response, g, request

from hub.errors import HubError
from hub.model.party import Caller
from hub.service.pulse import Note


def register(app: Flask, roots: Iterable[str], pulse: Note) -> None:
    """Note each answer to an account below an API root that is an error.

    Args:
        app: The application.
        roots: Names of the API roots.
        pulse: Is told. Who sends wrong credentials is no account.
    """
    below = tuple(f"/{name}/" for name in roots)

    def note(response: Response) -> Response:
        if response.status_code >= HTTPStatus.BAD_REQUEST and request.path.startswith(below):
            caller: Caller | None = g.get("caller")
            error: HubError | None = g.get("error")
            if caller and caller.account and error:
                pulse.failed(caller.account, error.fault.value, error.text())
        return response

    app.after_request(note)
