"""HTTP as a feed may speak it: what a session of requests mounts, and what `Net.get` is made of.

Redirects are followed here and not by the session: each is checked like the first address, never
leads from https to http, and takes no credentials to another origin.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Url, parse_url

from connectors.errors import NotUnderstood, Refused, RemoteError, TooLarge, Unreachable, Unsafe
from connectors.net.body import PACKINGS, whole
from connectors.net.limits import Limits
from connectors.net.pools import Gate, Watch, pools, tls
from connectors.net.reasons import of_error

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_PORTS = {"http": 80, "https": 443}
_AGENT = "incident-hub"
# What goes along to another origin: nothing in them says who asks.
_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "connection", "user-agent"})
_READING = frozenset({"GET", "HEAD"})


class Guarded(HTTPAdapter):
    """The way out of one feed. What a session says of proxies, times and TLS is not heeded.

    Raises only the errors of `connectors.errors`, and gives every other status to the session.

    Args:
        limits: What the feed may do.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._gate = Gate(limits)
        self._known = pools(self._gate, limits, tls(limits, known=True))
        self._foreign = (
            pools(self._gate, limits, tls(limits, known=False))
            if limits.certificate
            else self._known
        )
        super().__init__()

    def close(self) -> None:
        """Close all connections."""
        self._known.clear()
        self._foreign.clear()
        super().close()

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - an answer is always read whole
        *_: Any,
        **__: Any,
    ) -> Response:
        """The answer, read and unpacked, after redirects.

        Raises:
            RemoteError: One of its kinds.
        """
        with Watch(self._gate, self._limits.whole_s) as watch:
            try:
                response = self._follow(request)
            except RemoteError:
                if watch.is_over:
                    raise self._over(request) from None
                raise
            if watch.is_over:
                raise self._over(request)
            return response

    def _over(self, request: PreparedRequest) -> RemoteError:
        host = parse_url(str(request.url)).host
        return Unreachable(f"{host} did not finish within {self._limits.whole_s:g} s")

    def _follow(self, request: PreparedRequest) -> Response:
        at = home = checked_url(str(request.url))
        asked = request.copy()
        asked.headers.setdefault("User-Agent", _AGENT)
        asked.headers["Accept-Encoding"] = PACKINGS
        way = self._known
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._once(asked, at, way)
            if not _leads_on(response):
                return response
            at = _next(at, response, str(request.method))
            if origin(at) != origin(home):
                # For good: whoever is led back here is led by a stranger.
                way = self._foreign
                harmless = {n: v for n, v in asked.headers.items() if n.lower() in _HARMLESS}
                asked.headers.clear()
                asked.headers.update(harmless)
            asked.url = at.url
        raise Refused(f"{home.host} redirects more than {_MOST_REDIRECTS} times, or in a circle")

    def _once(self, request: PreparedRequest, at: Url, way: PoolManager) -> Response:
        host, limits = str(at.host), self._limits
        self._gate.look(host.strip("[]"), at.port or _PORTS[str(at.scheme)])
        try:
            raw = way.urlopen(
                str(request.method),
                at._replace(fragment=None).url,
                body=request.body,
                headers=dict(request.headers),
                redirect=False,
                preload_content=False,
                decode_content=False,
                retries=False,
                timeout=Timeout(connect=limits.connect_s, read=limits.read_s),
            )
        except (HTTPError, OSError) as error:
            raise of_error(error, host, limits.read_s) from error
        return self._answer(request, raw, host)

    def _answer(self, request: PreparedRequest, raw: BaseHTTPResponse, host: str) -> Response:
        response = self.build_response(request, raw)
        try:
            body = b"" if _leads_on(response) else whole(raw, self._limits.most_bytes)
        except TooLarge as error:
            error.status = response.status_code
            raise
        except (HTTPError, OSError) as error:
            raise of_error(error, host, self._limits.read_s) from error
        finally:
            # What was left unread may be endless: the connection is not used again.
            _drop(raw)
        if getattr(getattr(raw, "_original_response", None), "surplus", False):
            raise NotUnderstood(f"only a part came from {host}: there is more than it announced")
        response._content = body  # noqa: SLF001 - requests has no other way to say that it is read
        response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        return response


def _drop(raw: BaseHTTPResponse) -> None:
    if raw.closed:
        raw.release_conn()
    else:
        raw.close()


def checked_url(text: str) -> Url:
    """An address of the web.

    Raises:
        Unsafe: It is none, or has credentials in it.
    """
    try:
        found = parse_url(text)
    except LocationParseError as error:
        raise Unsafe("this is no address of the web") from error
    if found.scheme not in _PORTS or not found.host:
        raise Unsafe(f"only http and https are fetched, not {str(found.scheme)[:40]!r}")
    if found.auth is not None:
        raise Unsafe(
            f"the address at {found.host} has credentials in it",
            remedy="Name them in `user` and `password`.",
        )
    return found


def origin(at: Url) -> tuple[str, str, int]:
    """Scheme, host and port: whom credentials are for."""
    scheme = str(at.scheme)
    return scheme, str(at.host), at.port or _PORTS[scheme]


def _leads_on(response: Response) -> bool:
    return response.status_code in _REDIRECTS and "Location" in response.headers


def _next(at: Url, response: Response, method: str) -> Url:
    if method not in _READING:
        raise Refused(
            f"{at.host} redirects what was to be sent there",
            remedy="Name the address that it leads to.",
        )
    # Headers come as Latin-1; addresses are UTF-8.
    location = response.headers["Location"].encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        led = checked_url(urljoin(at.url, location))
    except ValueError as error:
        raise Unsafe("this is no address of the web") from error
    if at.scheme == "https" and led.scheme == "http":
        raise Unsafe(f"{at.host} redirects from https to http")
    return led
