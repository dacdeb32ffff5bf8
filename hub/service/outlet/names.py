"""What resolvers read: a response policy zone, and the configuration of unbound and dnsmasq.

Names are those of `hub.language.hosts`: letters, digits, `-`, `_` and dots, in lower case. So
nothing in them ends a line, a string or a record.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from hub.service.outlet.entries import Entry
from hub.service.outlet.press import Press, Selection, Totals, told
from hub.service.outlet.wish import Left

ZONE_SIGN = ";"
SIGN = "#"
_LONGEST_OWNER = 200
"""Characters of a name in a zone: the name of the zone itself comes behind it"""


def zone_head(totals: Totals) -> bytes:
    """The start of authority: whoever transfers the zone sees by its serial that it changed."""
    return (
        "$TTL 300\n"
        f"@ IN SOA localhost. hostmaster.localhost. {totals.serial} 3600 600 2592000 300\n"
        "@ IN NS localhost.\n"
    ).encode()


def zone(selection: Selection, press: Press) -> Iterator[bytes]:
    """Names, and what is below them, do not exist; nor do answers with these addresses."""
    for entry in selection.entries():
        lines = _address(entry) if entry.field == "ip" else _name(entry)
        if not lines:
            press.left[Left.FORM] += 1
            continue
        if press.wish.comments:
            yield told(entry, ZONE_SIGN)
        yield lines.encode()


def unbound(selection: Selection, press: Press) -> Iterator[bytes]:
    """A clause `server` with a local zone for each name."""
    yield b"server:\n"
    for entry in selection.entries():
        if press.wish.comments:
            yield told(entry, f"  {SIGN}")
        yield f'  local-zone: "{entry.value}." always_nxdomain\n'.encode()


def dnsmasq(selection: Selection, press: Press) -> Iterator[bytes]:
    """An option in each line: names below these are not asked for anywhere else."""
    for entry in selection.entries():
        if press.wish.comments:
            yield told(entry, SIGN)
        yield f"local=/{entry.value}/\n".encode()


def _name(entry: Entry) -> str:
    if len(entry.value) > _LONGEST_OWNER:
        return ""
    return f"{entry.value} CNAME .\n*.{entry.value} CNAME .\n"


def _address(entry: Entry) -> str:
    """The trigger of a network: its prefix, then the address backwards."""
    network = ipaddress.ip_network(entry.value)
    if isinstance(network, ipaddress.IPv4Network):
        words = str(network.network_address).split(".")
    else:
        # At most one run of zeros is `zz`.
        words = [part or "zz" for part in _short(network)]
    return f"{network.prefixlen}.{'.'.join(reversed(words))}.rpz-ip CNAME .\n"


def _short(network: ipaddress.IPv6Network) -> list[str]:
    text = str(network.network_address)
    words = text.split(":")
    if text.startswith("::"):
        words = words[1:]
    return words[:-1] if text.endswith("::") else words
