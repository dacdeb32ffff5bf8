"""Brings the statements that objects are marked with before the objects.

A marking that a hub does not know counts as TLP:RED, so an object that comes before its statement
may be refused, and the pull is past it then. A server gives objects in the order they were added,
which says nothing of what they need: what a page lacks is asked for by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from connectors.errors import RemoteError, Unreachable
from connectors.taxii.messages import Page
from hub.stix.marking import COLOUR_OF

_KIND = "marking-definition"
_ASKED = 20
_MOST = 500
"""Statements that are asked for in a run: nobody has more, and an object may name any number"""
_LONGEST = 100


class _Granular(msgspec.Struct):
    marking_ref: str = ""


class _Marked(msgspec.Struct):
    id: str = ""
    type: str = ""
    object_marking_refs: list[str] = []
    granular_markings: list[_Granular] = []


_MARKED = msgspec.json.Decoder(_Marked)


class Source(Protocol):
    """What gives the pages of a collection: a session."""

    def pages(self, url: str, after: str, params: dict[str, str]) -> Iterable[Page]:
        """As `connectors.taxii.client.Session` does."""


class Markings:
    """Those of one collection in one run.

    Args:
        session: With the server.
        url: The collection.
    """

    def __init__(self, session: Source, url: str) -> None:
        self._session = session
        self._url = url
        self._known: set[str] = set(COLOUR_OF)
        self._asked: set[str] = set()

    def first(self, raws: Sequence[bytes]) -> list[bytes]:
        """The same objects, their statements before them.

        Raises:
            Unreachable: A statement that is needed cannot be asked for now.
        """
        read = [_read(raw) for raw in raws]
        here = {item.id for item in read if item.type == _KIND}
        named = {ref for item in read for ref in _refs(item)} - here - self._known
        wanted = sorted(named)[: max(_MOST - len(self._asked), 0)]
        self._asked.update(wanted)
        self._known.update(here, wanted)
        fetched = self._fetched(wanted)
        theirs = [raw for raw, item in zip(raws, read, strict=True) if item.type == _KIND]
        others = [raw for raw, item in zip(raws, read, strict=True) if item.type != _KIND]
        return [*fetched, *theirs, *others]

    def _fetched(self, ids: list[str]) -> list[bytes]:
        """Those that the server has. One that it does not give is for the door to decide on."""
        found: list[bytes] = []
        for start in range(0, len(ids), _ASKED):
            some = ids[start : start + _ASKED]
            asked = {"match[id]": ",".join(some), "limit": str(len(some))}
            try:
                pages = [page.raws for page in self._session.pages(self._url, "", asked)]
            except Unreachable:
                raise
            except RemoteError:
                continue
            # There are servers that pass filters over.
            found += [raw for raws in pages for raw in raws if _read(raw).id in some]
        return found


def _refs(item: _Marked) -> list[str]:
    granular = [marking.marking_ref for marking in item.granular_markings]
    refs = (*item.object_marking_refs, *granular)
    return [ref for ref in refs if ref.startswith(f"{_KIND}--") and len(ref) < _LONGEST]


def _read(raw: bytes) -> _Marked:
    try:
        return _MARKED.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _Marked()
