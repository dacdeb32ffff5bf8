"""Documents: each new or changed file of a folder, or page of a list, becomes a report.

A document is read again when its bytes have changed. One that vanishes stays published: an advisory
does not become wrong because its file was tidied away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from connectors.advisory import (
    Advisory,
    Web,
    auth_of,
    chosen,
    mark,
    own,
    public,
    published,
    remembered,
    stix_of,
)
from connectors.base import Run
from connectors.errors import RemoteError, Unreachable
from connectors.found import Batch, Left, State
from connectors.net import Known
from hub.errors import ConfigError
from hub.intake.documents.kinds import Document, Unreadable
from hub.intake.documents.values import MOST_UNPACKED, values_of

_BETWEEN = "\t"


class Settings(Web, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a folder or a list of addresses."""

    url: Annotated[str, Meta(description="Address of one document; empty: there is a list")] = ""
    urls: Annotated[
        tuple[str, ...], Meta(description="Addresses of documents, http or https")
    ] = ()
    folder: Annotated[str, Meta(description="Folder of documents; empty: none")] = ""
    names: Annotated[
        tuple[str, ...], Meta(description='Which of its files, such as `["**/*.pdf", "*.md"]`')
    ] = ("**/*",)
    flagged: Annotated[bool, Meta(description="Publish values with a doubt, too")] = False
    own_domains: Annotated[
        tuple[str, ...], Meta(description="Domains of one's own, of which nothing is published")
    ] = ()


class _Got(NamedTuple):
    """A document that is new, or why it is none."""

    key: str
    document: Document | None
    seen: str
    """What it is known by next time; empty: it was not read"""
    left: Left | None = None
    link: str = ""


class Documents:
    """Advisories as files or pages."""

    def collect(self, settings: Settings, state: State, run: Run) -> Iterator[Batch]:
        """Documents that are new or have changed, each in a batch of its own."""
        addresses = [*filter(None, [settings.url]), *settings.urls]
        if not addresses and not settings.folder:
            raise ConfigError("`source` names neither a folder nor an address")
        before: dict[str, str] = dict(state.get("documents", {}))
        seen = dict(before)
        names: set[str] = set()
        for got in self._all(settings, run, addresses, before):
            name = mark(got.key)
            names.add(name)
            if got.seen:
                # What was looked at last stands last.
                seen.pop(name, None)
                seen[name] = got.seen
            if got.document is not None or got.left is not None:
                yield _batch(settings, run, got, {"documents": remembered(seen)})
        listed = {name: said for name, said in seen.items() if name in names}
        yield Batch(state={"documents": remembered(listed)})

    def _all(
        self, settings: Settings, run: Run, addresses: list[str], before: dict[str, str]
    ) -> Iterator[_Got]:
        if settings.folder:
            for key, path in _files(run.folder / settings.folder, settings.names):
                yield _from_file(key, path, before.get(mark(key), ""))
        failed = 0
        for url in addresses:
            try:
                yield _from_web(settings, run, url, before.get(mark(url), ""))
            except RemoteError as error:
                failed += 1
                if failed == len(addresses) and not settings.folder:
                    raise
                yield _Got(url, None, "", Left(public(url), error.reason, public(url)))


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
    advisory = Advisory(got.key, values.title or Path(origin).name, values.text, origin, links)
    found = [*published(run, advisory, items), *stix_of(values, origin)]
    return Batch(tuple(found), state, left)


def _files(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """The files of a folder in the order of their names, none that a link leads out to.

    Raises:
        Unreachable: It cannot be read.
        ConfigError: A pattern of names cannot be understood.
    """
    if not folder.is_dir():
        raise Unreachable(f"the folder {folder.name} is not there", passing=False)
    top = folder.resolve()
    try:
        found = {path for name in names for path in folder.glob(name)}
    except (ValueError, NotImplementedError) as error:
        raise ConfigError(f"`source.names`: {error}") from error
    except OSError as error:
        raise Unreachable(f"the folder {folder.name} cannot be read: {error.strerror}") from error
    for path in sorted(found):
        key = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in Path(key).parts)
        if path.is_file() and not hidden and path.resolve().is_relative_to(top):
            yield key, path


def _from_file(key: str, path: Path, before: str) -> _Got:
    try:
        if path.stat().st_size > MOST_UNPACKED:
            reason = f"it has more than {MOST_UNPACKED // 1_000_000} MB"
            return _Got(key, None, "", Left(key, reason, key))
        raw = path.read_bytes()
    except OSError as error:
        return _Got(key, None, "", Left(key, f"cannot be read: {error.strerror}", key))
    seen = mark(raw)
    return _Got(key, None if seen == before else Document(raw, key), seen)


def _from_web(settings: Settings, run: Run, url: str, before: str) -> _Got:
    digest, etag, modified = [*before.split(_BETWEEN), "", ""][:3]
    auth = auth_of(settings, run)
    known = Known(etag, modified)
    answer = run.net.get(url, headers=settings.headers, auth=auth, known=known)
    if answer.unchanged:
        return _Got(url, None, before)
    now = mark(answer.body)
    document = Document(answer.body, public(url), answer.media_type, answer.charset)
    seen = _BETWEEN.join((now, *answer.known))
    return _Got(url, None if now == digest else document, seen, link=public(url))


SETTINGS: type[msgspec.Struct] = Settings
CONNECTOR = Documents()
