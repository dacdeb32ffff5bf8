"""Documents: each new or changed file of a folder, or page of a list, becomes a report.

A file is read again when its size or time has changed, a page when its bytes have. One that vanishes
stays published: an advisory does not become wrong because its file was tidied away.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Annotated, NamedTuple

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
from connectors.errors import RemoteError
from connectors.found import Batch, Left, State
from connectors.local import Entry, content, entries, entry_of, root_of
from connectors.net import Known
from connectors.source import TOKEN, Source
from connectors.web import asked
from hub.intake.documents.kinds import Document, Unreadable
from hub.intake.documents.values import MOST_UNPACKED, values_of

_BETWEEN = "\t"


class Settings(Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a file, a folder, or addresses."""

    urls: Annotated[
        tuple[str, ...],
        Meta(description="Addresses of several documents; who asks is told to each of them"),
    ] = ()
    suffixes: Annotated[
        tuple[str, ...],
        Meta(description='Of a folder: only files such as `[".pdf", ".md"]`; none: all'),
    ] = ()
    flagged: Annotated[bool, Meta(description="Publish values with a doubt, too")] = False
    own_domains: Annotated[
        tuple[str, ...], Meta(description="Domains of one's own, of which nothing is published")
    ] = ()

    def __post_init__(self) -> None:
        """Say what does not go together.

        Raises:
            ValueError: msgspec shows it with its place.
        """
        if not self.urls:
            super().__post_init__()
        elif self.url or self.path:
            raise ValueError("one of `url`, `urls` and `path` is needed, and only one")
        elif any(TOKEN in url for url in self.urls) and not self.token:
            raise ValueError("`urls` has a place for a token, and `token` is not set")


class _Got(NamedTuple):
    """A document that was looked at."""

    key: str
    document: Document | None
    """None: it is known, or cannot be read"""
    seen: str = ""
    """What it is known by next time; empty: it was not read"""
    left: Left | None = None
    link: str = ""


class Documents:
    """Advisories as files or pages."""

    def collect(self, settings: Settings, state: State, run: Run) -> Iterator[Batch]:
        """Documents that are new or have changed, each in a batch of its own."""
        before: dict[str, str] = dict(state.get("documents", {}))
        seen = dict(before)
        names: set[str] = set()
        for got in _all(settings, run, before):
            name = mark(got.key)
            names.add(name)
            # What was looked at last stands last.
            said = got.seen or seen.get(name, "")
            seen.pop(name, None)
            if said:
                seen[name] = said
            if got.document is not None or got.left is not None:
                yield _batch(settings, run, got, {"documents": remembered(seen)})
        listed = {name: said for name, said in seen.items() if name in names}
        yield Batch(state={"documents": remembered(listed)})


def _all(settings: Settings, run: Run, before: dict[str, str]) -> Iterator[_Got]:
    if settings.path:
        yield from _files(settings, run, before)
        return
    addresses = settings.urls or (settings.url,)
    failed = 0
    for url in addresses:
        try:
            yield _from_web(settings, run, url, before.get(mark(url), ""))
        except RemoteError as error:
            failed += 1
            if failed == len(addresses):
                raise
            yield _Got(url, None, left=Left(public(url), error.reason, public(url)))


def _batch(settings: Settings, run: Run, got: _Got, state: State) -> Batch:
    if got.document is None:
        return Batch(state=state, left=(got.left,) if got.left else ())
    origin = got.document.name
    try:
        values = values_of(got.document, own_domains=own(settings.own_domains))
    except Unreadable as error:
        return Batch(state=state, left=(Left(origin, error.reason, origin),))
    items, left = chosen(values, origin, flagged=settings.flagged)
    links = ((run.feed, got.link, ""),) if got.link else ()
    title = values.title or PurePath(origin).name
    advisory = Advisory(got.key, title, values.text, origin, links)
    found = [*published(run, advisory, items), *stix_of(values, origin)]
    if not found and not left:
        left = (Left(origin, "there is no value in it", origin),)
    return Batch(tuple(found), state, left)


def _files(settings: Settings, run: Run, before: dict[str, str]) -> Iterator[_Got]:
    root = root_of(settings.path, run.folder)
    if root.is_dir():
        found = entries(root, "", tuple(suffix.lower() for suffix in settings.suffixes))
    else:
        one = entry_of(root, root, "")
        found = [one] if one else []
    for entry in found:
        yield _from_file(entry, before.get(mark(entry.name), ""))


def _from_file(entry: Entry, before: str) -> _Got:
    if entry.stamp == before:
        return _Got(entry.name, None, before)
    try:
        return _Got(entry.name, Document(content(entry, MOST_UNPACKED), entry.name), entry.stamp)
    except RemoteError as error:
        return _Got(entry.name, None, left=Left(entry.name, error.reason, entry.name))


def _from_web(settings: Settings, run: Run, url: str, before: str) -> _Got:
    digest, etag, modified = [*before.split(_BETWEEN), "", ""][:3]
    whole, headers, auth = asked(msgspec.structs.replace(settings, url=url, urls=()), run)
    answer = run.net.get(whole, headers=headers, auth=auth, known=Known(etag, modified))
    if answer.unchanged:
        return _Got(url, None, before)
    now = mark(answer.body)
    document = Document(answer.body, public(url), answer.media_type, answer.charset)
    seen = _BETWEEN.join((now, *answer.known))
    return _Got(url, None if now == digest else document, seen, link=public(url))


SETTINGS: type[msgspec.Struct] = Settings
CONNECTOR = Documents()
