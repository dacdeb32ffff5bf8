"""Log-in through an OpenID provider: the authorization code flow with PKCE.

OpenID Connect Core 1.0 section 3.1, Discovery 1.0, RFC 7636 and RFC 9207. What comes out is an
issuer and a subject, verified; which account that is, is decided elsewhere. This module is loaded
only where a provider is configured: Authlib is an extra.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, NoReturn

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from requests import RequestException

from hub.config import OidcSettings
from hub.errors import Fault, HubError
from hub.service.openid import TIMEOUTS_S, Discovery, Metadata, down

_ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519", "EdDSA"),
)
"""Signatures by a key that the provider alone has: no `none`, no shared secret."""

_LEEWAY_S = 60
_FLOW_S = 600
_LONGEST_SUBJECT = 255

_log = logging.getLogger("hub.login")


class Flow(NamedTuple):
    """What the hub has to know again when the browser comes back."""

    state: str
    nonce: str
    verifier: str
    until_s: int
    goal: str
    """The path on this hub where the person wanted to go; may be empty."""


class Identity(NamedTuple):
    """Who somebody is, in the provider's words."""

    issuer: str
    subject: str


class Provider:
    """One OpenID provider.

    Args:
        settings: Its issuer, and what it must say of a log-in.
        secret: The hub's secret there.
        redirect_uri: Where it sends people back to.
        most: Log-ins that may wait for the provider at once.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        settings: OidcSettings,
        secret: str,
        redirect_uri: str,
        *,
        most: int = 3,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._discovery = Discovery(settings.issuer)
        # A provider that hangs must not take every thread.
        self._room = threading.BoundedSemaphore(most)

    def start(self, goal: str = "") -> tuple[str, Flow]:
        """Where to send the browser, and what to know again when it comes back.

        Raises:
            HubError: PROVIDER_DOWN, BUSY.
        """
        flow = Flow(
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(48),
            int(self._clock()) + _FLOW_S,
            goal,
        )
        with self._place():
            known = self._discovery.read()
        with self._session() as session:
            url, _ = session.create_authorization_url(
                known.values["authorization_endpoint"],
                state=flow.state,
                nonce=flow.nonce,
                code_verifier=flow.verifier,
            )
        return str(url), flow

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Identity:
        """Who logged in, from what the browser brought back.

        Args:
            flow: Of the same browser's `start`.
            answer: The parameters of the address that it was sent to.

        Raises:
            HubError: UNAUTHENTICATED for anything that does not fit; PROVIDER_DOWN, BUSY.
        """
        given = answer.get("state", "").encode()
        if not hmac.compare_digest(given, flow.state.encode()):
            _refuse("the answer belongs to another log-in")
        if flow.until_s <= self._clock():
            _refuse("the log-in took too long")
        with self._place():
            known = self._discovery.read()
            self._check_issuer(known, answer)
            if "error" in answer or not answer.get("code"):
                _refuse("the provider did not log you in", answer.get("error", "no code")[:80])
            tokens = self._redeem(known, answer["code"], flow)
            return self._identity(known, tokens, flow)

    def _check_issuer(self, known: Metadata, answer: Mapping[str, str]) -> None:
        """RFC 9207 section 2.4: an answer of another provider is not sent to this one."""
        promised = known.values.get("authorization_response_iss_parameter_supported") is True
        issuer = answer.get("iss", "" if promised else self._settings.issuer)
        if issuer != self._settings.issuer:
            _refuse("the answer comes from another provider")

    def _redeem(self, known: Metadata, code: str, flow: Flow) -> Mapping[str, Any]:
        methods = known.values.get(
            "token_endpoint_auth_methods_supported", ["client_secret_basic"]
        )
        basic = "client_secret_basic" in methods
        method = "client_secret_basic" if basic else "client_secret_post"
        with self._session(token_endpoint_auth_method=method) as session:
            try:
                tokens: Mapping[str, Any] = session.fetch_token(
                    known.values["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=flow.verifier,
                    allow_redirects=False,
                )
            except OAuthError as error:
                _refuse("the provider does not take its own answer again", str(error)[:200])
            except (RequestException, ValueError) as error:
                raise down() from error
        return tokens

    def _identity(self, known: Metadata, tokens: Mapping[str, Any], flow: Flow) -> Identity:
        text = tokens.get("id_token")
        if not isinstance(text, str):
            _refuse("the provider gave no ID token")
        try:
            token = self._verified(known, text)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options=self._expected(),
                params={
                    "nonce": flow.nonce,
                    "client_id": self._settings.client_id,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock()), leeway=_LEEWAY_S)
        except (JoseError, ValueError, TypeError) as error:
            _refuse("the provider's ID token cannot be accepted", str(error)[:200])
        subject = str(claims["sub"])
        if len(subject) > _LONGEST_SUBJECT or not subject.isprintable():
            # Core 1.0 section 2: at most 255 ASCII characters.
            _refuse("the provider's ID token cannot be accepted", "subject")
        return Identity(self._settings.issuer, subject)

    def _expected(self) -> dict[str, Any]:
        options: dict[str, Any] = {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
            "sub": {"essential": True},
        }
        for name, values in (("acr", self._settings.acr), ("amr", self._settings.amr)):
            if values:
                options[name] = {"essential": True, "values": list(values)}
        return options

    def _verified(self, known: Metadata, text: str) -> jwt.Token:
        """The token, if a key of the provider signed it; its keys may have changed meanwhile."""
        try:
            return jwt.decode(text, known.keys, algorithms=_ALGORITHMS)
        except InvalidKeyIdError:
            known = self._discovery.read(anew=True)
        return jwt.decode(text, known.keys, algorithms=_ALGORITHMS)

    def _session(self, **how: Any) -> AbstractContextManager[Any]:
        session: AbstractContextManager[Any] = OAuth2Session(
            self._settings.client_id,
            self._secret,
            scope="openid",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            default_timeout=TIMEOUTS_S,
            **how,
        )
        return session

    def _place(self) -> AbstractContextManager[None]:
        return _Place(self._room)


class _Place:
    """One of the places for those who wait for the provider."""

    def __init__(self, room: threading.BoundedSemaphore) -> None:
        self._room = room

    def __enter__(self) -> None:
        if not self._room.acquire(blocking=False):
            raise HubError(
                Fault.BUSY,
                "too many log-ins wait for the provider",
                remedy="Try again in some seconds.",
            )

    def __exit__(self, *_: object) -> None:
        self._room.release()


def _refuse(reason: str, detail: str = "") -> NoReturn:
    _log.warning("log-in by the provider refused: %s", reason, extra={"fields": {"why": detail}})
    raise HubError(Fault.UNAUTHENTICATED, reason, remedy="Log in again from the beginning.")
