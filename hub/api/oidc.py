"""The two steps of a log-in through an OpenID provider that concern the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from flask import Response, request

from hub.errors import Fault, HubError
from hub.http.goal import is_here
from hub.http.session import Cookies
from hub.service.login import Client, Logins, Opened
from hub.service.seal import Seal

if TYPE_CHECKING:
    from hub.service.oidc import Flow, Provider

_COOKIE = "oidc"
_PURPOSE = "hub oidc 1"

Enter = Callable[[Callable[[Logins, Client], Opened]], tuple[Response, str]]


class OidcViews:
    """Sends a browser to the provider, and takes it back.

    What has to be known again meanwhile is in a sealed cookie: the answer must come back to the
    browser that asked, and the hub keeps nothing for those who never return.

    Args:
        provider: None when none is configured.
        secret: The hub's secret.
        cookies: The hub's cookies.
        enter: Begins the session.
    """

    def __init__(
        self, provider: Provider | None, secret: bytes, cookies: Cookies, enter: Enter
    ) -> None:
        self._provider = provider
        self._seal = Seal(secret, _PURPOSE)
        self._cookies = cookies
        self._enter = enter

    def start(self) -> Response:
        """To the provider; `next` is the path on this hub to go to afterwards."""
        goal = request.args.get("next", "")
        if goal and not is_here(goal):
            raise HubError(
                Fault.BAD_REQUEST, "next must be a path of this hub, such as /search", field="next"
            )
        url, flow = self._configured().start(goal)
        response = Response(status=302, headers={"Location": url})
        value = self._seal.write(msgspec.msgpack.encode(flow), _COOKIE)
        self._cookies.write(request, response, value, _COOKIE)
        return response

    def callback(self) -> Response:
        """Back from the provider: a session, or why there is none."""
        provider, flow = self._configured(), self._flow()
        identity = provider.finish(flow, request.args)
        response, secret = self._enter(
            lambda logins, client: logins.by_identity(identity.issuer, identity.subject, client)
        )
        if flow.goal:
            response = Response(status=303, headers={"Location": flow.goal})
            self._cookies.write(request, response, secret)
        self._cookies.write(request, response, "", _COOKIE)
        return response

    def _configured(self) -> Provider:
        if self._provider is None:
            raise HubError(Fault.ABSENT, "no OpenID provider is configured on this hub")
        return self._provider

    def _flow(self) -> Flow:
        from hub.service.oidc import Flow  # an extra: it is there, as a provider is configured

        plain = self._seal.read(self._cookies.read(request, _COOKIE), _COOKIE)
        if plain is None:
            raise HubError(
                Fault.UNAUTHENTICATED,
                "this browser has not begun a log-in, or in another window",
                remedy="Log in again from the beginning, with cookies allowed.",
            )
        return msgspec.msgpack.decode(plain, type=Flow)
