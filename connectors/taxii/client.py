"""A session with another party's TAXII 2.1 server, by way of taxii2-client.

- Every request has a time limit, and is repeated a few times while the other side is away, except
  for a page that `next` names. Publishing is repeatable too: what is there is not stored twice.
- Objects come out as the bytes that were sent, and go in as the bytes they are.
- Only the errors of `connectors.errors` come out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Self, TypeVar
from urllib.parse import urljoin

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.exceptions import RequestException
from taxii2client import MEDIA_TYPE_TAXII_V21
from taxii2client.common import TokenAuth, _HTTPConnection
from taxii2client.exceptions import TAXIIServiceException
from taxii2client.v21 import Status
from urllib3 import disable_warnings
from urllib3.exceptions import InsecureRequestWarning

from connectors.bearer import BearerAuth
from connectors.errors import (
    Interrupted,
    NotUnderstood,
    Refused,
    RemoteError,
    TooLarge,
    Unreachable,
)
from connectors.taxii.errors import Lost, translated
from connectors.taxii.messages import Credentials, Page, Receipt, following, receipt, slashed
from hub.errors import HubError
from hub.stix.envelope import split

_CONNECT_S, _READ_S = 10.0, 60.0
_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
_LONGEST_WAIT_S = 60.0
_STATUS_S = 120
_ENDS = ("First", "Last")
_MOST_EMPTY = 20
"""Pages without an object, one after the other"""
_AUDIENCE = "Hub-Audience"

R = TypeVar("R")


class _Adapter(HTTPAdapter):
    """requests has no time limit of its own, and lets the environment overrule `verify`."""

    def __init__(self, verify: bool | str) -> None:
        self._verify = verify
        super().__init__()

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        kwargs["timeout"] = (_CONNECT_S, _READ_S)
        if self._verify is not True:
            kwargs["verify"] = self._verify
        return super().send(request, *args, **kwargs)


class Session:
    """Requests to one server.

    Args:
        credentials: Whom to appear as.
        verify: Whether TLS certificates are checked, or the file of the authorities to trust, or
            a way out with trust and limits of its own; the environment does not count then.
        notice: Told when a request will be repeated.
        pauses_s: Seconds between the attempts; their number is that of the repetitions.
        audience: Whom published objects are for, such as `org:grid`; empty: everybody there.
    """

    version = "2.1"

    def __init__(
        self,
        credentials: Credentials,
        *,
        verify: bool | str | HTTPAdapter = True,
        notice: Callable[[str], None] = lambda _: None,
        pauses_s: Sequence[float] = _PAUSES_S,
        audience: Sequence[str] = (),
    ) -> None:
        self._audience = ", ".join(audience)
        self._connection = _HTTPConnection(
            user=credentials.account,
            password=credentials.password,
            auth=_auth(credentials),
            cert=credentials.certificate,
            version=self.version,
        )
        if verify is False:
            # Whoever chose this has been told; a warning for each request says nothing new.
            disable_warnings(InsecureRequestWarning)
        self._connection.session.trust_env = not isinstance(verify, HTTPAdapter)
        adapter = verify if isinstance(verify, HTTPAdapter) else _Adapter(verify)
        self._connection.session.mount("https://", adapter)
        self._connection.session.mount("http://", adapter)
        self._connection.session.hooks["response"].append(self._keep)
        self._notice = notice
        self._pauses_s = pauses_s
        self._last = Response()
        self._discreet: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def resource(self, url: str) -> dict[str, Any]:
        """What a discovery, an API root or a collection says of itself.

        Raises:
            RemoteError: One of its kinds.
        """
        return self._ask("get", slashed(url))

    def pages(
        self, url: str, after: str, params: Mapping[str, str], *, of: str = "objects"
    ) -> Iterator[Page]:
        """The objects of a collection, page by page, in the order they were added.

        Args:
            url: The collection.
            after: Start after this date added; empty: from the beginning.
            params: Further parameters of the query: limit, match filters.
            of: `manifest` gives its records in place of the objects.

        Raises:
            Interrupted: The other side went away after the first page, or no more knows it.
            Lost: It says there is more, and leads nowhere.
            RemoteError: Another of its kinds.
        """
        asked = dict(params) | ({"added_after": after} if after else {})
        seen: set[int] = set()
        empty = 0
        while True:
            body = self._turn(f"{slashed(url)}{of}/", asked)
            page = self._page(body)
            if page.raws:
                yield page
            if not page.more:
                return
            onward = following(body, page)
            empty = 0 if page.raws else empty + 1
            # There are servers whose `next` stays the same while the pages differ.
            place = hash((*onward.items(), *page.raws))
            if not onward or place in seen or empty > _MOST_EMPTY:
                raise Lost(f"{url} says there is more, but gives no way to get it")
            seen.add(place)
            # Some servers ask for the parameters of the first page beside `next`.
            asked = {k: v for k, v in asked.items() if k != "next"} | onward

    def _turn(self, url: str, asked: Mapping[str, str]) -> dict[str, Any]:
        """One page; the first one is asked for again while the other side is away."""
        if "next" not in asked:
            return self._ask("get", url, params=asked)
        try:
            return self._once(self._connection.get, url, params=asked)
        except Unreachable as error:
            raise Interrupted(error.reason, passing=error.passing, wait_s=error.wait_s) from error
        except TooLarge:
            raise
        except Refused as error:
            # Some servers forget their pages after half a minute.
            raise Interrupted(error.reason) from error

    def push(self, url: str, raws: Sequence[bytes]) -> Receipt:
        """Publish objects, and wait until the other side has decided on them.

        Raises:
            RemoteError: One of its kinds; nothing is known of the objects then, and publishing
                them again does no harm.
        """
        envelope = b'{"objects":[%b]}' % b",".join(raws)
        headers = {"Accept": MEDIA_TYPE_TAXII_V21, "Content-Type": MEDIA_TYPE_TAXII_V21}
        url = slashed(url)
        if self._audience:
            self._require_audience(url)
            headers[_AUDIENCE] = self._audience
        body = self._ask("post", f"{url}objects/", headers=headers, data=envelope)
        return self._try(self._receipt, url, body)

    def remove(self, url: str, object_id: str) -> None:
        """Delete all versions of an object.

        Raises:
            Absent: It is not there.
            RemoteError: Another of its kinds.
        """
        headers = {"Accept": MEDIA_TYPE_TAXII_V21}
        self._try(self._connection.delete, f"{slashed(url)}objects/{object_id}/", headers=headers)

    def _require_audience(self, url: str) -> None:
        """A server that passes the header over would show the objects to everybody."""
        if url not in self._discreet:
            self._ask("get", url)
            if self._last.headers.get(_AUDIENCE) != "supported":
                raise RemoteError(f"{url} does not know audiences; nothing was sent")
            self._discreet.add(url)

    def _receipt(self, url: str, body: dict[str, Any]) -> Receipt:
        at = urljoin(url, f"../../status/{body.get('id')}/")
        status = Status(at, conn=self._connection, status_info=body)
        if status.status != "complete":
            status.wait_until_final(timeout=_STATUS_S)
        return receipt(status)

    def _page(self, body: dict[str, Any]) -> Page:
        more = bool(body.get("more"))
        if not body.get("objects"):
            return Page([], "", "", more)
        first, last = (self._last.headers.get(f"X-TAXII-Date-Added-{e}", "") for e in _ENDS)
        try:
            return Page(split(self._last.content), first, last, more)
        except HubError as error:
            raise NotUnderstood(f"{self._last.url}: {error.reason}") from error

    def _keep(self, response: Response, *_: object, **__: object) -> None:
        """taxii2-client gives out neither headers nor bytes, and trips over a missing type.

        Where requests finds simplejson, one NaN in one object would cost the whole page.
        """
        response.headers.setdefault("Content-Type", "")
        vars(response)["json"] = partial(_loaded, response)
        self._last = response

    def _ask(self, method: str, url: str, **kwargs: Any) -> dict[str, Any]:
        """One request, repeated while the other side is away."""
        call = getattr(self._connection, method)
        for pause_s in self._pauses_s:
            try:
                return self._once(call, url, **kwargs)
            except Unreachable as error:
                if not error.passing:
                    raise
                wait_s = min(max(pause_s, error.wait_s), _LONGEST_WAIT_S)
                self._notice(f"{error.reason}; trying again in {wait_s:g} s")
                time.sleep(wait_s)
        return self._once(call, url, **kwargs)

    def _once(self, call: Callable[..., Any], url: str, **kwargs: Any) -> dict[str, Any]:
        body = self._try(call, url, **kwargs)
        if not isinstance(body, dict):
            raise RemoteError(f"{url} answers with something that is no TAXII resource")
        return body

    def _try(self, call: Callable[..., R], url: str, *args: Any, **kwargs: Any) -> R:
        try:
            return call(url, *args, **kwargs)
        except (RequestException, TAXIIServiceException) as error:
            raise translated(error, url, self.version) from error
        except RecursionError as error:
            raise NotUnderstood(f"{url}: what it answers is nested too deeply") from error
        except (TypeError, AttributeError) as error:
            # The library reckons with what it reads without a look at it.
            raise NotUnderstood(f"{url}: a value that it answers is of the wrong type") from error


def _loaded(response: Response) -> Any:
    return json.loads(response.content)


def _auth(credentials: Credentials) -> AuthBase | None:
    if not credentials.token:
        return None
    # taxii2-client knows only `Token`.
    return (BearerAuth if credentials.bearer else TokenAuth)(credentials.token)
