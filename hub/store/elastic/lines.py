"""Records as lines of a bulk request.

Every write says of which state of the record store it is, as an external version: what was read
earlier never takes the place of what was read later, however late it arrives. A record that is
not to be found any more stays as a line without content, so that it keeps its version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import msgspec

from hub.language.hosts import span
from hub.store.search import Shown, Touched

_encode = msgspec.json.Encoder().encode
_ADDRESS = {4: IPv4Address, 6: IPv6Address}

Line = tuple[bytes, bytes]
"""The action and the record"""


def lines(touched: Touched) -> Iterator[Line]:
    """All records of the objects concerned, as they are now."""
    state = touched.state
    for shown in touched.shown:
        yield _action(shown.sheet.added_us, state), _encode(_source(shown))
    for added_us in touched.gone:
        yield _action(added_us, state), b"{}"


def _action(added_us: int, state: int) -> bytes:
    return b'{"index":{"_id":"%d","version":%d,"version_type":"external_gte"}}' % (
        added_us,
        state,
    )


def _source(shown: Shown) -> dict[str, Any]:
    sheet, label, beaten = shown.sheet, shown.label, shown.beaten
    document = sheet.document
    found: dict[str, Any] = defaultdict(list)
    for field, key in document.terms:
        found[field].append(key)
    for key in found.get("ip", ()):
        field, low, high = _range(key)
        found[field].append({"gte": low, "lte": high})
    found.update(document.numbers)
    if document.name:
        found["name"] = document.name
    if document.words:
        found["words"] = document.words
    if beaten:
        found["beaten"] = [{"shelf": shelf, "newest": newest} for shelf, newest in beaten]
    found["publisher"] = sheet.publisher
    found["collection"] = str(sheet.collection)
    found["tlp"] = int(sheet.tlp)
    found["added"] = sheet.added_us
    found["shelf"] = label
    return found


def _range(key: str) -> tuple[str, str, str]:
    """The field of a key of `ip`, its first and its last address.

    Elasticsearch takes no prefix lengths beside addresses such as `::ffff:0:0`.
    """
    if "/" not in key:
        return "net6" if ":" in key else "net4", key, key
    version, low, high = span(key)
    address = _ADDRESS[version]
    return f"net{version}", str(address(low)), str(address(high))
