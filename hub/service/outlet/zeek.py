"""The file that Zeek's intelligence framework reads: columns with a tab between them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from hub.language.fold import INVISIBLE
from hub.service.outlet.entries import Entry
from hub.service.outlet.press import Press, Selection, Totals

FIELDS = ("ip", "domain", "url", "email", "hash")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST = 300
_UNSET = frozenset({"-", "(empty)"})
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
            told = map(_cell, (kind, publisher, f"{who.object_id} {who.name}"))
            yield ("\t".join((_value(value), *told)) + "\n").encode()


def _typed(entry: Entry) -> tuple[str, str]:
    if entry.field == "ip":
        network = ipaddress.ip_network(entry.value)
        single = network.num_addresses == 1
        return entry.value, "Intel::ADDR" if single else "Intel::SUBNET"
    return _seen(entry.value) if entry.field == "url" else entry.value, _TYPES[entry.field]


def _seen(url: str) -> str:
    """A URL as Zeek sees it: without its scheme and what is not sent, and never without a path."""
    parts = urlsplit(url)
    sent = parts._replace(scheme="", path=parts.path or "/", fragment="")
    return sent.geturl().removeprefix("//")


def _value(text: str) -> str:
    """Every sign of it; what Zeek would read as an escape, or as nothing set, is written in hex."""
    escaped = text.replace("\\", r"\x5c")
    return escaped.replace(text[0], f"\\x{ord(text[0]):02x}", 1) if text in _UNSET else escaped


def _cell(text: str) -> str:
    # A lone `-` means that nothing is set, and `\x` would be read as an escape.
    seen = INVISIBLE.sub("", _CONTROLS.sub(" ", text)).replace("\\", "/")
    clean = " ".join(seen.split())[:_LONGEST]
    return clean if clean and clean not in _UNSET else "?"
