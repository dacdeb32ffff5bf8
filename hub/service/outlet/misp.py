"""A selection as a feed of MISP: its manifest, its list of hashes, and its events.

All of them are made of the whole selection, the same way each time: so an event that the manifest
names is there, and MISP finds it unchanged as long as nothing in it changes. What an event holds is
decided by `connectors.misp.making`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import msgspec

from connectors.misp.making import CEILING, Feed, Given, Maker, body_of, make
from hub.errors import Fault, HubError
from hub.service.outlet.press import Format, Press, Selection
from hub.service.outlet.wish import Left

NAMES = ("misp/manifest.json", "misp/hashes.csv", "misp/UUID.json")
"""Addresses of a feed, below that of its collection or search"""

_EVENT = re.compile(r"misp/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json")
_FOR_EVER = 0
_REASONS = {
    "benign": Left.BENIGN,
    "revoked": Left.REVOKED,
    "expired": Left.EXPIRED,
    "value that everybody has, by the warning lists": Left.LISTED,
}


def form_of(name: str) -> Format | None:
    """The format behind an address; None: it is none of a feed of MISP."""
    if name == NAMES[0]:
        return _format(name, "The list of events of a MISP feed", manifest)
    if name == NAMES[1]:
        return _format(name, "The hashes of values of a MISP feed", hashes, "text/csv")
    match = _EVENT.fullmatch(name)
    return _format(name, "An event of a MISP feed", event(match[1])) if match else None


def _format(
    name: str,
    meaning: str,
    write: Callable[[Selection, Press], Iterator[bytes]],
    media_type: str = "application/json",
) -> Format:
    # Whoever reads a feed lets values age by models of its own.
    return Format(name, meaning, media_type, CEILING, write, query="", days=_FOR_EVER)


def manifest(selection: Selection, press: Press) -> Iterator[bytes]:
    """The file manifest.json."""
    yield _feed(selection, press).manifest()


def hashes(selection: Selection, press: Press) -> Iterator[bytes]:
    """The file hashes.csv."""
    for line in _feed(selection, press).hashes():
        yield f"{line}\n".encode()


def event(name: str) -> Callable[[Selection, Press], Iterator[bytes]]:
    """What writes UUID.json.

    Args:
        name: The UUID.
    """

    def write(selection: Selection, press: Press) -> Iterator[bytes]:
        found = _feed(selection, press).events.get(name)
        if found is None:
            raise HubError(
                Fault.ABSENT,
                f"there is no event {name} in this feed",
                field="path",
                remedy="Read manifest.json again: it names all that there are.",
            )
        yield body_of(found)

    return write


def _feed(selection: Selection, press: Press) -> Feed:
    """Who may see what, what is live and what is refused is decided where the selection comes from."""
    host = urlsplit(press.url).hostname or "hub"
    maker = Maker(host, str(uuid.uuid5(uuid.NAMESPACE_URL, press.url or host)), CEILING)
    feed = make(
        (
            Given(msgspec.json.decode(piece.raw), piece.tlp, press.place)
            for piece in selection.objects()
        ),
        maker,
    )
    for reason, many in feed.left.items():
        press.left[_REASONS.get(reason, Left.FORM)] += many
    return feed
