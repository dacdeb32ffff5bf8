"""Which addresses a feed may reach.

What is public is allowed, and nothing else: a new kind of special address is refused until it is
named here. An IPv6 address that carries an IPv4 address is judged by both. The tables are those of
the IANA registries of special-purpose addresses; Python's own differ between its releases.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from connectors.net.limits import Network

Address = IPv4Address | IPv6Address

_SPECIAL_4 = {
    IPv4Network(text): said
    for text, said in (
        ("0.0.0.0/8", "this computer itself"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a private network of a provider"),
        ("127.0.0.0/8", "this computer itself"),
        ("169.254.0.0/16", "the local link"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "a reserved network"),
        ("192.0.2.0/24", "a network of examples"),
        ("192.88.99.0/24", "a reserved network"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "a network of tests"),
        ("198.51.100.0/24", "a network of examples"),
        ("203.0.113.0/24", "a network of examples"),
        ("224.0.0.0/4", "a group of receivers"),
        ("240.0.0.0/4", "a reserved network"),
    )
}
_PUBLIC_6 = IPv6Network("2000::/3")
_SPECIAL_6 = {
    IPv6Network(text): said
    for text, said in (
        ("::/128", "this computer itself"),
        ("::1/128", "this computer itself"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "the local link"),
        ("fec0::/10", "a private network"),
        ("ff00::/8", "a group of receivers"),
        # Protocols of the IETF, Teredo among them, which carries an address in disguise.
        ("2001::/23", "a reserved network"),
        ("2001:db8::/32", "a network of examples"),
        ("3fff::/20", "a network of examples"),
    )
}
_METADATA = frozenset(
    ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192")
) | {ip_address("fd00:ec2::254"), ip_address("168.63.129.16")}
_MAPPED, _NAT64, _SIX_TO_FOUR = (
    IPv6Network(text) for text in ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16")
)
_LOW_32 = 0xFFFFFFFF
_SIX_TO_FOUR_SHIFT = 80


class Refusal(NamedTuple):
    """Why an address may not be reached."""

    why: str
    """In words: what it is"""
    network: str
    """What has to be named for it to be reached; empty: nothing helps"""


def refusal(text: str, networks: Sequence[Network]) -> Refusal | None:
    """Why an address may not be reached; None: it may.

    Args:
        text: An address, with or without a zone.
        networks: Special networks that may be reached all the same.
    """
    address = ip_address(text.partition("%")[0])
    leads_to = _carried(address) or address
    if not _METADATA.isdisjoint({address, leads_to}):
        # Whoever runs the machine speaks there to the machine; no feed ever lives there.
        return Refusal("the service of a cloud that gives out its credentials", "")
    if any(form in network for form in (address, leads_to) for network in networks):
        return None
    why = _said(leads_to)
    return Refusal(why, f"{leads_to}/{leads_to.max_prefixlen}") if why else None


def _carried(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to; None: it leads to no other."""
    if address.version == 4:  # noqa: PLR2004 - of the protocol
        return None
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & _LOW_32)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> _SIX_TO_FOUR_SHIFT & _LOW_32)
    return None


def _said(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return next((said for net, said in _SPECIAL_4.items() if address in net), "")
    known = next((said for net, said in _SPECIAL_6.items() if address in net), "")
    return known or ("" if address in _PUBLIC_6 else "a reserved network")
