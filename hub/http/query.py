"""Reading query strings, whatever the client sends."""

from __future__ import annotations

from flask import Request

from hub.errors import Fault, HubError


def check_query(request: Request) -> None:
    """Refuse a query string that is no text.

    Raises:
        HubError: BAD_REQUEST for one that is no UTF-8.
    """
    try:
        request.query_string.decode()
    except UnicodeDecodeError as error:
        raise HubError(
            Fault.BAD_REQUEST, "the query string is not UTF-8", remedy="Percent-encode it."
        ) from error
