"""News: each entry of a feed becomes a report with the values of its text and, if wanted, its page.

An entry is remembered by what it says: one that changes is a new version of its report. A page that
cannot be fetched now is asked for again by the next run; that it changed later is not noticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from connectors.advisory import (
    Advisory,
    chosen,
    mark,
    own,
    public,
    published,
    remembered,
    stix_of,
)
from connectors.base import Run
from connectors.errors import Absent, RemoteError
from connectors.found import Batch, Found, Left, State
from connectors.local import content, entry_of, root_of
from connectors.net import Answer, Known
from connectors.news.entries import Entry, feed_of
from connectors.source import TOKEN, Source
from connectors.web import asked
from hub.intake.documents.kinds import Document, Unreadable
from hub.intake.documents.values import Values, values_of


class Settings(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of an RSS, Atom or JSON feed."""

    follow: Annotated[bool, Meta(description="Read the page behind each entry, too")] = False
    flagged: Annotated[bool, Meta(description="Publish values with a doubt, too")] = False
    own_domains: Annotated[
        tuple[str, ...], Meta(description="Domains of one's own, of which nothing is published")
    ] = ()


class _Made(NamedTuple):
    """What became of an entry."""

    found: list[Found]
    left: tuple[Left, ...]
    again: bool
    """Its page may be there next time."""


class News:
    """Feeds of news."""

    def collect(self, settings: Settings, state: State, run: Run) -> Iterator[Batch]:
        """Entries that are new or have changed, each in a batch of its own."""
        answer = _asked(settings, state, run)
        if answer.unchanged:
            return
        feed = feed_of(answer.body, answer.media_type, answer.url)
        if feed.remark:
            run.notice(feed.remark)
        before = dict(state.get("entries", {}))
        now = {mark(entry.key): entry.digest for entry in feed.entries}
        # What is no longer listed is forgotten at the end, and not before.
        seen = {name: digest for name, digest in before.items() if name in now}
        whole = True
        for entry in feed.entries:
            name = mark(entry.key)
            if seen.get(name) == entry.digest:
                continue
            made = _made(settings, run, entry)
            whole = whole and not made.again
            if not made.again:
                seen[name] = entry.digest
            yield Batch(tuple(made.found), {"entries": remembered(seen)}, made.left)
        known = answer.known._asdict() if whole else {}
        yield Batch(state={"entries": remembered(seen), "known": known})


def _asked(settings: Settings, state: State, run: Run) -> Answer:
    known = Known(**state.get("known", {}))
    if settings.path:
        return _from_file(settings.path, run, known)
    url, headers, auth = asked(settings, run)
    answer = run.net.get(url, headers=headers, auth=auth, known=known)
    # Links that are relative to an address with a key in it are told with its place alone.
    return answer._replace(url=public(settings.url if TOKEN in settings.url else answer.url))


def _from_file(path: str, run: Run, known: Known) -> Answer:
    root = root_of(path, run.folder)
    entry = entry_of(root, root, "")
    if entry is None:
        raise Absent(f"{path} is no file")
    raw = content(entry, run.net.limits.most_bytes)
    now = Known(entry.stamp)
    return Answer("", raw, "", "", now, unchanged=now == known)


def _made(settings: Settings, run: Run, entry: Entry) -> _Made:
    origin = public(entry.link) or entry.title or entry.key
    found: list[Found] = []
    items: dict[tuple[str, str], Any] = {}
    left: tuple[Left, ...] = ()
    text = ""
    documents, again, missing = _documents(settings, run, entry, origin)
    for document in documents:
        values = _values(settings, document)
        if isinstance(values, Left):
            left += (values._replace(origin=origin),)
            continue
        more, over = chosen(values, origin, flagged=settings.flagged)
        items |= {(item.field, item.key): item for item in more}
        left += over
        found += stix_of(values, origin)
        text = text or values.text
    advisory = Advisory(
        entry.key,
        entry.title or origin,
        text,
        origin,
        ((_host(entry.link) or run.feed, entry.link, ""),) if _host(entry.link) else (),
        entry.dated_us,
    )
    return _Made([*published(run, advisory, items.values()), *found], left + missing, again)


def _documents(
    settings: Settings, run: Run, entry: Entry, origin: str
) -> tuple[list[Document], bool, tuple[Left, ...]]:
    """What an entry says and the page behind it, and whether that may be there another time."""
    documents = []
    if entry.page.strip():
        documents.append(Document(entry.page.encode("utf-8", "replace"), "", "text/html", "utf-8"))
    if not settings.follow or not entry.link:
        return documents, False, ()
    try:
        page = run.net.get(entry.link)
    except RemoteError as error:
        left = Left(entry.link, f"its page cannot be fetched: {type(error).__name__}", origin)
        return documents, not isinstance(error, Absent), (left,)
    documents.append(Document(page.body, public(page.url), page.media_type, page.charset))
    return documents, False, ()


def _values(settings: Settings, document: Document) -> Values | Left:
    try:
        return values_of(document, own_domains=own(settings.own_domains))
    except Unreadable as error:
        return Left(document.name, error.reason)


def _host(link: str) -> str:
    return public(link).partition("://")[2].partition("/")[0]


SETTINGS: type[msgspec.Struct] = Settings
CONNECTOR = News()
