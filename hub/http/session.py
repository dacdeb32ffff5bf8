"""Sessions on the wire: the cookie, and what a request that uses it must show.

For the console and below /api alone: TAXII takes no cookies.

A browser sends the cookie along whoever made it ask, so a request that changes something must also
come from a page of the hub (`Sec-Fetch-Site`, or `Origin` from browsers without it) and name a
token that only such a page can know.
"""

from __future__ import annotations

import base64
import hmac
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Request, Response

from hub.config import Config
from hub.errors import Fault, HubError
from hub.http.caller import Admitted, Doorman
from hub.model.party import Purpose
from hub.model.session import Session
from hub.service.login import Client, Logins

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 - the name of a header
_TOKEN_PURPOSE = b"hub csrf 1"
_PORTS = {"http": 80, "https": 443}


class Cookies:
    """The hub's cookies: for this host alone, not for scripts, not on the way from other sites.

    Args:
        config: With TLS, their names carry `__Host-`, which keeps other hosts of the same domain
            from setting them (RFC 6265bis section 4.1.3.2).
    """

    def __init__(self, config: Config) -> None:
        self._secure = config.url.startswith("https:")

    def read(self, request: Request, name: str = "session") -> str:
        """The value; empty when there is none."""
        return request.cookies.get(self._full(request, name), "")

    def write(
        self,
        request: Request,
        response: Response,
        value: str,
        name: str = "session",
        lasts_s: int | None = None,
    ) -> None:
        """Set it until the browser is closed, or for a time; an empty value takes it away."""
        response.set_cookie(
            self._full(request, name),
            value,
            max_age=lasts_s if value else 0,
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="Lax",
        )

    def _full(self, request: Request, name: str) -> str:
        return f"__Host-hub-{name}" if self._is_secure(request) else f"hub-{name}"

    def _is_secure(self, request: Request) -> bool:
        # A trusted proxy may speak TLS without `public_url` saying so.
        return self._secure or request.is_secure


class Current(NamedTuple):
    """The session of a request."""

    secret: str
    session: Session

    @property
    def token(self) -> str:
        """What a page shows with each change; another one after each log-in."""
        return csrf_token(self.secret)


class SessionDoorman:
    """Admits to the doors below /api: by header as everywhere, and by session."""

    def __init__(self, config: Config, doorman: Doorman, logins: Logins) -> None:
        self.cookies = Cookies(config)
        self._doorman = doorman
        self._logins = logins
        public = config.server.public_url
        self._origins = frozenset({_origin(public)} if public else ())

    def admit(self, request: Request, purpose: Purpose = "") -> Admitted:
        """The caller behind the request; what the header says goes before the cookie.

        Args:
            request: Any.
            purpose: See `Doorman.admit`.

        Raises:
            HubError: As `Doorman.admit`; DENIED as `current`.
        """
        if not request.headers.get("Authorization"):
            current = self.current(request)
            if current is not None:
                return self.admit_session(request, current.session)
        # Browsers repeat Basic credentials by themselves, too.
        self.require_own_page(request)
        return self._doorman.admit(request, purpose)

    def admit_session(
        self, request: Request, session: Session, *, counted: bool = True
    ) -> Admitted:
        """See `Doorman.admit_session`."""
        return self._doorman.admit_session(request, session, counted=counted)

    def client(self, request: Request) -> Client:
        """Who is about to log in.

        Raises:
            HubError: UNAUTHENTICATED for a client certificate that counts for nothing.
        """
        holder = self._doorman.holder(request)
        return Client(
            request.remote_addr or "",
            request.headers.get("User-Agent", ""),
            self.cookies.read(request),
            holder.account if holder else "",
        )

    def require(self, request: Request) -> Current:
        """The session of the request, whether or not it waits for a second factor.

        Raises:
            HubError: UNAUTHENTICATED when there is none that lives; DENIED as `current`.
        """
        current = self.current(request)
        if current is None:
            raise HubError(
                Fault.UNAUTHENTICATED, "this needs a log-in; a session ends when it is not used"
            )
        return current

    def current(self, request: Request) -> Current | None:
        """The session of the request, or None.

        Raises:
            HubError: DENIED for a change that a page of the hub did not ask for.
        """
        current = self.find(request)
        if current is not None and request.method not in _SAFE:
            self.require_own_page(request, strictly=True)
            if not self.is_token(current, request.headers.get(_TOKEN_HEADER, "")):
                raise HubError(
                    Fault.DENIED,
                    "the request does not carry the token of its session",
                    field=_TOKEN_HEADER,
                    remedy="Take csrf_token from GET /api/v1/session.",
                )
        return current

    def find(self, request: Request) -> Current | None:
        """The session of the request, or None. Who changes something looks at its token, too."""
        secret = self.cookies.read(request)
        session = self._logins.find(secret)
        return Current(secret, session) if session else None

    def is_token(self, current: Current, given: str) -> bool:
        """Whether it is what only a page of the session can know."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), current.token.encode())

    def require_own_page(self, request: Request, *, strictly: bool = False) -> None:
        """Refuse a change that a page of another site asked for.

        Args:
            request: Any.
            strictly: What no browser marked is refused, too.

        Raises:
            HubError: DENIED.
        """
        if request.method in _SAFE:
            return
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        unmarked = site is None and origin is None
        foreign = site not in {None, "same-origin"} or (
            origin is not None and origin not in self._origins | {_origin(request.host_url)}
        )
        if foreign or (unmarked and strictly):
            raise HubError(
                Fault.DENIED,
                "the request does not come from a page of this hub",
                field="Origin" if site is None else "Sec-Fetch-Site",
                remedy="Use the hub's own pages, or a token in the header Authorization.",
            )


def csrf_token(secret: str) -> str:
    """Follows from the secret of the session, so it needs no memory and ends with it."""
    made = hmac.digest(secret.encode("utf-8", "surrogatepass"), _TOKEN_PURPOSE, "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _origin(url: str) -> str:
    """Scheme, host and port as a browser writes them (RFC 6454 section 6.2)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
