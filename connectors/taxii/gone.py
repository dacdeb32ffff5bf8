"""What this feed has published and its server has no more.

TAXII has no message for it, so the manifests of all collections are read whole and compared. What is
missing there is asked for once more by its id: while pages were turned, something may have moved.
Whenever one of them cannot be read to its end, nothing is gone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from connectors.errors import NotUnderstood, Unreachable
from connectors.taxii.messages import Page

_ASKED = 20
"""Ids in one question: an address of 1,000 characters"""
_PAGE = 1_000
_FEW = 20
_LONGEST_S = 3_600.0
"""All manifests together: a server may turn pages for ever"""


class _Named(msgspec.Struct):
    id: str


_RECORD = msgspec.json.Decoder(_Named)


class Listed(Protocol):
    """What gives the pages of a manifest."""

    def pages(
        self, url: str, after: str, params: Mapping[str, str], *, of: str = "objects"
    ) -> Iterator[Page]:
        """As `connectors.taxii.client.Session` does."""


def missing(session: Listed, urls: Sequence[str], known: Iterable[str]) -> list[str]:
    """Ids of objects that none of the collections has.

    Args:
        session: With their server.
        urls: All collections of the feed.
        known: What the feed has published.

    Raises:
        RemoteError: A manifest cannot be read whole, or does not end.
    """
    left, ends_s = set(known), time.monotonic() + _LONGEST_S
    for url in urls:
        if left:
            left.difference_update(_ids(session, url, {}, ends_s))
    for url in urls:
        for some in _some(left):
            left.difference_update(_ids(session, url, {"match[id]": ",".join(some)}, ends_s))
    return sorted(left)


def _some(ids: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _ASKED):
        yield ordered[start : start + _ASKED]


def _ids(session: Listed, url: str, more: Mapping[str, str], ends_s: float) -> Iterator[str]:
    params = {"limit": str(_PAGE), "match[version]": "all"} | dict(more)
    for page in session.pages(url, "", params, of="manifest"):
        if time.monotonic() > ends_s:
            raise Unreachable(f"{url} did not finish within {_LONGEST_S:g} s")
        for record in page.raws:
            try:
                yield _RECORD.decode(record).id
            except msgspec.DecodeError as error:
                raise NotUnderstood(f"the manifest of {url} has a record without an id") from error


def too_many(count: int, known: int, percent: int) -> bool:
    """Whether so much is missing that the server rather lost it than deleted it."""
    return known > _FEW and count * 100 > known * percent
