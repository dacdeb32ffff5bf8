"""Values that no list may hold, whoever published them: a device would stop what people need.

What is set aside for documentation may leave: nobody loses anything by it.
"""

from __future__ import annotations

import bisect
import ipaddress
import re
from functools import cache
from typing import NamedTuple

from hub.intake.benign import Benign
from hub.intake.concerns import weighed
from hub.intake.lists import entries
from hub.language.hosts import domain_of, host_of
from hub.model.intake import Concern, Item
from hub.service.outlet.wish import Left
from hub.stix.equalities import Equal

LEAST_PREFIX = {4: 16, 6: 32}
"""Networks with a shorter prefix are too large"""

_REASONS: dict[Concern, Left] = {
    "private": Left.INTERNAL,
    "reserved": Left.INTERNAL,
    "own": Left.OWN,
    "resolver": Left.LISTED,
    "popular": Left.LISTED,
    "vendor": Left.LISTED,
    "empty-file": Left.LISTED,
}
_SUFFIXES = ("second-level-tlds",)
_SHARED = ("url-shortener", "dynamic-dns", "lots-project", "public-ipfs-gateways", "link-in-bio")
_HASHES = ("common-ioc-false-positive",)
_CONTACT = re.compile(r"(?:security|noc|soc|abuse)@.*")
_LEAST_LABEL = 2


class Never(NamedTuple):
    """What is in no file of a caller, beside what is in none at all."""

    own_domains: frozenset[str] = frozenset()
    """Domains of the organisations of this hub, in lower case"""
    benign: Benign = Benign()
    """The warning lists of the hub and of the caller's organisation"""


def refusal(equal: Equal, never: Never) -> Left | None:
    """Why a value may not leave; None: it may."""
    field, key = equal.field, equal.key
    if field == "url":
        # What stands behind `#` is not sent: it makes no page of a site.
        key = key.partition("#")[0].rstrip("/?")
    if field == "ip" and (reason := _of_network(key)):
        return reason
    if field in {"domain", "url"} and _is_broad(field, key):
        return Left.BROAD
    if _is_known(field, key) or never.benign.has(field, key) or never.benign.is_behind(field, key):
        return Left.LISTED
    if field == "domain" and any(own.endswith(f".{domain_of(key)}") for own in never.own_domains):
        return Left.OWN
    item = weighed(Item(field, key, equal.text), never.own_domains)
    return next((_REASONS[name] for name in item.concerns if name in _REASONS), None)


def _is_known(field: str, key: str) -> bool:
    """Whether it is the hash of a file, or an address of mail, that everybody has."""
    if field == "hash":
        return any(key in entries(name) for name in _HASHES)
    return field == "email" and _CONTACT.fullmatch(key) is not None


def _of_network(key: str) -> Left | None:
    network = ipaddress.ip_network(key)
    if network.prefixlen < LEAST_PREFIX[network.version]:
        return Left.BROAD
    if network.num_addresses > 1 and _has_resolver(network):
        return Left.LISTED
    return None


def _has_resolver(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    found = _resolvers(network.version)
    at = bisect.bisect_left(found, int(network.network_address))
    return at < len(found) and found[at] <= int(network.broadcast_address)


@cache
def _resolvers(version: int) -> list[int]:
    return sorted(int(ipaddress.ip_address(text)) for text in entries(f"public-dns-v{version}"))


def _is_broad(field: str, key: str) -> bool:
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
