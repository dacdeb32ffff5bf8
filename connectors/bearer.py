"""A token as RFC 6750 sends it, for whatever speaks HTTP through requests."""

from __future__ import annotations

from requests import PreparedRequest
from requests.auth import AuthBase


class BearerAuth(AuthBase):
    """Puts a token on requests."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add it to a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request
