"""A session with the JSON door of a hub.

- Every request has a time limit. Nothing is repeated: whoever waits at a terminal asks again.
- A file that breaks off is an error, never a shorter file.
- Only the errors of `connectors.errors` come out, and `HubError` as the hub itself put it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from requests import Response, Session
from requests.auth import AuthBase, HTTPBasicAuth
from requests.exceptions import RequestException
from requests.models import PreparedRequest
from urllib3 import disable_warnings
from urllib3.exceptions import InsecureRequestWarning

from connectors.bearer import BearerAuth
from connectors.errors import RemoteError, Unreachable
from connectors.taxii.errors import translated
from connectors.taxii.messages import Credentials
from hub.errors import Fault, HubError

_TIMES_S = (10.0, 60.0)
_PIECE = 65_536
_JSON = "application/json"

Params = Mapping[str, str | int | Sequence[str]]


class _Nobody(AuthBase):
    """Else requests would take a password from a file of the user."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


class Client:
    """Requests to one hub.

    Args:
        url: Of the hub, without a path of its own.
        credentials: Whom to appear as.
        verify: Whether TLS certificates are checked, or the file of the authorities to trust.
    """

    def __init__(self, url: str, credentials: Credentials, *, verify: bool | str = True) -> None:
        self._base = f"{url.rstrip('/')}/api/v1"
        self._verify = verify
        self._session = Session()
        self._session.auth = _auth(credentials)
        self._session.cert = credentials.certificate
        if verify is False:
            # Whoever chose this has been told.
            disable_warnings(InsecureRequestWarning)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(self, path: str, params: Params) -> dict[str, Any]:
        """The answer to a GET.

        Raises:
            HubError: What the hub says is wrong, by its name.
            RemoteError: It does not answer as a hub.
        """
        with self._ask("GET", path, params=params, headers={"Accept": _JSON}) as response:
            return _decoded(response)

    def lookup(self, values: Sequence[str]) -> dict[str, Any]:
        """The answer to a look-up; raises what `get` does."""
        with self._ask("POST", "lookup", json={"values": list(values)}) as response:
            return _decoded(response)

    def stream(self, path: str, params: Params) -> Iterator[bytes]:
        """The body of a GET in pieces, as it arrives.

        Raises:
            RemoteError: Also when it breaks off.
        """
        with self._ask("GET", path, params=params, stream=True) as response:
            try:
                yield from response.iter_content(_PIECE)
            except RequestException as error:
                raise Unreachable(
                    f"{self._base}/{path} broke off: what was written is not complete",
                    remedy="Ask again.",
                ) from error

    def _ask(self, method: str, path: str, **how: Any) -> Response:
        url = f"{self._base}/{path}"
        try:
            response = self._session.request(
                method, url, timeout=_TIMES_S, verify=self._verify, allow_redirects=False, **how
            )
        except RequestException as error:
            raise translated(error, url) from error
        if response.status_code != 200:  # noqa: PLR2004 - what all of these answer with
            raise _wrong(response, url)
        return response


def _auth(credentials: Credentials) -> AuthBase:
    if credentials.token:
        return BearerAuth(credentials.token)
    if credentials.account:
        name, password = credentials.account.encode(), credentials.password.encode()
        return HTTPBasicAuth(name, password)
    return _Nobody()


def _decoded(response: Response) -> dict[str, Any]:
    try:
        found = response.json()
    except RequestException:
        found = None
    if not isinstance(found, dict):
        raise RemoteError(f"{response.url} does not answer as a hub")
    return found


def _wrong(response: Response, url: str) -> HubError:
    """What the hub says is wrong."""
    try:
        said = response.json()
        fault, details = Fault(said["error_code"]), dict(said.get("details", {}))
        return HubError(fault, str(said["description"]), details=details)
    except (RequestException, ValueError, TypeError, KeyError):
        return RemoteError(
            f"{url} answers {response.status_code} and does not look like a hub",
            remedy="Give the address of the hub itself, such as https://hub.example.org.",
        )
