"""Addresses of connections, and the networks that they are in."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """The address of one side; None: it has none, such as that of a UNIX socket."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    # One of version 4 at a version 6 socket (RFC 4291 section 2.5.5.2).
    return getattr(found, "ipv4_mapped", None) or found


def is_within(text: str, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of the networks; what is no address is in none."""
    address = address_of(text)
    return address is not None and any(address in network for network in networks)
