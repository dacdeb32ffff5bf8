"""Advisories: a document becomes a report with its values, on the terms of the feed.

A value with a doubt (`hub.intake.concerns`, a mere link) is left out and said, unless the feed asks
for those, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import msgspec

from connectors.base import Run
from connectors.found import Found, Left
from hub.intake.documents.values import Values
from hub.intake.lifetime import lifetime_us
from hub.model.clock import parse_us
from hub.model.intake import Item, LeftOut
from hub.model.tlp import Tlp
from hub.stix.compose import MARKING_OF, instant

_DOUBTS: Mapping[str, str] = {
    "broad": "so large a network, or so wide a name, that much else is in it",
    "private": "an address or name of a private network",
    "reserved": "a reserved address",
    "documentation": "an address or name for examples",
    "resolver": "a public resolver",
    "popular": "a popular site",
    "vendor": "the site of a security vendor",
    "empty-file": "the hash of an empty file",
    "own": "a name of one's own",
    "weak": "a link or a name of a file, and perhaps no indicator",
    "no-detection": "not meant for detection",
}
_REASONS: Mapping[str, str] = {
    "invalid": "looks like a value and is none",
    "kind": "nothing can be made of its kind",
    "over-limit": "more values than are taken of one document",
    "galaxy": "in a galaxy of MISP",
    "attachment": "a file that is not read",
    "deleted": "deleted at its source",
    "object": "a STIX object that cannot be kept",
}
_SECOND_US = 1_000_000
_MARK = 12
_MOST_STATE = 60_000
_AROUND = 6
"""Quotes, colon and comma of an entry of a state"""


class Advisory(NamedTuple):
    """What is said about one document."""

    key: str
    """What tells it from the others of the feed"""
    title: str
    text: str
    origin: str
    links: tuple[tuple[str, str, str], ...] = ()
    """Name, address and number of each reference; what it lacks is empty"""
    dated_us: int = 0
    """When it was published; 0: it does not say"""
    tlp: Tlp | None = None
    """Its own marking; the stricter of this and that of the feed holds"""


def published(run: Run, advisory: Advisory, items: Iterable[Item]) -> list[Found]:
    """The report and its values, each behind those that it names; without a value none.

    Indicators begin to hold when the advisory was published, and end after the life time of their
    field. Each has the digest of what it says alone, so a new sentence in the report renews no
    indicator.
    """
    kept = [item for item in items if item.keep]
    made = run.maker.report(
        advisory.key, advisory.title or advisory.key, advisory.text, kept, advisory.origin
    )
    return [_dressed(run, advisory, found) for found in made]


def chosen(
    values: Values, origin: str, *, flagged: bool = False
) -> tuple[list[Item], tuple[Left, ...]]:
    """The values that are published, and what is left of a document with the reason.

    Args:
        values: What is in the document.
        origin: Where it stood.
        flagged: Values with a doubt are published, too.
    """
    left = [_left(entry, origin) for entry in values.left if entry.reason != "duplicate"]
    items = []
    for item in values.items:
        if item.keep or flagged:
            items.append(msgspec.structs.replace(item, keep=True))
        else:
            left.append(Left(item.value, _doubt(item), origin))
    return items, tuple(left)


def stix_of(values: Values, origin: str) -> list[Found]:
    """The STIX objects of a document, as they came."""
    return [Found(item.raw.encode(), origin) for item in values.stix]


def own(domains: Collection[str]) -> frozenset[str]:
    """Domains of one's own, as the intake takes them."""
    return frozenset(domain.lower().strip(".") for domain in domains)


def instant_us(text: str) -> int:
    """An instant of RFC 3339 in microseconds; 0: it is none."""
    try:
        return parse_us(text)
    except ValueError:
        return _loosely(text)


def of_datetime(found: datetime | None) -> int:
    """A date of a mail or feed in microseconds; 0: there is none. Without a zone it is UTC."""
    if found is None:
        return 0
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp())) * _SECOND_US


def public(url: str) -> str:
    """An address as it may be shown: without an account in it, and without its query."""
    try:
        parts = urlsplit(url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return ""


def mark(*parts: str | bytes) -> str:
    """A short digest, to recognise something by in a state that has to stay small."""
    whole = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "replace") if isinstance(part, str) else part
        whole.update(len(raw).to_bytes(8) + raw)
    return whole.hexdigest()[:_MARK]


def remembered(seen: Mapping[str, str]) -> dict[str, str]:
    """As much of a state as it may hold, what was seen last; the rest is looked at once more."""
    room = _MOST_STATE
    kept = []
    for name, said in reversed(list(seen.items())):
        room -= len(msgspec.json.encode(name)) + len(msgspec.json.encode(said)) + _AROUND
        if room < 0:
            break
        kept.append((name, said))
    return dict(reversed(kept))


def _loosely(text: str) -> int:
    try:
        return of_datetime(datetime.fromisoformat(text))
    except ValueError:
        return 0


def _left(entry: LeftOut, origin: str) -> Left:
    reason = _REASONS.get(entry.reason, entry.reason)
    if entry.reason == "over-limit":
        return Left(f"{entry.count} values", reason, origin)
    return Left(entry.given, entry.detail or reason, origin)


def _doubt(item: Item) -> str:
    return next((_DOUBTS[name] for name in item.concerns if name in _DOUBTS), "with a doubt")


def _dressed(run: Run, advisory: Advisory, found: Found) -> Found:
    """The object with what the maker does not know of an advisory."""
    made: dict[str, Any] = msgspec.json.decode(found.raw)
    if advisory.dated_us > run.started_us:
        # Nothing is published in the future.
        advisory = advisory._replace(dated_us=0)
    since_us = advisory.dated_us or run.started_us
    if made["type"] == "indicator" and found.item:
        made["valid_from"] = instant(since_us)
        life_us = _life_us(run, found.item.field)
        if life_us > 0:
            made["valid_until"] = instant(since_us + life_us)
    elif made["type"] == "report":
        made["published"] = instant(since_us)
        if advisory.links:
            made["external_references"] = [_reference(link) for link in advisory.links]
    if advisory.tlp is not None:
        made["object_marking_refs"] = [MARKING_OF[max(advisory.tlp, run.maker.terms.tlp)]]
    return found._replace(raw=msgspec.json.encode(made), digest=_digest(run, advisory, made))


def _life_us(run: Run, field: str) -> int:
    terms = run.maker.terms
    return dict(terms.lifetimes).get(field, terms.lifetime_us) or lifetime_us(field)


def _digest(run: Run, advisory: Advisory, made: Mapping[str, Any]) -> bytes:
    """Of what the object says, without the instants of this run."""
    ours = {"created", "modified"}
    if not advisory.dated_us:
        ours |= {"valid_from", "valid_until", "published"}
    said = {name: value for name, value in made.items() if name not in ours}
    seen = repr((run.maker.terms[1:], sorted(said.items(), key=lambda pair: pair[0])))
    return hashlib.sha256(seen.encode()).digest()


def _reference(link: tuple[str, str, str]) -> dict[str, str]:
    name, url, number = link
    whole = {"source_name": name, "url": url, "external_id": number}
    return {field: value for field, value in whole.items() if value}
