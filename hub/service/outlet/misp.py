"""A selection as a feed of MISP: its manifest, its list of hashes, and its events.

All of them are made of the whole selection at once, and the same way each time: so an event that the
manifest names is there, and MISP finds it unchanged as long as nothing in it changes. What an event
holds is decided by `connectors.misp.making`. In memory are the objects, one event, and the hashes.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from connectors.misp.making import CEILING, Given, Listing, Maker, body_of, each
from hub.errors import Fault, HubError
from hub.service.outlet.folder import Folder
from hub.service.outlet.press import Format, Leaf, Press, Selection
from hub.service.outlet.wish import Left

_MANIFEST, _HASHES = "misp/manifest.json", "misp/hashes.csv"
NAMES = (_MANIFEST, _HASHES, "misp/UUID.json")
"""Addresses of a feed, below that of its collection or search"""

_EVENT = re.compile(r"misp/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json")
_FOR_EVER = 0
_REASONS = {
    "benign": Left.BENIGN,
    "revoked": Left.REVOKED,
    "expired": Left.EXPIRED,
    "value that everybody has, by the warning lists": Left.LISTED,
}


def form_of(name: str) -> Format | None:
    """The format behind an address; None: it is none of a feed of MISP."""
    if name == _MANIFEST:
        return _format(name, "The list of events of a MISP feed")
    if name == _HASHES:
        return _format(name, "The hashes of values of a MISP feed", "text/csv")
    return _format(name, "An event of a MISP feed") if _EVENT.fullmatch(name) else None


def _format(name: str, meaning: str, media_type: str = "application/json") -> Format:
    leaf = Leaf("misp", _fill, _read)
    # Whoever reads a feed lets values age by models of its own.
    return Format(name, meaning, media_type, CEILING, leaf, query="", days=_FOR_EVER)


def _fill(selection: Selection, press: Press, folder: Folder) -> None:
    """Who may see what, what is live and what is refused is decided where the selection comes from."""
    host = urlsplit(press.url).hostname or "hub"
    maker = Maker(host, str(uuid.uuid5(uuid.NAMESPACE_URL, press.url or host)), CEILING)
    given = (
        Given(msgspec.json.decode(piece.raw), piece.tlp, press.place)
        for piece in selection.objects()
    )
    listing, left = Listing(), Counter[str]()
    for event in each(given, maker, left):
        folder.put(f"misp/{event['uuid']}.json", [body_of(event)])
        listing.add(event)
    folder.put(_MANIFEST, [listing.manifest()])
    folder.put(_HASHES, listing.hashes())
    for reason, many in left.items():
        press.left[_REASONS.get(reason, Left.FORM)] += many


def _read(folder: Folder, name: str, press: Press) -> Iterator[bytes]:
    del press
    found = folder.read(name)
    if found is None:
        raise HubError(
            Fault.ABSENT,
            f"there is no event {name[len('misp/') : -len('.json')]} in this feed",
            field="path",
            remedy="Read manifest.json again: it names all that there are.",
        )
    return found
