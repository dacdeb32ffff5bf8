"""Log-in, log-out, and the sessions and second factor of one's own account, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from flask import Blueprint, Response, request
from msgspec import Meta

from hub.api.oidc import OidcViews
from hub.api.wire import nothing, private, read, respond
from hub.errors import Fault, HubError
from hub.http.session import Current, SessionDoorman, csrf_token
from hub.model.clock import format_us
from hub.model.party import Caller
from hub.model.session import Session
from hub.service.factor import SecondFactors
from hub.service.login import Client, Logins, Opened

if TYPE_CHECKING:
    from hub.service.oidc import Provider

PREFIX = "/api/v1"
CALLBACK = f"{PREFIX}/session/oidc/callback"


class Services(NamedTuple):
    """What the door works with."""

    doorman: SessionDoorman
    logins: Logins
    factors: SecondFactors
    provider: Provider | None
    secret: bytes
    """The hub's secret."""


class Credentials(msgspec.Struct):
    """Body of a log-in."""

    account: Annotated[str, Meta(max_length=200)]
    """Its name"""
    password: Annotated[str, Meta(max_length=1000)]
    """Its password"""


class Code(msgspec.Struct):
    """Body with a second factor."""

    code: Annotated[str, Meta(max_length=100)]
    """Six digits of the authenticator app, or a recovery code"""


def blueprint(services: Services) -> Blueprint:
    """The addresses below /api/v1/session and /api/v1/sessions."""
    views = _Views(services)
    oidc = OidcViews(services.provider, services.secret, services.doorman.cookies, views.enter)
    addresses: list[tuple[str, str, Callable[..., Response]]] = [
        ("POST", "/session", views.log_in),
        ("GET", "/session", views.who),
        ("DELETE", "/session", views.log_out),
        ("POST", "/session/second-factor", views.second_factor),
        ("POST", "/session/totp", views.offer),
        ("POST", "/session/totp/confirm", views.confirm),
        ("POST", "/session/totp/remove", views.remove),
        ("GET", "/session/oidc/start", oidc.start),
        ("GET", "/session/oidc/callback", oidc.callback),
        ("GET", "/sessions", views.sessions),
        ("DELETE", "/sessions", views.end_all),
        ("DELETE", "/sessions/<session_id>", views.end),
    ]
    made = Blueprint("session", __name__, url_prefix=PREFIX)
    for method, rule, view in addresses:
        made.add_url_rule(rule, endpoint=view.__name__, view_func=view, methods=[method])
    made.after_request(private)
    return made


class _Views:
    """One short method per address."""

    def __init__(self, services: Services) -> None:
        self._doorman = services.doorman
        self._logins = services.logins
        self._factors = services.factors

    def log_in(self) -> Response:
        # No token is asked for: whoever logs in may come with a session that has ended.
        self._doorman.require_own_page(request)
        given = read(request, Credentials)
        opened = self._logins.by_password(
            given.account, given.password, self._doorman.client(request)
        )
        return self._entered(opened)

    def second_factor(self) -> Response:
        current = self._doorman.require(request)
        if not current.session.waits:
            raise HubError(
                Fault.DENIED, "this log-in does not wait for a second factor", field="code"
            )
        return self._entered(self._factors.give(current.session, read(request, Code).code))

    def who(self) -> Response:
        if request.headers.get("Authorization"):
            return respond(self._described(self._admitted(), None))
        return respond(self._state(self._doorman.require(request)))

    def log_out(self) -> Response:
        current = self._doorman.current(request)
        if current is not None:
            self._logins.end(current.session, current.session.id)
        return self._with_cookie(nothing(), "")

    def sessions(self) -> Response:
        own = self._whole().session
        found = [
            _shown(item) | {"current": item.id == own.id, "waits": item.waits}
            for item in self._logins.list(own.account)
        ]
        return respond({"sessions": found})

    def end(self, session_id: str) -> Response:
        if not self._logins.end(self._whole().session, session_id):
            raise HubError(Fault.ABSENT, "the account has no such session")
        return nothing()

    def end_all(self) -> Response:
        self._logins.end(self._whole().session)
        return self._with_cookie(nothing(), "")

    def offer(self) -> Response:
        return respond(self._factors.offer(self._whole().session)._asdict())

    def confirm(self) -> Response:
        session = self._whole().session
        opened, codes = self._factors.confirm(session, read(request, Code).code)
        told = {"recovery_codes": codes, "csrf_token": csrf_token(opened.secret)}
        return self._with_cookie(respond(told), opened.secret)

    def remove(self) -> Response:
        self._factors.remove(self._whole().session, read(request, Code).code)
        return self._with_cookie(nothing(), "")

    def enter(self, log_in: Callable[[Logins, Client], Opened]) -> tuple[Response, str]:
        """Log in by other means; the answer, and the secret of the session."""
        opened = log_in(self._logins, self._doorman.client(request))
        return self._entered(opened), opened.secret

    def _entered(self, opened: Opened) -> Response:
        """The answer to a log-in, or to a part of one."""
        state = self._state(Current(opened.secret, opened.session), counted=False)
        return self._with_cookie(respond(state), opened.secret)

    def _with_cookie(self, response: Response, secret: str) -> Response:
        """The answer, from which on the browser has this secret; empty: none."""
        self._doorman.cookies.write(request, response, secret)
        return response

    def _whole(self) -> Current:
        """The session of the request, with its second factor if it needs one."""
        current = self._doorman.require(request)
        self._admitted(current)
        return current

    def _admitted(self, current: Current | None = None, *, counted: bool = True) -> Caller:
        """The caller, by the session or else by the header; noted for the log."""
        session = current.session if current else None
        admitted = (
            self._doorman.admit_session(request, session, counted=counted)
            if session
            else self._doorman.admit(request)
        )
        return admitted.caller

    def _state(self, current: Current, *, counted: bool = True) -> dict[str, Any]:
        if current.session.waits:
            return {
                "account": current.session.account,
                "second_factor": "needed",
                "csrf_token": current.token,
            }
        return self._described(self._admitted(current, counted=counted), current)

    def _described(self, caller: Caller, current: Current | None) -> dict[str, Any]:
        factor = self._factors.of(caller.account)
        return {
            "account": caller.account,
            "org": caller.org,
            "roles": sorted(caller.roles),
            "credential": caller.credential,
            "second_factor": "passed" if factor and current else "none",
            "recovery_codes": factor.recovery if factor else 0,
            "session": _shown(current.session) if current else None,
            "csrf_token": current.token if current else None,
        }


def _shown(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "method": session.method,
        "created": format_us(session.created_us),
        "used": format_us(session.used_us),
        "expires": format_us(session.expires_us),
        "label": session.label,
        "address": session.address,
    }
