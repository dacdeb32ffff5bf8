"""An OpenID provider over HTTP, made of Authlib's server parts: it really checks client, code,
redirect address and PKCE, and signs. A test may then make it lie."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import requests
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import AuthorizationCodeMixin, UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT_ID = "hub"
CLIENT_SECRET = "secret of the hub: 100% & more"


@cache
def new_key(name: str) -> RSAKey:
    """A key for signatures, another one for each name: making one takes a while."""
    del name
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


class _Client(ClientMixin):
    """The hub, as the provider knows it."""

    def __init__(self, provider: OpenIdProvider) -> None:
        self._provider = provider
        self.client_id = CLIENT_ID

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self._provider.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in self._provider.auth_methods

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class _Code(AuthorizationCodeMixin):
    """A code that was given out."""

    def __init__(self, asked: Any, subject: str) -> None:
        self.subject = subject
        self.redirect_uri = asked.payload.redirect_uri
        self.scope = asked.scope
        self.nonce = asked.payload.data.get("nonce")
        self.code_challenge = asked.payload.data.get("code_challenge")
        self.code_challenge_method = asked.payload.data.get("code_challenge_method")

    def get_redirect_uri(self) -> str:
        return str(self.redirect_uri)

    def get_scope(self) -> str:
        return str(self.scope)

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> None:
        return None


def _grant(provider: OpenIdProvider) -> type[grants.AuthorizationCodeGrant]:
    class Grant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

        def save_authorization_code(self, code: str, asked: Any) -> None:
            provider.codes[code] = _Code(asked, asked.user)

        def query_authorization_code(self, code: str, client: Any) -> _Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, found: _Code) -> None:
            provider.codes = {k: v for k, v in provider.codes.items() if v is not found}

        def authenticate_user(self, found: _Code) -> str:
            return found.subject

    return Grant


def _openid(provider: OpenIdProvider) -> OpenIDCode:
    class IdToken(OpenIDCode):  # type: ignore[misc]
        def exists_nonce(self, nonce: str, asked: Any) -> bool:
            return False

        def resolve_client_private_key(self, client: Any) -> RSAKey:
            return provider.keys[0]

        def get_client_claims(self, client: Any) -> dict[str, Any]:
            return {"iss": provider.issuer, "aud": [CLIENT_ID]}

        def generate_user_info(self, user: str, scope: str) -> UserInfo:
            return UserInfo(sub=user)

        def encode_id_token(self, token: Any, asked: Any) -> str | None:
            honest = super().encode_id_token(token, asked)
            return provider.sign(jwt.decode(honest, provider.keys[0]).claims)

    return IdToken(require_nonce=True)


class OpenIdProvider:
    """Everybody who comes is logged in at once, as `subject`."""

    def __init__(self) -> None:
        self.issuer = ""
        self.subject = "subject-1"
        self.redirect_uris: set[str] = set()
        self.auth_methods = ("client_secret_basic", "client_secret_post")
        self.codes: dict[str, _Code] = {}
        self.keys = [new_key("of the provider")]
        self.metadata: dict[str, Any] = {}
        """On top of the honest ones; None takes one away."""
        self.alter: Callable[[dict[str, Any]], object] = lambda claims: None
        """Changes the claims of an ID token before it is signed."""
        self.sign: Callable[[dict[str, Any]], str | None] = self.signed
        self.answers: dict[str, Response] = {}
        """By path: in place of the honest answer."""
        self.asked: list[Any] = []
        """Path, Authorization header and form of each request."""

    def signed(self, claims: dict[str, Any], **how: Any) -> str:
        """An ID token; `key` and `header` in place of the right ones."""
        self.alter(claims)
        key = how.get("key", self.keys[0])
        header = {"alg": "RS256", "kid": self.keys[0].kid} | how.get("header", {})
        header = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(header, claims, key, [header["alg"]])

    def app(self) -> Flask:
        app = Flask("provider")
        server = AuthorizationServer(app, query_client=self._client, save_token=lambda *_: None)
        server.register_grant(_grant(self), [CodeChallenge(required=True), _openid(self)])
        provider = self

        class Issuer(IssuerParameter):  # type: ignore[misc]
            def get_issuer(self) -> str:
                return provider.issuer

        server.register_extension(Issuer())

        def authorize() -> Response:
            grant = server.get_consent_grant(end_user=self.subject)
            return server.create_authorization_response(grant_user=self.subject, grant=grant)

        def note() -> Response | None:
            header = request.headers.get("Authorization", "")
            self.asked.append((request.path, header, request.form.to_dict()))
            return self.answers.get(request.path)

        app.before_request(note)
        app.add_url_rule("/authorize", view_func=authorize)
        app.add_url_rule("/token", view_func=server.create_token_response, methods=["POST"])
        app.add_url_rule("/keys", view_func=self._keys)
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._metadata)
        app.add_url_rule("/copy", endpoint="copy", view_func=self._metadata)
        return app

    def _client(self, name: str) -> _Client | None:
        return _Client(self) if name == CLIENT_ID else None

    def _keys(self) -> Response:
        return jsonify(KeySet(self.keys).as_dict(private=False))

    def _metadata(self) -> Response:
        values = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata
        return jsonify({name: value for name, value in values.items() if value is not None})

    def consent(self, url: str) -> str:
        """What a browser does there: it is sent back to an address, with a code."""
        answer = requests.get(url, allow_redirects=False, timeout=60)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def count(self, path: str) -> int:
        """How often an address was asked."""
        return sum(asked[0] == path for asked in self.asked)


@contextmanager
def running() -> Iterator[OpenIdProvider]:
    """A provider on a port of 127.0.0.1."""
    provider = OpenIdProvider()
    server = make_server("127.0.0.1", 0, provider.app(), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
