"""Failures of taxii2-client and of HTTP in the words of `connectors.errors`."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from requests import Response
from requests.exceptions import ChunkedEncodingError as CutOff
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import HTTPError, RequestException, SSLError
from requests.exceptions import Timeout as NoAnswer
from taxii2client.exceptions import TAXIIServiceException

from connectors.errors import (
    Absent,
    LoginNeeded,
    Refused,
    RemoteError,
    TooLarge,
    Unreachable,
)

_AWAY = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_LONGEST = 500
_OTHER_VERSION = "It may speak another version of TAXII than it was asked for."
# The alerts of RFC 8446 section 6.2 that a server sends about a client's certificate.
_ALERT = re.compile(
    r"alert ((?:bad |unsupported )?certificate(?: revoked| expired| unknown| required)?|unknown ca"
    r"|access denied)\b"
)


class Lost(RemoteError):
    """It says that there is more, and leads nowhere, or in a circle."""


def translated(
    error: RequestException | TAXIIServiceException, url: str, version: str = "2.1"
) -> RemoteError:
    """The same failure in the hub's words."""
    if isinstance(error, HTTPError) and error.response is not None:
        return _answered(error.response, url)
    if alert := _ALERT.search(str(error)):
        return LoginNeeded(
            f"{url} does not take the client certificate, or asks for one: {alert[1]}",
            remedy="Give one that it accepts with --cert and --key.",
        )
    if isinstance(error, SSLError):
        return Unreachable(
            f"{url}: its TLS certificate does not hold: {_root_cause(error)}",
            remedy="Name the authority that issued it with --ca-file, if that is one of your own.",
            passing=False,
        )
    if isinstance(error, (NoConnection, NoAnswer, CutOff)):
        return Unreachable(f"{url} cannot be reached: {_root_cause(error)}")
    return RemoteError(
        f"{url} does not answer as a TAXII {version} server: {_plain(error)}",
        remedy="Give the address of a collection: https://host/root/collections/ID/",
    )


def _plain(error: Exception) -> str:
    """The first line: taxii2-client goes on with advice for programmers."""
    return next(iter(str(error).splitlines()), "")[:_LONGEST]


def _answered(response: Response, url: str) -> RemoteError:
    status = response.status_code
    reason = f"{url} answers {status}: {_description(response)}"
    if status in _AWAY:
        return Unreachable(reason, wait_s=_retry_after(response))
    if status == HTTPStatus.UNAUTHORIZED:
        return LoginNeeded(reason, remedy="Give a token, or an account with its password.")
    if status == HTTPStatus.NOT_FOUND:
        return Absent(reason)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge(reason)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        other = _OTHER_VERSION if status == HTTPStatus.NOT_ACCEPTABLE else ""
        return Refused(reason, remedy=other)
    return RemoteError(reason)


def _description(response: Response) -> str:
    """What a TAXII error message (section 3.6.1) says, or the words of HTTP."""
    try:
        message: Any = response.json()
    except (ValueError, RecursionError):
        message = None
    if isinstance(message, dict):
        for name in ("description", "title"):
            if isinstance(message.get(name), str):
                return str(message[name][:_LONGEST]).rstrip(".")
    return response.reason or "no reason given"


def _retry_after(response: Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _root_cause(error: BaseException) -> str:
    """The innermost reason: the outer ones repeat it in the words of three libraries."""
    inner: Any = error
    while (args := getattr(inner, "args", ())) and isinstance(
        cause := getattr(args[0], "reason", None) or args[0], BaseException
    ):
        inner = cause
    return str(inner)[:_LONGEST].rstrip(".") or type(error).__name__
