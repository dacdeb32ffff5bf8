"""What is in an RSS, Atom or JSON feed."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from time import struct_time
from typing import Any, NamedTuple

import feedparser
import msgspec

from connectors.advisory import instant_us, mark
from connectors.errors import NotUnderstood, TooLarge
from hub.intake.documents.child import ran
from hub.intake.documents.kinds import Unreadable
from hub.intake.documents.parse import Limits

MOST_BYTES = 4_000_000
"""Of a feed; a longer one is read no faster than it is written"""
MOST_ENTRIES = 1_000
_SECOND_US = 1_000_000
_LIMITS = Limits(cpu_s=30)


class Entry(NamedTuple):
    """One entry."""

    key: str
    """What tells it from the others of its feed"""
    title: str
    page: str
    """Its text, as HTML"""
    link: str
    dated_us: int
    """When it was published; 0: it does not say"""

    @property
    def digest(self) -> str:
        """Of what it says."""
        return mark(self.title, self.page, self.link)


class Feed(NamedTuple):
    """All entries, the newest last."""

    title: str
    entries: tuple[Entry, ...]
    remark: str
    """What is wrong with it; empty: nothing"""


class Read(NamedTuple):
    """What a process says about a feed."""

    feed: Feed | None = None
    reason: str = ""
    """Why there is none"""


def feed_of(raw: bytes, media_type: str, url: str) -> Feed:
    """The entries of a feed.

    Args:
        raw: The feed.
        media_type: As the server says.
        url: Where it came from: links may be relative.

    Raises:
        TooLarge: It has more than `MOST_BYTES`.
        NotUnderstood: It is none, or takes too much time.
    """
    if len(raw) > MOST_BYTES:
        raise TooLarge(f"the feed has {len(raw)} bytes; {MOST_BYTES} are the most")
    try:
        read = ran("connectors.news.entries:parse", Read, raw, _LIMITS, media_type, url)
    except Unreadable as error:
        raise NotUnderstood(f"the feed: {error.reason}") from error
    if read.feed is None:
        raise NotUnderstood(read.reason)
    return read.feed


def parse(raw: bytes, limits: Limits, media_type: str, url: str) -> Read:
    """The entries of a feed, or why there are none; called in a process of its own."""
    del limits
    try:
        return Read(_parsed(raw, media_type, url))
    except NotUnderstood as error:
        return Read(reason=error.reason)


def _parsed(raw: bytes, media_type: str, url: str) -> Feed:
    if media_type.endswith("json") or raw.lstrip()[:1] == b"{":
        return _json_feed(raw)
    found = feedparser.parse(raw, response_headers={"content-location": url})
    if not found.get("version"):
        what = "a web page" if b"<html" in raw[:2_000].lower() else "something else"
        raise NotUnderstood(f"this is no RSS, Atom or JSON feed but {what}")
    entries = [_entry(entry) for entry in found.entries[:MOST_ENTRIES]]
    over = len(found.entries) > MOST_ENTRIES
    remarks = [f"only {MOST_ENTRIES} of {len(found.entries)} entries were read"] if over else []
    # Not well-formed XML is common, and read as far as it goes.
    remarks += ["the feed is not well formed"] if found.bozo else []
    return Feed(_text(found.feed.get("title")), tuple(reversed(entries)), "; ".join(remarks))


def _entry(entry: Mapping[str, Any]) -> Entry:
    contents = [part.get("value", "") for part in entry.get("content", [])]
    page = "\n".join(filter(None, contents)) or _text(entry.get("summary"))
    title, link = _text(entry.get("title")), _text(entry.get("link"))
    dated = entry.get("published_parsed") or entry.get("updated_parsed")
    key = _text(entry.get("id")) or link or mark(title, page)
    return Entry(key, title, page, link, _instant_us(dated))


def _instant_us(dated: struct_time | None) -> int:
    try:
        return max(0, calendar.timegm(dated)) * _SECOND_US if dated else 0
    except (ValueError, OverflowError):
        return 0


def _json_feed(raw: bytes) -> Feed:
    try:
        found = msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("the feed is broken JSON") from error
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list) or "jsonfeed.org/version" not in _text(found.get("version")):
        raise NotUnderstood("this is JSON, and no JSON feed")
    entries = list(_json_entries(items[:MOST_ENTRIES]))
    over = len(items) > MOST_ENTRIES
    remark = f"only {MOST_ENTRIES} of {len(items)} entries were read" if over else ""
    return Feed(_text(found.get("title")), tuple(reversed(entries)), remark)


def _json_entries(items: list[Any]) -> Iterator[Entry]:
    for item in items:
        if not isinstance(item, dict):
            continue
        said = {name: _text(value) for name, value in item.items()}
        page = said.get("content_html") or _escaped(said.get("content_text", ""))
        page = page or _escaped(said.get("summary", ""))
        link = said.get("url", "")
        key = str(item.get("id") or "") or link or mark(said.get("title", ""), page)
        dated_us = instant_us(said.get("date_published", ""))
        yield Entry(key, said.get("title", ""), page, link, dated_us)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")


def _text(found: Any) -> str:
    return found.strip() if isinstance(found, str) else ""
