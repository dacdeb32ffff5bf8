"""Signatures of webhooks: the scheme of Standard Webhooks 1.0 (standardwebhooks.com).

What is signed is `ID.TIMESTAMP.BODY`: the three in ASCII and bytes, with a dot between them, where ID
and TIMESTAMP (whole seconds since 1970) are what stands in the headers `webhook-id` and
`webhook-timestamp`. `webhook-signature` holds one signature or several, with a blank between them:

- `v1,` and the Base64 of HMAC-SHA256 under a shared secret;
- `v1a,` and the Base64 of an Ed25519 signature, for receivers that hold no secret.

A receiver takes the request if one of them holds and the timestamp is near its own clock, so that
nobody can repeat an old request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hub.errors import ConfigError

_PREFIX = "whsec_"
_SHORTEST = 24
"""Bytes of a secret; Standard Webhooks asks for 24 to 64."""


def shared_key(text: str) -> bytes:
    """The key of a secret as it is written down: `whsec_` and Base64.

    Raises:
        ConfigError: It is of another form, or too short to be one.
    """
    try:
        key = base64.b64decode(text.strip().removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not text.strip().startswith(_PREFIX) or len(key) < _SHORTEST:
        raise ConfigError(
            f"`target.secret`: a secret is {_PREFIX} and the Base64 of at least {_SHORTEST} random "
            f'bytes. Make one: echo "{_PREFIX}$(openssl rand -base64 32)"'
        )
    return key


def private_key(pem: str) -> Ed25519PrivateKey:
    """The Ed25519 key of a PEM text.

    Raises:
        ConfigError: It is something else.
    """
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(
            "`target.signing_key`: it is no Ed25519 key in PEM without a password. Make one: "
            "openssl genpkey -algorithm ed25519"
        )
    return key


def signatures(
    what: tuple[str, int, bytes], secrets: Sequence[bytes], key: Ed25519PrivateKey | None
) -> str:
    """The header `webhook-signature`.

    Args:
        what: Id, timestamp and body.
        secrets: Keys; while one takes the place of another there are two.
        key: For a signature that anybody can verify.
    """
    name, at, body = what
    signed = b"%b.%d.%b" % (name.encode(), at, body)
    found = [
        f"v1,{_text(hmac.new(secret, signed, hashlib.sha256).digest())}" for secret in secrets
    ]
    if key:
        found.append(f"v1a,{_text(key.sign(signed))}")
    return " ".join(found)


def _text(signature: bytes) -> str:
    return base64.b64encode(signature).decode()
