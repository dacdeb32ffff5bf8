"""Addresses, networks and names of hosts in their canonical spelling.

* An address: `198.51.100.7`, `2001:db8::1`; one of IPv4 inside of IPv6 is the one of IPv4. Groups
  with leading zeros (`010.0.0.1`) are no address, as some read them in base eight.
* A network: `198.51.100.0/24`, from any address in it, with a prefix or a netmask; one that holds
  a single address is that address.
* A domain: its labels from right to left, a dot after each: `com.evil.www.`. So what is below
  `evil.com` begins with `com.evil.`. Labels that are not ASCII are lower case in punycode.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from hub.language.refang import refang

_GROUP = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_GROUP}(?:\.{_GROUP}){{3}}")
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?=.{{3,253}}\Z)(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})")
_AUTHORITY = re.compile(r"(?:[^@]*@)?(\[[^\]]*\]|[^:]*)(?::[0-9]{0,5})?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_MAPPED_BITS = 96
_LONGEST = 2_000
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")


class Span(NamedTuple):
    """The addresses from `low` to `high`, both included, as numbers."""

    version: int
    """4 or 6"""
    low: int
    high: int

    def holds(self, other: Span) -> bool:
        """Whether all of another one is in it."""
        same = self.version == other.version
        return same and self.low <= other.low and other.high <= self.high


def span(key: str) -> Span:
    """The range of a key of the field `ip`.

    Raises:
        ValueError: It is none.
    """
    network = ip_network(key)
    return Span(network.version, int(network.network_address), int(network.broadcast_address))


def ip_key(text: str) -> str | None:
    """The key of an address or network in any spelling, also with a port or as a URL."""
    if _IPV4.fullmatch(text):
        return text
    bare = host_of(refang(text)) if len(text) <= _LONGEST else ""
    if _IPV4.fullmatch(bare):
        return bare
    address, slash, prefix = bare.partition("/")
    address = address.strip().strip("[]").partition("%")[0]
    try:
        return _network(address, prefix.strip()) if slash else _address(address)
    except ValueError:
        return None


def domain_key(text: str) -> str | None:
    """The key of a domain in any spelling, also with a port or as a URL.

    A domain is two labels or more of letters, digits, `-` and `_`; the last has letters only,
    and at least two of them, or is punycode. `*.` in front is no part of it.
    """
    name = ascii_name(text)
    return None if name is None else "".join([f"{x}." for x in reversed(name.split("."))])


def domain_of(key: str) -> str:
    """The domain of a key."""
    return ".".join(reversed(key.rstrip(".").split(".")))


def ascii_name(text: str) -> str | None:
    """A domain in lower case and punycode, if it is one."""
    name = text.lower()
    if _DOMAIN.fullmatch(name):
        return name
    if len(text) > _LONGEST:
        return None
    name = host_of(refang(text)).lower().translate(_DOTS).rstrip("/").strip(".")
    name = name.removeprefix("*.").strip(".")
    if not name.isascii():
        name = ".".join(_punycode(label) for label in name.split("."))
    return name if _DOMAIN.fullmatch(name) else None


def host_of(text: str) -> str:
    """What is left of a URL or of a host with a port; anything else as it is."""
    scheme = _SCHEME.match(text)
    bare = re.split(r"[/?#]", text[scheme.end() :], maxsplit=1)[0] if scheme else text
    if not scheme and ((bare.count(":") > 1 and bare[:1] != "[") or "@" in bare):
        return bare
    inside = _AUTHORITY.fullmatch(bare)
    return inside[1] if inside else bare


def _address(text: str) -> str:
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)


def _network(address: str, prefix: str) -> str:
    if not prefix:
        return _address(address)
    network = ip_network(f"{address}/{prefix}", strict=False)
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped and network.prefixlen >= _MAPPED_BITS:
        network = ip_network(f"{mapped}/{network.prefixlen - _MAPPED_BITS}")
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address if single else network)


def _punycode(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
