"""Patterns of indicators out of what is set aside for documentation (RFC 2606, 3849, 5737)."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

_IPV4 = ("192.0.2", "198.51.100", "203.0.113")
_DOMAINS = ("example.com", "example.net", "example.org", "example", "test")
_PATHS = ("dang-nhap", "login", "tai-ve", "update.php")
_IPV6_SHARE = 0.25


def address(chance: Random, lures: Sequence[str]) -> str:
    """An IP address; the lures say nothing about it."""
    del lures
    if chance.random() < _IPV6_SHARE:
        return f"[ipv6-addr:value = '2001:db8::{chance.randrange(1, 0xFFFF):x}']"
    return f"[ipv4-addr:value = '{chance.choice(_IPV4)}.{chance.randrange(1, 255)}']"


def host(chance: Random, lures: Sequence[str]) -> str:
    """A domain name."""
    return f"[domain-name:value = '{_name(chance, lures)}']"


def url(chance: Random, lures: Sequence[str]) -> str:
    """An address of a page."""
    return f"[url:value = 'http://{_name(chance, lures)}/{chance.choice(_PATHS)}']"


def file(chance: Random, lures: Sequence[str]) -> str:
    """The hash of a file; the lures say nothing about it."""
    del lures
    return f"[file:hashes.'SHA-256' = '{chance.randbytes(32).hex()}']"


def _name(chance: Random, lures: Sequence[str]) -> str:
    return f"{chance.choice(lures)}-{chance.randrange(10, 99)}.{chance.choice(_DOMAINS)}"
