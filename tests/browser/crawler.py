"""Follows the links of the console, as somebody without a browser would."""

from __future__ import annotations

import re
from collections import Counter, deque
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import requests

# Of addresses that differ only in values, so many are asked for.
_OF_A_KIND = 3
_MOST = 400
_ID = re.compile(r"[a-z0-9-]+--[0-9a-f-]{36}|[0-9a-f-]{36}|[\w-]{20,}")
_LOADED = {
    "a": "href",
    "link": "href",
    "script": "src",
    "img": "src",
    "image": "href",
    "use": "href",
}
_UNSEEN = {"script", "style", "code", "kbd", "samp", "pre", "bdi"}


class Seen(NamedTuple):
    """A page and what it says."""

    url: str
    status: int
    links: list[str]
    ids: set[str]
    text: str
    """Without what is data: values, names that people gave, code"""


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.text: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        if given.get(_LOADED.get(tag, ""), ""):
            self.links.append(given[_LOADED[tag]])
        if tag == "form" and given.get("method", "get").lower() == "get":
            self.links.append(given.get("action", ""))
        self.text += [
            given[name] for name in ("title", "aria-label", "placeholder") if name in given
        ]
        if tag in _UNSEEN:
            self._unseen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.text.append(data)


def read(url: str, answer: requests.Response) -> Seen:
    """What a page holds; of another answer than HTML nothing is read."""
    parser = _Parser()
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        parser.feed(answer.text)
        parser.close()
    text = " ".join(parser.text)
    return Seen(url, answer.status_code, parser.links, parser.ids, text)


def crawl(
    session: requests.Session, origin: str, starts: list[str]
) -> tuple[list[Seen], list[str]]:
    """Every page that can be reached, and what is wrong with the links, each once.

    Args:
        session: Of somebody; it sends the language, too.
        origin: The hub; links to elsewhere are faults.
        starts: Where to begin.
    """
    queue = deque((urljoin(origin, start), "") for start in starts)
    kinds: Counter[str] = Counter()
    seen: dict[str, Seen] = {}
    faults: dict[str, str] = {}
    while queue and len(seen) < _MOST:
        whole, stood_on = queue.popleft()
        url, fragment = urldefrag(whole)
        if not url.startswith(f"{origin}/"):
            faults.setdefault(whole, f"{stood_on}: leads to another host: {whole}")
            continue
        if url not in seen:
            kinds[_kind(url)] += 1
            if kinds[_kind(url)] > _OF_A_KIND:
                continue
            with session.get(url, timeout=60, stream=True) as answer:
                seen[url] = read(url, answer)
            queue.extend((urljoin(url, link), url) for link in seen[url].links)
        if fault := _fault(seen[url], fragment):
            faults.setdefault(fault, f"{stood_on}: {fault}")
    return list(seen.values()), list(faults.values())


def _fault(page: Seen, fragment: str) -> str:
    if page.status >= 400:
        return f"{page.status} at {page.url}"
    if fragment and fragment not in page.ids:
        return f"nothing is called #{fragment} in {page.url}"
    return ""


def _kind(url: str) -> str:
    parts = urlsplit(url)
    path = _ID.sub("*", parts.path)
    names = sorted({name for name, _ in parse_qsl(parts.query)})
    return f"{path}?{'&'.join(names)}"
