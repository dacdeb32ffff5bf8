"""The one way out: HTTP and plain sockets to addresses that were checked, with limits on everything.

- A name is resolved once, every address of it is checked, and the connection goes to the address
  that was checked: another answer of DNS a moment later changes nothing. Redirects are followed by
  hand, each checked like the first; credentials never follow to another origin.
- Private, loopback, link-local and other special addresses are refused, unless the feed names their
  network in `networks`.
- A whole answer has a time limit and a size limit, before and after it is unpacked.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from types import MappingProxyType

from requests import Request, Response
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.exceptions import RequestException

from connectors.errors import NotUnderstood, Unsafe
from connectors.net.adapter import Guarded, checked_url
from connectors.net.limits import Answer, Known, Limits, Network
from connectors.net.pools import tls
from connectors.net.reasons import of_status
from connectors.net.sockets import checked, opened

__all__ = ["Answer", "Known", "Limits", "Net", "Network"]

_GOOD = frozenset({200, 203, 204})
_UNCHANGED = 304


class Net:
    """The way out for one feed.

    Args:
        limits: What it may do.
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - immutable
        self._limits = limits

    @property
    def limits(self) -> Limits:
        """What the feed may do."""
        return self._limits

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        auth: AuthBase | None = None,
        known: Known = Known(),  # noqa: B008 - immutable
    ) -> Answer:
        """The body behind an address, http or https.

        Raises:
            Unsafe: It leads where this feed may not go.
            RemoteError: Another of its kinds, with the reason in words.
        """
        host = str(checked_url(url).host)
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        asked = {"Accept": "*/*"} | dict(headers) | {n: v for n, v in conditions.items() if v}
        try:
            request = Request("GET", url, headers=asked, auth=auth).prepare()
        except (RequestException, UnicodeError) as error:
            raise Unsafe(f"the address or a header for {host} cannot be sent") from error
        adapter = Guarded(self._limits)
        try:
            response = adapter.send(request)
        finally:
            adapter.close()
        return _answer(response, host, asked_again=any(conditions.values()))

    def adapter(self) -> HTTPAdapter:
        """What a session of requests (taxii2-client, PyMISP) mounts: the same checks and limits.

        It follows redirects itself, reads every answer whole, and raises the errors of
        `connectors.errors` through the session. Give the session `trust_env = False`, or requests
        looks for credentials in a file `.netrc`.
        """
        return Guarded(self._limits)

    def connect(self, host: str, port: int) -> socket.socket:
        """A checked TCP connection with time limits, for mail, syslog and the like; no proxy.

        Raises:
            Unsafe, Unreachable: As `get`.
        """
        limits = self._limits
        made = opened(checked(host, port, limits), port, host=host, limits=limits)
        made.settimeout(limits.read_s)
        return made

    def datagrams(self, host: str, port: int) -> socket.socket:
        """UDP to a checked address: what is sent may get lost.

        Raises:
            Unsafe, Unreachable: As `get`.
        """
        address, *_ = checked(host, port, self._limits)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        made = socket.socket(family, socket.SOCK_DGRAM)
        made.settimeout(self._limits.connect_s)
        made.connect((address, port))
        return made

    def tls(self) -> ssl.SSLContext:
        """What TLS over `connect` is made with: the CAs and the client certificate of the feed.

        Raises:
            ConfigError: A file cannot be read.
        """
        return tls(self._limits, known=True)


def _answer(response: Response, host: str, *, asked_again: bool) -> Answer:
    status, headers = response.status_code, response.headers
    unchanged = status == _UNCHANGED
    if unchanged and not asked_again:
        raise NotUnderstood(f"{host} answered that nothing is new to who never asked before")
    if not unchanged and status not in _GOOD:
        raise of_status(response, host)
    media_type, _, parameters = headers.get("Content-Type", "").partition(";")
    return Answer(
        url=str(response.url),
        body=b"" if unchanged else response.content,
        media_type=media_type.strip().lower(),
        charset=_charset(parameters),
        known=Known(headers.get("ETag", ""), headers.get("Last-Modified", "")),
        unchanged=unchanged,
    )


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \"'").lower()
    return ""
