"""The file that Zeek's intelligence framework reads: columns with a tab between them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from hub.service.outlet.entries import Entry
from hub.service.outlet.press import Press, Selection, Totals, shown

FIELDS = ("ip", "domain", "url", "email", "hash")
_COLUMNS = ("indicator", "indicator_type", "meta.source", "meta.desc")
_TYPES = {
    "domain": "Intel::DOMAIN",
    "url": "Intel::URL",
    "email": "Intel::EMAIL",
    "hash": "Intel::FILE_HASH",
    "file": "Intel::FILE_NAME",
}


def head(totals: Totals) -> bytes:
    """The names of the columns. Zeek takes no other line before them."""
    del totals
    columns = "\t".join(_COLUMNS)
    return f"#fields\t{columns}\n".encode()


def write(selection: Selection, press: Press) -> Iterator[bytes]:
    """A line for each value and publisher: Zeek keeps one of each source."""
    del press
    for entry in selection.entries():
        value, kind = _typed(entry)
        said = {source.said.publisher: source.said for source in entry.sources}
        for publisher, who in said.items():
            cells = (value, kind, publisher, f"{who.object_id} {shown(who.name)}".strip())
            yield ("\t".join(map(_cell, cells)) + "\n").encode()


def _typed(entry: Entry) -> tuple[str, str]:
    if entry.field == "ip":
        network = ipaddress.ip_network(entry.value)
        single = network.num_addresses == 1
        return entry.value, "Intel::ADDR" if single else "Intel::SUBNET"
    # Zeek sees URLs without their scheme.
    value = entry.value.partition("://")[2] if entry.field == "url" else entry.value
    return value, _TYPES[entry.field]


def _cell(text: str) -> str:
    # A lone `-` means that nothing is set, and `\x` would be read as an escape.
    clean = shown(text).replace("\\", "/")
    return clean if clean not in {"", "-"} else "?"
