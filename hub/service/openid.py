"""What an OpenID provider says of itself: its addresses and keys (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

import threading
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException, Session

from hub.config.checks import is_loopback
from hub.errors import Fault, HubError

TIMEOUTS_S = (5, 10)
"""To connect, and to wait for each piece of an answer."""

_KNOWN_S = 3600
_AGAIN_S = 60
"""An unknown key asks for the provider's keys anew at most so often."""

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Metadata(NamedTuple):
    """What was read from a provider, and when."""

    values: dict[str, Any]
    keys: KeySet
    read_s: float


class Discovery:
    """Reads the metadata of a provider and remembers it for an hour."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._known: Metadata | None = None
        self._turn = threading.Lock()

    def read(self, *, anew: bool = False) -> Metadata:
        """The metadata.

        Args:
            anew: They seem to be out of date.

        Raises:
            HubError: PROVIDER_DOWN.
        """
        with self._turn:
            known = self._known
            old_s = _AGAIN_S if anew else _KNOWN_S
            if known is None or time.monotonic() - known.read_s >= old_s:
                known = self._known = self._fetch()
            return known

    def _fetch(self) -> Metadata:
        url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        with Session() as session:
            try:
                values = _get(session, url)
                _check(values, self._issuer)
                keys = KeySet.import_key_set({"keys": _get(session, values["jwks_uri"])["keys"]})
            except (RequestException, JoseError, ValueError, LookupError, TypeError) as error:
                raise down() from error
        return Metadata(values, keys, time.monotonic())


def _get(session: Session, url: str) -> dict[str, Any]:
    response = session.get(url, timeout=TIMEOUTS_S, allow_redirects=False)
    response.raise_for_status()
    found = response.json()
    if not isinstance(found, dict):
        raise TypeError("no JSON object")
    return found


def _check(values: dict[str, Any], issuer: str) -> None:
    """Raises ValueError for metadata of somebody else, or behind which an attacker could stand."""
    # Discovery 1.0 section 4.3: to the letter.
    if values.get("issuer") != issuer:
        raise ValueError("it names itself otherwise")
    for name in _ENDPOINTS:
        parts = urlsplit(str(values.get(name)))
        is_here = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not is_here:
            raise ValueError(f"its {name} is not https")


def down() -> HubError:
    """The provider does not do its work."""
    return HubError(
        Fault.PROVIDER_DOWN,
        "the log-in provider cannot be reached, or does not answer as an OpenID provider does",
        remedy="Try again later, or log in with a password.",
    )
