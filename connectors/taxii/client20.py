"""A session with another party's TAXII 2.0 server, by way of taxii2-client.

2.0 has no `next` and no `more`: pages are ranges (section 3.4), `Range: items=0-99` and
`Content-Range: items 0-98/500`. How many come is for the server to say, and some give less than
they were asked for; so the next range begins behind what came. Dates added are optional.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from requests import Response
from taxii2client import MEDIA_TYPE_STIX_V20, MEDIA_TYPE_TAXII_V20

from connectors.errors import NotUnderstood, Refused
from connectors.taxii.client import Session
from connectors.taxii.errors import Lost
from connectors.taxii.messages import Page
from hub.errors import HubError
from hub.stix.envelope import split

_RANGE = re.compile(r"items (\d{1,12})-\d{1,12}/(\d{1,12}|\*)", re.ASCII)
_ADDED_LAST = "X-TAXII-Date-Added-Last"
_ACCEPT = {"objects": MEDIA_TYPE_STIX_V20, "manifest": MEDIA_TYPE_TAXII_V20}
_PAGE = 100
_UNENDING = 1 << 40


class _Bundle(msgspec.Struct):
    objects: list[msgspec.Raw] = []


_BUNDLE = msgspec.json.Decoder(_Bundle)


class Slice(NamedTuple):
    """Some objects of a collection."""

    raws: list[bytes]
    added_last: str
    """When the last of them was added; empty: it is not said."""
    total: int
    """Of all that fit the question; more than there can be: it is not said."""


class Session20(Session):
    """Requests to one server of TAXII 2.0; see `connectors.taxii.client.Session`."""

    version = "2.0"
    # RFC 7233 and most servers have an equals sign; the specification writes a space.
    _unit = "items="

    def pages(
        self, url: str, after: str, params: Mapping[str, str], *, of: str = "objects"
    ) -> Iterator[Page]:
        """As of 2.1. `limit` among the parameters is how many are asked for at once."""
        query = dict(params) | ({"added_after": after} if after else {})
        many = int(query.pop("limit", _PAGE))
        read = 0
        for part in self.slices(url, range(many), query, of=of):
            read += len(part.raws)
            yield Page(part.raws, "", part.added_last, read < part.total)

    def slices(
        self, url: str, first: range, query: Mapping[str, str], *, of: str = "objects"
    ) -> Iterator[Slice]:
        """The objects of a collection from a place on, in the order they were added.

        Args:
            url: The collection, with a slash at the end.
            first: The places of the first page; the others are as long.
            query: added_after, match filters.
            of: `manifest` gives its records in place of the objects.

        Raises:
            Lost: The same comes again and again.
            RemoteError: Another of its kinds.
        """
        at, many, before = first.start, len(first), [b""]
        while True:
            part = self._slice(f"{url}{of}/", range(at, at + many), query, _ACCEPT[of])
            if not part.raws:
                return
            if part.raws == before:
                raise Lost(f"{url} gives the same objects for every range")
            yield part
            at += len(part.raws)
            before = part.raws
            if at >= part.total:
                return

    def _slice(self, url: str, places: range, query: Mapping[str, str], accept: str) -> Slice:
        try:
            return self._range(url, places, query, accept)
        except Refused:
            status = self._last.status_code
            if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return Slice([], "", 0)
            if status != HTTPStatus.BAD_REQUEST or self._unit == "items ":
                raise
            self._unit = "items "
            return self._range(url, places, query, accept)

    def _range(self, url: str, places: range, query: Mapping[str, str], accept: str) -> Slice:
        wanted = f"{self._unit}{places.start}-{places.stop - 1}"
        self._ask("get", url, headers={"Accept": accept, "Range": wanted}, params=dict(query))
        answer = self._last
        raws = _objects(answer)
        said = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if said is None:
            # All of it came, unless it is as much as was asked for.
            total = _UNENDING if len(raws) == len(places) else 0
        elif int(said[1]) != places.start:
            raise NotUnderstood(f"{url} gives another range than {wanted}: {said[0]}")
        else:
            total = _UNENDING if said[2] == "*" else int(said[2])
        return Slice(raws, answer.headers.get(_ADDED_LAST, ""), total)

    def _once(self, call: Callable[..., Any], url: str, **kwargs: Any) -> dict[str, Any]:
        body = self._try(call, url, **kwargs)
        # taxii2-client gives ranges out as they came.
        return body if isinstance(body, dict) else {}


def _objects(answer: Response) -> list[bytes]:
    """The bytes of each object of a bundle or manifest."""
    try:
        return [bytes(raw) for raw in _BUNDLE.decode(answer.content).objects]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _patiently(answer)


def _patiently(answer: Response) -> list[bytes]:
    """One object that is no JSON does not cost the others."""
    try:
        return split(answer.content)
    except HubError as error:
        raise NotUnderstood(f"{answer.url} gives no bundle: {error.reason}") from error
