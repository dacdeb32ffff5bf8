"""Why a value may better not be published. These are warnings: whoever publishes decides."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator

import msgspec

from hub.intake.breadth import has_resolver, is_broad, is_large
from hub.intake.lists import entries
from hub.language.harvest import Sighted
from hub.language.hosts import domain_of, host_of, ip_key, span
from hub.language.values import show
from hub.model.intake import Concern, Item
from hub.model.search import Term

_DOCUMENTATION = tuple(
    span(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
_EXAMPLES = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|net|org|edu))?|test|invalid)")
_INTERNAL = re.compile(
    r".*\.(?:local|localdomain|lan|internal|intranet|corp|home\.arpa)|localhost"
)
_POPULAR = ("cisco_top1000", "moz-top500")
_VENDORS = "security-provider-blogpost"
_EMPTY = "empty-hashes"
# These say that the value is one of the tests or demonstrations that they are made for.
_UNREAL: tuple[Concern, ...] = ("documentation",)
_HARMLESS = frozenset(_UNREAL)


def weighed(item: Item, own_domains: Collection[str]) -> Item:
    """The item with its concerns; one that has any is not published unless it is chosen.

    Args:
        item: A value.
        own_domains: Domains of the organisations of this hub, in lower case.
    """
    found = tuple(dict.fromkeys((*item.concerns, *_concerns(item, own_domains))))
    return msgspec.structs.replace(
        item, concerns=found, keep=item.keep and _HARMLESS.issuperset(found)
    )


def item_of(sighted: Sighted, note: str = "") -> Item:
    """A value of a text as an item."""
    return Item(
        sighted.field,
        sighted.key,
        sighted.value,
        sighted.line,
        note,
        ("weak",) if sighted.weak else (),
    )


def item_of_term(term: Term) -> Item:
    """A value that is known by its term alone."""
    return Item(term.field, term.key, show(term))


def _concerns(item: Item, own_domains: Collection[str]) -> Iterator[Concern]:
    if item.field == "hash" and item.key in entries(_EMPTY):
        yield "empty-file"
    elif item.field == "ip":
        yield from _of_address(item.key)
    elif item.field in {"domain", "url", "email"}:
        host = _host(item)
        address = ip_key(host)
        found = tuple(_of_address(address) if address else _of_host(item, host, own_domains))
        yield from found
        if item.field != "email" and is_broad(item.field, item.key) and found != _UNREAL:
            yield "broad"


def _host(item: Item) -> str:
    if item.field == "domain":
        return domain_of(item.key)
    if item.field == "email":
        return item.key.rpartition("@")[2]
    whole = item.key if "://" in item.key else f"http://{item.key}"
    return host_of(whole).rpartition("@")[2]


def _of_address(key: str) -> Iterator[Concern]:
    network = ipaddress.ip_network(key)
    if is_large(network):
        yield "broad"
    elif any(each.holds(span(key)) for each in _DOCUMENTATION):
        yield "documentation"
    elif network.is_loopback or network.is_link_local or network.is_multicast:
        yield "reserved"
    elif network.is_private:
        yield "private"
    elif network.is_reserved or network.is_unspecified:
        yield "reserved"
    elif has_resolver(network):
        yield "resolver"


def _of_host(item: Item, host: str, own_domains: Collection[str]) -> Iterator[Concern]:
    if any(host == own or host.endswith(f".{own}") for own in own_domains):
        yield "own"
    if _INTERNAL.fullmatch(host):
        yield "private"
    elif _EXAMPLES.fullmatch(host):
        yield "documentation"
    elif _is_popular(host):
        # What stands on a popular site may be anything; the site itself is not an indicator.
        if _is_whole_site(item):
            yield "popular"
    elif host in entries(_VENDORS):
        yield "vendor"


def _is_whole_site(item: Item) -> bool:
    return item.field == "domain" or (
        item.field == "url" and "/" not in item.key.partition("://")[2]
    )


def _is_popular(host: str) -> bool:
    names = {host, host.removeprefix("www.")}
    return any(not names.isdisjoint(entries(name)) for name in _POPULAR)
