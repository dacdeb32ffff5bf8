"""Which collections a feed reads: from any address of a server down to them.

A log-in is sent to the hosts that the operator wrote down. Where a discovery leads to another host,
that one is left out and said, so that no server can have a partner's password sent elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from connectors.errors import Absent, NotUnderstood, Refused, RemoteError, TooLarge, Unreachable
from connectors.taxii.messages import slashed
from connectors.taxii.settings import Source

_NAMED = 10
_MOST = 200
"""Each has a cursor, and all of them have to fit into the state of a feed."""

Ask = Callable[[str], Mapping[str, Any]]
"""The resource behind an address; raises RemoteError."""


class Place(NamedTuple):
    """One collection."""

    url: str
    """With a slash at the end"""
    title: str


class Places:
    """Finds the collections of a feed.

    Args:
        ask: Asks the server.
        settings: Of the feed.
        discovery: Path of the discovery, where the address is that of a host.
        notice: Told what is left out.
    """

    def __init__(
        self, ask: Ask, settings: Source, discovery: str, notice: Callable[[str], None]
    ) -> None:
        self._ask = ask
        self._settings = settings
        self._discovery = discovery
        self._notice = notice
        written = (settings.url, *settings.urls, *settings.roots)
        self._origins = {_origin(url) for url in written if "://" in url}

    def find(self) -> list[Place]:
        """All that are wanted, each once, in the order of the server.

        Raises:
            Absent: A collection or an API root that is named is not there.
            Refused: It may not be read.
            TooLarge: There are too many.
            RemoteError: Another of its kinds.
        """
        found: dict[str, tuple[Place, Mapping[str, Any]]] = {}
        for url in (self._settings.url, *self._settings.urls):
            for place, said in self._below(_cut(url, self._discovery)):
                found.setdefault(place.url, (place, said))
        wanted = [pair for pair in found.values() if self._is_wanted(*pair)]
        self._require_named([{**said, "url": place.url} for place, said in found.values()])
        places = list(self._readable(wanted))
        if len(places) > _MOST:
            raise TooLarge(
                f"{self._settings.url} has {len(places)} collections; a feed reads at most {_MOST}",
                remedy="Name some in `collections`, and make another feed for the others.",
            )
        return places

    def _below(self, url: str) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        said = self._ask(url)
        if "api_roots" in said:
            yield from self._of_roots(url, said)
        elif isinstance(said.get("collections"), list):
            yield from self._of_list(url, said["collections"])
        elif "can_read" in said:
            yield _place(url, said), said
        elif "versions" in said or "max_content_length" in said:
            yield from self._of_root(url)
        elif "title" not in said and url.endswith("/collections/"):
            return
        else:
            raise NotUnderstood(
                f"{url} is neither a discovery nor an API root nor a collection of TAXII",
                remedy="Give the address of one of them.",
            )

    def _of_roots(
        self, url: str, said: Mapping[str, Any]
    ) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """Of the API roots that a discovery names; one that fails leaves the others as they are."""
        roots = said["api_roots"]
        named = [urljoin(url, root) for root in roots if isinstance(root, str)] if roots else []
        wanted = [*filter(self._is_root, named)]
        extra = [root for root in self._settings.roots if "://" in root and root not in wanted]
        if not wanted + extra:
            raise Absent(
                f"{url} names no API root that is wanted; it has {_list(named)}",
                remedy="Correct `roots`, or give the address of the API root.",
            )
        failed: list[RemoteError] = []
        for root in wanted + extra:
            try:
                yield from self._of_root(slashed(root))
            except Unreachable:
                raise
            except RemoteError as error:
                failed.append(error)
        if len(failed) == len(wanted + extra):
            raise failed[0]
        for one in failed:
            self._notice(f"left out: {one.reason}")

    def _is_root(self, url: str) -> bool:
        names = self._settings.roots
        if slashed(url) in map(slashed, names):
            return True
        if _origin(url) not in self._origins:
            self._notice(
                f"left out: the API root {url} is on another host; write it into `roots` to let it"
                " have the log-in"
            )
            return False
        last = url.rstrip("/").rpartition("/")[2]
        return not names or last in names or self._has_title(url, names)

    def _has_title(self, url: str, names: tuple[str, ...]) -> bool:
        try:
            title = str(self._ask(slashed(url)).get("title", ""))
        except Unreachable:
            raise
        except RemoteError:
            return False
        return _plain(title) in map(_plain, names)

    def _of_root(self, url: str) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        at = urljoin(url, "collections/")
        said = self._ask(at).get("collections") or []
        if not isinstance(said, list):
            raise NotUnderstood(f"{at} lists no collections")
        yield from self._of_list(at, said)

    def _of_list(self, url: str, listed: list[Any]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        for said in listed:
            if isinstance(said, dict) and isinstance(said.get("id"), str) and said["id"]:
                yield _place(f"{url}{quote(said['id'], safe='')}/", said), said
            else:
                self._notice(f"left out: a collection without an id in {url}")

    def _is_wanted(self, place: Place, said: Mapping[str, Any]) -> bool:
        names = self._settings.collections
        return not names or any(_is_named(name, {**said, "url": place.url}) for name in names)

    def _require_named(self, listed: list[Mapping[str, Any]]) -> None:
        for name in self._settings.collections:
            if not any(_is_named(name, said) for said in listed):
                titles = [str(said.get("title") or said.get("id")) for said in listed]
                raise Absent(
                    f"{self._settings.url} has no collection {name!r} for this log-in;"
                    f" it has {_list(titles)}",
                    remedy="Correct `collections`, or ask its operator for the right to read it.",
                )

    def _readable(self, wanted: list[tuple[Place, Mapping[str, Any]]]) -> Iterator[Place]:
        for place, said in wanted:
            if said.get("can_read") is not False:
                yield place
            elif self._settings.collections:
                raise Refused(
                    f"{place.url} may not be read with this log-in",
                    remedy="Ask its operator for the right to read it.",
                )
        if not any(said.get("can_read") is not False for _, said in wanted):
            raise Absent(
                f"{self._settings.url} has no collection that may be read with this log-in",
                remedy="Ask its operator for the right to read one.",
            )


def _cut(url: str, discovery: str) -> str:
    """The address of a resource, where one of what is below it or of the host was given."""
    url = slashed(url)
    if urlsplit(url).path in {"", "/"}:
        return urljoin(url, discovery)
    if "/collections/" in url and url.endswith(("/objects/", "/manifest/")):
        return url.rstrip("/").rpartition("/")[0] + "/"
    return url


def _place(url: str, said: Mapping[str, Any]) -> Place:
    return Place(slashed(url), str(said.get("title") or said.get("id") or url)[:200])


def _is_named(name: str, said: Mapping[str, Any]) -> bool:
    if name in {said.get("id"), said.get("alias")} or slashed(name) == said["url"]:
        return True
    return _plain(name) == _plain(str(said.get("title", "")))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.casefold()


def _list(names: list[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(name[:80] for name in names[:_NAMED]) + more
