"""The newest reports and incidents as an Atom feed (RFC 4287)."""

from __future__ import annotations

import heapq
import re
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import msgspec

from hub.model.clock import format_us
from hub.model.search import Piece
from hub.service.outlet.press import Press, Selection
from hub.stix.instant import instant_us

QUERY = "type:report OR type:incident"
MOST = 100
"""Entries, unless fewer are asked for"""

_SPACE = uuid.UUID("8f6d0a56-7d33-4c39-9e52-6a1f0c9c8a13")
# What no XML 1.0 document may hold (section 2.2), and what hides other text.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e]")
_LONGEST = 2_000
_BEGIN = "1970-01-01T00:00:00Z"


class _News(NamedTuple):
    modified_us: int
    object_id: str
    publisher: str
    title: str
    text: str
    labels: tuple[str, ...]


def write(selection: Selection, press: Press) -> Iterator[bytes]:
    """The feed, newest first; it was updated when its newest entry was."""
    most = min(press.wish.most or MOST, MOST)
    found = heapq.nlargest(most, map(_news, selection.objects()))
    updated = _instant(found[0].modified_us) if found else _BEGIN
    name = uuid.uuid5(_SPACE, press.place)
    yield (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>urn:uuid:{name}</id>\n<title>{_text(press.place)}</title>\n"
        f"<updated>{updated}</updated>\n"
    ).encode()
    for news in found:
        yield _entry(news, press.url).encode()
    yield b"</feed>\n"


def _entry(news: _News, url: str) -> str:
    link = quoteattr(_clean(f"{url}/objects/{news.object_id}"))
    labels = "".join(f"<category term={quoteattr(_clean(each))}/>" for each in news.labels)
    return (
        f"<entry>\n<id>urn:uuid:{news.object_id.partition('--')[2]}</id>\n"
        f"<title>{_text(news.title)}</title>\n<updated>{_instant(news.modified_us)}</updated>\n"
        f"<author><name>{_text(news.publisher)}</name></author>\n"
        f'<link rel="alternate" href={link}/>\n{labels}'
        f"<summary>{_text(news.text[:_LONGEST])}</summary>\n</entry>\n"
    )


def _news(piece: Piece) -> _News:
    obj: dict[str, Any] = msgspec.json.decode(piece.raw)
    name, text, labels = obj.get("name"), obj.get("description"), obj.get("labels")
    kept = labels if isinstance(labels, list) else []
    return _News(
        instant_us(obj.get("modified")) or 0,
        piece.object_id,
        piece.publisher,
        name if isinstance(name, str) and name.strip() else piece.object_id,
        text if isinstance(text, str) else "",
        tuple(item for item in kept if isinstance(item, str)),
    )


def _instant(at_us: int) -> str:
    return f"{format_us(at_us)[:19]}Z"


def _text(text: str) -> str:
    return escape(_clean(text))


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", text)
