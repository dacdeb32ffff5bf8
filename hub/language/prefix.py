"""Values of which only the beginning is given: `hash:5d41*`, `ip:198.51.*`."""

from __future__ import annotations

import re

from hub.language import values
from hub.language.fields import FIELDS, Kind
from hub.language.leaf import Leaf
from hub.model.search import AnyOf, Node, Starts, Within

LEAST = 2
"""Characters before `*`"""
SCHEMES = ("http://", "https://", "")
"""A URL that is given without a scheme has one of these"""

_OCTETS = re.compile(r"(?:\d{1,3}\.){1,3}", re.ASCII)
_NO_PREFIX = frozenset({"domain", "asn", "revoked"})


def begins(leaf: Leaf, stem: str) -> Node:
    """What a beginning of a value or keyword finds.

    Raises:
        QueryError: The field knows no beginnings, or this one is too short or too long.
    """
    field = leaf.field
    if field == "ip":
        found = network(stem)
        if found is None:
            raise leaf.unlike("no-prefix")
        return found
    if field in _NO_PREFIX:
        raise leaf.unlike("no-prefix")
    starts = [start for start in _starts(field, stem) if start]
    if not starts or min(map(len, starts)) < LEAST:
        raise leaf.problem("short-prefix", least=f"{LEAST}")
    if max(map(len, starts)) > values.MAX_KEY:
        raise leaf.problem("long-prefix", most=f"{values.MAX_KEY}")
    nodes = tuple(Starts(field, start) for start in starts)
    return nodes[0] if len(nodes) == 1 else AnyOf(nodes)


def network(stem: str) -> Within | None:
    """The network of the first bytes of an address, such as `198.51.`; None: it is no such."""
    text = values.refang(f"{stem}0").removesuffix("0")
    if not _OCTETS.fullmatch(text):
        return None
    count = text.count(".")
    key = values.read("ip", f"{text}{'.'.join('0' * (4 - count))}/{8 * count}")
    return Within(*values.span(key)) if key else None


def _starts(field: str, stem: str) -> list[str | None]:
    """How the keys begin whose values begin so."""
    if field == "url":
        schemes = ("",) if "://" in values.refang(f"{stem}x") else SCHEMES
        return [_url(f"{scheme}{stem}") for scheme in schemes]
    plain = values.read("value", stem) or ""
    if field == "cve":
        return [plain if plain.startswith("c") else f"cve-{plain}"]
    if field == "mac":
        return [plain.replace("-", ":")]
    if field in {"email", "attack"}:
        return [values.read("value", values.refang(f"{stem}x")[:-1])]
    return [plain if FIELDS[field].kind is Kind.VALUE else values.read(field, stem)]


def _url(stem: str) -> str | None:
    # With a letter behind it the slash or sign at the end is kept.
    key = values.read("url", f"{stem}x")
    return key and key[:-1]
