"""Where a CSAF provider keeps its documents (CSAF 2.0 section 7.1): ROLIE feeds or directories."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec

from connectors.advisory import instant_us
from connectors.errors import Absent, NotUnderstood

Fetch = Callable[[str], bytes]
METADATA = "provider-metadata.json"
WELL_KNOWN = f"/.well-known/csaf/{METADATA}"
MOST_LISTED = 100_000
_MOST_FEEDS = 50


class Listed(NamedTuple):
    """One document of a provider."""

    url: str
    changed_us: int
    """0: the list does not say"""
    digests: tuple[str, ...]
    """Addresses of its digests, the strongest first"""
    signed: bool
    """There is a signature, or there may be one."""


def listed(url: str, fetch: Fetch) -> list[Listed]:
    """All documents of a provider, those first that changed first.

    Args:
        url: Of its provider-metadata.json, of a ROLIE feed, of a directory (with `/` at its
            end), or of its site alone.
        fetch: Gives the body behind an address.

    Raises:
        NotUnderstood: What came is none of these.
        RemoteError: Another of its kinds, by `fetch`.
    """
    path = urlsplit(url).path
    if path in {"", "/"}:
        url, path = urljoin(url, WELL_KNOWN), WELL_KNOWN
    if path.endswith("/"):
        found = list(_of_directory(url, fetch))
    else:
        found = list(_of_document(url, fetch))
    by_url = {entry.url: entry for entry in found[:MOST_LISTED]}
    return sorted(by_url.values(), key=lambda entry: (entry.changed_us, entry.url))


def decoded(raw: bytes, what: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        NotUnderstood: It is none.
    """
    try:
        found = msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        web = raw.lstrip()[:1] == b"<"
        but = "a web page" if web else "broken JSON, or only a part of it"
        raise NotUnderstood(f"{what} is no JSON but {but}") from error
    if not isinstance(found, dict):
        raise NotUnderstood(f"{what} is no JSON object")
    return found


def dicts(found: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list; nothing of what is no list."""
    return (
        (entry for entry in found if isinstance(entry, dict))
        if isinstance(found, list)
        else iter(())
    )


def text(found: Any) -> str:
    """A text without blanks around it; of anything else nothing."""
    return found.strip() if isinstance(found, str) else ""


def _of_document(url: str, fetch: Fetch) -> Iterator[Listed]:
    document = decoded(fetch(url), url.rpartition("/")[2] or url)
    if isinstance(document.get("feed"), dict):
        yield from _of_rolie(document["feed"], url)
    elif "distributions" in document or "canonical_url" in document:
        yield from _of_provider(document, url, fetch)
    else:
        raise NotUnderstood(f"{url} is neither a {METADATA} nor a ROLIE feed")


def _of_provider(document: Mapping[str, Any], url: str, fetch: Fetch) -> Iterator[Listed]:
    """Feeds are preferred: they have dates and digests of all their documents."""
    distributions = list(dicts(document.get("distributions")))
    feeds = [
        urljoin(url, text(feed.get("url")))
        for distribution in distributions
        if isinstance(distribution.get("rolie"), dict)
        for feed in dicts(distribution["rolie"].get("feeds"))
        if text(feed.get("url"))
    ]
    folders = [text(d.get("directory_url")) for d in distributions]
    if feeds:
        for feed in dict.fromkeys(feeds[:_MOST_FEEDS]):
            yield from _of_document_rolie(feed, fetch)
        return
    found = [urljoin(url, f"{folder.rstrip('/')}/") for folder in folders if folder]
    if not found:
        raise NotUnderstood(f"{url} names neither a feed nor a directory")
    for folder in dict.fromkeys(found[:_MOST_FEEDS]):
        yield from _of_directory(folder, fetch)


def _of_document_rolie(url: str, fetch: Fetch) -> Iterator[Listed]:
    feed = decoded(fetch(url), "the ROLIE feed").get("feed")
    if not isinstance(feed, dict):
        raise NotUnderstood(f"{url} is no ROLIE feed")
    yield from _of_rolie(feed, url)


def _of_rolie(feed: Mapping[str, Any], url: str) -> Iterator[Listed]:
    for entry in dicts(feed.get("entry")):
        links = [
            (text(link.get("rel")), urljoin(url, text(link.get("href"))))
            for link in dicts(entry.get("link"))
            if text(link.get("href"))
        ]
        content = entry.get("content")
        source = text(content.get("src")) if isinstance(content, dict) else ""
        at = next((href for rel, href in links if rel == "self"), "") or urljoin(url, source)
        if not at.endswith(".json"):
            continue
        digests = sorted((h for rel, h in links if rel == "hash"), key=_strength)
        changed_us = instant_us(text(entry.get("updated")) or text(entry.get("published")))
        signed = any(rel == "signature" for rel, _ in links)
        yield Listed(at, changed_us, tuple(digests), signed)


def _strength(url: str) -> int:
    return 0 if url.endswith("512") else 1


def _of_directory(folder: str, fetch: Fetch) -> Iterator[Listed]:
    """`changes.csv` has dates, `index.txt` names alone; a provider must have both."""
    try:
        rows = list(csv.reader(_lines(fetch(urljoin(folder, "changes.csv")))))
    except Absent:
        rows = [[line] for line in _lines(fetch(urljoin(folder, "index.txt")))]
    except csv.Error as error:
        raise NotUnderstood("changes.csv is no table") from error
    good = [row for row in rows if row and row[0].strip().endswith(".json")]
    if rows and not good:
        raise NotUnderstood(f"the list of {folder} names no document")
    for row in good:
        at = urljoin(folder, row[0].strip())
        if at.startswith(folder):
            changed_us = instant_us(row[1].strip()) if len(row) > 1 else 0
            yield Listed(at, changed_us, (f"{at}.sha512", f"{at}.sha256"), signed=True)


def _lines(raw: bytes) -> list[str]:
    return [line for line in raw.decode("utf-8-sig", "replace").splitlines() if line.strip()]
