"""What went wrong on the way, in words; only the names of hosts are told.

An address may hold a key in its path or query, so errors never have it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.client import IncompleteRead as CutShort

from requests import Response
from urllib3.exceptions import (
    HTTPError,
    IncompleteRead,
    InvalidChunkLength,
    InvalidHeader,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
)
from urllib3.exceptions import (
    TimeoutError as Urllib3TimeoutError,
)

from connectors.errors import (
    Absent,
    LoginNeeded,
    NotUnderstood,
    Refused,
    RemoteError,
    Unreachable,
)

_LONGEST_WAIT_S = 86_400.0
_SERVER_ERRORS = 500
_PASSING = frozenset({408, 425, 500, 502, 504})
_AGAIN_LATER = frozenset({429, 503})
_LOGIN = frozenset({401, 403})
_ABSENT = frozenset({404, 410})


def of_error(error: BaseException, host: str, read_s: float) -> RemoteError:
    """The reason of an error of urllib3 or of the system.

    Args:
        error: What came.
        host: Whom it was with.
        read_s: The limit for each piece.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, RemoteError):
            return cause
    for cause in causes:
        found = _of_cause(cause, host, read_s)
        if found is not None:
            return found
    return Unreachable(f"the connection to {host} broke: {type(error).__name__}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from, the innermost first."""
    if error is None:
        return
    inner = getattr(error, "reason", None)
    within = error.__cause__ or (error.__context__ if not error.__suppress_context__ else None)
    if isinstance(inner, BaseException):
        within = inner
    if within is not error:
        yield from _causes(within)
    yield error


def _of_cause(cause: BaseException, host: str, read_s: float) -> RemoteError | None:
    match cause:
        case ssl.SSLCertVerificationError():
            return Unreachable(
                f"the certificate of {host} is not valid: {cause.verify_message}",
                remedy="If a CA of its own issued it, name it in `ca_file`.",
                passing=False,
            )
        case ReadTimeoutError() | Urllib3TimeoutError() | TimeoutError():
            return Unreachable(f"{host} sent nothing for {read_s:g} s")
        case IncompleteRead() | InvalidChunkLength() | CutShort():
            return NotUnderstood(f"only a part came from {host}: the connection ended early")
        case ssl.SSLError():
            return Unreachable(
                f"TLS with {host} failed: {cause.reason or type(cause).__name__}", passing=False
            )
        case _:
            return _of_wire(cause, host)


def _of_wire(cause: BaseException, host: str) -> RemoteError | None:
    match cause:
        case ProxyError() | NewConnectionError():
            return Unreachable(f"the proxy did not lead to {host}")
        case ConnectionError():
            return Unreachable(f"{host} broke the connection off")
        case HTTPException() | InvalidHeader():
            return NotUnderstood(f"what {host} sent is not HTTP ({type(cause).__name__})")
        case ProtocolError():
            return NotUnderstood(f"only a part came from {host}: the connection ended early")
        case OSError() if not isinstance(cause, HTTPError):
            return Unreachable(f"the connection to {host} failed: {cause.strerror or cause}")
        case _:
            return None


def of_status(response: Response, host: str) -> RemoteError:
    """The reason of an answer that is not what was asked for."""
    status = response.status_code
    said = f"{host} answered {status}"
    if status in _LOGIN:
        return LoginNeeded(
            f"{said}: credentials are missing or wrong, or may not do this",
            remedy="Check its user, password and token.",
        )
    if status in _ABSENT:
        return Absent(f"{said}: there is nothing at this address", remedy="Check the address.")
    if status in _AGAIN_LATER:
        wait_s = retry_after_s(response.headers.get("Retry-After", ""))
        asked = f" and asks to wait {wait_s:.0f} s" if wait_s else ""
        return Unreachable(f"{said}{asked}", wait_s=wait_s)
    if status in _PASSING:
        return Unreachable(said)
    if status >= _SERVER_ERRORS:
        return Unreachable(said, passing=False)
    return Refused(said)


def retry_after_s(text: str) -> float:
    """Seconds of a header Retry-After, a number or a date; 0: it says nothing. At most a day."""
    bare = text.strip()
    if bare.isdecimal():
        return min(float(bare), _LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(bare)
    except (ValueError, OverflowError):
        return 0.0
    left_s = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(left_s, 0.0), _LONGEST_WAIT_S)
