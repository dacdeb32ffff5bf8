"""Walking through the pages of a collection, by every way that clients go."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from connectors.check.visit import LAST, OK, Entry, Params, Visit, entries, told
from connectors.check.wire import Answer

_MOST_PAGES = 40


class Walk(NamedTuple):
    """What was found on the way."""

    entries: list[Entry]
    pages: list[Answer]
    complete: bool
    """The server said that there is no more."""
    fault: str
    """Why the walk cannot go on; empty: it could, or it is complete."""

    @property
    def ids(self) -> list[str]:
        """Ids in their order."""
        return [one.id for one in self.entries]


def walk(ask: Callable[[Params], Answer], start: dict[str, str], limit: int, most: int) -> Walk:
    """Follow `next`, or the last date added where there is none (section 3.5).

    Args:
        ask: Gives the page for parameters.
        start: Parameters of the first page, and of the others beside `next`.
        limit: Objects per page.
        most: Where to stop.
    """
    found: list[Entry] = []
    pages: list[Answer] = []
    asked = start | {"limit": str(limit)}
    while len(pages) < _MOST_PAGES and len(found) < most:
        page = ask(asked)
        pages.append(page)
        here = entries(page)
        found += here
        if fault := _fault(pages, here):
            return Walk(found, pages, False, fault)
        if page.resource.get("more") is not True:
            return Walk(found, pages, True, "")
        onward = way_on(page)
        if not onward:
            return Walk(found, pages, False, "`more`, but neither `next` nor a last date")
        asked = start | {"limit": str(limit)} | onward
    return Walk(found, pages, False, "")


def _fault(pages: list[Answer], here: list[Entry]) -> str:
    page = pages[-1]
    if page.status != OK or page.trouble or page.json is None:
        return f"page {len(pages)}: {told(page)}"
    if not here and page.resource.get("more") is True:
        return f"page {len(pages)} says `more`, and holds nothing"
    if len(pages) > 1 and here and here == entries(pages[-2]):
        return f"page {len(pages)} repeats the one before"
    return ""


def way_on(page: Answer) -> dict[str, str]:
    """What leads to the following page; empty: nothing does."""
    if isinstance(page.resource.get("next"), str) and page.resource["next"]:
        return {"next": page.resource["next"]}
    last = page.headers.get(LAST, "")
    return {"added_after": last} if last else {}


class Window(NamedTuple):
    """The part of the collection that was read: walks of two page sizes, and the manifest."""

    small: Walk
    large: Walk
    manifest: Walk
    dates: dict[str, str]
    """When an object was added, by its id"""
    complete: bool
    """It goes to the end of the collection."""
    size: int
    """Objects per page of the small walk"""


def read_window(visit: Visit, most: int) -> Window | None:
    """Read the part three times; None when there is nothing to read."""
    first = visit.objects(visit.start | {"limit": str(most)})
    count = len(entries(first))
    if not count:
        return None
    complete = first.resource.get("more") is not True
    size = max(1, count // 4)
    small = walk(visit.objects, visit.start, size, count)
    large = walk(visit.objects, visit.start, max(1, (count + 1) // 2), count)
    manifest = walk(visit.manifest, visit.start, size + 1, count)
    dates = {
        str(record.get("id")): str(record.get("date_added"))
        for page in manifest.pages
        for record in page.resource.get("objects", [])
        if isinstance(record, dict)
    }
    return Window(small, large, manifest, dates, complete, size)
