"""Values and patterns out of what is set aside for documentation (RFC 2606, 3849, 5737)."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from random import Random
from typing import Literal, NamedTuple

from hub.stix.sample.pen import Obj

Kind = Literal["host", "page", "address", "address6", "network", "port", "file", "sender"]
KINDS: tuple[Kind, ...] = (
    *("host", "page", "address", "file", "host", "address", "sender", "file", "port"),
    *("page", "host", "address6", "network"),
)
"""In this order: an indicator of each kind is there early."""
_IPV4 = ("192.0.2", "198.51.100", "203.0.113")
_DOMAINS = ("example.com", "example.net", "example.org", "example", "test")
_PATHS = ("dang-nhap", "login", "tai-ve", "update.php", "xac-thuc/otp", "hoso/mau-01.zip")
_SENDERS = ("ho-tro", "thong-bao", "ketoan", "no-reply", "hr")
_PORTS = (443, 8443, 4444, 53, 8080)
# STIX 2.1 section 2.9: the ids of observables come from their values.
_OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")


class Value(NamedTuple):
    """Something that is observed."""

    kind: Kind
    text: str


class Purse:
    """The values of one attack: some are used again, as attackers do.

    Args:
        key: Of the attack, or of several that share values.
        lures: First parts of host names.
    """

    def __init__(self, key: str, lures: Sequence[str]) -> None:
        self._chance = Random(key)  # noqa: S311 - the same values every time
        self._key = key
        self._lures = lures
        self._used: dict[Kind, list[str]] = {}

    def take(self, kind: Kind) -> Value:
        """One of a kind: a new one, or at times one that was there before."""
        used = self._used.setdefault(kind, [])
        if used and kind != "file" and self._chance.random() < _AGAIN:
            return Value(kind, self._chance.choice(used))
        used.append(self._new(kind, len(used)))
        return Value(kind, used[-1])

    def _new(self, kind: Kind, number: int) -> str:
        chance = self._chance
        name = f"{chance.choice(self._lures)}-{chance.randrange(10, 99)}.{chance.choice(_DOMAINS)}"
        # The last addresses of a network stay unknown: examples look one of them up.
        net, last = chance.choice(_IPV4), chance.randrange(1, 240)
        made: dict[Kind, str] = {
            "host": name,
            "page": f"http{'s' * chance.randrange(2)}://{name}/{chance.choice(_PATHS)}",
            "address": f"{net}.{last}",
            "address6": f"2001:db8:{chance.randrange(1, 0xFFFF):x}::{chance.randrange(1, 0xFFFF):x}",
            "network": f"{net}.{last // 16 * 16}/28",
            "port": f"{net}.{last}",
            "file": hashlib.sha256(f"{self._key} {number}".encode()).hexdigest(),
            "sender": f"{chance.choice(_SENDERS)}@{name}",
        }
        return made[kind]


_AGAIN = 0.15


def pattern(value: Value) -> str:
    """The STIX pattern that finds a value."""
    text = value.text
    if value.kind == "file":
        # As feeds give it: several digests of the same file.
        md5 = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        return f"[file:hashes.'SHA-256' = '{text}' OR file:hashes.MD5 = '{md5}']"
    if value.kind == "port":
        port = _PORTS[sum(text.encode()) % len(_PORTS)]
        return (
            f"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '{text}'"
            f" AND network-traffic:dst_port = {port}]"
        )
    return f"[{_PATHS_OF[value.kind]} = '{text}']"


_PATHS_OF: dict[Kind, str] = {
    "host": "domain-name:value",
    "page": "url:value",
    "address": "ipv4-addr:value",
    "address6": "ipv6-addr:value",
    "network": "ipv4-addr:value",
    "sender": "email-addr:value",
}
_TYPES: dict[Kind, str] = {
    "host": "domain-name",
    "page": "url",
    "address": "ipv4-addr",
    "address6": "ipv6-addr",
    "sender": "email-addr",
}


def observable(value: Value) -> Obj | None:
    """The observable itself; None for what is no single value or has no value of its own."""
    if value.kind == "file":
        hashes = {"SHA-256": value.text}
        return _observed("file", {"hashes": hashes}) | {"hashes": hashes}
    kind = _TYPES.get(value.kind)
    return _observed(kind, {"value": value.text}) | {"value": value.text} if kind else None


def _observed(kind: str, identifying: Obj) -> Obj:
    # RFC 8785 for such simple members: sorted, without blanks, in UTF-8.
    text = json.dumps(identifying, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    made = f"{kind}--{uuid.uuid5(_OBSERVABLES, text)}"
    return {"type": kind, "spec_version": "2.1", "id": made}
