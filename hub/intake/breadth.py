"""Values that stand for so much that who blocks them blocks what people need."""

from __future__ import annotations

import bisect
import ipaddress
from functools import cache

from hub.intake.lists import entries
from hub.language.hosts import domain_of, host_of

LEAST_PREFIX = {4: 16, 6: 32}
"""Networks with a shorter prefix are too large"""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SUFFIXES = ("second-level-tlds",)
_SHARED = ("url-shortener", "dynamic-dns", "lots-project", "public-ipfs-gateways", "link-in-bio")
_LEAST_LABEL = 2


def is_large(network: Network) -> bool:
    """Whether it holds more addresses than one attacker has."""
    return network.prefixlen < LEAST_PREFIX[network.version]


def has_resolver(network: Network) -> bool:
    """Whether it is, or holds, a public resolver."""
    found = _resolvers(network.version)
    at = bisect.bisect_left(found, int(network.network_address))
    return at < len(found) and found[at] <= int(network.broadcast_address)


@cache
def _resolvers(version: int) -> list[int]:
    return sorted(int(ipaddress.ip_address(text)) for text in entries(f"public-dns-v{version}"))


def is_broad(field: str, key: str) -> bool:
    """Whether a domain or URL is a whole part of the tree of names, or a host that strangers share."""
    host = domain_of(key) if field == "domain" else host_of(key).rpartition("@")[2].strip("[]")
    whole = field == "domain" or not key.partition("://")[2].partition("/")[2]
    if _is_address(host):
        return False
    labels = host.removeprefix("www.").split(".")
    # One that is alone, such as `localhost` or a country; or as short as `t.co`, where names are
    # so few that all of them are something that everybody uses.
    if len(labels) == 1 or (whole and len(labels) == _LEAST_LABEL and len(labels[0]) == 1):
        return True
    name = ".".join(labels)
    return _is_suffix(name) or (whole and any(_has(each, name) for each in _SHARED))


def _is_suffix(name: str) -> bool:
    return any(_has(each, name) for each in _SUFFIXES)


def _has(listed: str, name: str) -> bool:
    # Some lists write a dot before what they mean as a whole.
    return name in entries(listed) or f".{name}" in entries(listed)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
